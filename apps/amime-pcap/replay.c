/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mempool.h>

#include "drivers/driver.h"
#include "drivers/pcap.h"
#include "pkt/buf.h"

enum {
	BUFFERS = 16384,
	FDB_ENTRIES = 65536,
	LEARN_BATCH = 64,
	PATHS = 4096,
	IFACES = 4096,
	PEERS = 65536,
};

static const char *file_of(const struct port_file *files, unsigned n, const char *port)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(files[i].port, port) == 0)
			return files[i].file;
	return NULL;
}

static int check_names(
	const struct am_config *config, const struct port_file *files, unsigned n, struct am_err *err)
{
	for (unsigned i = 0; i < n; i++)
		if (!am_config_port(config, files[i].port))
			return am_fail(err, ENODEV, "the configuration has no port \"%s\"", files[i].port);
	return 0;
}

static int open_ports(
	struct replay *r, const struct am_config *config, const struct args *args, struct am_err *err)
{
	int ret = check_names(config, args->in, args->n_in, err);

	if (ret == 0)
		ret = check_names(config, args->out, args->n_out, err);
	if (ret < 0)
		return ret;
	r->ports = calloc(config->n_ports, sizeof *r->ports);
	if (!r->ports)
		return am_fail(err, ENOMEM, "no memory for %u ports", config->n_ports);
	for (uint16_t i = 0; i < config->n_ports; i++) {
		const struct am_conf_port *p = &config->ports[i];
		struct am_port_conf conf = {
			.name = p->name,
			.pool = r->pool,
			.queues = 1,
			.mtu = p->mtu,
			.mac = p->has_mac ? &p->mac : NULL,
		};

		ret = am_pcap_open(&conf, file_of(args->in, args->n_in, p->name),
			file_of(args->out, args->n_out, p->name), &r->ports[i], err);
		if (ret < 0)
			return ret;
		r->n_ports++;
	}
	return 0;
}

static int make_plane(struct replay *r, const struct am_config *config, uint64_t seed, struct am_err *err)
{
	struct am_plane_conf conf = {
		.workers = 1,
		.pool = r->pool,
		.fdb = am_model_fdb(r->model),
		.reasm = am_reasm_usual(config->reasm_datagrams, config->reasm_peer_datagrams, PEERS, seed),
		.paths = PATHS,
		.ifaces = IFACES,
		.seed = seed,
		.learn_fd = -1,
	};

	conf.reasm.buffers = BUFFERS / 2;
	r->plane = am_plane_create(&conf, err);
	return r->plane ? 0 : -ENOMEM;
}

/* The model's snapshot into the plane. Nothing runs yet, so there is nothing to retire. */
static int commit(struct replay *r, struct am_config *config, struct am_config_errors *errors)
{
	struct am_port_limits *limits = calloc(config->n_ports, sizeof *limits);
	struct am_plan *plan = NULL;

	for (uint16_t i = 0; limits && i < config->n_ports; i++) {
		limits[i] = r->ports[i]->limits;
		limits[i].unfinished_csum = config->ports[i].checksums == AM_CHECKSUMS_FINISH;
	}
	if (limits)
		plan = am_model_prepare(r->model, config, limits, errors);
	free(limits);
	if (!plan) {
		am_config_free(config);
		return -EINVAL;
	}
	for (uint16_t i = 0; i < r->n_ports; i++)
		am_plane_set_port(r->plane, i, r->ports[i]);
	am_plane_swap_roots(r->plane, am_plan_roots(plan));
	am_model_retire(am_model_commit(r->model, plan));
	return 0;
}

int replay_open(struct replay *r, struct am_config *config, const struct args *args,
	struct am_config_errors *errors, struct am_err *err)
{
	int ret;

	memset(r, 0, sizeof *r);
	r->pool = am_buf_pool("pcap", BUFFERS, 0);
	r->model = am_model_create(FDB_ENTRIES, 1, args->seed, PATHS);
	if (!r->pool || !r->model) {
		ret = am_fail(err, ENOMEM, "no memory for %d packet buffers", BUFFERS);
		goto fail;
	}
	ret = open_ports(r, config, args, err);
	if (ret == 0)
		ret = make_plane(r, config, args->seed, err);
	if (ret < 0)
		goto fail;
	return commit(r, config, errors);

fail:
	am_config_free(config);
	return ret;
}

static bool next_time(const struct replay *r, am_time *out)
{
	bool found = false;
	am_time t;

	for (uint16_t i = 0; i < r->n_ports; i++) {
		if (!am_pcap_next_time(r->ports[i], &t))
			continue;
		if (!found || am_time_before(t, *out))
			*out = t;
		found = true;
	}
	return found;
}

static void learn(struct replay *r, am_time now)
{
	struct am_learn reports[LEARN_BATCH];
	unsigned n;

	while ((n = am_plane_learned(r->plane, 0, reports, LEARN_BATCH)) > 0) {
		for (unsigned i = 0; i < n; i++) {
			struct am_learn_in in = {reports[i].key, reports[i].member};

			am_model_learn(r->model, &in, now.ns / AM_S);
		}
	}
}

static void learn_pairs(struct replay *r, am_time now)
{
	struct am_learn_pair reports[LEARN_BATCH];
	struct am_mac before;
	unsigned n;

	while ((n = am_plane_learned_pairs(r->plane, 0, reports, LEARN_BATCH)) > 0)
		for (unsigned i = 0; i < n; i++) {
			const struct am_learn_pair *p = &reports[i];
			struct am_learn_pair_in in = {p->bridge, p->member, p->flags, p->mac, p->ip};

			am_model_learn_pair(r->model, &in, now.ns / AM_S, &before);
		}
}

static void turn(struct replay *r, am_time now)
{
	for (uint16_t i = 0; i < r->n_ports; i++)
		am_pcap_set_time(r->ports[i], now);
	while (am_worker_turn(am_plane_worker(r->plane, 0), now) > 0) {
		learn(r, now);
		learn_pairs(r, now);
	}
	learn(r, now);
	learn_pairs(r, now);
}

int replay_run(struct replay *r, struct am_err *err)
{
	am_time now = {AM_S};
	int ret = 0;

	while (next_time(r, &now))
		turn(r, now);
	/* Let every timeout pass, a turn at a time, so that what is still held is counted as lost. */
	for (unsigned i = 0; i < 20; i++)
		turn(r, now = am_time_add(now, 100 * AM_MS));
	for (uint16_t i = 0; i < r->n_ports && ret == 0; i++)
		ret = am_pcap_flush(r->ports[i], err);
	return ret;
}

void replay_close(struct replay *r)
{
	am_plane_free(r->plane);
	for (uint16_t i = 0; i < r->n_ports; i++)
		r->ports[i]->ops->close(r->ports[i]);
	free(r->ports);
	if (r->model)
		am_model_free(r->model);
	rte_mempool_free(r->pool);
}
