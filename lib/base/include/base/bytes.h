/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H
/*
 * Unaligned big-endian loads and stores, and a bounded reader and writer over plain bytes.
 *
 * The loads and stores are for offsets that a parser has already proved to be inside the buffer. Everything
 * that is not proved yet goes through struct am_reader: a reader that runs out turns bad, stays bad, and
 * returns zeroes, so a caller checks once at the end.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t am_load16(const void *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof v);
	return __builtin_bswap16(v);
}

static inline uint32_t am_load32(const void *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return __builtin_bswap32(v);
}

static inline uint64_t am_load64(const void *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return __builtin_bswap64(v);
}

static inline void am_store16(void *p, uint16_t v)
{
	v = __builtin_bswap16(v);
	memcpy(p, &v, sizeof v);
}

static inline void am_store32(void *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, sizeof v);
}

static inline void am_store64(void *p, uint64_t v)
{
	v = __builtin_bswap64(v);
	memcpy(p, &v, sizeof v);
}

struct am_reader {
	const uint8_t *at;
	const uint8_t *end;
	bool bad; /* sticky: something was read that is not there */
};

/* bytes may be NULL where len is 0. */
static inline struct am_reader am_reader(const void *bytes, size_t len)
{
	return (struct am_reader){.at = bytes, .end = len ? (const uint8_t *)bytes + len : bytes};
}

static inline size_t am_reader_left(const struct am_reader *r)
{
	return (size_t)(r->end - r->at);
}

/* The next n bytes, or NULL (and bad) where there are fewer. */
static inline const uint8_t *am_take(struct am_reader *r, size_t n)
{
	const uint8_t *p = r->at;

	if (r->bad || n > am_reader_left(r)) {
		r->bad = true;
		return NULL;
	}
	r->at += n;
	return p;
}

static inline uint8_t am_take8(struct am_reader *r)
{
	const uint8_t *p = am_take(r, 1);
	return p ? *p : 0;
}

static inline uint16_t am_take16(struct am_reader *r)
{
	const uint8_t *p = am_take(r, 2);
	return p ? am_load16(p) : 0;
}

static inline uint32_t am_take32(struct am_reader *r)
{
	const uint8_t *p = am_take(r, 4);
	return p ? am_load32(p) : 0;
}

struct am_writer {
	uint8_t *start;
	uint8_t *at;
	uint8_t *end;
	bool full; /* sticky: something did not fit */
};

static inline struct am_writer am_writer(void *bytes, size_t room)
{
	return (struct am_writer){.start = bytes, .at = bytes, .end = (uint8_t *)bytes + room};
}

static inline size_t am_writer_len(const struct am_writer *w)
{
	return (size_t)(w->at - w->start);
}

/* Room for n bytes, zeroed, or NULL (and full) where there is less. */
static inline uint8_t *am_put(struct am_writer *w, size_t n)
{
	uint8_t *p = w->at;

	if (w->full || n > (size_t)(w->end - w->at)) {
		w->full = true;
		return NULL;
	}
	w->at += n;
	memset(p, 0, n);
	return p;
}

static inline void am_put_bytes(struct am_writer *w, const void *bytes, size_t n)
{
	uint8_t *p = am_put(w, n);
	if (p)
		memcpy(p, bytes, n);
}

static inline void am_put8(struct am_writer *w, uint8_t v)
{
	uint8_t *p = am_put(w, 1);
	if (p)
		*p = v;
}

static inline void am_put16(struct am_writer *w, uint16_t v)
{
	uint8_t *p = am_put(w, 2);
	if (p)
		am_store16(p, v);
}

static inline void am_put32(struct am_writer *w, uint32_t v)
{
	uint8_t *p = am_put(w, 4);
	if (p)
		am_store32(p, v);
}

#endif
