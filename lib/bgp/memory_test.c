/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory runs out: one history of two speakers with tables, in which the Nth request for memory fails, for every N that there is, and in which
 * all requests from the Nth on fail for a while. Nothing crashes, nothing leaks, and afterwards the two agree as if it had not happened.
 */
#include "test_story.h"

enum {
	SEED = 51,  /* all families, add-path and graceful restart */
	WHILE = 40, /* requests that fail one after another */
	REST = 70,  /* s: a session that memory was too short for begins anew after 60 */
};

/* The library's requests: the linker sends them here. Nobody else reads or writes these; a test is one thread. */
static struct {
	uint64_t number, from,
		to;   /* of requests since the history began; those from `from` below `to` fail */
	int looking;  /* none fails, and none is counted, while the test looks */
	int64_t live; /* pieces that are not given back yet */
	uint64_t failed;
} memory;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *piece);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *piece);

static bool fails(void)
{
	bool is_one = !memory.looking && memory.number >= memory.from && memory.number < memory.to;

	memory.number += !memory.looking;
	memory.failed += is_one;
	return is_one;
}

static void *given(void *piece)
{
	memory.live += piece != NULL;
	return piece;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : given(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : given(__real_calloc(n, size));
}

void *__wrap_realloc(void *old, size_t size)
{
	void *piece = fails() ? NULL : __real_realloc(old, size);

	memory.live += !old && piece;
	return piece;
}

void __wrap_free(void *piece)
{
	memory.live -= piece != NULL;
	__real_free(piece);
}

static void look(bool begin)
{
	memory.looking += begin ? 1 : -1;
}

static void some_time(struct story *w, uint64_t seconds)
{
	pair_run(&w->pair, am_time_add(w->pair.now, seconds * AM_S));
}

/* Everything that asks for memory: routes, refreshes, other policies, RPKI news, and losses that a helper bridges. */
static void live(struct story *w)
{
	const struct am_prefix some = {.ip = am_ip4((const uint8_t[]){198, 51, 0, 0}), .len = 16};

	for (unsigned node = 0; node < 2; node++) {
		const struct pair_node *n = &w->pair.node[node];

		stir(w, 0, 25);
		stir(w, 1, 25);
		some_time(w, 2);
		other_policy(w, node);
		for (unsigned f = 0; f < AM_BGP_FAMILIES; f++)
			am_bgp_speaker_refresh(n->speaker, (unsigned)n->peer, f, w->pair.now);
		some_time(w, 1);
		am_bgp_speaker_recheck(n->speaker, &some, 1);
		pair_lose_all(&w->pair);
		some_time(w, 6);
	}
}

/* How many requests there were. */
static uint64_t run(uint64_t from, uint64_t to)
{
	int64_t before = memory.live;
	uint64_t requests;
	struct story *w;

	memory.number = 0;
	memory.from = from;
	memory.to = to;
	look(true);
	w = draw(SEED);
	w->look = look;
	look(false);
	begin(w);
	live(w);
	requests = memory.number;
	look(true);
	some_time(w, REST);
	calm_down(w);
	w->seed = from;
	settle(w);
	release(w);
	look(false);
	if (memory.live != before) {
		print_error("requests %llu to %llu failed, and %lld pieces are lost\n",
			(unsigned long long)from, (unsigned long long)to, (long long)(memory.live - before));
		fail();
	}
	return requests;
}

static void test_each_request(void **state)
{
	uint64_t requests = run(0, 0);

	(void)state;
	memory.failed = 0;
	for (uint64_t n = 0; n < requests; n++)
		run(n, n + 1);
	print_message("%llu requests for memory, each failed once\n", (unsigned long long)requests);
	assert_true(requests > 200);
	assert_int_equal(memory.failed, requests);
}

static void test_no_memory_for_a_while(void **state)
{
	uint64_t requests = run(0, 0);

	(void)state;
	for (uint64_t n = 0; n < requests; n += WHILE / 4)
		run(n, n + WHILE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_request),
		cmocka_unit_test(test_no_memory_for_a_while),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
