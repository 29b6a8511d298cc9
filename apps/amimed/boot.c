/* SPDX-License-Identifier: BSD-3-Clause */
#include "boot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"

static struct am_config *load_number(const struct am_archive *a, unsigned number)
{
	struct am_config_errors errors = {0};
	char path[PATH_MAX];
	struct am_config *config = NULL;

	am_archive_path(a, number, path, sizeof path);
	if (number)
		config = am_config_load_file_checked(path, am_check_config, &errors);
	am_config_errors_free(&errors);
	return config;
}

/* The archive of this file: by the name in it, or by where its committed one came from. */
static void read_archive(const char *base, const char *path, struct am_boot *b)
{
	char *real = realpath(path, NULL), name[NAME_MAX + 1];

	if (b->config)
		am_archive_read(&b->archive, base, b->config->name);
	else if (am_archive_find(base, real ? real : path, name, sizeof name))
		am_archive_read(&b->archive, base, name);
	free(real);
}

static bool was_not_confirmed(const struct am_boot *b)
{
	struct am_config *tried = load_number(&b->archive, b->archive.unconfirmed);
	bool same = tried && tried->hash == b->config->hash;

	am_config_free(tried);
	return same && b->config->hash != b->committed_hash;
}

static void say_why(struct am_boot *b, const char *path)
{
	const struct am_record *good = am_archive_record(&b->archive, b->archive.committed);
	const struct am_record *bad = am_archive_record(&b->archive, b->archive.unconfirmed);
	char when[32] = "an unknown time";
	time_t at = good ? (time_t)good->time_s : 0;
	struct tm tm;

	if (good && localtime_r(&at, &tm))
		strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
	if (b->errors.n)
		am_fail(&b->why, EINVAL,
			"%s is wrong: configuration %u of %s, which was committed last, instead", path,
			b->archive.committed, when);
	else
		am_fail(&b->why, EINVAL,
			"%s says what number %u in the history says (%s by %s), and that was rolled back or never confirmed: "
			"configuration %u of %s, which was committed last, instead; to take the file: amimectl reload",
			path, b->archive.unconfirmed, bad ? bad->how : "?", bad ? bad->who : "?",
			b->archive.committed, when);
}

void am_boot_choose(const char *base, const char *path, struct am_boot *b)
{
	struct am_config *committed;

	memset(b, 0, sizeof *b);
	b->config = am_config_load_file_checked(path, am_check_config, &b->errors);
	read_archive(base, path, b);
	committed = load_number(&b->archive, b->archive.committed);
	if (!committed) {
		b->archive.committed = 0;
		return;
	}
	b->committed_hash = committed->hash;
	if (b->config && !was_not_confirmed(b)) {
		am_config_free(committed);
		return;
	}
	am_config_free(b->config);
	b->config = committed;
	b->instead = true;
	say_why(b, path);
}
