/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_NETLINK_H
#define AMIMED_NETLINK_H
/*
 * What the kernel knows about the way to an address: routes, neighbours and links by rtnetlink.
 *
 * Two sockets. One hears changes and never blocks. The other one asks: rtnetlink answers a request before sendmsg
 * returns, so asking is a bounded step and needs no state of its own.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "base/err.h"

struct nlmsghdr;

enum am_kroute_type {
	AM_KROUTE_UNICAST,
	AM_KROUTE_LOCAL,   /* an address of this machine */
	AM_KROUTE_REFUSED, /* blackhole, unreachable, prohibit, multicast */
};

struct am_kroute {
	enum am_kroute_type type;
	int oif;
	struct am_ip gateway; /* family 0: the destination itself is the neighbour */
};

struct am_kneigh {
	int ifindex;
	struct am_ip ip;
	bool usable; /* mac may be used: reachable, or not yet known to be gone */
	bool failed; /* asked, and nobody answered */
	struct am_mac mac;
	uint16_t state; /* NUD_... of the kernel */
	uint32_t age_s; /* since it last proved to be there */
};

struct am_klink {
	int ifindex;
	int parent;    /* for a VLAN device: what it is on; else 0 */
	uint16_t vlan; /* for a VLAN device: its tag; else 0 */
	bool up;
	char name[16];
};

struct am_kaddress {
	struct am_ip ip;
	uint8_t len;     /* of the prefix, as the kernel says it */
	bool tentative;  /* not ours yet, or somebody else has it */
	bool deprecated; /* not for anything new */
	bool temporary;  /* of the privacy extensions: it goes within a day */
	bool secondary;  /* IPv4, of the same network as another one before it */
	int ifindex;
};

/* The next message of what was received, which begins 4-aligned; its length is inside. NULL at the end. */
const struct nlmsghdr *am_nl_next(struct am_reader *messages);

/* Read one message of the right type: true where it holds what is asked for. Any bytes may be in it. */
bool am_nl_parse_route(const struct nlmsghdr *msg, struct am_kroute *out);
bool am_nl_parse_neigh(const struct nlmsghdr *msg, struct am_kneigh *out);
bool am_nl_parse_link(const struct nlmsghdr *msg, struct am_klink *out);

/* What a change means to us. A change of links is one of routes as well. */
enum am_nl_event {
	AM_NL_NOTHING,
	AM_NL_ROUTES,
	AM_NL_LINK,
	AM_NL_LINK_GONE,
	AM_NL_NEIGH,
	AM_NL_NEIGH_GONE,
};

/* One message of the change socket; *neigh is filled for neighbours, its ifindex for links. */
enum am_nl_event am_nl_parse_event(const struct nlmsghdr *msg, struct am_kneigh *neigh);

/* Walk len octets of received messages. */
typedef void am_nl_event_fn(void *ctx, enum am_nl_event event, const struct am_kneigh *neigh);
void am_nl_walk(const void *bytes, size_t len, am_nl_event_fn *fn, void *ctx);

struct am_nl;

struct am_nl *am_nl_open(struct am_err *err);
void am_nl_close(struct am_nl *nl);

/* The change socket: its descriptor, and one read of it. 0 where nothing waits, 1, or -ENOBUFS: changes were lost. */
int am_nl_fd(const struct am_nl *nl);
int am_nl_read(struct am_nl *nl, am_nl_event_fn *fn, void *ctx);

/* 0, or what the kernel answered as a negative errno (-ENETUNREACH, -ENOENT, ...). */
int am_nl_route(struct am_nl *nl, const struct am_ip *to, struct am_kroute *out);
int am_nl_neigh(struct am_nl *nl, int ifindex, const struct am_ip *ip, struct am_kneigh *out);
int am_nl_link(struct am_nl *nl, int ifindex, struct am_klink *out);

/* The device of that name in the socket's namespace; 0: none. */
int am_nl_index(struct am_nl *nl, const char *name);

/*
 * Any request: 0 and *answer, or the kernel's refusal. An acknowledgement without error is *answer NULL. The answer is there
 * until the next request.
 */
int am_nl_ask(struct am_nl *nl, struct nlmsghdr *request, const struct nlmsghdr **answer);

/* All addresses of the namespace, one after the other. 0 or -errno. */
typedef void am_nl_address_fn(void *ctx, const struct am_kaddress *address);
int am_nl_addresses(struct am_nl *nl, am_nl_address_fn *fn, void *ctx);
/* The neighbours on a device. */
typedef void am_nl_neigh_fn(void *ctx, const struct am_kneigh *neigh);
int am_nl_neighbours(struct am_nl *nl, int ifindex, am_nl_neigh_fn *fn, void *ctx);
bool am_nl_parse_address(const struct nlmsghdr *msg, struct am_kaddress *out);

/* Have the kernel find out or verify a neighbour now, as if it had a packet for it. */
int am_nl_probe(struct am_nl *nl, int ifindex, const struct am_ip *ip);

#endif
