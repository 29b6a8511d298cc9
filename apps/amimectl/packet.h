/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMECTL_PACKET_H
#define AMIMECTL_PACKET_H
/* `explain packet`: the question, and the answer for people. */
#include <stdio.h>

#include <jansson.h>

#include "base/err.h"

/* INTERFACE FROM TO [LENGTH [PROTOCOL [SPORT DPORT]]]; NULL and err: a word is wrong. */
json_t *am_packet_request(char *const *words, int n, struct am_err *err);
void am_packet_view(const json_t *answer, FILE *out);

#endif
