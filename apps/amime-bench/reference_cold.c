/* SPDX-License-Identifier: BSD-3-Clause */
#include "reference_cold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/hash.h"

enum {
	LINE = 64,
	BURSTS = 16,       /* in one run: memory answers now sooner, now later */
	PACKETS = 1 << 16, /* with PACKET octets each: twice what the largest last level holds that we know */
	PACKET = 1024,
	STEP = 40503, /* odd, so that all are gone through before one comes again */
	LINES = 1 << 16,
	HEADER = 64,
	WORDS = LINE / sizeof(uint64_t),
};

struct line {
	uint64_t word[WORDS];
};

struct reference_cold {
	uint8_t *packets;
	struct line *lines;
	uint32_t at;
	uint64_t sum; /* of everything found, so that nothing can be left out */
};

static void *map(size_t octets)
{
	void *p = mmap(NULL, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	madvise(p, octets, MADV_HUGEPAGE);
	memset(p, 1, octets);
	return p;
}

static void unmap(void *p, size_t octets)
{
	if (p)
		munmap(p, octets);
}

static void close_reference(void *state)
{
	struct reference_cold *r = state;

	unmap(r->packets, (size_t)PACKETS * PACKET);
	unmap(r->lines, LINES * sizeof *r->lines);
	free(r);
}

static void *open_reference(const struct bench_env *env, const void *arg, struct am_err *err)
{
	struct reference_cold *r = calloc(1, sizeof *r);

	(void)arg;
	if (r) {
		r->packets = map((size_t)PACKETS * PACKET);
		r->lines = map(LINES * sizeof *r->lines);
	}
	if (r && r->packets && r->lines) {
		r->at = (uint32_t)env->seed % PACKETS;
		return r;
	}
	if (r)
		close_reference(r);
	am_fail(err, ENOMEM, "no memory for %d MB of packets to measure beside",
		PACKETS / 1024 * PACKET / 1024);
	return NULL;
}

static void run_burst(struct reference_cold *r)
{
	uint8_t *packet[BENCH_BURST];
	const struct line *line[BENCH_BURST];

	for (unsigned i = 0; i < BENCH_BURST; i++) {
		packet[i] = r->packets + (size_t)r->at * PACKET;
		r->at = (r->at + STEP) % PACKETS;
		__builtin_prefetch(packet[i]);
		__builtin_prefetch(packet[i] + LINE, 1);
	}
	for (unsigned i = 0; i < BENCH_BURST; i++) {
		uint64_t key;

		memcpy(&key, packet[i], sizeof key);
		line[i] = &r->lines[am_mix(key ^ r->at ^ i, 0x9e3779b97f4a7c15ull) % LINES];
		__builtin_prefetch(line[i]);
	}
	for (unsigned i = 0; i < BENCH_BURST; i++) {
		for (unsigned k = 0; k < WORDS; k++)
			r->sum = am_mix(r->sum ^ line[i]->word[k], 0xbf58476d1ce4e5b9ull) + 1;
		memcpy(packet[i] + LINE, line[i], HEADER);
	}
}

static bool run_reference(void *state)
{
	struct reference_cold *r = state;

	for (unsigned i = 0; i < BURSTS; i++)
		run_burst(r);
	return r->sum != 0;
}

const struct bench_case reference_cold_case = {
	.name = "reference-cold",
	.per = "packet",
	.about = "the same of packets that come from memory",
	.ops = BURSTS * BENCH_BURST,
	.open = open_reference,
	.run = run_reference,
	.close = close_reference,
};
