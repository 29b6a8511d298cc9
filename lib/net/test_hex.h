/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_TEST_HEX_H
#define NET_TEST_HEX_H
/* Packets of the unit tests, written as hexadecimal, in heap blocks of exactly their size: ASan sees an over-read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct packet {
	uint8_t *bytes;
	uint32_t len;
};

static inline int test_hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, c);

	return c && at ? (int)(at - digits) : -1;
}

/* Blanks may stand anywhere between octets. The caller frees bytes. */
static inline struct packet packet_of(const char *hex)
{
	struct packet p = {.bytes = NULL};
	uint8_t *room = malloc(strlen(hex) / 2 + 1);

	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		if (test_hex_digit(hex[0]) < 0 || test_hex_digit(hex[1]) < 0)
			abort();
		room[p.len++] = (uint8_t)(test_hex_digit(hex[0]) << 4 | test_hex_digit(hex[1]));
		hex++;
	}
	p.bytes = malloc(p.len ? p.len : 1);
	memcpy(p.bytes, room, p.len);
	free(room);
	return p;
}

/* The first len octets of bytes in a block of their own. */
static inline uint8_t *exactly(const void *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	memcpy(copy, bytes, len);
	return copy;
}

#endif
