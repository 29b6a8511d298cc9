/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_WHO_H
#define AMIMED_WHO_H
/* Who asked for something, for people who read it later. */
#include <stddef.h>
#include <sys/types.h>

/*
 * The user of a process, and who logged in where that is another one: "root", "root (alice logged in)". May ask a name
 * service, so not for the control thread.
 */
void am_who(pid_t pid, uid_t uid, char *out, size_t room);

#endif
