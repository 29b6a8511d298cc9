/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host that speaks stays in the FDB, whatever way its frames take through a worker, and one that is silent goes. Each second
 * is a walk of control's, before or after the frames of that second.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "eal.h"
#include "rig.h"

enum {
	SPEAKER = 1,
	LISTENER = 2, /* it spoke once */
	FRAME = 100,
	START_S = 1000,
};

static struct rte_mempool *pool;

static void open_bridge(struct rig *r, unsigned ageing, const char *more)
{
	char config[512];

	snprintf(config, sizeof config,
		"{\"ports\":{\"a\":{\"driver\":\"mem\"},\"b\":{\"driver\":\"mem\"}},"
		"\"bridges\":{\"x\":{\"ageing\":%u,%s\"members\":[{\"port\":\"a\"},{\"port\":\"b\"}]}}}",
		ageing, more);
	rig_open(r, pool, config, 1, 1, false);
	r->now = am_time_add(r->now, START_S * AM_S);
}

static void say(struct rig *r, unsigned from, unsigned to, uint32_t seq)
{
	const char *in = from == SPEAKER ? "a" : "b", *out = from == SPEAKER ? "b" : "a";
	struct rig_frame frame, got;

	rig_udp_frame(&frame, from, to, 0, seq, FRAME);
	rig_push(r, in, 0, frame.bytes, frame.len);
	rig_settle(r);
	assert_true(rig_pop(r, out, 0, &got));
	assert_int_equal(got.len, FRAME);
	assert_false(rig_pop(r, out, 0, &got));
}

static bool knows(const struct rig *r, unsigned host)
{
	const uint8_t mac[6] = {2, 0, 0, 0, 0, (uint8_t)host};
	uint32_t slot;

	return am_fdb_lookup(am_model_fdb(r->model), am_fdb_make_key(mac, 0), &slot) != 0;
}

static void age(struct rig *r)
{
	while (am_model_age(r->model, r->now.ns / AM_S))
		;
}

/* SPEAKER speaks every so many seconds; when LISTENER went, after how many. */
static unsigned live(unsigned ageing, unsigned every, bool late, const char *more)
{
	unsigned gone = 0;
	struct rig r;

	open_bridge(&r, ageing, more);
	say(&r, LISTENER, SPEAKER, 0);
	say(&r, SPEAKER, LISTENER, 0);
	for (unsigned second = 1; second <= 4 * ageing; second++) {
		r.now = am_time_add(r.now, AM_S);
		if (late)
			age(&r);
		for (unsigned i = 0; second % every == 0 && i < 3; i++)
			say(&r, SPEAKER, LISTENER, second);
		if (!late)
			age(&r);
		assert_true(knows(&r, SPEAKER));
		if (!gone && !knows(&r, LISTENER))
			gone = second;
	}
	assert_int_equal(rig_all_drops(&r), 0);
	rig_close(&r);
	return gone;
}

/* It goes when its time is over, or a 32nd of it and two seconds later. */
static void lives(const char *more)
{
	static const unsigned ageing[] = {1, 2, 10, 31, 32, 64, 300};

	for (unsigned i = 0; i < sizeof ageing / sizeof *ageing; i++) {
		for (int late = 0; late <= 1; late++) {
			unsigned a = ageing[i], most = a + a / 32 + 2;

			assert_in_range(live(a, 1, late, more), a + 1, most);
			assert_in_range(live(a, a, late, more), a + 1, most);
			assert_in_range(live(a, a > 3 ? a / 3 : 1, late, more), a + 1, most);
		}
	}
}

static void straight(void **state)
{
	(void)state;
	lives("");
}

/* Bursts that somebody looks through between lookup and forwarding. */
static void apart(void **state)
{
	(void)state;
	lives("\"arp_nd\":{\"suppress\":true},");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(straight),
		cmocka_unit_test(apart),
	};

	if (am_test_eal() < 0)
		return 1;
	pool = rig_pool(1023);
	return cmocka_run_group_tests_name("pipeline/ageing", tests, NULL, NULL);
}
