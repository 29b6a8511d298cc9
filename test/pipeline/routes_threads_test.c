/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Routing at full tilt: two workers in threads of their own and a slow thread that takes what they punt and sends for the
 * kernel, while control reloads other routes, neighbours come and go, and counters are read. What no change touches arrives
 * whole and in order, what changes leaves by one way or the other; under the thread sanitizer nothing races.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "eal.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/ip.h"
#include "pipeline/punt.h"
#include "pkt/buf.h"
#include "rig.h"

enum {
	WORKERS = 2,
	BUFFERS = 8192,
	ROUNDS = 600,
	ROUNDS_PER_RELOAD = 8,
	LENGTH = 100,
	MARK = LENGTH - 5, /* kind, sequence */
	IN_FLIGHT = 256,
	PATIENCE_S = 20,
};

enum kind { KEPT, MOVED, NEIGHBOUR, LOCAL, KINDS };

static const char *const to[KINDS] = {"10.50.0.1", "10.51.0.1", "10.7.0.9", "10.0.0.1"};

#define SITE(more)                                                                                                        \
	"{\"system\":{\"workers\":2},\"ports\":{"                                                                         \
	"\"lan\":{\"driver\":\"mem\",\"vrf\":\"default\",\"mac\":\"02:00:00:00:00:01\",\"addresses\":[\"10.0.0.1/24\"]}," \
	"\"out\":{\"driver\":\"mem\",\"vrf\":\"default\",\"mac\":\"02:00:00:00:00:03\",\"addresses\":[\"10.7.0.1/24\"]}," \
	"\"wan\":{\"driver\":\"mem\",\"vrf\":\"underlay\",\"mac\":\"02:00:00:00:00:02\"}},"                               \
	"\"tunnels\":{\"t\":{\"type\":\"gre\",\"local\":\"192.0.2.1\",\"remote\":\"192.0.2.2\"}},"                        \
	"\"vrfs\":{\"default\":{\"routes\":[{\"prefix\":\"10.50.0.0/16\",\"tunnel\":\"t\",\"as\":64500}," more            \
	"]},"                                                                                                             \
	"\"underlay\":{\"routes\":[{\"prefix\":\"192.0.2.0/24\",\"port\":\"wan\",\"mac\":\"02:00:00:00:00:22\"}]}}}"
#define OUT(mac) "\"port\":\"out\",\"via\":\"10.7.0." mac "\",\"mac\":\"02:00:00:00:00:" mac "\""

/* Routes by the tunnel; by two neighbours of a port; by both, as one route of equal cost. */
static const char *const sites[] = {
	SITE("{\"prefix\":\"10.51.0.0/16\",\"tunnel\":\"t\"},{\"prefix\":\"10.0.0.0/7\",\"blackhole\":true}"),
	SITE("{\"prefix\":\"10.51.0.0/24\"," OUT("51") "},{\"prefix\":\"10.51.0.0/24\"," OUT("52") "}"),
	SITE("{\"prefix\":\"10.51.0.0/20\",\"tunnel\":\"t\",\"as\":64501},{\"prefix\":\"10.51.0.0/20\"," OUT(
		"53") "}"),
};
enum { SITES = sizeof sites / sizeof sites[0] };

struct world {
	struct rig rig;
	_Atomic bool stop;
	pthread_t workers[WORKERS], slow;
	uint16_t lan; /* the interface */
	int fd;
	_Atomic uint64_t punted, injected;
	uint64_t sent[KINDS], arrived[KINDS];
	uint32_t next; /* of KEPT */
};

static struct world world;

static void *work(void *arg)
{
	struct am_worker *w = arg;

	am_worker_online(w);
	while (!atomic_load(&world.stop))
		if (am_worker_turn(w, am_clock_monotonic()) == 0)
			sched_yield();
	am_worker_offline(w);
	return NULL;
}

/* A frame of the kernel's on lan, which leaves there. */
static void kernel_sends(struct world *w, unsigned worker)
{
	struct rte_mbuf *m = am_buf_alloc(w->rig.pool, AM_BUF_HEADROOM);

	if (!m)
		return;
	memset(am_buf_set_len(m, 60), 0, 60);
	memcpy(am_buf_data(m), "\2\0\0\0\0\x0a\2\0\0\0\0\1\x08\6", 14);
	if (am_plane_inject(w->rig.plane, worker, w->lan, m))
		atomic_fetch_add(&w->injected, 1);
	else
		am_buf_free(m);
}

static void *be_slow(void *arg)
{
	struct world *w = arg;
	struct am_punted p[32];

	while (!atomic_load(&w->stop)) {
		unsigned n = 0;

		for (unsigned i = 0; i < WORKERS; i++) {
			unsigned got = am_plane_punted(w->rig.plane, i, p, 32);

			for (unsigned k = 0; k < got; k++) {
				am_plane_note_session(w->rig.plane, am_buf_data(p[k].m) + AM_ETH_LEN,
					am_buf_len(p[k].m) - AM_ETH_LEN);
				am_buf_free(p[k].m);
			}
			if (got)
				kernel_sends(w, i);
			n += got;
		}
		atomic_fetch_add(&w->punted, n);
		if (!n)
			sched_yield();
	}
	return NULL;
}

static void open_world(struct world *w)
{
	rig_open(&w->rig, rig_pool(BUFFERS), sites[0], WORKERS, WORKERS, false);
	w->rig.now = am_clock_monotonic();
	w->lan = rig_interface(&w->rig, "lan");
	w->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	assert_int_equal(am_plane_set_punt(w->rig.plane, w->fd), 0);
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(
			pthread_create(&w->workers[i], NULL, work, am_plane_worker(w->rig.plane, i)), 0);
	assert_int_equal(pthread_create(&w->slow, NULL, be_slow, w), 0);
}

static void push(struct world *w, enum kind kind, uint32_t sequence)
{
	struct rig_frame f = {.len = LENGTH};
	uint8_t *ip = f.bytes + AM_ETH_LEN;
	uint16_t sum;

	memcpy(f.bytes, "\2\0\0\0\0\1\2\0\0\0\0\x0a\x08\0", AM_ETH_LEN);
	ip[0] = 0x45;
	am_store16(ip + 2, LENGTH - AM_ETH_LEN);
	ip[8] = 64;
	ip[9] = AM_PROTO_UDP;
	inet_pton(AF_INET, "10.0.0.9", ip + 12);
	inet_pton(AF_INET, to[kind], ip + 16);
	sum = am_csum_finish(am_csum_add(ip, 20, 0));
	memcpy(ip + 10, &sum, 2);
	am_store16(ip + 20, (uint16_t)(kind == MOVED ? sequence : 1000)); /* a flow each, or one */
	am_store16(ip + 24, LENGTH - AM_ETH_LEN - 20);
	f.bytes[MARK] = (uint8_t)kind;
	am_store32(f.bytes + MARK + 1, sequence);
	rig_push(&w->rig, "lan", (uint16_t)kind % WORKERS, f.bytes, f.len);
	w->sent[kind]++;
}

/* What left by a port. A header of a tunnel moves the mark, not its distance from the end. */
static void take(struct world *w, const char *port)
{
	struct rig_frame f;

	for (uint16_t queue = 0; queue < WORKERS; queue++) {
		while (rig_pop(&w->rig, port, queue, &f)) {
			const uint8_t *mark = f.bytes + f.len - 5;

			if (!strcmp(port, "lan"))
				continue;
			assert_true(mark[0] < LOCAL);
			assert_true(mark[0] != KEPT || !strcmp(port, "wan"));
			if (mark[0] == KEPT && am_load32(mark + 1) != w->next++)
				fail_msg("%u came where %u was due", am_load32(mark + 1), w->next - 1);
			w->arrived[mark[0]]++;
		}
	}
}

static void take_all(struct world *w)
{
	take(w, "wan");
	take(w, "out");
	take(w, "lan");
}

static void drain(struct world *w, uint64_t most)
{
	am_time begin = am_clock_monotonic();
	char names[256];

	while (w->sent[KEPT] - w->arrived[KEPT] > most || w->sent[MOVED] - w->arrived[MOVED] > most) {
		take_all(w);
		sched_yield();
		if (am_time_since(am_clock_monotonic(), begin) > PATIENCE_S * AM_S)
			fail_msg("%u and %u of %u arrived; drops: %s", (unsigned)w->arrived[KEPT],
				(unsigned)w->arrived[MOVED], (unsigned)w->sent[KEPT],
				rig_drop_names(&w->rig, names, sizeof names));
	}
}

/* The neighbour has this MAC from now on, another one, or none. */
static void change_neighbour(struct world *w, unsigned n)
{
	static const struct am_mac macs[] = {{{2, 0, 0, 0, 0, 0x71}}, {{2, 0, 0, 0, 0, 0x72}}};
	struct am_retired *old;
	struct am_ip ip;
	uint64_t token;

	assert_int_equal(am_ip_parse_text(to[NEIGHBOUR], &ip), 0);
	old = am_model_neighbour(
		w->rig.model, rig_interface(&w->rig, "out"), &ip, n % 3 < 2 ? &macs[n % 3] : NULL);
	token = am_plane_token(w->rig.plane);
	while (!am_plane_passed(w->rig.plane, token))
		sched_yield();
	if (old)
		am_model_retire(old);
}

static uint64_t read_counters(struct world *w)
{
	uint64_t punted[AM_PUNT_CLASSES], turns = 0;
	struct am_worker_stats stats;
	struct am_as_counters as;

	am_plane_punt_stats(w->rig.plane, punted);
	am_plane_as(w->rig.plane, 0, &as);
	for (unsigned i = 0; i < WORKERS; i++) {
		am_plane_worker_stats(w->rig.plane, i, &stats);
		turns += stats.turns;
	}
	return rig_all_drops(&w->rig) + punted[AM_PUNT_OTHER] + as.packets + turns;
}

static void close_world(struct world *w)
{
	struct am_punted p;

	atomic_store(&w->stop, true);
	for (unsigned i = 0; i < WORKERS; i++)
		pthread_join(w->workers[i], NULL);
	pthread_join(w->slow, NULL);
	for (unsigned i = 0; i < WORKERS; i++)
		while (am_plane_punted(w->rig.plane, i, &p, 1)) {
			w->punted++;
			am_buf_free(p.m);
		}
}

static void test_routes(void **state)
{
	struct world *w = &world;
	uint64_t neighbour_drops, counted = 0;
	unsigned reloads = 0;

	(void)state;
	open_world(w);
	for (uint32_t n = 0; n < ROUNDS; n++) {
		for (unsigned k = 0; k < KINDS * 8; k++)
			push(w, k % KINDS, n * 8 + k / KINDS);
		drain(w, IN_FLIGHT);
		change_neighbour(w, n);
		counted += read_counters(w);
		if (n % ROUNDS_PER_RELOAD == 0)
			rig_reload(&w->rig, sites[++reloads % SITES], false);
	}
	drain(w, 0);
	close_world(w);
	take_all(w);
	print_message(
		"  %u frames of a kind, %u reloads, %u punted, %u sent for the kernel, neighbour had %u\n",
		(unsigned)w->sent[KEPT], reloads, (unsigned)w->punted, (unsigned)w->injected,
		(unsigned)w->arrived[NEIGHBOUR]);
	assert_true(counted > 0 && w->punted > 0 && w->injected > 0);
	assert_true(w->arrived[NEIGHBOUR] > 0 && w->arrived[NEIGHBOUR] < w->sent[NEIGHBOUR]);
	/* Each frame left, was handed up, or has the name of a policer. */
	neighbour_drops = rig_drops(&w->rig, AM_V_PUNT_GLEAN) + rig_drops(&w->rig, AM_V_PUNT_OTHER);
	assert_int_equal(
		w->sent[NEIGHBOUR] + w->sent[LOCAL], w->arrived[NEIGHBOUR] + w->punted + neighbour_drops);
	assert_int_equal(rig_all_drops(&w->rig), neighbour_drops);
	rig_close(&w->rig);
	close(w->fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes),
	};

	if (am_test_eal() < 0)
		return 1;
	return cmocka_run_group_tests_name("pipeline/routes_threads", tests, NULL, NULL);
}
