/* SPDX-License-Identifier: BSD-3-Clause */
#include "archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ABOUT_MAX = 4096, FILE_MODE = 0640, DIR_MODE = 0750 };

#define NEW_FILE ".new"

static const char *const link_names[] = {
	[AM_LINK_COMMITTED] = "committed",
	[AM_LINK_UNCONFIRMED] = "unconfirmed",
};

/* ---- reading ---- */

void am_archive_path(const struct am_archive *a, unsigned number, char *path, size_t room)
{
	snprintf(path, room, "%s/history/%u.json", a->dir, number);
}

/* A number and a suffix, and nothing else; 0 where it is none. */
static unsigned number_of(const char *name, const char *suffix)
{
	char again[32];
	unsigned number;

	if (sscanf(name, "%9u", &number) != 1)
		return 0;
	snprintf(again, sizeof again, "%u%s", number, suffix);
	return strcmp(again, name) == 0 ? number : 0;
}

static unsigned read_link(const struct am_archive *a, enum am_archive_link link)
{
	static const char folder[] = "history/";
	char path[PATH_MAX], target[64];
	ssize_t n;

	snprintf(path, sizeof path, "%s/%s", a->dir, link_names[link]);
	n = readlink(path, target, sizeof target - 1);
	if (n <= 0)
		return 0;
	target[n] = 0;
	return strncmp(target, folder, strlen(folder)) == 0 ? number_of(target + strlen(folder), ".json") : 0;
}

static void read_record(const struct am_archive *a, unsigned number, struct am_record *out)
{
	char path[PATH_MAX], text[ABOUT_MAX];
	struct am_err err;
	size_t n = 0;
	FILE *f;

	*out = (struct am_record){.number = number};
	snprintf(path, sizeof path, "%s/history/%u.about", a->dir, number);
	f = fopen(path, "re");
	if (f)
		n = fread(text, 1, sizeof text, f);
	if (f)
		fclose(f);
	if (am_record_parse(text, n, out, &err) < 0)
		snprintf(out->who, sizeof out->who, "unknown"); /* the configuration is there, and counts */
}

static int by_number(const void *a, const void *b)
{
	const struct am_record *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* Put number among the newest ones that there is room for. */
static void keep_newest(struct am_archive *a, unsigned number)
{
	unsigned room = sizeof a->records / sizeof *a->records, oldest = 0;

	if (a->n < room) {
		a->records[a->n++].number = number;
		return;
	}
	for (unsigned i = 1; i < room; i++)
		if (a->records[i].number < a->records[oldest].number)
			oldest = i;
	if (a->records[oldest].number < number)
		a->records[oldest].number = number;
}

static void read_history(struct am_archive *a)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof path, "%s/history", a->dir);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		unsigned number = number_of(entry->d_name, ".json");

		if (number)
			keep_newest(a, number);
	}
	if (dir)
		closedir(dir);
	for (unsigned i = 0; i < a->n; i++)
		read_record(a, a->records[i].number, &a->records[i]);
	qsort(a->records, a->n, sizeof *a->records, by_number);
}

static bool is_there(const struct am_archive *a, unsigned number)
{
	char path[PATH_MAX];

	am_archive_path(a, number, path, sizeof path);
	return number && access(path, F_OK) == 0;
}

void am_archive_read(struct am_archive *a, const char *base, const char *name)
{
	*a = (struct am_archive){0};
	snprintf(a->dir, sizeof a->dir, "%s/%s", base, name);
	read_history(a);
	a->committed = read_link(a, AM_LINK_COMMITTED);
	a->unconfirmed = read_link(a, AM_LINK_UNCONFIRMED);
	if (!is_there(a, a->committed))
		a->committed = 0;
	if (!is_there(a, a->unconfirmed))
		a->unconfirmed = 0;
}

bool am_archive_find(const char *base, const char *file, char *name, size_t room)
{
	DIR *dir = opendir(base);
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		const struct am_record *record;
		struct am_archive a;

		if (entry->d_name[0] == '.')
			continue;
		am_archive_read(&a, base, entry->d_name);
		record = am_archive_record(&a, a.committed);
		found = record && strcmp(record->file, file) == 0;
		if (found)
			snprintf(name, room, "%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* ---- folders ---- */

/* As mkdir -p. */
static int make_dirs(const char *path, struct am_err *err)
{
	char part[PATH_MAX];

	for (const char *at = path + 1;; at++) {
		if (*at && *at != '/')
			continue;
		snprintf(part, sizeof part, "%.*s", (int)(at - path), path);
		if (mkdir(part, DIR_MODE) < 0 && errno != EEXIST)
			return am_fail(err, errno,
				"cannot make %s: %s; run as root, or name another place by --state", part,
				strerror(errno));
		if (!*at)
			return 0;
	}
}

int am_archive_open(struct am_archive *a, const char *base, const char *name, struct am_err *err)
{
	char path[PATH_MAX];
	int rc;

	am_archive_read(a, base, name);
	snprintf(path, sizeof path, "%s/history", a->dir);
	rc = make_dirs(path, err);
	if (rc == 0 && access(path, W_OK) < 0)
		rc = am_fail(err, errno,
			"cannot write to %s: %s; see its owner and whether its disk is writable", path,
			strerror(errno));
	return rc;
}

/* ---- writing ---- */

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* Complete before it has its name. */
static int write_file(int dir, const char *name, const char *text)
{
	int fd = openat(dir, NEW_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
	int rc = fd < 0 ? -errno : write_all(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	if (rc == 0 && renameat(dir, NEW_FILE, dir, name) < 0)
		rc = -errno;
	return rc;
}

static int open_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The one that goes when there is one more; NULL where there is room. */
static const struct am_record *oldest(const struct am_archive *a)
{
	if (a->n < AM_ARCHIVE_KEEP)
		return NULL;
	for (unsigned i = 0; i < a->n; i++)
		if (a->records[i].number != a->committed && a->records[i].number != a->unconfirmed)
			return &a->records[i];
	return NULL;
}

static void remove_pair(int dir, unsigned number)
{
	char name[32];

	snprintf(name, sizeof name, "%u.json", number);
	unlinkat(dir, name, 0);
	snprintf(name, sizeof name, "%u.about", number);
	unlinkat(dir, name, 0);
}

static int write_about(int dir, const struct am_record *record)
{
	char *about = am_record_print(record), name[32];
	int rc;

	snprintf(name, sizeof name, "%u.about", record->number);
	rc = about ? write_file(dir, name, about) : -ENOMEM;
	free(about);
	return rc;
}

/* The record first: a configuration counts from the moment that it has its name. */
static int write_pair(int dir, const struct am_record *record, const char *text)
{
	int rc = write_about(dir, record);
	char name[32];

	snprintf(name, sizeof name, "%u.json", record->number);
	if (rc == 0)
		rc = write_file(dir, name, text);
	if (rc == 0 && fsync(dir) < 0)
		rc = -errno;
	return rc;
}

int am_archive_write(
	const struct am_archive *a, const struct am_record *record, const char *text, struct am_err *err)
{
	const struct am_record *gone = oldest(a);
	char path[PATH_MAX];
	int dir, rc;

	snprintf(path, sizeof path, "%s/history", a->dir);
	dir = open_dir(path);
	rc = dir < 0 ? dir : write_pair(dir, record, text);
	if (rc == 0 && gone)
		remove_pair(dir, gone->number);
	if (dir >= 0)
		close(dir);
	return rc < 0 ? am_fail(err, -rc, "cannot keep configuration %u in %s: %s", record->number, path,
				strerror(-rc))
		      : 0;
}

int am_archive_mark(const struct am_archive *a, const struct am_record *record, struct am_err *err)
{
	struct am_record marked = *record;
	char path[PATH_MAX];
	int dir, rc;

	marked.committed = true;
	snprintf(path, sizeof path, "%s/history", a->dir);
	dir = open_dir(path);
	rc = dir < 0 ? dir : write_about(dir, &marked);
	if (dir >= 0)
		close(dir);
	return rc < 0 ? am_fail(err, -rc, "cannot write %s/%u.about: %s", path, record->number, strerror(-rc))
		      : 0;
}

static int replace_link(int dir, const char *name, unsigned number)
{
	char target[64];

	if (!number)
		return unlinkat(dir, name, 0) < 0 && errno != ENOENT ? -errno : 0;
	snprintf(target, sizeof target, "history/%u.json", number);
	if ((unlinkat(dir, NEW_FILE, 0) < 0 && errno != ENOENT) || symlinkat(target, dir, NEW_FILE) < 0 ||
		renameat(dir, NEW_FILE, dir, name) < 0)
		return -errno;
	return 0;
}

int am_archive_point(
	const struct am_archive *a, enum am_archive_link link, unsigned number, struct am_err *err)
{
	int dir = open_dir(a->dir);
	int rc = dir < 0 ? dir : replace_link(dir, link_names[link], number);

	if (rc == 0 && fsync(dir) < 0)
		rc = -errno;
	if (dir >= 0)
		close(dir);
	return rc < 0 ? am_fail(err, -rc, "cannot set %s/%s: %s", a->dir, link_names[link], strerror(-rc))
		      : 0;
}

/* ---- memory ---- */

unsigned am_archive_next(const struct am_archive *a)
{
	return a->n ? a->records[a->n - 1].number + 1 : 1;
}

const struct am_record *am_archive_record(const struct am_archive *a, unsigned number)
{
	for (unsigned i = 0; number && i < a->n; i++)
		if (a->records[i].number == number)
			return &a->records[i];
	return NULL;
}

void am_archive_note(struct am_archive *a, const struct am_record *record)
{
	const struct am_record *gone = oldest(a);

	if (gone) {
		size_t at = (size_t)(gone - a->records);

		a->n--;
		memmove(&a->records[at], &a->records[at + 1], (a->n - at) * sizeof *a->records);
	}
	a->records[a->n++] = *record;
}

void am_archive_commit(struct am_archive *a, unsigned number, unsigned unconfirmed)
{
	a->committed = number;
	a->unconfirmed = unconfirmed;
	for (unsigned i = 0; i < a->n; i++)
		a->records[i].committed |= a->records[i].number == number;
}
