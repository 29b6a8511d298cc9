/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_RELOAD_TEXT_H
#define BENCH_RELOAD_TEXT_H
/*
 * Configurations of any size that differ in one thing. Bridge i is VLAN i + 1 of port lan and VNI i + 1; behind it is VTEP
 * 10.0.x.y, which is reached through tunnel i (GRE over IPv4), out of port wan.
 */
#include <stdbool.h>
#include <stddef.h>

enum {
	RELOAD_OBJECTS_MAX = 16000, /* of each kind */
	RELOAD_BRIDGES_MAX = 4000,  /* VLANs of one port */
	RELOAD_MOVE_VLAN = 4090,    /* a second VLAN of bridge 0, where churn is asked for */
};

struct reload_shape {
	unsigned tunnels; /* and routes; as many bridges, up to RELOAD_BRIDGES_MAX; at least 4 */
	unsigned workers; /* 0: 1 */
	bool more_tunnel, more_bridge, more_port;
	bool other_ttl;   /* of tunnel 1 */
	bool other_limit; /* of bridge 1's MACs */
	bool other_way;   /* bridge 1's VTEP through tunnel 2 */
	bool churn;       /* bridge 0 learns and lets go as fast as it can */
	bool ask_hops;    /* next hops are not static: somebody has to say */
};

/* Caller frees; NULL: no memory. */
char *reload_text(const struct reload_shape *shape, size_t *len);

#endif
