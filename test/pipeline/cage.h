/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_CAGE_H
#define TEST_CAGE_H
/*
 * What a worker must not do, made deadly for the threads that enter: a system call (SIGSYS), a call of malloc and its family
 * by anybody, libraries too (SIGILL), a write to what was allocated while the cage was being filled (SIGSEGV).
 *
 * A program that links this has its malloc. One cage a process, and no way out of it: a thread that entered cannot even end.
 */
#include <stdbool.h>

/* Between the two, what is allocated or mapped is in pages that cage_close makes read-only. A nested pair counts as one. */
void cage_fill_begin(void);
void cage_fill_end(void);
bool cage_holds(const void *p);

/* An allocation that holds p stays writable; nothing where p is elsewhere. */
void cage_exempt(const void *p);
/* The same of each allocation that write(arg) changes. Returns how many those are. */
unsigned cage_exempt_written(void (*write)(void *arg), void *arg);

void cage_close(void);
void cage_enter(void);

#endif
