/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMECTL_STREAM_H
#define AMIMECTL_STREAM_H
/* What goes on after an answer: captures and traces. */
#include <stdio.h>

#include <jansson.h>

#include "args.h"

/*
 * The request of a capture or a trace; the filter's text is compiled here, where a name that has to be looked up keeps nobody
 * else waiting. NULL and err.
 */
json_t *am_stream_request(const struct am_ctl_args *args, struct am_err *err);

/* To the end, or to an interrupt. An exit status; what is wrong has been said. */
int am_stream_capture(int fd, const struct am_ctl_args *args);
int am_stream_trace(int fd, const struct am_ctl_args *args);

/* One story, for people. */
void am_stream_story(const json_t *story, FILE *out);

#endif
