/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An FDB of more entries than caches are sure to hold, where many keys stand in their second bucket: a burst's are found before it is
 * looked up, and each frame still goes where its destination is, and nowhere else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "eal.h"
#include "rig.h"
#include "table/fdb_read.h"

enum { HOSTS = 12000, BURST = 64, ROUNDS = 200, FRAME = 100, PORTS = 3, SEED = 20261129 };

static const char config[] =
	"{\"ports\":{\"p0\":{\"driver\":\"mem\"},\"p1\":{\"driver\":\"mem\"},\"p2\":{\"driver\":\"mem\"}},"
	"\"bridges\":{\"x\":{\"mac_limit\":0,\"members\":[{\"port\":\"p0\"},{\"port\":\"p1\"},{\"port\":\"p2\"}]}}}";
static const char *const names[PORTS] = {"p0", "p1", "p2"};
static struct rte_mempool *pool;

static void put_host(uint8_t *mac, uint32_t host)
{
	mac[0] = 2;
	mac[1] = 0;
	am_store32(mac + 2, host);
}

/* Hosts are on the ports in turn. */
static void learn_hosts(struct rig *r)
{
	const struct am_roots *roots = am_model_roots(r->model);
	uint16_t member[PORTS] = {0};
	uint8_t mac[6];

	for (uint16_t i = 1; i < roots->n_members; i++)
		if (roots->members[i])
			member[roots->members[i]->port] = i;
	for (uint32_t host = 0; host < HOSTS; host++) {
		struct am_learn_in in = {.member = member[host % PORTS]};

		put_host(mac, host);
		in.key = am_fdb_make_key(mac, roots->members[in.member]->bridge);
		am_model_learn(r->model, &in, r->now.ns / AM_S);
	}
	assert_int_equal(am_fdb_count(am_model_fdb(r->model)), HOSTS);
	assert_true(am_fdb_is_far(am_model_fdb(r->model)));
}

/* A burst from hosts of one port to hosts of the next one; the first `strangers` frames to one that nobody knows. */
static void send(struct rig *r, unsigned from, uint64_t *dice, unsigned strangers)
{
	struct rig_frame frame, got;
	unsigned to = (from + 1) % PORTS, other = (from + 2) % PORTS;

	for (unsigned i = 0; i < BURST; i++) {
		uint64_t drawn = *dice = am_hash64(*dice, SEED);
		bool stranger = i < strangers;

		rig_udp_frame(&frame, 1, 2, 0, i, FRAME);
		put_host(
			frame.bytes, stranger ? HOSTS + 1 : (uint32_t)(drawn % (HOSTS / PORTS)) * PORTS + to);
		put_host(frame.bytes + 6, (uint32_t)((drawn >> 32) % (HOSTS / PORTS)) * PORTS + from);
		rig_push(r, names[from], 0, frame.bytes, frame.len);
	}
	rig_settle(r);
	for (unsigned i = 0; i < BURST; i++) {
		assert_true(rig_pop(r, names[to], 0, &got));
		assert_int_equal(rig_seq_of(&got), i);
	}
	for (unsigned i = 0; i < strangers; i++)
		assert_true(rig_pop(r, names[other], 0, &got));
	for (unsigned i = 0; i < PORTS; i++)
		assert_false(rig_pop(r, names[i], 0, &got));
}

static void test_all_arrive(void **state)
{
	uint64_t dice = SEED;
	struct rig r;

	(void)state;
	rig_open(&r, pool, config, 1, 1, false);
	learn_hosts(&r);
	for (unsigned i = 0; i < ROUNDS; i++)
		send(&r, i % PORTS, &dice, i % 4 ? 0 : i % 9);
	assert_int_equal(rig_all_drops(&r), 0);
	assert_int_equal(am_fdb_count(am_model_fdb(r.model)), HOSTS);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_arrive),
	};

	if (am_test_eal() < 0)
		return 1;
	pool = rig_pool(1023);
	return cmocka_run_group_tests_name("pipeline/far", tests, NULL, NULL);
}
