/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_OWNED_H
#define AMIMED_OWNED_H
/*
 * Which addresses we put into the kernel, in a file under /run: what a killed daemon leaves on devices that are not its own,
 * and the rules of its addresses, the next one finds there. Like them, the file ends with the machine's run.
 *
 * A line is: table of the rules (0: none), device, address, and the namespace (nothing: the daemon's own).
 */
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/err.h"

enum { AM_OWNED_NETNS = 256 };

struct am_owned {
	uint32_t table;
	char device[16];
	struct am_prefix address; /* with host bits */
	char netns[AM_OWNED_NETNS];
};

/* text: a line without its end. 0, or -EINVAL. */
int am_owned_parse(const char *text, struct am_owned *out);
/* False where the stream is broken. */
bool am_owned_print(FILE *file, const struct am_owned *owned);

/* All of a file, to be freed, and how many: NULL and 0 where there is none. A line that is none of ours is passed over. */
struct am_owned *am_owned_read(const char *path, unsigned *n);
/* The file is whole or the old one, whatever happens. Short, and in memory: /run. 0 or -errno and err. */
typedef bool am_owned_fn(FILE *file, const void *ctx);
int am_owned_write(const char *path, am_owned_fn *print, const void *ctx, struct am_err *err);

#endif
