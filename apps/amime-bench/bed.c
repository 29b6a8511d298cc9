/* SPDX-License-Identifier: BSD-3-Clause */
#include "bed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/driver.h"
#include "drivers/mem.h"
#include "pipeline/tap.h"

enum {
	SPARE = 64, /* of paths and interfaces, beyond what the configuration has */
	SETTLED = 3,
	TRACE_EVERY = 1000,
	TRACE_OCTETS = 128,
};

void bed_check(const struct am_config *config, struct am_config_errors *errors)
{
	for (uint16_t i = 0; i < config->n_ports; i++) {
		char path[AM_NAME_MAX + 32];

		if (config->ports[i].driver == AM_DRIVER_MEM)
			continue;
		snprintf(path, sizeof path, "$.ports.%s.driver", config->ports[i].name);
		am_config_complain(config, errors, path,
			"this measures without a NIC, on ports in memory: set \"driver\": \"mem\"");
	}
}

static uint32_t count_paths(const struct am_config *c)
{
	uint32_t stripes = 1, members = c->n_tunnels;

	for (uint16_t i = 0; i < c->n_tunnels; i++)
		stripes = c->tunnels[i].n_local > stripes ? c->tunnels[i].n_local : stripes;
	for (uint16_t i = 0; i < c->n_bridges; i++)
		members += c->bridges[i].n_members;
	return SPARE + stripes * members;
}

static int open_ports(struct bed *b, const struct am_config *c, struct am_err *err)
{
	for (uint16_t i = 0; i < c->n_ports; i++) {
		const struct am_conf_port *p = &c->ports[i];
		struct am_port_conf conf = {
			.name = p->name,
			.pool = b->pool,
			.queues = p->queues,
			.mtu = p->mtu,
			.mac = p->has_mac ? &p->mac : NULL,
		};
		int ret = am_mem_open(&conf, &b->port[i], err);

		if (ret)
			return ret;
		b->n_ports++;
	}
	return 0;
}

static bool wants_handoff(const struct am_config *c)
{
	bool few = false;

	for (uint16_t i = 0; i < c->n_ports; i++)
		few |= c->ports[i].queues < c->workers;
	return c->workers > 1 && (c->handoff == AM_HANDOFF_ON || (c->handoff == AM_HANDOFF_AUTO && few));
}

static int make_plane(
	struct bed *b, const struct am_config *c, uint32_t paths, uint64_t seed, struct am_err *err)
{
	struct am_plane_conf conf = {
		.workers = c->workers,
		.pool = b->pool,
		.fdb = am_model_fdb(b->model),
		.reasm = am_reasm_usual(c->reasm_datagrams, c->reasm_peer_datagrams, paths, seed),
		.paths = paths,
		.ifaces = (uint16_t)(c->n_ports + c->n_tunnels + c->n_bridges + SPARE),
		.seed = seed,
		.learn_fd = -1,
		.handoff = wants_handoff(c),
	};

	b->plane = am_plane_create(&conf, err);
	return b->plane ? 0 : -ENOMEM;
}

static int commit(struct bed *b, struct am_config *c, struct am_err *err)
{
	struct am_port_limits limits[AM_PORTS_MAX];
	struct am_config_errors errors = {0};
	struct am_plan *plan;
	int ret = 0;

	for (uint16_t i = 0; i < b->n_ports; i++)
		limits[i] = b->port[i]->limits;
	plan = am_model_prepare(b->model, c, limits, &errors);
	if (!plan) {
		ret = am_fail(err, EINVAL, "%s: %s", errors.n ? errors.items[0].path : "$",
			errors.n ? errors.items[0].text : "no memory");
		am_config_free(c);
		am_config_errors_free(&errors);
		return ret;
	}
	/* A fresh model numbers ports as the configuration has them. */
	for (uint16_t i = 0; ret == 0 && i < b->n_ports; i++)
		ret = am_plane_set_port(b->plane, i, b->port[i]);
	am_plane_swap_roots(b->plane, am_plan_roots(plan));
	am_model_retire(am_model_commit(b->model, plan));
	b->octets = am_model_memory(b->model);
	return ret ? am_fail(err, -ret, "too many ports and queues for a worker") : 0;
}

int bed_open(struct bed *b, struct am_config *c, struct rte_mempool *pool, uint64_t seed, struct am_err *err)
{
	uint32_t paths = count_paths(c);
	int ret;

	*b = (struct bed){.pool = pool, .workers = c->workers, .now = {AM_S}};
	b->model = am_model_create(c->fdb_size, c->workers, seed, paths);
	ret = b->model ? open_ports(b, c, err) : am_fail(err, ENOMEM, "no memory for the tables");
	if (ret == 0)
		ret = make_plane(b, c, paths, seed, err);
	if (ret == 0)
		ret = commit(b, c, err);
	else
		am_config_free(c);
	if (ret)
		bed_close(b);
	return ret;
}

int bed_trace(struct bed *b, struct am_err *err)
{
	const struct am_tap_conf conf = {.stages = (1u << AM_TAP_PACKETS) - 1,
		.iface = AM_TAP_ANY_IFACE,
		.snaplen = TRACE_OCTETS,
		.stories = true,
		.every = TRACE_EVERY};

	b->tap = am_tap_create(b->plane, &conf, err);
	if (!b->tap)
		return -ENOMEM;
	am_plane_arm_tap(b->plane, b->tap);
	return 0;
}

bool bed_read_trace(struct bed *b)
{
	const struct am_tap_record *record;
	const uint8_t *octets;

	if (!b->tap)
		return true;
	for (unsigned worker = 0; worker < b->workers; worker++)
		while ((record = am_tap_peek(b->tap, worker, &octets)))
			am_tap_take(b->tap, worker, record);
	return am_tap_lost(b->tap) == 0;
}

void bed_close(struct bed *b)
{
	if (b->tap)
		am_plane_arm_tap(b->plane, NULL);
	am_tap_free(b->tap);
	am_plane_free(b->plane);
	for (uint16_t i = 0; i < b->n_ports; i++)
		b->port[i]->ops->close(b->port[i]);
	if (b->model)
		am_model_free(b->model);
	*b = (struct bed){0};
}

void bed_settle(struct bed *b)
{
	unsigned moved;

	for (int quiet = 0; quiet < SETTLED; quiet = moved ? 0 : quiet + 1) {
		moved = 0;
		for (unsigned w = 0; w < b->workers; w++)
			moved += am_worker_turn(am_plane_worker(b->plane, w), b->now);
	}
}

bool bed_queue(const struct bed *b, unsigned worker, uint16_t port, uint16_t *queue)
{
	uint16_t queues = b->port[port]->limits.rx_queues;

	/* As am_plane_set_port deals them out. */
	for (uint16_t q = 0; q < queues; q++) {
		if ((port + q) % b->workers == worker) {
			*queue = q;
			return true;
		}
	}
	return false;
}

bool bed_tx_queue(const struct bed *b, unsigned worker, uint16_t port, uint16_t *queue)
{
	uint16_t queues = b->port[port]->limits.tx_queues;

	*queue = (uint16_t)(worker % queues);
	return queues >= b->workers || (port + *queue) % b->workers == worker;
}

const char *bed_drop(const struct bed *b, uint64_t *n)
{
	uint64_t sums[AM_VERDICTS] = {0};
	struct am_iface_counters one;
	unsigned most = 0;

	for (uint16_t i = 0; i < am_model_ifaces(b->model); i++) {
		am_plane_counters(b->plane, i, &one);
		for (unsigned v = 0; v < AM_VERDICTS; v++)
			sums[v] += one.drop[v];
	}
	for (unsigned v = 0; v < AM_VERDICTS; v++)
		most = sums[v] > sums[most] ? v : most;
	*n = sums[most];
	return *n ? am_verdict_text((enum am_verdict)most) : NULL;
}
