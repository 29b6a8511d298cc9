/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "drivers/driver.h"
#include "drivers/mem.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/ip.h"
#include "pkt/buf.h"

enum { FDB = 16384, PATHS = 256, IFACES = 256, PEERS = 4096, LEARN_BATCH = 64, FLOW_AT = 42, SEQ_AT = 44 };

struct rte_mempool *rig_pool(unsigned count)
{
	struct rte_mempool *pool = am_buf_pool("rig", count, 0);

	assert_non_null(pool);
	return pool;
}

static struct am_config *load(const char *text)
{
	struct am_config_errors errors = {0};
	struct am_config *config = am_config_load(text, strlen(text), &errors);

	for (size_t i = 0; i < errors.n; i++)
		print_error("%s: %s\n", errors.items[i].path, errors.items[i].text);
	am_config_errors_free(&errors);
	assert_non_null(config);
	return config;
}

static void open_ports(
	struct rig *r, const struct am_config *config, uint16_t queues, struct am_port_limits *limits)
{
	struct am_err err;

	r->n_ports = config->n_ports;
	for (uint16_t i = 0; i < config->n_ports; i++) {
		const struct am_conf_port *p = &config->ports[i];
		struct am_port_conf conf = {
			.name = p->name,
			.pool = r->pool,
			.queues = queues,
			.mtu = p->mtu,
			.mac = p->has_mac ? &p->mac : NULL,
		};

		assert_int_equal(am_mem_open(&conf, &r->ports[i], &err), 0);
		limits[i] = r->ports[i]->limits;
	}
}

static struct am_plan *prepare(struct rig *r, struct am_config *config, const struct am_port_limits *limits)
{
	struct am_config_errors errors = {0};
	struct am_plan *plan = am_model_prepare(r->model, config, limits, &errors);

	for (size_t i = 0; i < errors.n; i++)
		print_error("%s: %s\n", errors.items[i].path, errors.items[i].text);
	assert_non_null(plan);
	return plan;
}

void rig_open(struct rig *r, struct rte_mempool *pool, const char *text, unsigned workers, uint16_t queues,
	bool handoff)
{
	struct am_config *config = load(text);
	struct am_port_limits limits[8];
	struct am_err err = {""};
	struct am_plan *plan;

	*r = (struct rig){.pool = pool,
		.workers = workers,
		.now = {AM_S},
		.learn_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
	assert_true(r->learn_fd >= 0);
	open_ports(r, config, queues, limits);
	r->model = am_model_create(FDB, workers, 7, PATHS);
	assert_non_null(r->model);
	plan = prepare(r, config, limits);
	r->plane = am_plane_create(
		&(struct am_plane_conf){
			.workers = workers,
			.pool = pool,
			.fdb = am_model_fdb(r->model),
			.reasm = {.entries = config->reasm_datagrams,
				.peer_entries = config->reasm_peer_datagrams,
				.peers = PEERS,
				.seed = 7,
				.timeout6_ns = AM_S,
				.timeout4_min_ns = 20 * AM_MS,
				.timeout4_max_ns = 500 * AM_MS,
				.id_range = 65536},
			.paths = PATHS,
			.ifaces = IFACES,
			.seed = 7,
			.learn_fd = r->learn_fd,
			.handoff = handoff,
		},
		&err);
	if (!r->plane)
		print_error("%s\n", err.text);
	assert_non_null(r->plane);
	for (uint16_t i = 0; i < r->n_ports; i++)
		assert_int_equal(am_plane_set_port(r->plane, i, r->ports[i]), 0);
	am_plane_swap_roots(r->plane, am_plan_roots(plan));
	am_model_retire(am_model_commit(r->model, plan));
}

void rig_reload(struct rig *r, const char *text, bool turn)
{
	struct am_port_limits limits[8];
	struct am_retired *old;
	struct am_plan *plan;
	uint64_t token;

	for (uint16_t i = 0; i < r->n_ports; i++)
		limits[i] = r->ports[i]->limits;
	plan = prepare(r, load(text), limits);
	old = am_model_commit(r->model, plan);
	am_plane_swap_roots(r->plane, am_model_roots(r->model));
	token = am_plane_token(r->plane);
	while (!am_plane_passed(r->plane, token))
		if (turn)
			rig_turn(r);
	am_model_retire(old);
}

void rig_close(struct rig *r)
{
	am_plane_free(r->plane);
	for (uint16_t i = 0; i < r->n_ports; i++)
		r->ports[i]->ops->close(r->ports[i]);
	am_model_free(r->model);
	close(r->learn_fd);
}

struct am_port *rig_port(const struct rig *r, const char *name)
{
	for (uint16_t i = 0; i < r->n_ports; i++)
		if (strcmp(r->ports[i]->name, name) == 0)
			return r->ports[i];
	fail_msg("no port %s", name);
	return NULL;
}

uint16_t rig_interface(const struct rig *r, const char *name)
{
	const struct am_roots *roots = am_model_roots(r->model);

	for (uint16_t i = 0; i < roots->n_interfaces; i++)
		if (roots->interfaces[i] &&
			!strcmp(am_model_iface(r->model, roots->interfaces[i]->iface)->name, name))
			return i;
	fail_msg("no interface %s", name);
	return 0;
}

void rig_push(struct rig *r, const char *port, uint16_t queue, const void *bytes, uint16_t len)
{
	struct rte_mbuf *m = am_buf_alloc(r->pool, RTE_PKTMBUF_HEADROOM);

	assert_non_null(m);
	memcpy(am_buf_set_len(m, len), bytes, len);
	assert_int_equal(am_mem_push(rig_port(r, port), queue, &m, 1), 1);
}

bool rig_pop(struct rig *r, const char *port, uint16_t queue, struct rig_frame *out)
{
	struct rte_mbuf *m;

	assert_true(queue < rig_port(r, port)->limits.tx_queues);
	if (am_mem_pop(rig_port(r, port), queue, &m, 1) == 0)
		return false;
	assert_true(am_buf_len(m) <= RIG_FRAME_MAX);
	assert_int_equal(m->nb_segs, 1);
	assert_int_equal(m->pkt_len, m->data_len);
	out->len = (uint16_t)am_buf_len(m);
	memcpy(out->bytes, am_buf_data(m), out->len);
	am_buf_free(m);
	return true;
}

void rig_learn(struct rig *r)
{
	struct am_learn reports[LEARN_BATCH];
	unsigned n;

	for (unsigned w = 0; w < r->workers; w++) {
		while ((n = am_plane_learned(r->plane, w, reports, LEARN_BATCH)) > 0) {
			for (unsigned i = 0; i < n; i++) {
				struct am_learn_in in = {reports[i].key, reports[i].member};

				am_model_learn(r->model, &in, r->now.ns / AM_S);
			}
		}
	}
}

static unsigned turn(struct rig *r)
{
	unsigned n = 0;

	for (unsigned w = 0; w < r->workers; w++)
		n += am_worker_turn(am_plane_worker(r->plane, w), r->now);
	rig_learn(r);
	return n;
}

void rig_turn(struct rig *r)
{
	turn(r);
}

void rig_turn_one(struct rig *r, unsigned worker)
{
	am_worker_turn(am_plane_worker(r->plane, worker), r->now);
	rig_learn(r);
}

void rig_settle(struct rig *r)
{
	while (turn(r) > 0)
		;
}

static void all_counters(const struct rig *r, struct am_iface_counters *sum)
{
	struct am_iface_counters one;

	memset(sum, 0, sizeof *sum);
	for (uint16_t i = 0; i < IFACES; i++) {
		am_plane_counters(r->plane, i, &one);
		for (unsigned c = 0; c < AM_COUNTERS; c++)
			sum->count[c] += one.count[c];
		for (unsigned v = 0; v < AM_VERDICTS; v++)
			sum->drop[v] += one.drop[v];
	}
}

uint64_t rig_count(const struct rig *r, enum am_counter c)
{
	struct am_iface_counters sum;

	all_counters(r, &sum);
	return sum.count[c];
}

uint64_t rig_drops(const struct rig *r, enum am_verdict v)
{
	struct am_iface_counters sum;

	all_counters(r, &sum);
	return sum.drop[v];
}

uint64_t rig_all_drops(const struct rig *r)
{
	struct am_iface_counters sum;
	uint64_t n = 0;

	all_counters(r, &sum);
	for (unsigned v = 0; v < AM_VERDICTS; v++)
		n += sum.drop[v];
	return n;
}

const char *rig_drop_names(const struct rig *r, char *buf, size_t room)
{
	struct am_iface_counters sum;
	size_t at = 0;

	all_counters(r, &sum);
	buf[0] = 0;
	for (unsigned v = 0; v < AM_VERDICTS && at < room; v++)
		if (sum.drop[v])
			at += (size_t)snprintf(buf + at, room - at, "%s %llu ", am_verdict_name(v),
				(unsigned long long)sum.drop[v]);
	return buf;
}

static void put_ip4_udp(uint8_t *ip, unsigned from, unsigned to, uint16_t flow, uint16_t len)
{
	uint16_t sum;

	memset(ip, 0, AM_IP4_LEN);
	ip[0] = 0x45;
	am_store16(ip + 2, len);
	am_store16(ip + 6, AM_IP4_DF);
	ip[8] = 64;
	ip[9] = AM_PROTO_UDP;
	am_store32(ip + 12, 0x0a010000 + from);
	am_store32(ip + 16, 0x0a010000 + to);
	sum = am_csum_finish(am_csum_add(ip, AM_IP4_LEN, 0));
	memcpy(ip + 10, &sum, 2);
	am_store16(ip + 20, (uint16_t)(10000 + flow));
	am_store16(ip + 22, 5001);
	am_store16(ip + 24, (uint16_t)(len - AM_IP4_LEN));
	am_store16(ip + 26, 0);
}

void rig_udp_frame(struct rig_frame *f, unsigned from, unsigned to, uint16_t flow, uint32_t seq, uint16_t len)
{
	static const uint8_t mac[4] = {0x02, 0, 0, 0};

	assert_true(len >= SEQ_AT + 4 && len <= RIG_FRAME_MAX);
	f->len = len;
	for (uint16_t i = SEQ_AT + 4; i < len; i++)
		f->bytes[i] = (uint8_t)(i * 7 + seq + flow);
	memcpy(f->bytes, mac, 4);
	am_store16(f->bytes + 4, (uint16_t)to);
	memcpy(f->bytes + 6, mac, 4);
	am_store16(f->bytes + 10, (uint16_t)from);
	am_store16(f->bytes + 12, AM_ET_IPV4);
	put_ip4_udp(f->bytes + AM_ETH_LEN, from, to, flow, (uint16_t)(len - AM_ETH_LEN));
	am_store16(f->bytes + FLOW_AT, flow);
	am_store32(f->bytes + SEQ_AT, seq);
}

uint16_t rig_flow_of(const struct rig_frame *f)
{
	return am_load16(f->bytes + FLOW_AT);
}

uint32_t rig_seq_of(const struct rig_frame *f)
{
	return am_load32(f->bytes + SEQ_AT);
}
