/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DRIVERS_BOND_H
#define DRIVERS_BOND_H
/* Several devices of DPDK as one port (DPDK's bonding driver): LACP (IEEE 802.1AX), or one of them and the others in reserve. */
#include "drivers/driver.h"

enum am_bond_kind { AM_BOND_LACP, AM_BOND_ACTIVE_BACKUP };

enum { AM_BOND_MEMBERS_MAX = 8, AM_BOND_DEVARGS = 128 };

struct am_bond_member {
	char devargs[AM_BOND_DEVARGS];
	bool link_up;
	bool active; /* packets leave and come by it */
	uint8_t actor,
		partner_state; /* LACP's flags: activity, timeout, aggregation, synchronization, collecting, distributing, defaulted, expired */
	struct am_mac partner; /* its system; zero: it has said nothing */
	uint64_t rx_packets, tx_packets;
};

/* devargs of 1 to AM_BOND_MEMBERS_MAX members. */
int am_bond_open(const struct am_port_conf *conf, enum am_bond_kind kind,
	const char (*members)[AM_BOND_DEVARGS], unsigned n, struct am_port **out, struct am_err *err);

/* Control thread: how many members; 0: it is no bond. */
unsigned am_bond_members(const struct am_port *port, struct am_bond_member out[AM_BOND_MEMBERS_MAX]);

#endif
