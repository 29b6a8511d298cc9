/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a busy or broken machine does to frames: full rings, a port that is gone, a port too small. Each loss
 * has its name. And what cannot be made at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <rte_mempool.h>

#include "drivers/mem.h"
#include "eal.h"
#include "rig.h"
#include "sites.h"

enum { CONFIG_ROOM = 4096, HOST_A = 1, HOST_B = 2, BATCH = 32, HANDOFF_RING = 1024 };

static struct rte_mempool *pool;
static const struct site_kind plain = {"gre", 4, 4, 1, ""};

static void open_site(struct rig *r, const struct site_kind *kind, unsigned workers, bool handoff)
{
	char config[CONFIG_ROOM];

	rig_open(r, pool, site_config(kind, 0, workers > 1 ? ",\"workers\":2" : "", config, CONFIG_ROOM),
		workers, 1, handoff);
}

/* n frames of len octets arrive on the LAN, the worker that polls it takes them BATCH at a time. */
static void send(struct rig *r, unsigned worker, unsigned n, uint16_t len)
{
	struct rig_frame f;

	for (unsigned i = 0; i < n; i++) {
		rig_udp_frame(&f, HOST_A, HOST_B, (uint16_t)(i % 64), i, len);
		rig_push(r, "lan", 0, f.bytes, f.len);
		if (i % BATCH == BATCH - 1)
			am_worker_turn(am_plane_worker(r->plane, worker), r->now);
	}
	am_worker_turn(am_plane_worker(r->plane, worker), r->now);
}

static void end(struct rig *r)
{
	struct rig_frame f;

	while (rig_pop(r, "wan", 0, &f))
		;
	rig_close(r);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

static void test_tx_full(void **state)
{
	struct rig r;

	(void)state;
	open_site(&r, &plain, 1, false);
	send(&r, 0, AM_MEM_RING + 100, 200);
	assert_int_equal(rig_drops(&r, AM_V_PORT_TX_FULL), 100);
	assert_int_equal(rig_all_drops(&r), 100);
	end(&r);
}

static void test_port_gone(void **state)
{
	struct rig r;

	(void)state;
	open_site(&r, &plain, 1, false);
	assert_int_equal(am_plane_set_port(r.plane, 0, NULL), 0);
	send(&r, 0, 10, 200);
	assert_int_equal(rig_drops(&r, AM_V_PORT_DOWN), 10);
	assert_int_equal(am_plane_set_port(r.plane, 0, rig_port(&r, "wan")), 0);
	send(&r, 0, 10, 200);
	assert_int_equal(rig_drops(&r, AM_V_PORT_DOWN), 10);
	assert_int_equal(rig_count(&r, AM_C_TX_PACKETS) > 0, 1);
	end(&r);
}

/* The LAN is port 1. Its device is gone and the snapshot is as it was: what goes there is told so, and counted by its port. */
static void test_lan_gone(void **state)
{
	char config[CONFIG_ROOM];
	struct rig_frame f;
	struct rig from, to;

	(void)state;
	open_site(&from, &plain, 1, false);
	rig_open(&to, pool, site_config(&plain, 1, "", config, CONFIG_ROOM), 1, 1, false);
	send(&from, 0, 1, 200);
	while (rig_pop(&from, "wan", 0, &f))
		rig_push(&to, "wan", 0, f.bytes, f.len);
	am_worker_turn(am_plane_worker(to.plane, 0), to.now);
	assert_true(rig_pop(&to, "lan", 0, &f));
	assert_int_equal(am_plane_set_port(to.plane, 1, NULL), 0);
	send(&from, 0, 10, 200);
	while (rig_pop(&from, "wan", 0, &f))
		rig_push(&to, "wan", 0, f.bytes, f.len);
	am_worker_turn(am_plane_worker(to.plane, 0), to.now);
	assert_int_equal(rig_drops(&to, AM_V_PORT_DOWN), 10);
	assert_int_equal(rig_all_drops(&to), 10);
	rig_close(&to);
	end(&from);
}

/*
 * The LAN is port 1, which worker 1 polls; worker 0, which carries half of the flows and owns the queue of
 * the wan, never runs. One ring full of frames to carry and one of frames to send wait for it.
 */
static void test_handoff_full(void **state)
{
	enum { SENT = 3 * HANDOFF_RING };
	struct am_worker_stats s;
	struct rig r;

	(void)state;
	open_site(&r, &plain, 2, true);
	send(&r, 1, SENT, 200);
	am_plane_worker_stats(r.plane, 1, &s);
	assert_int_equal(s.handed_out, HANDOFF_RING);
	assert_true(s.carried > HANDOFF_RING);
	assert_int_equal(rig_drops(&r, AM_V_HANDOFF_FULL), SENT - 2 * HANDOFF_RING);
	rig_settle(&r);
	end(&r);
}

/*
 * The port's MTU went down after the configuration was accepted, as a device's may between two reloads: what
 * was cut for 9000 is longer than the 1500 that it takes now.
 */
static void test_port_too_small(void **state)
{
	static const struct site_kind kind = {"gre", 4, 4, 1, ",\"split\":\"fill\",\"path_mtu\":9000"};
	char config[CONFIG_ROOM], *mtu;
	struct rig r;

	(void)state;
	site_config(&kind, 0, "", config, CONFIG_ROOM);
	mtu = strstr(config, "\"mtu\":1500");
	assert_non_null(mtu);
	memcpy(mtu, "\"mtu\":9000", strlen("\"mtu\":9000"));
	rig_open(&r, pool, config, 1, 1, false);
	am_model_roots(r.model)->ports[0].mtu = 1500;
	send(&r, 0, 5, 1514);
	send(&r, 0, 7, 200);
	assert_int_equal(rig_drops(&r, AM_V_PORT_MTU), 5);
	assert_int_equal(rig_all_drops(&r), 5);
	end(&r);
}

static void test_too_many_workers(void **state)
{
	struct am_plane_conf conf = {.pool = pool, .fdb = am_fdb_create(16, 2, 7), .learn_fd = -1};
	struct am_err err = {""};

	(void)state;
	assert_non_null(conf.fdb);
	assert_null(am_plane_create(&conf, &err));
	assert_string_equal(err.text, "0 workers; between 1 and 16 are possible");
	conf.workers = 3;
	assert_null(am_plane_create(&conf, &err));
	assert_string_equal(err.text, "3 workers, and an FDB that was made for 2");
	am_fdb_free(conf.fdb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tx_full),
		cmocka_unit_test(test_port_gone),
		cmocka_unit_test(test_lan_gone),
		cmocka_unit_test(test_handoff_full),
		cmocka_unit_test(test_port_too_small),
		cmocka_unit_test(test_too_many_workers),
	};

	if (am_test_eal() < 0)
		return 1;
	pool = rig_pool(16384);
	return cmocka_run_group_tests_name("pipeline/limits", tests, NULL, NULL);
}
