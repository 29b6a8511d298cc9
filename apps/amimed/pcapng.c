/* SPDX-License-Identifier: BSD-3-Clause */
#include "pcapng.h"

#include <stdlib.h>
#include <string.h>

/* draft-ietf-opsawg-pcapng: numbers are in this machine's order, and the magic says which. */
enum {
	SECTION = 0x0a0d0d0a,
	INTERFACE = 1,
	STATISTICS = 5,
	PACKET = 6,
	MAGIC = 0x1a2b3c4d,

	OPT_END = 0,
	OPT_COMMENT = 1,
	OPT_PROGRAM = 4,
	OPT_NAME = 2,
	OPT_DESCRIPTION = 3,
	OPT_RESOLUTION = 9,
	OPT_FLAGS = 2,
	OPT_OS_LOST = 7,

	NANOSECONDS = 9,
	ROOM_MIN = 1 << 16,
	COMMENT_MAX = 1000,
};

static void put(struct am_pcapng *f, const void *bytes, size_t n)
{
	if (f->failed || n == 0)
		return;
	if (f->len + n > f->room) {
		size_t room = 2 * (f->len + n) > ROOM_MIN ? 2 * (f->len + n) : ROOM_MIN;
		uint8_t *more = realloc(f->bytes, room);

		f->failed = !more;
		if (!more)
			return;
		f->bytes = more;
		f->room = room;
	}
	memcpy(f->bytes + f->len, bytes, n);
	f->len += n;
}

static void put16(struct am_pcapng *f, uint16_t v)
{
	put(f, &v, sizeof v);
}

static void put32(struct am_pcapng *f, uint32_t v)
{
	put(f, &v, sizeof v);
}

static void put64(struct am_pcapng *f, uint64_t v)
{
	put(f, &v, sizeof v);
}

/* Times are in two halves, the high one first. */
static void put_time(struct am_pcapng *f, uint64_t ns)
{
	put32(f, (uint32_t)(ns >> 32));
	put32(f, (uint32_t)ns);
}

static void put_padded(struct am_pcapng *f, const void *bytes, size_t n)
{
	static const uint8_t zeroes[3];

	put(f, bytes, n);
	put(f, zeroes, -n & 3);
}

static void put_option(struct am_pcapng *f, uint16_t code, const void *bytes, size_t n)
{
	put16(f, code);
	put16(f, (uint16_t)n);
	put_padded(f, bytes, n);
}

static void put_text(struct am_pcapng *f, uint16_t code, const char *text)
{
	size_t n = strnlen(text, COMMENT_MAX);

	if (n)
		put_option(f, code, text, n);
}

/* A block's length stands at both of its ends. */
static size_t open_block(struct am_pcapng *f, uint32_t type)
{
	size_t at = f->len;

	put32(f, type);
	put32(f, 0);
	return at;
}

static void close_block(struct am_pcapng *f, size_t at)
{
	uint32_t len = (uint32_t)(f->len - at + sizeof len);

	put32(f, len);
	if (f->failed)
		f->len = at; /* no half of a block */
	else
		memcpy(f->bytes + at + sizeof(uint32_t), &len, sizeof len);
}

void am_pcapng_begin(struct am_pcapng *f, const char *program)
{
	size_t at = open_block(f, SECTION);

	put32(f, MAGIC);
	put16(f, 1);
	put16(f, 0);
	put64(f, UINT64_MAX); /* how long the section is, is not known */
	put_text(f, OPT_PROGRAM, program);
	put_option(f, OPT_END, NULL, 0);
	close_block(f, at);
}

void am_pcapng_iface(struct am_pcapng *f, enum am_pcapng_link link, uint32_t snaplen, const char *name,
	const char *description)
{
	size_t at = open_block(f, INTERFACE);

	put16(f, (uint16_t)link);
	put16(f, 0);
	put32(f, snaplen);
	put_text(f, OPT_NAME, name);
	put_text(f, OPT_DESCRIPTION, description);
	put_option(f, OPT_RESOLUTION, &(uint8_t){NANOSECONDS}, 1);
	put_option(f, OPT_END, NULL, 0);
	close_block(f, at);
}

void am_pcapng_packet(struct am_pcapng *f, const struct am_pcapng_packet *p)
{
	size_t at = open_block(f, PACKET);

	put32(f, p->iface);
	put_time(f, p->ns);
	put32(f, p->caplen);
	put32(f, p->len);
	put_padded(f, p->octets, p->caplen);
	put_option(f, OPT_FLAGS, &(uint32_t){p->way}, sizeof(uint32_t));
	put_text(f, OPT_COMMENT, p->comment);
	put_option(f, OPT_END, NULL, 0);
	close_block(f, at);
}

void am_pcapng_lost(struct am_pcapng *f, uint32_t iface, uint64_t ns, uint64_t lost, const char *comment)
{
	size_t at = open_block(f, STATISTICS);

	put32(f, iface);
	put_time(f, ns);
	put_option(f, OPT_OS_LOST, &lost, sizeof lost);
	put_text(f, OPT_COMMENT, comment);
	put_option(f, OPT_END, NULL, 0);
	close_block(f, at);
}
