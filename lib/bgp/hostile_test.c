/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Peers that want to hold memory, or to starve others: 200 that say one octet a second, and 200 that are up and read nothing, each beside a good
 * session with a hold time of 3 s. What one of them can hold is asserted in octets; the good session never ends, and has all routes.
 */
#include <malloc.h>

#include "bgp/open.h"
#include "test_pair.h"

enum {
	HOSTILE = 200,
	ROUTES = 1000,
	ROUNDS = 40,
	/* Two buffers of some 70 kB each for a connection, and room to decode an UPDATE: speaker.h, session.h. */
	HELD_BY_ONE = 192 << 10,
	LARGE_HOLD = 240, /* s, until an OPEN has to be whole (RFC 4271 8.2.2) */
	SEND_HOLD = 480,  /* s, until something has to be read (RFC 9687) */
};

/* Octets of the library's that are not given back yet: the linker sends its requests here. */
static size_t held;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *piece);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *piece);

static void *given(void *piece)
{
	held += malloc_usable_size(piece);
	return piece;
}

void *__wrap_malloc(size_t size)
{
	return given(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return given(__real_calloc(n, size));
}

void *__wrap_realloc(void *old, size_t size)
{
	held -= malloc_usable_size(old);
	return given(__real_realloc(old, size));
}

void __wrap_free(void *piece)
{
	held -= malloc_usable_size(piece);
	__real_free(piece);
}

static struct am_ip address(unsigned a, unsigned b)
{
	const uint8_t bytes[4] = {10, 0, (uint8_t)a, (uint8_t)b};

	return am_ip4(bytes);
}

static struct am_bgp_speaker_peer peer_config(unsigned node, uint32_t remote, struct am_ip at, uint16_t hold)
{
	struct am_bgp_speaker_peer p;

	memset(&p, 0, sizeof p);
	p.session = (struct am_bgp_session_config){.local_as = 65001 + node,
		.remote_as = remote,
		.local_id = 1 + node,
		.hold_time = hold,
		.connect_retry = 5,
		.idle_hold = 1,
		.passive = node == 0,
		.caps = {.as4 = true, .n_families = 1}};
	p.session.caps.families[0] =
		(struct am_bgp_capability_family){.afi = 1, .safi = 1, .multiprotocol = true};
	p.address = at;
	p.routes.import.run = p.routes.export.run = am_bgp_filter_accept;
	return p;
}

static void announce(struct pair *w, uint32_t number, bool there)
{
	const struct am_bgp_set set = {
		.attrs = {.has = AM_BGP_HAS(AM_BGP_ATTR_ORIGIN) | AM_BGP_HAS(AM_BGP_ATTR_AS_PATH)}};
	struct am_bgp_nlri nlri;
	uint8_t bytes[4];

	memset(&nlri, 0, sizeof nlri);
	am_store32(bytes, 0xc0000000 + (number << 8));
	nlri.prefix = (struct am_prefix){.ip = am_ip4(bytes), .len = 24};
	if (there)
		assert_int_equal(am_bgp_speaker_announce(w->node[0].speaker, &nlri, &set), 0);
	else
		assert_int_equal(am_bgp_speaker_withdraw(w->node[0].speaker, &nlri), 0);
}

/* Links of peers that are no node: what becomes of them. */
static struct {
	unsigned first, closed;
	uint8_t code;
} hostile;

static void watch(struct pair *w, unsigned node, const struct am_bgp_speaker_event *e)
{
	if (node || e->link.peer < hostile.first)
		return;
	if (e->type == AM_BGP_SPEAKER_DOWN)
		hostile.code = e->end->code;
	if (e->type != AM_BGP_SPEAKER_CLOSE)
		return;
	hostile.closed++;
	am_bgp_speaker_closed(w->node[node].speaker, e->link, w->now);
}

/* Two good speakers that are up, with routes of node 0. */
static struct pair *make(void)
{
	struct pair *w = calloc(1, sizeof *w);

	w->now = (am_time){1000 * AM_S};
	w->chunk = 4096;
	for (unsigned i = 0; i < 2; i++) {
		struct am_bgp_speaker_config config = {.as = 65001 + i, .id = 1 + i, .seed = i};
		struct am_bgp_speaker_peer p = peer_config(i, 65002 - i, address(0, 2 - i), 3);

		w->node[i].here = (struct am_bgp_speaker_end){.address = address(0, 1 + i)};
		assert_int_equal(am_bgp_speaker_create(&config, &w->node[i].speaker), 0);
		w->node[i].peer = am_bgp_speaker_add(w->node[i].speaker, &p, w->now);
	}
	for (uint32_t i = 0; i < ROUTES; i++)
		announce(w, i, true);
	pair_run(w, am_time_add(w->now, 5 * AM_S));
	assert_true(w->node[0].up && w->node[1].up);
	w->watch = watch;
	hostile.first = 1;
	hostile.closed = 0;
	return w;
}

static struct am_bgp_link come(struct pair *w, unsigned number)
{
	struct am_bgp_speaker_peer p = peer_config(0, 65100, address(1, number), 0);
	struct am_bgp_speaker *s = w->node[0].speaker;
	struct am_bgp_link link;

	assert_true(am_bgp_speaker_add(s, &p, w->now) >= (int)hostile.first);
	assert_int_equal(am_bgp_speaker_accept(s, &p.address, 0, &w->node[0].here, &link, w->now), 0);
	return link;
}

/* The good session is as if nobody else were there. */
static void good_session_is_well(struct pair *w)
{
	assert_true(w->node[0].up && w->node[1].up);
	assert_int_equal(w->node[0].downs + w->node[1].downs, 0);
	assert_int_equal(pair_view(w, 1).routes.received[AM_BGP_IPV4_UNICAST], ROUTES);
}

static void release(struct pair *w)
{
	am_bgp_speaker_free(w->node[0].speaker);
	am_bgp_speaker_free(w->node[1].speaker);
	free(w);
}

static size_t open_of(uint8_t *room, size_t size)
{
	struct am_writer out = am_writer(room, size);
	struct am_bgp_open open = {
		.as = 65100, .id = 77, .hold_time = 0, .caps = {.as4 = true, .n_families = 1}};

	open.caps.families[0] = (struct am_bgp_capability_family){.afi = 1, .safi = 1, .multiprotocol = true};
	assert_int_equal(am_bgp_open_encode(&out, &open), 0);
	assert_int_equal(am_bgp_keepalive_encode(&out), 0);
	return am_writer_len(&out);
}

static void one_octet_a_second(void **state)
{
	/* A header that promises 4096 octets of OPEN, and then its body. */
	uint8_t octets[LARGE_HOLD] = {[16] = 0x10, [17] = 0x00, [18] = 1, [19] = 4};
	static struct am_bgp_link links[HOSTILE];
	struct pair *w = make();
	size_t before = held, most = 0;

	(void)state;
	memset(octets, 0xff, 16);
	for (unsigned i = 0; i < HOSTILE; i++)
		links[i] = come(w, i);
	for (unsigned second = 0; second < LARGE_HOLD - 1; second++) {
		for (unsigned i = 0; i < HOSTILE; i++)
			am_bgp_speaker_input(w->node[0].speaker, links[i], octets + second, 1, w->now);
		pair_run(w, am_time_add(w->now, AM_S));
		most = held > most ? held : most;
	}
	assert_int_equal(hostile.closed, 0);
	good_session_is_well(w);
	print_message(
		"one octet a second: %zu octets held for each of %u\n", (most - before) / HOSTILE, HOSTILE);
	assert_true((most - before) / HOSTILE < HELD_BY_ONE);
	pair_run(w, am_time_add(w->now, 2 * AM_S));
	assert_int_equal(hostile.closed, HOSTILE);
	assert_int_equal(hostile.code, AM_BGP_E_HOLD);
	print_message("and when they are gone: %zu\n", (held - before) / HOSTILE);
	assert_true((held - before) / HOSTILE < HELD_BY_ONE / 4);
	good_session_is_well(w);
	release(w);
}

static void never_reads(void **state)
{
	static struct am_bgp_link links[HOSTILE];
	uint8_t octets[256];
	size_t len = open_of(octets, sizeof octets);
	struct pair *w = make();
	size_t before = held, most = 0;

	(void)state;
	for (unsigned i = 0; i < HOSTILE; i++) {
		links[i] = come(w, i);
		assert_int_equal(
			am_bgp_speaker_input(w->node[0].speaker, links[i], octets, len, w->now), len);
		pair_events(w, 0);
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (uint32_t i = 0; i < ROUTES; i++)
			announce(w, i, round & 1);
		pair_run(w, am_time_add(w->now, AM_S));
		most = held > most ? held : most;
	}
	assert_int_equal(hostile.closed, 0);
	good_session_is_well(w);
	print_message("nothing read in %u rounds of %u routes: %zu octets held for each of %u\n", ROUNDS,
		ROUTES, (most - before) / HOSTILE, HOSTILE);
	assert_true((most - before) / HOSTILE < HELD_BY_ONE);
	pair_run(w, am_time_add(w->now, SEND_HOLD * AM_S));
	assert_int_equal(hostile.closed, HOSTILE);
	assert_int_equal(hostile.code, AM_BGP_E_SEND_HOLD);
	good_session_is_well(w);
	release(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_octet_a_second),
		cmocka_unit_test(never_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
