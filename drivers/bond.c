/* SPDX-License-Identifier: BSD-3-Clause */
/* Several devices of DPDK behind its bonding driver, which is then opened as a port like any other. */
#include "drivers/bond.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_eth_bond.h>
#include <rte_eth_bond_8023ad.h>
#include <rte_ethdev.h>

#include "ethdev.h"
#include "port.h"

enum {
	BEATS_A_SECOND = 20, /* LACP is sent and received by bursts, and wants one at least every 100 ms */
};

struct member {
	char devargs[AM_BOND_DEVARGS];
	struct ethdev_device device;
	bool taken, added;
};

struct bond_port {
	struct am_port port;
	struct am_port *inner; /* the bond as an ethdev port */
	char name[RTE_ETH_NAME_MAX_LEN];
	uint16_t id;
	bool made;
	uint8_t mode;
	uint64_t beat; /* the worker's: cycles at the last one */
	unsigned n;
	struct member members[AM_BOND_MEMBERS_MAX];
};

/* The one queue's receiver is its sender too, so it may keep LACP going when there is nothing to send. */
static void beat(struct bond_port *b)
{
	uint64_t now = rte_get_timer_cycles();

	if (now - b->beat < rte_get_timer_hz() / BEATS_A_SECOND)
		return;
	b->beat = now;
	rte_eth_tx_burst(b->id, 0, NULL, 0);
}

static uint16_t bond_rx(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	struct bond_port *b = (struct bond_port *)port;

	if (b->mode == BONDING_MODE_8023AD)
		beat(b);
	return b->inner->ops->rx(b->inner, queue, m, n);
}

static uint16_t bond_tx(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	struct bond_port *b = (struct bond_port *)port;

	return b->inner->ops->tx(b->inner, queue, m, n);
}

/* None: whoever waited for packets would be late for LACP, and for members that come up. */
static int bond_wait_fd(struct am_port *port, uint16_t queue)
{
	(void)port;
	(void)queue;
	return -1;
}

static bool has_link(uint16_t id)
{
	struct rte_eth_link link = {0};

	rte_eth_link_get_nowait(id, &link);
	return link.link_status == RTE_ETH_LINK_UP;
}

/* Not every driver tells the bond of a lost link (net_tap does not), so the one in use is looked at as well. */
static void replace_lost(const struct bond_port *b)
{
	int used = rte_eth_bond_primary_get(b->id);

	if (b->mode != BONDING_MODE_ACTIVE_BACKUP || used < 0 || has_link((uint16_t)used))
		return;
	for (unsigned i = 0; i < b->n; i++) {
		if (has_link(b->members[i].device.id)) {
			rte_eth_bond_primary_set(b->id, b->members[i].device.id);
			return;
		}
	}
}

static void bond_stats(struct am_port *port, struct am_port_stats *out)
{
	struct bond_port *b = (struct bond_port *)port;

	replace_lost(b);
	b->inner->ops->stats(b->inner, out);
	port->limits.mtu = b->inner->limits.mtu;
}

static void bond_close(struct am_port *port)
{
	struct bond_port *b = (struct bond_port *)port;

	if (b->inner)
		b->inner->ops->close(b->inner); /* stopped; it stays, since it was there before */
	for (unsigned i = 0; i < b->n; i++)
		if (b->members[i].added)
			rte_eth_bond_slave_remove(b->id, b->members[i].device.id);
	if (b->made)
		rte_eth_bond_free(b->name);
	for (unsigned i = 0; i < b->n; i++) {
		if (b->members[i].taken) {
			rte_eth_dev_stop(b->members[i].device.id);
			ethdev_release(&b->members[i].device);
		}
	}
	free(b);
}

static const struct am_port_ops bond_ops = {
	.name = "bond",
	.rx = bond_rx,
	.tx = bond_tx,
	.wait_fd = bond_wait_fd,
	.stats = bond_stats,
	.close = bond_close,
};

static int make(struct bond_port *b, enum am_bond_kind kind, struct am_err *err)
{
	int id;

	b->mode = kind == AM_BOND_LACP ? BONDING_MODE_8023AD : BONDING_MODE_ACTIVE_BACKUP;
	snprintf(b->name, sizeof b->name, "net_bonding_%s", b->port.name);
	id = rte_eth_bond_create(b->name, b->mode, 0);
	if (id < 0)
		return am_fail(err, EINVAL, "DPDK makes no bond of this name");
	b->made = true;
	b->id = (uint16_t)id;
	/* By addresses alone: all fragments of a datagram go one way. */
	if (kind == AM_BOND_LACP && rte_eth_bond_xmit_policy_set(b->id, BALANCE_XMIT_POLICY_LAYER23) < 0)
		return am_fail(err, EIO, "DPDK's bond does not spread by addresses");
	return 0;
}

static int add(struct bond_port *b, const char *devargs, struct am_err *err)
{
	struct member *m = &b->members[b->n++];
	int rc;

	snprintf(m->devargs, sizeof m->devargs, "%s", devargs);
	rc = ethdev_take(devargs, &m->device, err);
	if (rc)
		return rc;
	m->taken = true;
	if (rte_eth_bond_slave_add(b->id, m->device.id) < 0)
		return am_fail(err, EBUSY,
			"DPDK's bonding driver does not take \"%s\": it is a port or a member already, or its driver cannot be "
			"bonded (it must be able to change its MAC address, and to receive groups or everything)",
			devargs);
	m->added = true;
	return 0;
}

static int open_members(struct bond_port *b, enum am_bond_kind kind, const char (*members)[AM_BOND_DEVARGS],
	unsigned n, struct am_err *err)
{
	int rc = make(b, kind, err);

	for (unsigned i = 0; i < n && rc == 0; i++)
		rc = add(b, members[i], err);
	return rc;
}

int am_bond_open(const struct am_port_conf *conf, enum am_bond_kind kind,
	const char (*members)[AM_BOND_DEVARGS], unsigned n, struct am_port **out, struct am_err *err)
{
	struct bond_port *b = calloc(1, sizeof *b);
	struct am_port_conf one = *conf;
	int rc;

	if (!b)
		return am_fail(err, ENOMEM, "port %s: no memory", conf->name);
	one.queues = 1;
	port_init(&b->port, &bond_ops, &one);
	rc = open_members(b, kind, members, n, err);
	if (rc) {
		bond_close(&b->port);
		return am_fail_in(err, rc, "port %s", conf->name);
	}
	rc = am_ethdev_open(&one, b->name, &b->inner, err);
	if (rc) {
		bond_close(&b->port);
		return rc;
	}
	b->port.limits = b->inner->limits;
	for (unsigned i = 0; i < n; i++)
		b->port.limits.unfinished_csum |= ethdev_leaves_checksums(b->members[i].device.id);
	*out = &b->port;
	return 0;
}

/* ---- telling ---- */

static bool is_active(const struct bond_port *b, uint16_t id)
{
	uint16_t active[AM_BOND_MEMBERS_MAX];
	int n = rte_eth_bond_active_slaves_get(b->id, active, AM_BOND_MEMBERS_MAX);

	if (b->mode == BONDING_MODE_ACTIVE_BACKUP)
		return n > 0 && rte_eth_bond_primary_get(b->id) == id;
	for (int i = 0; i < n; i++)
		if (active[i] == id)
			return true;
	return false;
}

static void read_lacp(const struct bond_port *b, uint16_t id, struct am_bond_member *out)
{
	struct rte_eth_bond_8023ad_slave_info info;

	if (b->mode != BONDING_MODE_8023AD || rte_eth_bond_8023ad_slave_info(b->id, id, &info) < 0)
		return;
	out->actor = info.actor_state;
	out->partner_state = info.partner_state;
	memcpy(out->partner.bytes, info.partner.system.addr_bytes, sizeof out->partner.bytes);
	/* A member that is there, and that both ends let packets through. */
	out->active = out->active && info.actor_state & STATE_DISTRIBUTING;
}

unsigned am_bond_members(const struct am_port *port, struct am_bond_member out[AM_BOND_MEMBERS_MAX])
{
	const struct bond_port *b = (const struct bond_port *)port;

	if (port->ops != &bond_ops)
		return 0;
	for (unsigned i = 0; i < b->n; i++) {
		uint16_t id = b->members[i].device.id;
		struct rte_eth_stats stats = {0};

		rte_eth_stats_get(id, &stats);
		out[i] = (struct am_bond_member){
			.link_up = has_link(id),
			.active = is_active(b, id),
			.rx_packets = stats.ipackets,
			.tx_packets = stats.opackets,
		};
		memcpy(out[i].devargs, b->members[i].devargs, sizeof out[i].devargs);
		read_lacp(b, id, &out[i]);
	}
	return b->n;
}
