/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_SETUP_H
#define BENCH_SETUP_H
/* Configurations for pipeline cases, by what they shall have so and so many of. */
#include <stdbool.h>
#include <stdint.h>

#include "net/encap.h"

struct setup {
	enum am_tunnel_kind kind;
	uint8_t family;      /* of the outermost header */
	uint8_t vtep_family; /* 0: no VXLAN, the tunnels themselves are members of the bridges */
	enum am_split split;
	unsigned tunnels; /* each leads to one VTEP; tunnel i belongs to bridge i modulo bridges */
	unsigned bridges; /* with a LAN port each, or where that are too many, a VLAN of one */
	unsigned stripes; /* address pairs of a tunnel; 0 is 1 */
	unsigned workers; /* and queues of each port; 0 is 1 */
	unsigned macs;    /* room in the FDB; 0 is enough for a few thousand */
	bool everything;  /* that an operator can turn on: MSS clamp, storm control, a trace armed */
	bool handoff;     /* one queue a port, the workers share what comes in */
	bool vlans;       /* also where there are few bridges */
};

enum { SETUP_LANS_MAX = 32 };

/* As JSON; NULL: no memory. Caller frees. */
char *setup_config(const struct setup *s);

#endif
