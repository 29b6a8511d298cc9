/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The real thing at full tilt: two sites of two workers each in threads of their own, hand-off on both, while
 * control learns, reloads another configuration, and looks at packets, again and again. Nothing is lost, no flow is reordered;
 * under the thread sanitizer nothing races.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "pipeline/tap.h"
#include "rig.h"
#include "sites.h"

enum {
	FLOWS = 64,
	ROUNDS = 400,
	ROUNDS_PER_RELOAD = 10,
	IN_FLIGHT = 256, /* frames: what the rings between workers hold with ease */
	CONFIG_ROOM = 4096,
	WORKERS = 2,
	HOST_A = 1,
	HOST_B = 2,
	PATIENCE_S = 20,
};

static struct rte_mempool *pool;

struct runner {
	pthread_t thread;
	struct am_worker *worker;
	_Atomic bool *stop;
};

struct site {
	struct rig rig;
	struct runner runners[WORKERS];
	char config[2][CONFIG_ROOM];
	struct am_tap *tap; /* armed now */
};

static void *run(void *arg)
{
	struct runner *r = arg;

	am_worker_online(r->worker);
	while (!atomic_load(r->stop)) {
		if (am_worker_turn(r->worker, am_clock_monotonic()) == 0)
			sched_yield();
	}
	am_worker_offline(r->worker);
	return NULL;
}

static void start(struct site *s, const struct site_kind *kind, int side, _Atomic bool *stop)
{
	struct site_kind other = *kind;

	site_config(kind, side, ",\"workers\":2", s->config[0], CONFIG_ROOM);
	other.extra = ",\"ttl\":32,\"split\":\"fill\"";
	site_config(&other, side, ",\"workers\":2", s->config[1], CONFIG_ROOM);
	rig_open(&s->rig, pool, s->config[0], WORKERS, 1, true);
	s->rig.now = am_clock_monotonic();
	for (unsigned i = 0; i < WORKERS; i++) {
		s->runners[i] = (struct runner){.worker = am_plane_worker(s->rig.plane, i), .stop = stop};
		assert_int_equal(pthread_create(&s->runners[i].thread, NULL, run, &s->runners[i]), 0);
	}
}

static void join(struct site *s)
{
	for (unsigned i = 0; i < WORKERS; i++)
		pthread_join(s->runners[i].thread, NULL);
}

struct traffic {
	uint32_t next[FLOWS];
	unsigned sent, received;
};

/* Carry what left the one wan to the other, and look at what came out of the LAN there. */
static unsigned carry(struct site *from, struct site *to, struct traffic *t)
{
	static struct rig_frame f;
	unsigned moved = 0;

	for (; rig_pop(&from->rig, "wan", 0, &f); moved++)
		rig_push(&to->rig, "wan", 0, f.bytes, f.len);
	for (; rig_pop(&to->rig, "lan", 0, &f); moved++) {
		uint16_t flow = rig_flow_of(&f);

		assert_true(flow < FLOWS);
		if (rig_seq_of(&f) != t->next[flow])
			fail_msg("flow %u: sequence %u came where %u was due", flow, rig_seq_of(&f),
				t->next[flow]);
		t->next[flow]++;
		t->received++;
	}
	rig_learn(&from->rig);
	rig_learn(&to->rig);
	if (!moved)
		sched_yield();
	return moved;
}

static void drain(struct site *from, struct site *to, struct traffic *t, unsigned most)
{
	am_time begin = am_clock_monotonic();
	char a[256], b[256];

	while (t->sent - t->received > most) {
		carry(from, to, t);
		if (am_time_since(am_clock_monotonic(), begin) > PATIENCE_S * AM_S)
			fail_msg("%u of %u frames arrived; drops: %s / %s", t->received, t->sent,
				rig_drop_names(&from->rig, a, sizeof a),
				rig_drop_names(&to->rig, b, sizeof b));
	}
}

/* Read what a site's tap holds. */
static unsigned look(struct site *s)
{
	const struct am_tap_record *record;
	const uint8_t *octets;
	unsigned n = 0;

	for (unsigned i = 0; s->tap && i < WORKERS; i++)
		for (; (record = am_tap_peek(s->tap, i, &octets)); n++)
			am_tap_take(s->tap, i, record);
	return n;
}

/* Disarm, or arm another one. */
static void rearm(struct site *s)
{
	const struct am_tap_conf conf = {.stages = (1 << AM_TAP_PACKETS) - 1,
		.iface = AM_TAP_ANY_IFACE,
		.snaplen = 64,
		.stories = true};
	struct am_tap *old = s->tap;
	struct am_err err;
	uint64_t token;

	s->tap = old ? NULL : am_tap_create(s->rig.plane, &conf, &err);
	am_plane_arm_tap(s->rig.plane, s->tap);
	token = am_plane_token(s->rig.plane);
	while (!am_plane_passed(s->rig.plane, token))
		sched_yield();
	am_tap_free(old);
}

static void test_threads_and_reloads(void **state)
{
	static const struct site_kind kind = {"gre", 4, 4, 1, ""};
	static struct site one, two;
	static struct rig_frame f;
	struct traffic t = {0};
	_Atomic bool stop = false;
	unsigned reloads = 0, seen = 0;

	(void)state;
	start(&one, &kind, 0, &stop);
	start(&two, &kind, 1, &stop);
	for (uint32_t seq = 0; seq < ROUNDS; seq++) {
		for (uint16_t flow = 0; flow < FLOWS; flow++) {
			rig_udp_frame(&f, HOST_A, HOST_B, flow, seq, (uint16_t)(flow % 2 ? 1514 : 200));
			rig_push(&one.rig, "lan", 0, f.bytes, f.len);
			t.sent++;
		}
		drain(&one, &two, &t, IN_FLIGHT);
		if (seq % ROUNDS_PER_RELOAD == 0) {
			reloads++;
			seen += look(&one) + look(&two);
			rearm(&one);
			rearm(&two);
			rig_reload(&one.rig, one.config[reloads % 2], false);
			rig_reload(&two.rig, two.config[reloads % 2], false);
		}
	}
	drain(&one, &two, &t, 0);
	atomic_store(&stop, true);
	join(&one);
	join(&two);
	print_message(
		"  %u frames, %u reloads of each site, %u looks at a packet\n", t.received, reloads, seen);
	assert_true(seen > t.sent / 2);
	assert_int_equal(rig_all_drops(&one.rig) + rig_all_drops(&two.rig), 0);
	am_tap_free(one.tap);
	am_tap_free(two.tap);
	rig_close(&one.rig);
	rig_close(&two.rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads_and_reloads),
	};

	if (am_test_eal() < 0)
		return 1;
	pool = rig_pool(8192);
	return cmocka_run_group_tests_name("pipeline/threads", tests, NULL, NULL);
}
