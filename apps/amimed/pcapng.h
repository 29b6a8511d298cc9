/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_PCAPNG_H
#define AMIMED_PCAPNG_H
/* Blocks of a pcapng file, one after the other into memory that grows. Times are nanoseconds since 1970. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct am_pcapng {
	uint8_t *bytes; /* NULL at first; the caller frees it */
	size_t len, room;
	bool failed; /* no memory: what came after is not in it */
};

enum am_pcapng_link { AM_PCAPNG_ETHERNET = 1, AM_PCAPNG_RAW = 101 };
enum am_pcapng_way { AM_PCAPNG_IN = 1, AM_PCAPNG_OUT = 2 };

struct am_pcapng_packet {
	uint32_t iface; /* counted from 0, in the order in which they were put */
	uint64_t ns;
	uint32_t len, caplen;
	const uint8_t *octets;
	enum am_pcapng_way way;
	const char *comment;
};

/* Once, first of all. */
void am_pcapng_begin(struct am_pcapng *f, const char *program);
void am_pcapng_iface(struct am_pcapng *f, enum am_pcapng_link link, uint32_t snaplen, const char *name,
	const char *description);
void am_pcapng_packet(struct am_pcapng *f, const struct am_pcapng_packet *p);
/* How many packets of this interface the capture lost. */
void am_pcapng_lost(struct am_pcapng *f, uint32_t iface, uint64_t ns, uint64_t lost, const char *comment);

#endif
