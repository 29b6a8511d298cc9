/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_WORDS_H
#define AMIMED_WORDS_H
/* A packet in a line of words: who sends what to whom, layer in layer, as far as its octets are at hand. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Any octets may come in, all of a packet or its beginning. ethernet: they begin with that, else with IP. Returns buf. */
const char *am_words_packet(bool ethernet, const uint8_t *octets, uint32_t len, char *buf, size_t room);

#endif
