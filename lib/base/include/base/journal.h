/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BASE_JOURNAL_H
#define BASE_JOURNAL_H
/*
 * systemd's journal by its native protocol: what a line is about stands in a field of its own, so that
 * `journalctl AMIME_PORT=wan` has a port's history.
 */
#include <stdbool.h>
#include <stddef.h>

struct am_journal {
	int fd; /* -1: none */
	const char *instance;
};

/* True where standard error is the journal's (JOURNAL_STREAM): then lines go there, else to standard error. */
bool am_journal_open(struct am_journal *j, const char *instance);
void am_journal_close(struct am_journal *j);

/*
 * The message as the journal takes it. What it is about is its beginning: "port wan: ...", "tunnel to-b: ...". Returns its
 * length, at most room.
 */
size_t am_journal_write(
	char *out, size_t room, int priority, const char *program, const char *instance, const char *text);
/* False where it could not be sent. */
bool am_journal_send(const struct am_journal *j, int priority, const char *program, const char *text);

#endif
