/* SPDX-License-Identifier: BSD-3-Clause */
#include "ports.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mempool.h>

#include "config/position.h"
#include "drivers/bond.h"
#include "drivers/driver.h"
#include "drivers/umem.h"
#include "pkt/buf.h"

enum { POOL_CACHE = 256 };

const char *am_driver_name(enum am_driver driver)
{
	static const char *const names[] = {
		[AM_DRIVER_AF_XDP] = "af_xdp",
		[AM_DRIVER_AF_PACKET] = "af_packet",
		[AM_DRIVER_ETHDEV] = "ethdev",
		[AM_DRIVER_PCAP] = "pcap",
		[AM_DRIVER_MEM] = "mem",
		[AM_DRIVER_BOND] = "bond",
	};

	return names[driver];
}

static bool has_driver(const struct am_config *config, enum am_driver driver)
{
	for (uint16_t i = 0; i < config->n_ports; i++)
		if (config->ports[i].driver == driver)
			return true;
	return false;
}

/* Whether AF_XDP copies on each device that it has. */
static bool all_copy(const struct am_config *config)
{
	for (uint16_t i = 0; i < config->n_ports; i++)
		if (config->ports[i].driver == AM_DRIVER_AF_XDP && !am_af_xdp_copies(config->ports[i].device))
			return false;
	return true;
}

int am_ports_pool(struct am_ports *ports, const struct am_config *config, struct am_err *err)
{
	ports->af_xdp = has_driver(config, AM_DRIVER_AF_XDP);
	ports->pool = ports->af_xdp ? am_umem_pool("amime", config->buffers, POOL_CACHE, all_copy(config))
				    : am_buf_pool("amime", config->buffers, POOL_CACHE);
	if (!ports->pool)
		return am_fail(err, ENOMEM,
			"no memory for %u packet buffers; lower system.buffers or raise "
			"system.memory_mb",
			config->buffers);
	return 0;
}

void am_ports_check(const struct am_config *config, struct am_config_errors *errors)
{
	for (uint16_t i = 0; i < config->n_ports; i++) {
		const struct am_conf_port *conf = &config->ports[i];
		char path[sizeof((struct am_config_error *)0)->path];

		if (conf->driver != AM_DRIVER_PCAP)
			continue;
		snprintf(path, sizeof path, "$.ports");
		am_position_join(path, sizeof path, conf->name);
		am_position_join(path, sizeof path, "driver");
		am_config_complain(config, errors, path, "amimed has no pcap ports: use amime-pcap");
	}
}

static bool same_device(const struct am_conf_port *a, const struct am_conf_port *b)
{
	if (a->driver != b->driver)
		return false;
	if (a->driver == AM_DRIVER_ETHDEV)
		return strcmp(a->devargs, b->devargs) == 0;
	if (a->driver == AM_DRIVER_BOND) /* what else there is of it waits for a start */
		return strcmp(a->members[0], b->members[0]) == 0;
	if (a->driver == AM_DRIVER_MEM)
		return strcmp(a->name, b->name) == 0;
	return strcmp(a->device, b->device) == 0;
}

static struct am_open_port *find_open(struct am_ports *ports, const struct am_conf_port *conf)
{
	for (unsigned i = 0; i < AM_PORTS_MAX; i++)
		if (ports->by_id[i].port && same_device(&ports->by_id[i].conf, conf))
			return &ports->by_id[i];
	return NULL;
}

static int open_port(const struct am_ports *ports, const struct am_conf_port *conf, struct am_port **out,
	struct am_err *err)
{
	const struct am_port_conf how = {
		.name = conf->name,
		.pool = ports->pool,
		.queues = conf->queues,
		.mtu = conf->mtu,
		.mac = conf->has_mac ? &conf->mac : NULL,
	};

	switch (conf->driver) {
	case AM_DRIVER_AF_XDP:
		if (!ports->af_xdp)
			return am_fail(
				err, ENOTSUP, "the packet buffers were made without af_xdp; restart amimed");
		return am_af_xdp_open(&how, conf->device, out, err);
	case AM_DRIVER_AF_PACKET:
		return am_af_packet_open(&how, conf->device, out, err);
	case AM_DRIVER_ETHDEV:
		return am_ethdev_open(&how, conf->devargs, out, err);
	case AM_DRIVER_BOND:
		return am_bond_open(&how,
			conf->mode == AM_CONF_BOND_LACP ? AM_BOND_LACP : AM_BOND_ACTIVE_BACKUP, conf->members,
			conf->n_members, out, err);
	case AM_DRIVER_MEM:
		return am_mem_open(&how, out, err);
	case AM_DRIVER_PCAP:
		break;
	}
	return am_fail(err, ENOTSUP, "amimed has no %s ports", am_driver_name(conf->driver));
}

/* A port that was absent stays so where its device still cannot be opened: it is not this configuration's fault. */
static void prepare_absent(struct am_ports *ports, struct am_open_port *open, const struct am_conf_port *conf,
	struct am_ports_plan *plan, uint16_t i)
{
	struct am_open_port *at = &plan->at[i];
	struct am_port *port = open->again;
	struct am_err err;

	open->again = at->again = NULL;
	if (!port && open_port(ports, conf, &port, &err))
		return;
	*at = (struct am_open_port){.port = port, .conf = *conf, .before = open->before};
	plan->fresh[i] = true;
}

static int prepare_one(struct am_ports *ports, const struct am_conf_port *conf, struct am_ports_plan *plan,
	uint16_t i, struct am_err *err)
{
	struct am_open_port *open = find_open(ports, conf);
	int rc = 0;

	if (open) {
		plan->at[i] = *open;
		memcpy(plan->at[i].conf.name, conf->name, sizeof conf->name);
		if (open->absent)
			prepare_absent(ports, open, conf, plan, i);
	} else {
		plan->at[i].conf = *conf;
		rc = open_port(ports, conf, &plan->at[i].port, err);
		plan->fresh[i] = rc == 0;
	}
	if (rc == 0)
		plan->limits[i] = plan->at[i].port->limits;
	return rc;
}

int am_ports_prepare(struct am_ports *ports, const struct am_config *config, struct am_ports_plan *plan,
	struct am_config_errors *errors)
{
	struct am_err err;
	int rc = 0;

	memset(plan, 0, sizeof *plan);
	if (config->n_ports > AM_PORTS_MAX) {
		am_config_complain(config, errors, "$.ports", "%u ports; there can be %d", config->n_ports,
			AM_PORTS_MAX);
		return -E2BIG;
	}
	plan->n = config->n_ports;
	for (uint16_t i = 0; i < config->n_ports; i++) {
		char path[sizeof errors->items->path];
		int failed = prepare_one(ports, &config->ports[i], plan, i, &err);

		if (!failed)
			continue;
		snprintf(path, sizeof path, "$.ports.%s", config->ports[i].name);
		am_config_complain(config, errors, path, "%s", err.text);
		rc = failed;
	}
	if (rc)
		am_ports_abandon(plan);
	return rc;
}

void am_ports_abandon(struct am_ports_plan *plan)
{
	for (uint16_t i = 0; i < plan->n; i++) {
		if (plan->fresh[i])
			plan->at[i].port->ops->close(plan->at[i].port);
		plan->fresh[i] = false;
	}
}

bool am_ports_differ(const struct am_ports *ports, const struct am_ports_plan *plan, const uint16_t *ids)
{
	unsigned open = 0;

	for (unsigned id = 0; id < AM_PORTS_MAX; id++)
		open += ports->by_id[id].port != NULL;
	for (uint16_t i = 0; i < plan->n; i++)
		if (ports->by_id[ids[i]].port != plan->at[i].port)
			return true;
	return open != plan->n;
}

static bool is_planned(const struct am_ports_plan *plan, const struct am_port *port)
{
	for (uint16_t i = 0; i < plan->n; i++)
		if (plan->at[i].port == port)
			return true;
	return false;
}

unsigned am_ports_commit(
	struct am_ports *ports, const struct am_ports_plan *plan, const uint16_t *ids, struct am_port **gone)
{
	unsigned n = 0;

	for (unsigned id = 0; id < AM_PORTS_MAX; id++)
		if (ports->by_id[id].port && !is_planned(plan, ports->by_id[id].port))
			gone[n++] = ports->by_id[id].port;
	memset(ports->by_id, 0, sizeof ports->by_id);
	for (uint16_t i = 0; i < plan->n; i++) {
		struct am_open_port *open = &ports->by_id[ids[i]];

		*open = plan->at[i];
		snprintf(open->port->name, sizeof open->port->name, "%s", open->conf.name);
	}
	return n;
}

/* ---- devices that go and come back ---- */

static bool has_device(const struct am_open_port *open)
{
	return open->port &&
	       (open->conf.driver == AM_DRIVER_AF_XDP || open->conf.driver == AM_DRIVER_AF_PACKET);
}

static void close_stand_in(struct am_port *port)
{
	free(port);
}

static void stand_in_stats(struct am_port *port, struct am_port_stats *out)
{
	(void)port;
	*out = (struct am_port_stats){.link_up = false};
}

static const struct am_port_ops stand_in_ops = {
	.name = "absent",
	.stats = stand_in_stats,
	.close = close_stand_in,
};

bool am_port_is_lost(const struct am_open_port *open)
{
	return has_device(open) && !open->absent &&
	       (open->deleted || (int)if_nametoindex(open->conf.device) != open->port->limits.ifindex);
}

int am_port_lose(struct am_open_port *open)
{
	struct am_port *stand_in = malloc(sizeof *stand_in);

	if (!stand_in)
		return -ENOMEM;
	am_port_stats(open, &open->before);
	*stand_in = *open->port;
	stand_in->ops = &stand_in_ops;
	stand_in->limits.ifindex = 0;
	open->port->ops->close(open->port);
	open->port = stand_in;
	open->absent = true;
	open->deleted = open->link_down = false;
	open->why[0] = 0;
	return 0;
}

bool am_port_may_return(const struct am_open_port *open)
{
	return has_device(open) && open->absent && if_nametoindex(open->conf.device);
}

int am_port_reopen(const struct am_ports *ports, struct am_open_port *open, struct am_err *err)
{
	return open->again ? 0 : open_port(ports, &open->conf, &open->again, err);
}

struct am_port *am_port_live(const struct am_open_port *open)
{
	return open->absent ? NULL : open->port;
}

void am_port_stats(const struct am_open_port *open, struct am_port_stats *out)
{
	struct am_port_stats now = {.link_up = true};

	if (open->port->ops->stats)
		open->port->ops->stats(open->port, &now);
	*out = (struct am_port_stats){
		.rx_dropped = open->before.rx_dropped + now.rx_dropped,
		.rx_too_long = open->before.rx_too_long + now.rx_too_long,
		.rx_gso = open->before.rx_gso + now.rx_gso,
		.tx_errors = open->before.tx_errors + now.tx_errors,
		.troubles = now.troubles,
		.link_up = now.link_up,
	};
	for (unsigned rule = 0; rule < AM_STEER_RULES; rule++)
		out->steered[rule] = open->before.steered[rule] + now.steered[rule];
}

void am_ports_close(struct am_ports *ports)
{
	for (unsigned id = 0; id < AM_PORTS_MAX; id++) {
		struct am_port *port = ports->by_id[id].port;

		if (port)
			port->ops->close(port);
		if (ports->by_id[id].again)
			ports->by_id[id].again->ops->close(ports->by_id[id].again);
		ports->by_id[id].port = ports->by_id[id].again = NULL;
	}
	rte_mempool_free(ports->pool);
	ports->pool = NULL;
}
