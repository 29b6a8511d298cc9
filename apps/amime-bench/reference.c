/* SPDX-License-Identifier: BSD-3-Clause */
#include "reference.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	LINE = 64,
	PACKET = 128,
	HEADER = 72,
	LINES = 128,
	HEADERS = 16,
	KEYS = 4,
};

/* As wide as a cache line. All together fit the first level of caches: what is pushed out of it is back at once. */
struct line {
	uint64_t key[KEYS];
	uint64_t value[KEYS];
};

struct reference {
	struct line lines[LINES];
	uint8_t packets[BENCH_BURST][PACKET];
	uint8_t headers[HEADERS][PACKET];
	uint64_t keys[BENCH_BURST];
	uint64_t counters[LINES];
	uint64_t next; /* the state of a generator of keys */
	uint64_t sum;  /* of everything found, so that nothing can be left out */
};

static inline uint64_t mix(uint64_t v)
{
	v ^= v >> 32;
	v *= 0x9e3779b97f4a7c15u;
	v ^= v >> 29;
	v *= 0xbf58476d1ce4e5b9u;
	return v ^ v >> 32;
}

static void *open_reference(const struct bench_env *env, const void *arg, struct am_err *err)
{
	struct reference *r = aligned_alloc(LINE, (sizeof *r + LINE - 1) / LINE * LINE);

	(void)arg;
	if (!r) {
		am_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	memset(r, 0, sizeof *r);
	r->next = env->seed;
	for (unsigned i = 0; i < LINES; i++)
		for (unsigned k = 0; k < KEYS; k++)
			r->lines[i].key[k] = r->lines[i].value[k] = mix(i * KEYS + k + 1);
	for (unsigned i = 0; i < HEADERS; i++)
		for (unsigned j = 0; j < PACKET; j++)
			r->headers[i][j] = (uint8_t)(i + j);
	return r;
}

/* Keys of lines that are there, other ones each time. */
static bool prepare_reference(void *state)
{
	struct reference *r = state;

	for (unsigned i = 0; i < BENCH_BURST; i++) {
		r->next = mix(r->next + 1);
		r->keys[i] = r->next;
		memset(r->packets[i], (int)i, PACKET);
	}
	return true;
}

/* Which of four keys it is, without a branch that could be guessed. */
static inline uint64_t look_up(const struct line *line, uint64_t key)
{
	uint64_t found = 0;

	for (unsigned k = 0; k < KEYS; k++)
		found |= line->key[k] == key ? line->value[k] : 0;
	return found;
}

static inline uint32_t add_up(const uint8_t *p, unsigned len)
{
	uint32_t sum = 0;
	uint16_t word;

	for (unsigned i = 0; i < len; i += sizeof word) {
		memcpy(&word, p + i, sizeof word);
		sum += word;
	}
	return sum;
}

/* One packet: two look-ups, as of a source and a destination, and a header in front. */
static inline void forward(struct reference *r, unsigned i)
{
	uint64_t from = mix(r->keys[i]) % LINES, to = mix(r->keys[i] + 1) % LINES;
	uint64_t want = r->lines[from].key[r->keys[i] % KEYS];
	uint8_t *packet = r->packets[i];
	uint32_t sum;

	memcpy(packet, r->headers[want % HEADERS], HEADER);
	memcpy(packet + 4, &want, sizeof want);
	sum = add_up(packet, 40);
	memcpy(packet + 24, &sum, sizeof sum);
	r->counters[to] += 1;
	r->counters[from] += HEADER;
	r->sum += look_up(&r->lines[from], want) ^ look_up(&r->lines[to], want);
}

static bool run_reference(void *state)
{
	struct reference *r = state;

	for (unsigned i = 0; i < BENCH_BURST; i++)
		forward(r, i);
	return r->sum != 0;
}

static void close_reference(void *state)
{
	free(state);
}

const struct bench_case reference_case = {
	.name = "reference",
	.per = "packet",
	.about = "a fixed mix of hashing, look-ups, copies and checksums",
	.ops = BENCH_BURST,
	.open = open_reference,
	.prepare = prepare_reference,
	.run = run_reference,
	.close = close_reference,
};
