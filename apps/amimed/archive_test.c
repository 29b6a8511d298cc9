/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "archive.h"

static char base[] = "/tmp/archive-test-XXXXXX";

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int make_base(void **state)
{
	(void)state;
	strcpy(base, "/tmp/archive-test-XXXXXX");
	return mkdtemp(base) ? 0 : -1;
}

static int remove_base(void **state)
{
	(void)state;
	return nftw(base, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct am_record record_of(unsigned number)
{
	struct am_record r = {.number = number, .time_s = 1000 + number};

	snprintf(r.who, sizeof r.who, "user%u", number);
	snprintf(r.how, sizeof r.how, "reload");
	snprintf(r.file, sizeof r.file, "/etc/a.json");
	return r;
}

static int apply(struct am_archive *a, unsigned number, struct am_err *err)
{
	struct am_record r = record_of(number);
	char text[64];
	int rc;

	snprintf(text, sizeof text, "{\"number\": %u}", number);
	rc = am_archive_write(a, &r, text, err);
	if (rc == 0)
		rc = am_archive_point(a, AM_LINK_UNCONFIRMED, number, err);
	if (rc == 0)
		am_archive_note(a, &r);
	if (rc == 0)
		rc = am_archive_mark(a, &r, err);
	if (rc == 0)
		rc = am_archive_point(a, AM_LINK_COMMITTED, number, err);
	if (rc == 0)
		rc = am_archive_point(a, AM_LINK_UNCONFIRMED, 0, err);
	if (rc == 0)
		am_archive_commit(a, number, 0);
	return rc;
}

static void check_text(const struct am_archive *a, unsigned number)
{
	char path[PATH_MAX], text[64] = "", want[64];
	FILE *f;

	am_archive_path(a, number, path, sizeof path);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_true(fread(text, 1, sizeof text - 1, f) > 0);
	fclose(f);
	snprintf(want, sizeof want, "{\"number\": %u}", number);
	assert_string_equal(text, want);
}

static void same(const struct am_archive *a, const struct am_archive *b)
{
	assert_int_equal(a->n, b->n);
	assert_int_equal(a->committed, b->committed);
	assert_int_equal(a->unconfirmed, b->unconfirmed);
	for (unsigned i = 0; i < a->n; i++) {
		assert_int_equal(a->records[i].number, b->records[i].number);
		assert_int_equal(a->records[i].time_s, b->records[i].time_s);
		assert_string_equal(a->records[i].who, b->records[i].who);
		assert_int_equal(a->records[i].committed, b->records[i].committed);
	}
}

/* What was noted in memory is what is read from the disk, also when the oldest ones go. */
static void keeps_the_last(void **state)
{
	struct am_archive a, again;
	struct am_err err;

	(void)state;
	assert_int_equal(am_archive_open(&a, base, "site-a", &err), 0);
	assert_int_equal(a.n, 0);
	assert_int_equal(am_archive_next(&a), 1);
	for (unsigned i = 1; i <= AM_ARCHIVE_KEEP + 5; i++) {
		assert_int_equal(am_archive_next(&a), i);
		assert_int_equal(apply(&a, i, &err), 0);
		am_archive_read(&again, base, "site-a");
		same(&again, &a);
	}
	assert_int_equal(a.n, AM_ARCHIVE_KEEP);
	assert_int_equal(a.records[0].number, 6);
	check_text(&a, 6);
	assert_null(am_archive_record(&a, 5));
	assert_string_equal(am_archive_record(&a, 7)->who, "user7");
}

/* What a link leads to outlives twenty others. */
static void keeps_what_is_named(void **state)
{
	struct am_archive a, again;
	struct am_err err;

	(void)state;
	assert_int_equal(am_archive_open(&a, base, "site-b", &err), 0);
	assert_int_equal(apply(&a, 1, &err), 0);
	for (unsigned i = 2; i <= AM_ARCHIVE_KEEP + 5; i++) { /* each tried, and never confirmed */
		struct am_record r = record_of(i);

		assert_int_equal(am_archive_write(&a, &r, "{\"number\": 2}", &err), 0);
		assert_int_equal(am_archive_point(&a, AM_LINK_UNCONFIRMED, i, &err), 0);
		am_archive_note(&a, &r);
		a.unconfirmed = i;
	}
	am_archive_read(&again, base, "site-b");
	same(&again, &a);
	assert_int_equal(again.committed, 1);
	check_text(&again, 1);
}

static void finds_by_file(void **state)
{
	struct am_archive a;
	struct am_err err;
	char name[64], below[sizeof base + 16];

	(void)state;
	snprintf(below, sizeof below, "%s/below", base);
	assert_int_equal(am_archive_open(&a, below, "site-c", &err), 0);
	assert_false(am_archive_find(below, "/etc/a.json", name, sizeof name));
	assert_int_equal(apply(&a, 1, &err), 0);
	assert_true(am_archive_find(below, "/etc/a.json", name, sizeof name));
	assert_string_equal(name, "site-c");
	assert_false(am_archive_find(below, "/etc/b.json", name, sizeof name));
	assert_false(am_archive_find("/nowhere", "/etc/a.json", name, sizeof name));
}

static void put_file(const struct am_archive *a, const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", a->dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* Strange names, links to nothing, records that are none: what is whole still counts. */
static void what_is_not_ours(void **state)
{
	struct am_archive a;
	struct am_err err;
	char path[PATH_MAX];

	(void)state;
	assert_int_equal(am_archive_open(&a, base, "site-d", &err), 0);
	put_file(&a, "history/7.json", "{\"number\": 7}");
	put_file(&a, "history/7.about", "not JSON");
	put_file(&a, "history/8.about", "{}");
	put_file(&a, "history/07.json", "");
	put_file(&a, "history/9.json.old", "");
	snprintf(path, sizeof path, "%s/committed", a.dir);
	assert_int_equal(symlink("history/99.json", path), 0);
	am_archive_read(&a, base, "site-d");
	assert_int_equal(a.n, 1);
	assert_int_equal(a.records[0].number, 7);
	assert_string_equal(a.records[0].who, "unknown");
	assert_int_equal(a.committed, 0);
	assert_int_equal(apply(&a, 8, &err), 0);
	am_archive_read(&a, base, "site-d");
	assert_int_equal(a.committed, 8);
}

static void says_why_not(void **state)
{
	struct am_archive a;
	struct am_err err;
	char path[sizeof base + 16];

	(void)state;
	snprintf(path, sizeof path, "%s/file", base);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(am_archive_open(&a, path, "x", &err), -ENOTDIR);
	assert_non_null(strstr(err.text, path));
}

/* Tells about each. */
static void apply_forever(struct am_archive *a, int tell)
{
	struct am_err err;

	for (;;)
		if (apply(a, am_archive_next(a), &err) < 0 || write(tell, "", 1) != 1)
			_exit(1);
}

/* A child applies one after the other and is killed at any moment; what is found then is one of them, whole. */
static void survives_kill(void **state)
{
	struct am_archive a;
	struct am_err err;
	unsigned last = 0;

	(void)state;
	srand(5);
	for (unsigned i = 0; i < 25; i++) {
		struct timespec wait = {.tv_nsec = rand() % 2000000};
		char told;
		int ends[2];
		pid_t child;

		assert_int_equal(am_archive_open(&a, base, "site-e", &err), 0);
		assert_int_equal(pipe(ends), 0);
		child = fork();
		if (child == 0)
			apply_forever(&a, ends[1]);
		assert_int_equal(read(ends[0], &told, 1), 1);
		nanosleep(&wait, NULL);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		close(ends[0]);
		close(ends[1]);
		am_archive_read(&a, base, "site-e");
		assert_true(a.committed > last);
		check_text(&a, a.committed);
		last = a.committed;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_last),
		cmocka_unit_test(keeps_what_is_named),
		cmocka_unit_test(finds_by_file),
		cmocka_unit_test(what_is_not_ours),
		cmocka_unit_test(says_why_not),
		cmocka_unit_test(survives_kill),
	};

	return cmocka_run_group_tests_name("amimed/archive", tests, make_base, remove_base);
}
