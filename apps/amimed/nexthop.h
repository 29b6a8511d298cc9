/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_NEXTHOP_H
#define AMIMED_NEXTHOP_H
/*
 * Next hops, kept as the kernel sees them: for each tunnel remote or VTEP without a static answer, the route says which
 * port and which neighbour, the neighbour says which MAC.
 *
 * A neighbour that does not answer is asked again every second, so a peer that comes later heals by itself. One that is
 * in use is verified now and then, since the kernel does not see our packets and would let it go stale. An entry that
 * the kernel merely forgot stays in use while it is asked for again; one that failed is down.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "netlink.h"

enum am_hop_state {
	AM_HOP_NEW,
	AM_HOP_STATIC, /* the configuration answers */
	AM_HOP_UP,
	AM_HOP_NO_ROUTE,
	AM_HOP_LOCAL,        /* the address is this machine's own */
	AM_HOP_INSIDE,       /* the route leaves by the mirror of one of our own interfaces */
	AM_HOP_FOREIGN,      /* the route leaves by a device that is no port of ours */
	AM_HOP_OTHER_VRF,    /* the route leaves by a port of ours that is in another VRF */
	AM_HOP_NOT_KERNELS,  /* its port is one that the kernel does not know */
	AM_HOP_ABSENT,       /* the device of its port is gone */
	AM_HOP_NO_NEIGHBOUR, /* asked, no answer yet */
};

enum { AM_HOP_NO_DEVICE = -1 }; /* in the place of an ifindex: there was one, and the device is gone */

/* What is wanted; two of them are the same next hop where this is equal. */
struct am_hop_want {
	uint16_t vrf;
	uint16_t port; /* configured, or AM_NO_ID */
	bool is_static;
	struct am_ip remote;
	struct am_ip via; /* configured gateway, or family 0 */
};

struct am_hop {
	struct am_hop_want want;
	enum am_hop_state state;
	bool fell;   /* it was up before the last change */
	bool dirty;  /* to be looked at in the next am_hops_run */
	int ifindex; /* where the neighbour is */
	struct am_ip neighbour;
	uint16_t port,
		vlan; /* where it leaves; vlan is set where the route names a VLAN device on the port */
	struct am_mac mac;
	char device[16]; /* AM_HOP_FOREIGN, AM_HOP_INSIDE, AM_HOP_OTHER_VRF: its name */
	char vrfs[64];   /* AM_HOP_OTHER_VRF: "VRF default's, not underlay's" */
	am_time look_at; /* when to ask or verify again */
};

/* The outside world; a test brings its own. */
struct am_hops_env {
	void *ctx;
	int (*route)(void *ctx, const struct am_ip *to, struct am_kroute *out);
	int (*neigh)(void *ctx, int ifindex, const struct am_ip *ip, struct am_kneigh *out);
	int (*probe)(void *ctx, int ifindex, const struct am_ip *ip);
	int (*link)(void *ctx, int ifindex, struct am_klink *out);
	bool (*is_mirror)(void *ctx, int ifindex); /* of an interface of ours: what leaves there is inside */
	bool (*port_of)(void *ctx, int ifindex, uint16_t *port); /* which port of ours has this ifindex */
	/* Is what leaves by a port under this tag (0: its own) in that VRF? If not, text says whose it is, and whose not. */
	bool (*in_vrf)(void *ctx, uint16_t port, uint16_t vlan, uint16_t vrf, char *text, size_t room);
	int (*ifindex_of)(
		void *ctx, uint16_t port); /* 0 where the kernel does not know it, or AM_HOP_NO_DEVICE */
	/* What is known of hop i; up is whether it may be used. news is false where only the list of them is new. */
	void (*report)(void *ctx, uint16_t i, const struct am_hop *hop, bool up, bool news);
};

struct am_hops;

struct am_hops *am_hops_create(const struct am_hops_env *env);
void am_hops_free(struct am_hops *hops);

/*
 * The wanted ones from now on; the i of report() counts in this list. What is known of those that stay is kept, but
 * reported anew, since the model is new. 0 or -ENOMEM (then nothing has changed).
 */
int am_hops_want(struct am_hops *hops, const struct am_hop_want *want, uint16_t n);

void am_hops_all_dirty(struct am_hops *hops);
/* The kernel changed or forgot this neighbour: it is asked what holds now. */
void am_hops_neigh(struct am_hops *hops, const struct am_kneigh *neigh);

/* Look at what is dirty or due, at most budget of them. True where more is left to do now. */
bool am_hops_run(struct am_hops *hops, am_time now, unsigned budget);

uint16_t am_hops_count(const struct am_hops *hops);
const struct am_hop *am_hops_at(const struct am_hops *hops, uint16_t i);
bool am_hop_is_up(const struct am_hop *hop);

/* "up by port 1, 192.0.2.254 is 02:..", or what is wrong and what to do. Returns buf. */
const char *am_hop_text(const struct am_hop *hop, char *buf, size_t room);

#endif
