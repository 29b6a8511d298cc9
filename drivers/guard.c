/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each change is one batch: the old table out, a new one in, with a chain at the device's ingress, three sets (VLAN ids, IPv4
 * and IPv6 locals) and a rule for each way of being ours. The kernel applies a batch at once or not at all.
 */
#include "guard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char chain_name[] = "ingress";

enum {
	ROOM_FIXED = 32 << 10, /* for everything but set elements */
	ROOM_ELEMENT = 40,
	ELEMENTS_MAX = 1000, /* a message; attribute lengths have 16 bits */
	REPLY_ROOM = 16 << 10,
};

enum set { SET_NONE, SET_VIDS, SET_V4, SET_V6, SETS };

static const struct {
	const char *name;
	uint32_t key_len;
} sets[SETS] = {
	[SET_VIDS] = {"vids", 2},
	[SET_V4] = {"v4", 4},
	[SET_V6] = {"v6", 16},
};

/* Where a value in a frame comes from. */
enum source { END, FRAME, IP, UDP, TYPE, PROTO };

/* One condition of a rule: the value at a place, masked, is in a set, or is or is not a number. */
struct match {
	enum source source;
	uint8_t at, len;
	uint16_t mask; /* 0: none; only where len is 2 */
	enum set in;
	bool is_not;
	uint16_t value; /* of 1 or 2 octets */
};

struct rule {
	enum set needs; /* only where this set has members */
	struct match match[6];
};

#define TPID_IS(tpid)                                                                                        \
	{                                                                                                    \
		FRAME, 12, 2, .value = tpid                                                                  \
	}
#define TPID_IS_NOT(tpid)                                                                                    \
	{                                                                                                    \
		FRAME, 12, 2, .is_not = true, .value = tpid                                                  \
	}
#define VID_IN_SET                                                                                           \
	{                                                                                                    \
		FRAME, 14, 2, .mask = 0x0fff, .in = SET_VIDS                                                 \
	}
#define V4_LOCAL                                                                                             \
	{TYPE, 0, 2, .value = ETH_P_IP},                                                                     \
	{                                                                                                    \
		IP, 16, 4, .in = SET_V4                                                                      \
	}
#define V4_PROTO(p)                                                                                          \
	{                                                                                                    \
		IP, 9, 1, .value = p                                                                         \
	}
#define V4_LATER                                                                                             \
	{                                                                                                    \
		IP, 6, 2, .mask = 0x1fff, .is_not = true, .value = 0                                         \
	}
#define V6_LOCAL                                                                                             \
	{TYPE, 0, 2, .value = ETH_P_IPV6},                                                                   \
	{                                                                                                    \
		IP, 24, 16, .in = SET_V6                                                                     \
	}
#define V6_PROTO(p)                                                                                          \
	{                                                                                                    \
		PROTO, 0, 1, .value = p                                                                      \
	}
#define V6_LATER(p)                                                                                          \
	{IP, 6, 1, .value = 44}, {IP, 40, 1, .value = p},                                                    \
	{                                                                                                    \
		IP, 42, 2, .mask = 0xfff8, .is_not = true                                                    \
	}
#define VXLAN_PORT                                                                                           \
	{                                                                                                    \
		UDP, 2, 2, .value = 4789                                                                     \
	}

static const struct rule rules[] = {
	{SET_VIDS, {TPID_IS(ETH_P_8021Q), VID_IN_SET}}, {SET_VIDS, {TPID_IS(ETH_P_8021AD), VID_IN_SET}},
	{SET_V4, {V4_LOCAL, V4_PROTO(47)}}, {SET_V4, {V4_LOCAL, V4_PROTO(97)}},
	{SET_V4, {V4_LOCAL, V4_PROTO(17), V4_LATER}}, {SET_V4, {V4_LOCAL, V4_PROTO(17), VXLAN_PORT}},
	{SET_V6, {V6_LOCAL, V6_PROTO(47)}}, {SET_V6, {V6_LOCAL, V6_PROTO(97)}},
	{SET_V6, {V6_LOCAL, V6_PROTO(17), VXLAN_PORT}}, {SET_V6, {V6_LOCAL, V6_LATER(47)}},
	{SET_V6, {V6_LOCAL, V6_LATER(97)}}, {SET_V6, {V6_LOCAL, V6_LATER(17)}},
	{SET_V6, {V6_LOCAL, V6_LATER(60)}}, /* GRE behind it, as Linux ip6gre sends, or so we must assume */
};
static const struct rule rule_untagged = {SET_NONE, {TPID_IS_NOT(ETH_P_8021Q), TPID_IS_NOT(ETH_P_8021AD)}};
static const struct rule rule_all = {SET_NONE, {{.source = END}}};

struct batch {
	struct guard *guard;
	uint8_t *buf, *at;
	struct nlmsghdr *msg;
};

static struct nlmsghdr *message(
	struct batch *b, uint16_t type, uint16_t flags, uint8_t family, uint16_t res_id)
{
	struct nfgenmsg *nfg;

	if (b->msg)
		b->at += NLMSG_ALIGN(b->msg->nlmsg_len);
	b->msg = mnl_nlmsg_put_header(b->at);
	b->msg->nlmsg_type = type;
	b->msg->nlmsg_flags = NLM_F_REQUEST | flags;
	b->msg->nlmsg_seq = ++b->guard->seq;
	nfg = mnl_nlmsg_put_extra_header(b->msg, sizeof *nfg);
	nfg->nfgen_family = family;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = htons(res_id);
	return b->msg;
}

static struct nlmsghdr *nft(struct batch *b, uint16_t type, uint16_t flags)
{
	return message(b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, NFPROTO_NETDEV, 0);
}

static void put32(struct nlmsghdr *m, uint16_t type, uint32_t v)
{
	mnl_attr_put_u32(m, type, htonl(v));
}

static void put_data(struct nlmsghdr *m, uint16_t type, const void *bytes, size_t len)
{
	struct nlattr *nest = mnl_attr_nest_start(m, type);

	mnl_attr_put(m, NFTA_DATA_VALUE, len, bytes);
	mnl_attr_nest_end(m, nest);
}

/* An expression's head; expr_end closes it. */
struct expr {
	struct nlattr *elem, *data;
};

static struct expr expr_begin(struct nlmsghdr *m, const char *name)
{
	struct expr e;

	e.elem = mnl_attr_nest_start(m, NFTA_LIST_ELEM);
	mnl_attr_put_strz(m, NFTA_EXPR_NAME, name);
	e.data = mnl_attr_nest_start(m, NFTA_EXPR_DATA);
	return e;
}

static void expr_end(struct nlmsghdr *m, struct expr e)
{
	mnl_attr_nest_end(m, e.data);
	mnl_attr_nest_end(m, e.elem);
}

static void put_load(struct nlmsghdr *m, const struct match *match)
{
	static const uint32_t bases[] = {[FRAME] = NFT_PAYLOAD_LL_HEADER,
		[IP] = NFT_PAYLOAD_NETWORK_HEADER,
		[UDP] = NFT_PAYLOAD_TRANSPORT_HEADER};
	bool meta = match->source == TYPE || match->source == PROTO;
	struct expr e = expr_begin(m, meta ? "meta" : "payload");

	if (meta) {
		put32(m, NFTA_META_DREG, NFT_REG_1);
		put32(m, NFTA_META_KEY, match->source == TYPE ? NFT_META_PROTOCOL : NFT_META_L4PROTO);
	} else {
		put32(m, NFTA_PAYLOAD_DREG, NFT_REG_1);
		put32(m, NFTA_PAYLOAD_BASE, bases[match->source]);
		put32(m, NFTA_PAYLOAD_OFFSET, match->at);
		put32(m, NFTA_PAYLOAD_LEN, match->len);
	}
	expr_end(m, e);
}

static void put_mask(struct nlmsghdr *m, uint16_t mask)
{
	struct expr e = expr_begin(m, "bitwise");
	uint16_t bits = htons(mask), zero = 0;

	put32(m, NFTA_BITWISE_SREG, NFT_REG_1);
	put32(m, NFTA_BITWISE_DREG, NFT_REG_1);
	put32(m, NFTA_BITWISE_LEN, sizeof bits);
	put_data(m, NFTA_BITWISE_MASK, &bits, sizeof bits);
	put_data(m, NFTA_BITWISE_XOR, &zero, sizeof zero);
	expr_end(m, e);
}

static void put_lookup(struct nlmsghdr *m, enum set set)
{
	struct expr e = expr_begin(m, "lookup");

	mnl_attr_put_strz(m, NFTA_LOOKUP_SET, sets[set].name);
	put32(m, NFTA_LOOKUP_SREG, NFT_REG_1);
	put32(m, NFTA_LOOKUP_SET_ID, set);
	expr_end(m, e);
}

static void put_compare(struct nlmsghdr *m, const struct match *match)
{
	struct expr e = expr_begin(m, "cmp");
	uint16_t wide = htons(match->value);
	uint8_t narrow = (uint8_t)match->value;

	put32(m, NFTA_CMP_SREG, NFT_REG_1);
	put32(m, NFTA_CMP_OP, match->is_not ? NFT_CMP_NEQ : NFT_CMP_EQ);
	put_data(m, NFTA_CMP_DATA, match->len == 1 ? (const void *)&narrow : &wide, match->len);
	expr_end(m, e);
}

static void put_drop(struct nlmsghdr *m)
{
	struct expr e = expr_begin(m, "immediate");
	struct nlattr *data, *verdict;

	put32(m, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = mnl_attr_nest_start(m, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(m, NFTA_DATA_VERDICT);
	put32(m, NFTA_VERDICT_CODE, NF_DROP);
	mnl_attr_nest_end(m, verdict);
	mnl_attr_nest_end(m, data);
	expr_end(m, e);
}

static void add_rule(struct batch *b, const struct rule *rule)
{
	struct nlmsghdr *m = nft(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	struct nlattr *list;

	mnl_attr_put_strz(m, NFTA_RULE_TABLE, b->guard->table);
	mnl_attr_put_strz(m, NFTA_RULE_CHAIN, chain_name);
	list = mnl_attr_nest_start(m, NFTA_RULE_EXPRESSIONS);
	for (const struct match *match = rule->match; match->source != END; match++) {
		put_load(m, match);
		if (match->mask)
			put_mask(m, match->mask);
		if (match->in)
			put_lookup(m, match->in);
		else
			put_compare(m, match);
	}
	put_drop(m);
	mnl_attr_nest_end(m, list);
}

static void add_table(struct batch *b)
{
	struct nlmsghdr *m;
	struct nlattr *hook;

	if (b->guard->set) {
		m = nft(b, NFT_MSG_DELTABLE, 0);
		mnl_attr_put_strz(m, NFTA_TABLE_NAME, b->guard->table);
	}
	m = nft(b, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
	mnl_attr_put_strz(m, NFTA_TABLE_NAME, b->guard->table);
	put32(m, NFTA_TABLE_FLAGS, NFT_TABLE_F_OWNER);

	m = nft(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL);
	mnl_attr_put_strz(m, NFTA_CHAIN_TABLE, b->guard->table);
	mnl_attr_put_strz(m, NFTA_CHAIN_NAME, chain_name);
	hook = mnl_attr_nest_start(m, NFTA_CHAIN_HOOK);
	put32(m, NFTA_HOOK_HOOKNUM, NF_NETDEV_INGRESS);
	put32(m, NFTA_HOOK_PRIORITY, 0);
	mnl_attr_put_strz(m, NFTA_HOOK_DEV, b->guard->device);
	mnl_attr_nest_end(m, hook);
	put32(m, NFTA_CHAIN_POLICY, NF_ACCEPT);
	mnl_attr_put_strz(m, NFTA_CHAIN_TYPE, "filter");
}

static void add_set(struct batch *b, enum set set)
{
	struct nlmsghdr *m = nft(b, NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_EXCL);

	mnl_attr_put_strz(m, NFTA_SET_TABLE, b->guard->table);
	mnl_attr_put_strz(m, NFTA_SET_NAME, sets[set].name);
	put32(m, NFTA_SET_ID, set);
	put32(m, NFTA_SET_FLAGS, 0);
	put32(m, NFTA_SET_KEY_TYPE, 0);
	put32(m, NFTA_SET_KEY_LEN, sets[set].key_len);
}

/* n keys that lie stride octets from each other. */
static void add_elements(struct batch *b, enum set set, const uint8_t *keys, size_t stride, unsigned n)
{
	struct nlmsghdr *m = nft(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
	struct nlattr *list, *elem;

	mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_TABLE, b->guard->table);
	mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_SET, sets[set].name);
	put32(m, NFTA_SET_ELEM_LIST_SET_ID, set);
	list = mnl_attr_nest_start(m, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (unsigned i = 0; i < n; i++) {
		elem = mnl_attr_nest_start(m, NFTA_LIST_ELEM);
		put_data(m, NFTA_SET_ELEM_KEY, keys + i * stride, sets[set].key_len);
		mnl_attr_nest_end(m, elem);
	}
	mnl_attr_nest_end(m, list);
}

static void fill_set(struct batch *b, enum set set, const uint8_t *keys, size_t stride, unsigned n)
{
	add_set(b, set);
	for (unsigned i = 0; i < n; i += ELEMENTS_MAX)
		add_elements(b, set, keys + i * stride, stride, n - i < ELEMENTS_MAX ? n - i : ELEMENTS_MAX);
}

/* What steer names, as the sets want it. */
struct keys {
	unsigned n[SETS];
	uint8_t vids[4096][2];
	struct am_ip v4[UINT16_MAX], v6[UINT16_MAX];
};

static void collect(struct keys *k, const struct am_steer *steer)
{
	for (unsigned vid = 0; vid < 4096; vid++)
		if (steer->vids[vid / 64] >> (vid % 64) & 1) {
			uint8_t *key = k->vids[k->n[SET_VIDS]++];

			key[0] = (uint8_t)(vid >> 8);
			key[1] = (uint8_t)vid;
		}
	for (uint16_t i = 0; i < steer->n_locals; i++)
		if (steer->locals[i].family == AM_IPV4)
			k->v4[k->n[SET_V4]++] = steer->locals[i];
		else
			k->v6[k->n[SET_V6]++] = steer->locals[i];
}

static void add_all(struct batch *b, const struct am_steer *steer, const struct keys *k)
{
	message(b, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	add_table(b);
	if (steer->all)
		add_rule(b, &rule_all);
	fill_set(b, SET_VIDS, k->vids[0], sizeof k->vids[0], k->n[SET_VIDS]);
	fill_set(b, SET_V4, k->v4[0].bytes, sizeof k->v4[0], k->n[SET_V4]);
	fill_set(b, SET_V6, k->v6[0].bytes, sizeof k->v6[0], k->n[SET_V6]);
	if (steer->vids[0] & 1)
		add_rule(b, &rule_untagged);
	for (unsigned i = 0; i < sizeof rules / sizeof *rules; i++)
		if (k->n[rules[i].needs])
			add_rule(b, &rules[i]);
	b->msg->nlmsg_flags |= NLM_F_ACK;
	message(b, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	b->at += NLMSG_ALIGN(b->msg->nlmsg_len);
}

/* The kernel has answered by the time that the batch is sent: an error for each message at fault, or one ack. */
static int answer(struct guard *g)
{
	char buf[REPLY_ROOM];
	int rc = -EIO, fd = mnl_socket_get_fd(g->nl);
	ssize_t len;

	while ((len = recv(fd, buf, sizeof buf, MSG_DONTWAIT)) > 0) {
		const struct nlmsghdr *m = (const struct nlmsghdr *)buf;
		int left = (int)len;

		for (; mnl_nlmsg_ok(m, left); m = mnl_nlmsg_next(m, &left)) {
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(m);

			if (m->nlmsg_type == NLMSG_ERROR && (rc == -EIO || !rc))
				rc = e->error;
		}
	}
	return rc;
}

static int send_batch(struct guard *g, const struct am_steer *steer, const struct keys *keys)
{
	size_t room = ROOM_FIXED + ROOM_ELEMENT * (4096 + (size_t)steer->n_locals);
	struct batch b = {.guard = g, .buf = calloc(1, room)};
	int rc;

	if (!b.buf)
		return -ENOMEM;
	b.at = b.buf;
	add_all(&b, steer, keys);
	rc = mnl_socket_sendto(g->nl, b.buf, (size_t)(b.at - b.buf)) < 0 ? -errno : answer(g);
	free(b.buf);
	if (!rc)
		g->set = true;
	return rc;
}

int guard_set(struct guard *g, const struct am_steer *steer)
{
	struct keys *keys = calloc(1, sizeof *keys);
	int rc;

	if (!keys)
		return -ENOMEM;
	collect(keys, steer);
	rc = send_batch(g, steer, keys);
	free(keys);
	return rc;
}

void guard_init(struct guard *g)
{
	*g = (struct guard){0};
}

static int fail_open(int code, struct am_err *err)
{
	if (code == EPERM || code == EACCES)
		return am_fail(err, code,
			"no permission for the nftables table that keeps the kernel from answering our tunnels (or "
			"another amimed has this device); run as root or with CAP_NET_ADMIN");
	return am_fail(err, code,
		"the nftables table that keeps the kernel from answering our tunnels is refused (%s); the kernel must "
		"be 5.12 or later with CONFIG_NF_TABLES and CONFIG_NF_TABLES_NETDEV: modprobe nf_tables; or use the "
		"driver af_xdp",
		strerror(code));
}

int guard_open(struct guard *g, const char *device, struct am_err *err)
{
	static const struct am_steer nothing;
	int rc, room = 8 << 20, yes = 1;

	snprintf(g->device, sizeof g->device, "%s", device);
	snprintf(g->table, sizeof g->table, "amime_%s", device);
	g->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!g->nl || mnl_socket_bind(g->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return fail_open(errno, err);
	setsockopt(mnl_socket_get_fd(g->nl), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
	mnl_socket_setsockopt(
		g->nl, NETLINK_CAP_ACK, &yes, sizeof yes); /* errors do not repeat what was sent */
	rc = guard_set(g, &nothing);
	return rc ? fail_open(-rc, err) : 0;
}

void guard_close(struct guard *g)
{
	if (g->nl)
		mnl_socket_close(g->nl);
	guard_init(g);
}
