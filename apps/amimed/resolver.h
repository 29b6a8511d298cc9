/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_RESOLVER_H
#define AMIMED_RESOLVER_H
/*
 * DNS names and what they stand for, asked again and again. getaddrinfo runs in the loop's work queue, never in control's own
 * thread; it says nothing of a time to live, so each question has its interval. After a failure it is asked again with a
 * pause that doubles from one second up to that, and the answer from before stays.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/addr.h"
#include "base/clock.h"

enum { AM_ANSWERS_MAX = 16 };

struct am_resolver;

struct am_question {
	struct am_resolver *resolver;
	char *name;
	uint8_t family; /* AM_IPV4, AM_IPV6, or 0: both */
	uint32_t interval_s;
	uv_getaddrinfo_t request;
	bool busy;
	bool wanted; /* no: it goes when it is not busy */
	am_time due;
	unsigned failures; /* since the last answer */
	int error;         /* of libuv, of the last failure */
	uint64_t asked;
	unsigned n;
	struct am_ip answers[AM_ANSWERS_MAX]; /* all unicast, in the resolver's order */
};

typedef void am_resolver_changed(void *ctx);

struct am_resolver *am_resolver_create(uv_loop_t *loop, am_resolver_changed *changed, void *ctx);
/* Its loop has ended. */
void am_resolver_free(struct am_resolver *r);
/* The loop is about to end: what has not begun is not begun any more. */
void am_resolver_cancel(struct am_resolver *r);

/* A new set of questions: begin, want each of them, end. One that is wanted again keeps what it knows. NULL: no memory. */
void am_resolver_begin(struct am_resolver *r);
struct am_question *am_resolver_want(
	struct am_resolver *r, const char *name, uint8_t family, uint32_t interval_s);
void am_resolver_end(struct am_resolver *r);

/* Once a second: ask what is due. */
void am_resolver_run(struct am_resolver *r, am_time now);
/* The network has changed: what failed is asked now. */
void am_resolver_hurry(struct am_resolver *r, am_time now);

/* Why there is no newer answer; empty where the last question was answered. */
const char *am_question_text(const struct am_question *q, char *buf, size_t room);

#endif
