/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker in its steady state makes no system call, allocates nothing, and writes nothing of the tables that control made:
 * two sites carry good and bad traffic with their workers in a cage, in a process of their own for each case. Other cases
 * break one rule each, and must be killed for it.
 *
 * Exempt from being read-only are what workers write by design: the FDB's maps of senders, when hosts were heard of, storm control's
 * buckets, and GRE sequence numbers.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <rte_malloc.h>
#include <rte_pause.h>

#include "base/bytes.h"
#include "cage.h"
#include "eal.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/ip.h"
#include "pipeline/punt.h"
#include "pkt/buf.h"
#include "rig.h"
#include "sites.h"
#include "table/fib_read.h"
#include "table/mac_ip.h"

enum {
	SITES = 2,
	WORKERS_MAX = 2,
	ROUNDS = 20,
	FLOWS = 64,
	CONFIG_ROOM = 4096,
	TURN_NS = 1000,
	ENOUGH_TURNS = 5,
	DROPS_MIN = 6, /* kinds of them */
	UNKNOWN_HOST = 99,
	NEW_HOST = 1000, /* and one more each round */
	BUFFERS = 8191,
};

/* ---- what control makes goes into the cage: the linker puts these in front of the model's own ---- */

struct am_model *__real_am_model_create(uint32_t fdb_size, unsigned workers, uint64_t seed, uint32_t paths);
struct am_model *__wrap_am_model_create(uint32_t fdb_size, unsigned workers, uint64_t seed, uint32_t paths);
struct am_plan *__real_am_model_prepare(struct am_model *m, struct am_config *config,
	const struct am_port_limits *limits, struct am_config_errors *errors);
struct am_plan *__wrap_am_model_prepare(struct am_model *m, struct am_config *config,
	const struct am_port_limits *limits, struct am_config_errors *errors);
struct am_retired *__real_am_model_commit(struct am_model *m, struct am_plan *plan);
struct am_retired *__wrap_am_model_commit(struct am_model *m, struct am_plan *plan);

struct am_model *__wrap_am_model_create(uint32_t fdb_size, unsigned workers, uint64_t seed, uint32_t paths)
{
	struct am_model *m;

	cage_fill_begin();
	m = __real_am_model_create(fdb_size, workers, seed, paths);
	cage_fill_end();
	return m;
}

struct am_plan *__wrap_am_model_prepare(struct am_model *m, struct am_config *config,
	const struct am_port_limits *limits, struct am_config_errors *errors)
{
	struct am_plan *plan;

	cage_fill_begin();
	plan = __real_am_model_prepare(m, config, limits, errors);
	cage_fill_end();
	return plan;
}

struct am_retired *__wrap_am_model_commit(struct am_model *m, struct am_plan *plan)
{
	struct am_retired *old;

	cage_fill_begin();
	old = __real_am_model_commit(m, plan);
	cage_fill_end();
	return old;
}

/* ---- cases ---- */

struct runner;

/* What a worker does beside its work before its first turn; NULL: nothing. */
typedef void offence(struct runner *r);

struct runner {
	pthread_t thread;
	struct am_worker *worker;
	struct rig *rig;
	offence *offence;
	void *victim; /* allocated outside, for a worker to free */
	am_time now;
	_Atomic bool *stop;
	_Atomic bool done;
};

static void system_call(struct runner *r)
{
	(void)r;
	getppid();
}

/* As in the adaptive mode: there are new hosts. */
static void wake_control(struct runner *r)
{
	am_plane_set_quiet(r->rig->plane, false);
}

static void allocate(struct runner *r)
{
	r->victim = malloc(1);
}

static void allocate_zeroed(struct runner *r)
{
	r->victim = calloc(1, 1);
}

static void allocate_aligned(struct runner *r)
{
	r->victim = aligned_alloc(64, 64);
}

static void release(struct runner *r)
{
	free(r->victim);
}

static void write_snapshot(struct runner *r)
{
	((struct am_roots *)(uintptr_t)am_model_roots(r->rig->model))->vtep_port = 0;
}

/* A value that stays what it is: the page decides, not the change. */
static void write_fdb(struct runner *r)
{
	struct am_fdb *fdb = am_model_fdb(r->rig->model);
	struct am_fdb_entry entry;
	uint32_t at = 0;

	if (am_fdb_next(fdb, &at, &entry))
		am_fdb_set(fdb, entry.key, entry.value, 0);
}

static void write_peers(struct runner *r)
{
	*(volatile uint8_t *)(uintptr_t)am_model_roots(r->rig->model)->peers = 0;
}

/* The VRF that routes. */
static const struct am_fib *fib_of(const struct rig *r)
{
	const struct am_roots *roots = am_model_roots(r->model);

	for (unsigned i = 0; i < roots->n_vrfs; i++)
		if (roots->vrfs[i])
			return roots->vrfs[i]->fib4;
	return NULL;
}

static void write_fib(struct runner *r)
{
	const struct am_fib *fib = fib_of(r->rig);

	atomic_store(&fib->slots[0], atomic_load(&fib->slots[0]));
}

static void write_fib_node(struct runner *r)
{
	*(volatile uint64_t *)(uintptr_t)&fib_of(r->rig)->nodes[1].kids = 0;
}

struct scenario {
	const char *name;
	unsigned workers;
	struct site_kind kind;
	offence *offence;
	int killed_by; /* 0: must live */
};

/* clang-format off */
static const struct scenario scenarios[] = {
	{"vxlan-gre4", 1, {"gre", 4, 4, 1, ",\"checksum\":true,\"sequence\":true,\"tcp_mss\":1200"}, NULL, 0},
	{"vxlan-gretap6", 1, {"gretap", 6, 6, 1, ",\"split\":\"fill\",\"tcp_mss\":1200"}, NULL, 0},
	{"etherip4", 1, {"etherip", 4, 0, 2, ",\"tcp_mss\":1200"}, NULL, 0},
	{"two workers, vxlan-gre4", 2, {"gre", 4, 4, 1, ",\"tcp_mss\":1200"}, NULL, 0},
	{"two workers, vxlan-etherip6", 2, {"etherip", 6, 4, 2, ",\"tcp_mss\":1200"}, NULL, 0},
	{"waking control", 1, {"gre", 4, 4, 1, ""}, wake_control, SIGSYS},
	{"a system call", 1, {"gre", 4, 4, 1, ""}, system_call, SIGSYS},
	{"malloc", 1, {"gre", 4, 4, 1, ""}, allocate, SIGILL},
	{"calloc", 1, {"gre", 4, 4, 1, ""}, allocate_zeroed, SIGILL},
	{"aligned_alloc", 1, {"gre", 4, 4, 1, ""}, allocate_aligned, SIGILL},
	{"free", 1, {"gre", 4, 4, 1, ""}, release, SIGILL},
	{"a write to the snapshot", 1, {"gre", 4, 4, 1, ""}, write_snapshot, SIGSEGV},
	{"a write to the FDB", 1, {"gre", 4, 4, 1, ""}, write_fdb, SIGSEGV},
	{"a write to the FIB", 1, {"gre", 4, 4, 1, ""}, write_fib, SIGSEGV},
	{"a write to a node of the FIB", 1, {"gre", 4, 4, 1, ""}, write_fib_node, SIGSEGV},
	{"a write to the peers", 1, {"gre", 4, 4, 1, ""}, write_peers, SIGSEGV},
};
/* clang-format on */
enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

/* ---- two sites and what goes between them ---- */

struct site {
	struct rig rig;
	struct runner runners[WORKERS_MAX];
	char config[CONFIG_ROOM];
};

struct world {
	const struct scenario *scenario;
	struct site sites[SITES];
	_Atomic bool stop;
	uint64_t rnd;
	unsigned delivered, routed;
};

static uint32_t random_below(struct world *w, uint32_t n)
{
	w->rnd = w->rnd * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)((w->rnd >> 32) * n >> 32);
}

static void replace(char *text, const char *old, const char *new)
{
	char *at = strstr(text, old);

	assert_non_null(at);
	assert_true(strlen(text) + strlen(new) < CONFIG_ROOM);
	memmove(at + strlen(new), at + strlen(old), strlen(at + strlen(old)) + 1);
	memcpy(at, new, strlen(new));
}

/* A member more, so that flooding makes copies, storm control, and a port whose packets are routed back. */
static void extend(char *config)
{
	static const char routes[] =
		"{\"prefix\":\"198.18.0.9/32\",\"port\":\"far\",\"mac\":\"02:00:00:00:00:aa\"},"
		"{\"prefix\":\"198.18.1.0/28\",\"port\":\"far\",\"mac\":\"02:00:00:00:00:aa\"}";
	char text[512];

	if (strstr(config, "\"default\":")) {
		snprintf(text, sizeof text, "\"routes\":[%s,", routes);
		replace(config, "\"routes\":[", text);
	} else {
		snprintf(text, sizeof text, "\"vrfs\":{\"default\":{\"routes\":[%s]},", routes);
		replace(config, "\"vrfs\":{", text);
	}
	replace(config, "\"lan\":{\"driver\":\"mem\"}",
		"\"lan\":{\"driver\":\"mem\"},\"far\":{\"driver\":\"mem\",\"vrf\":\"default\","
		"\"mac\":\"02:ff:00:00:00:0f\",\"addresses\":[\"198.18.0.1/24\"]}");
	replace(config, "\"lan\":{\"driver\":\"mem\"}",
		"\"lan\":{\"driver\":\"mem\"},\"spare\":{\"driver\":\"mem\"}");
	replace(config, "\"members\":[",
		"\"arp_nd\":{\"suppress\":true},\"hosts\":[{\"ip\":\"198.18.2.1\",\"mac\":\"02:00:00:00:00:aa\"}],"
		"\"members\":[");
	replace(config, "{\"port\":\"lan\"}",
		"{\"port\":\"lan\",\"storm\":{\"broadcast\":1}},{\"port\":\"spare\"}");
}

static void open_site(struct world *w, int side, struct rte_mempool *pool)
{
	const struct scenario *s = w->scenario;
	struct site *site = &w->sites[side];
	char system[32];

	snprintf(system, sizeof system, ",\"workers\":%u", s->workers);
	site_config(&s->kind, side, system, site->config, CONFIG_ROOM);
	extend(site->config);
	rig_open(&site->rig, pool, site->config, s->workers, 1, s->workers > 1);
	am_plane_set_quiet(site->rig.plane, true);
	assert_int_equal(am_plane_set_punt(site->rig.plane, site->rig.learn_fd), 0);
}

/* An IPv4 TCP SYN whose MSS must be lowered, made of the UDP frame that f is. */
static void make_syn(struct rig_frame *f)
{
	static const uint8_t tcp[24] = {
		0x27, 0x10, 0x13, 0x89, [12] = 6 << 4, [13] = 2, [20] = 2, 4, 5, 0xb4};
	uint8_t *ip = f->bytes + AM_ETH_LEN;
	uint16_t sum;

	f->len = AM_ETH_LEN + AM_IP4_LEN + sizeof tcp;
	am_store16(ip + 2, AM_IP4_LEN + sizeof tcp);
	ip[9] = AM_PROTO_TCP;
	am_store16(ip + 10, 0);
	sum = am_csum_finish(am_csum_add(ip, AM_IP4_LEN, 0));
	memcpy(ip + 10, &sum, 2);
	memcpy(ip + AM_IP4_LEN, tcp, sizeof tcp);
}

/* A question about a host that is known, or about one that is not, from one that comes to be known by it. */
static void make_arp(struct rig_frame *f, unsigned from, bool known)
{
	static const uint8_t head[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1};
	uint8_t *arp = f->bytes + AM_ETH_LEN;
	const uint8_t sender[] = {198, 18, 3, (uint8_t)from}, target[] = {198, 18, 2, known ? 1 : 2};

	memset(f->bytes, 0xff, AM_MAC_LEN);
	memcpy(arp - 2, head, sizeof head);
	memcpy(arp + 8, f->bytes + AM_MAC_LEN, AM_MAC_LEN);
	memcpy(arp + 14, sender, sizeof sender);
	memset(arp + 18, 0, AM_MAC_LEN);
	memcpy(arp + 24, target, sizeof target);
	f->len = AM_ETH_LEN + 28;
}

/* One frame of a round: most are whole packets between two known hosts, long and short. */
static void make_frame(struct rig_frame *f, int side, uint16_t flow, uint32_t seq)
{
	unsigned from = (unsigned)side + 1, to = 2 - (unsigned)side;

	rig_udp_frame(f, flow % 16 == 12 ? NEW_HOST + seq : from, flow % 16 == 5 ? UNKNOWN_HOST : to, flow,
		seq, flow % 2 ? 1514 : 64);
	if (flow % 16 == 6)
		memset(f->bytes, 0xff, AM_MAC_LEN);
	if (flow % 16 == 8)
		make_syn(f);
	if (flow % 16 == 10)
		make_arp(f, from, flow % 32 == 10);
}

/* From a host beside the routed port to one behind it, or to the port itself, which is the kernel's business. */
static void make_routed(struct rig_frame *f, uint32_t seq, bool local)
{
	static const uint8_t port[] = {2, 0xff, 0, 0, 0, 0x0f};
	const uint8_t addresses[] = {198, 18, 0, 9, 198, 18, !local, local ? 1 : 5};
	uint8_t *ip = f->bytes + AM_ETH_LEN;
	uint16_t sum;

	rig_udp_frame(f, 1, 2, 0, seq, 64);
	memcpy(f->bytes, port, sizeof port);
	memcpy(ip + 12, addresses, sizeof addresses);
	am_store16(ip + 10, 0);
	sum = am_csum_finish(am_csum_add(ip, AM_IP4_LEN, 0));
	memcpy(ip + 10, &sum, sizeof sum);
}

static void push_round(struct world *w, uint32_t seq)
{
	struct rig_frame f;

	for (uint16_t flow = 0; flow < FLOWS; flow++) {
		for (int side = 0; side < SITES; side++) {
			make_frame(&f, side, flow, seq);
			rig_push(&w->sites[side].rig, "lan", 0, f.bytes, f.len);
		}
	}
	for (int side = 0; side < SITES; side++) {
		for (unsigned local = 0; local < 2; local++) {
			make_routed(&f, seq, local);
			rig_push(&w->sites[side].rig, "far", 0, f.bytes, f.len);
		}
	}
}

/* What the Internet does to a packet: mostly nothing. */
static void carry_one(struct world *w, struct rig *to, struct rig_frame *f)
{
	switch (random_below(w, 24)) {
	case 0:
		return;
	case 1:
		rig_push(to, "wan", 0, f->bytes, f->len);
		break;
	case 2:
		f->bytes[random_below(w, 100 < f->len ? 100 : f->len)] ^= (uint8_t)(1u << random_below(w, 8));
		break;
	case 3:
		f->len = (uint16_t)(1 + random_below(w, f->len));
		break;
	}
	rig_push(to, "wan", 0, f->bytes, f->len);
}

static unsigned carry(struct world *w)
{
	static struct rig_frame f;
	unsigned moved = 0;

	for (int side = 0; side < SITES; side++) {
		for (; rig_pop(&w->sites[side].rig, "wan", 0, &f); moved++)
			carry_one(w, &w->sites[!side].rig, &f);
		for (; rig_pop(&w->sites[side].rig, "lan", 0, &f); moved++)
			w->delivered++;
		while (rig_pop(&w->sites[side].rig, "spare", 0, &f))
			moved++;
		for (; rig_pop(&w->sites[side].rig, "far", 0, &f); moved++)
			w->routed++;
	}
	return moved;
}

static uint64_t turns_of(const struct world *w, int side, unsigned worker)
{
	struct am_worker_stats stats;

	am_plane_worker_stats(w->sites[side].rig.plane, worker, &stats);
	return stats.turns;
}

/* Until every worker has had turns enough to take what lies there through hand-off to a port. */
static void wait_for_turns(const struct world *w)
{
	uint64_t since[SITES][WORKERS_MAX];

	for (int side = 0; side < SITES; side++)
		for (unsigned i = 0; i < w->scenario->workers; i++)
			since[side][i] = turns_of(w, side, i);
	for (int side = 0; side < SITES; side++)
		for (unsigned i = 0; i < w->scenario->workers; i++)
			while (turns_of(w, side, i) < since[side][i] + ENOUGH_TURNS)
				sched_yield();
}

static void carry_all(struct world *w)
{
	do
		wait_for_turns(w);
	while (carry(w));
}

/* No thread runs yet: hosts become known, and what is made once is made. */
static void warm_up(struct world *w)
{
	for (uint32_t seq = 0; seq < 4; seq++) {
		push_round(w, seq);
		do {
			for (int side = 0; side < SITES; side++)
				rig_settle(&w->sites[side].rig);
		} while (carry(w));
	}
}

/* ---- into the cage ---- */

static void touch(void *arg)
{
	struct rig *r = arg;

	/* Not all of them are known hosts. */
	for (uint32_t slot = 0; slot < 64; slot++)
		am_fdb_touch(am_model_fdb(r->model), 0, slot);
}

static void hear(void *arg)
{
	struct rig *r = arg;

	for (uint32_t second = 1; second <= 2; second++)
		am_mac_ips_see(am_model_roots(r->model)->mac_ips, 0, second);
}

/* Where workers look, as far as public headers show: a table that were elsewhere would go untested. */
static void need_held(const struct am_roots *roots)
{
	assert_true(cage_holds(roots) && cage_holds(roots->ports) && cage_holds(roots->peers));
	assert_true(cage_holds(roots->vrfs) && cage_holds(roots->routes) && cage_holds(roots->mac_ips));
	assert_true(cage_holds(roots->exits));
	assert_true(cage_holds(roots->members) && cage_holds(roots->bridges) && cage_holds(roots->tunnels));
	for (unsigned i = 0; i < roots->n_members; i++) {
		const struct am_member *m = roots->members[i];

		assert_true(!m || cage_holds(m));
		assert_true(!m || !m->paths || cage_holds(m->paths));
		for (unsigned k = 0; m && m->paths && k < m->paths->n; k++)
			assert_true(cage_holds(atomic_load(&m->paths->encap[k])));
	}
}

static void exempt_by_design(struct rig *r)
{
	const struct am_roots *roots = am_model_roots(r->model);

	assert_int_equal(cage_exempt_written(touch, r), 1);
	assert_int_equal(cage_exempt_written(hear, r), 1);
	for (unsigned i = 0; i < roots->n_members; i++)
		if (roots->members[i])
			cage_exempt(roots->members[i]->storm_state);
	for (unsigned i = 0; i < roots->n_tunnels; i++) {
		if (roots->tunnels[i]) {
			cage_exempt(roots->tunnels[i]->tx_seq);
			cage_exempt(roots->tunnels[i]->rx_seq);
		}
	}
}

static _Noreturn void *run(void *arg)
{
	struct runner *r = arg;

	am_worker_online(r->worker);
	cage_enter();
	if (r->offence)
		r->offence(r);
	while (!atomic_load(r->stop)) {
		am_worker_turn(r->worker, r->now);
		r->now = am_time_add(r->now, TURN_NS);
	}
	/* The process ends, this thread cannot. */
	atomic_store(&r->done, true);
	for (;;)
		rte_pause();
}

static void start_workers(struct world *w, int side)
{
	struct site *site = &w->sites[side];

	for (unsigned i = 0; i < w->scenario->workers; i++) {
		struct runner *r = &site->runners[i];

		r->worker = am_plane_worker(site->rig.plane, i);
		r->rig = &site->rig;
		r->offence = w->scenario->offence;
		r->victim = malloc(1);
		r->now = site->rig.now;
		r->stop = &w->stop;
		assert_int_equal(pthread_create(&r->thread, NULL, run, r), 0);
	}
}

static void stop_workers(struct world *w)
{
	atomic_store(&w->stop, true);
	for (int side = 0; side < SITES; side++)
		for (unsigned i = 0; i < w->scenario->workers; i++)
			while (!atomic_load(&w->sites[side].runners[i].done))
				sched_yield();
}

static unsigned kinds_of_drops(const struct rig *r)
{
	unsigned n = 0;

	for (unsigned v = 0; v < AM_VERDICTS; v++)
		n += rig_drops(r, v) > 0;
	return n;
}

static uint64_t handed_out(const struct world *w, int side)
{
	struct am_worker_stats stats;
	uint64_t n = 0;

	for (unsigned i = 0; i < w->scenario->workers; i++) {
		am_plane_worker_stats(w->sites[side].rig.plane, i, &stats);
		n += stats.handed_out;
	}
	return n;
}

/* That workers had something to tell, both to control and to the slow thread. */
static void check_reports(const struct world *w)
{
	for (int side = 0; side < SITES; side++) {
		uint64_t punted[AM_PUNT_CLASSES], punts = 0;
		struct am_learn told[2 * ROUNDS];
		unsigned n = 0;

		for (unsigned i = 0; i < w->scenario->workers; i++)
			n += am_plane_learned(w->sites[side].rig.plane, i, told, 2 * ROUNDS);
		am_plane_punt_stats(w->sites[side].rig.plane, punted);
		for (unsigned c = 0; c < AM_PUNT_CLASSES; c++)
			punts += punted[c];
		assert_true(n >= ROUNDS);
		assert_true(punts >= ROUNDS);
	}
}

/* That the traffic was what it was meant to be. */
static void check_traffic(const struct world *w)
{
	for (int side = 0; side < SITES; side++) {
		const struct rig *r = &w->sites[side].rig;
		char drops[512];

		printf("  site %d: %u fragmented, %u reassembled, %u flooded; drops: %s\n", side,
			(unsigned)rig_count(r, AM_C_TX_FRAGMENTED),
			(unsigned)rig_count(r, AM_C_RX_REASSEMBLED), (unsigned)rig_count(r, AM_C_FLOODED),
			rig_drop_names(r, drops, sizeof drops));
		assert_true(rig_count(r, AM_C_TX_FRAGMENTED) > 0);
		assert_true(rig_count(r, AM_C_RX_REASSEMBLED) > 0);
		assert_true(rig_count(r, AM_C_FLOODED) > 0);
		assert_true(rig_count(r, AM_C_MSS_CLAMPED) > 0);
		assert_true(rig_drops(r, AM_V_BRIDGE_STORM) > 0);
		assert_true(kinds_of_drops(r) >= DROPS_MIN);
		assert_true((handed_out(w, side) > 0) == (w->scenario->workers > 1));
	}
	assert_true(w->delivered > ROUNDS * FLOWS / 2);
	check_reports(w);
	assert_true(w->routed >= ROUNDS);
}

static unsigned dpdk_allocations(void)
{
	struct rte_malloc_socket_stats stats;

	assert_int_equal(rte_malloc_get_socket_stats(0, &stats), 0);
	return stats.alloc_count;
}

static void play(void **state)
{
	static const int deadly[] = {SIGSYS, SIGILL, SIGSEGV};
	static struct world w;
	struct rte_mempool *pool;
	unsigned before;

	/* cmocka would make a failed test of them. */
	for (unsigned i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
		signal(deadly[i], SIG_DFL);
	w.scenario = *state;
	w.rnd = 20261128;
	assert_int_equal(am_test_eal(), 0);
	pool = rig_pool(BUFFERS);
	for (int side = 0; side < SITES; side++)
		open_site(&w, side, pool);
	warm_up(&w);
	for (int side = 0; side < SITES; side++) {
		need_held(am_model_roots(w.sites[side].rig.model));
		exempt_by_design(&w.sites[side].rig);
	}
	cage_close();
	before = dpdk_allocations();
	for (int side = 0; side < SITES; side++)
		start_workers(&w, side);
	for (uint32_t seq = 0; seq < ROUNDS; seq++) {
		push_round(&w, seq);
		carry_all(&w);
	}
	stop_workers(&w);
	assert_int_equal(dpdk_allocations(), before);
	check_traffic(&w);
}

/* ---- the processes ---- */

static void test_scenario(void **state)
{
	const struct scenario *s = *state;
	char index[16];
	int status;
	pid_t pid;

	snprintf(index, sizeof index, "%d", (int)(s - scenarios));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		execl("/proc/self/exe", "purity_test", index, (char *)NULL);
		_exit(4);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (s->killed_by) {
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), s->killed_by);
	} else {
		if (WIFSIGNALED(status))
			print_error("a worker was killed: %s\n", strsignal(WTERMSIG(status)));
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

static int run_cases(const char *group, const struct CMUnitTest *tests, size_t n)
{
	return _cmocka_run_group_tests(group, tests, n, NULL, NULL);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[SCENARIOS] = {0};
	int only = argc == 2 ? atoi(argv[1]) : -1;

	for (int i = 0; i < SCENARIOS; i++)
		tests[i] = (struct CMUnitTest){.name = scenarios[i].name,
			.test_func = only < 0 ? test_scenario : play,
			.initial_state = (void *)(uintptr_t)&scenarios[i]};
	if (only < 0)
		return run_cases("pipeline/purity", tests, SCENARIOS);
	fflush(stdout);
	_exit(only < SCENARIOS ? run_cases("in the cage", &tests[only], 1) : 2);
}
