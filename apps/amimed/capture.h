/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_CAPTURE_H
#define AMIMED_CAPTURE_H
/*
 * Somebody looks at packets: a tap is armed, and what it holds is written to them, as pcapng or as stories, until they have
 * seen enough. One at a time. Control thread.
 */
#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/err.h"
#include "look.h"

struct am_daemon;
struct am_capture;

/* Where it is written to. */
struct am_capture_sink {
	void *ctx;
	size_t (*waiting)(void *ctx);                      /* octets that were not taken yet */
	void (*write)(void *ctx, void *bytes, size_t len); /* takes bytes over, from malloc */
	void (*done)(void *ctx);                           /* that was all; sink is not used again */
};

/* NULL and err. */
struct am_capture *am_capture_start(struct am_daemon *d, const struct am_look *look,
	const struct am_capture_sink *sink, struct am_err *err);
/* They have seen enough: what is there is written, and done is called. */
void am_capture_finish(struct am_capture *c);
/* They are gone: sink is not used again. */
void am_capture_abandon(struct am_capture *c);

#endif
