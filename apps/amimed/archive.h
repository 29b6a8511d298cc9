/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_ARCHIVE_H
#define AMIMED_ARCHIVE_H
/*
 * What survives the process, in BASE/NAME: the configurations that were applied last, and which of them is the committed
 * one.
 *   history/12.json    a configuration, whole and with every default: amimed and amimectl read it like any other
 *   history/12.about   its record
 *   committed          symbolic link to the one that a start may rely on
 *   unconfirmed        symbolic link to one that a start must not take: being applied, not confirmed, or rolled back
 * Each file is complete before it has its name, and a link is replaced by renaming: whatever ends the process, and whenever,
 * one of two states is found. Reads and writes the disk, so not for the control thread; those marked so touch memory only.
 */
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "record.h"

#define AM_ARCHIVE_BASE "/var/lib/amime"

enum { AM_ARCHIVE_KEEP = 20 };

struct am_archive {
	char dir[PATH_MAX - 64]; /* room for names below it */
	struct am_record
		records[AM_ARCHIVE_KEEP + 2]; /* by number; both links' targets are kept beyond the last 20 */
	unsigned n;
	unsigned committed, unconfirmed; /* numbers; 0: none */
};

enum am_archive_link { AM_LINK_COMMITTED, AM_LINK_UNCONFIRMED };

/* Read what there is; nothing is an empty one. */
void am_archive_read(struct am_archive *a, const char *base, const char *name);
/* The same, and make the folders. 0 or -errno and err. */
int am_archive_open(struct am_archive *a, const char *base, const char *name, struct am_err *err);
/* The name whose committed configuration came from file (a real path): for a file that cannot say its name. */
bool am_archive_find(const char *base, const char *file, char *name, size_t room);

/* The number that the next one has. Memory. */
unsigned am_archive_next(const struct am_archive *a);
/* Where a configuration is. Memory. */
void am_archive_path(const struct am_archive *a, unsigned number, char *path, size_t room);
/* NULL where there is none. Memory. */
const struct am_record *am_archive_record(const struct am_archive *a, unsigned number);

/* Store a configuration; the oldest one goes where there are more than 20. 0 or -errno and err. */
int am_archive_write(
	const struct am_archive *a, const struct am_record *record, const char *text, struct am_err *err);
/* Say of one that is there that it was committed. 0 or -errno and err. */
int am_archive_mark(const struct am_archive *a, const struct am_record *record, struct am_err *err);
/* Let a link lead to number; 0 removes it. 0 or -errno and err. */
int am_archive_point(
	const struct am_archive *a, enum am_archive_link link, unsigned number, struct am_err *err);

/* Note what am_archive_write did. Memory. */
void am_archive_note(struct am_archive *a, const struct am_record *record);
/* Note what am_archive_mark and am_archive_point did. Memory. */
void am_archive_commit(struct am_archive *a, unsigned number, unsigned unconfirmed);

#endif
