/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "net/ether.h"
#include "net/etherip.h"
#include "net/flow.h"
#include "net/gre.h"
#include "net/ip.h"
#include "net/vxlan.h"
#include "pkt/buf.h"
#include "pkt/encap.h"
#include "workload.h"

struct tunnel {
	struct am_encap encap;
	struct am_ipid ids;
	struct rte_mempool *pool;
	unsigned burst, groups, at; /* a run works on one group */
	struct am_encap_in in[BENCH_BURST];
	struct rte_mbuf *out[BENCH_BURST][2];
	unsigned n_out[BENCH_BURST];
	uint16_t off, len;                 /* where the packet begins in each buffer, and how long it is */
	unsigned frames;                   /* that leave for each one that enters */
	bool filled;                       /* the buffers are there */
	struct rte_mbuf *now[BENCH_BURST]; /* those of the group */
	struct rte_mbuf *m[];              /* of all groups; ours for as long as the case is open */
};

static void turn_to(struct tunnel *t, unsigned group)
{
	t->at = group;
	memcpy(t->now, t->m + group * t->burst, t->burst * sizeof t->now[0]);
}

static void close_tunnel(void *state)
{
	struct tunnel *t = state;

	if (t->filled)
		am_buf_free_bulk(t->m, t->groups * t->burst);
	am_ipid_fini(&t->ids);
	free(t);
}

static struct tunnel *make_tunnel(
	const struct bench_env *env, const struct work_tunnel *w, struct am_err *err)
{
	unsigned groups = work_groups(env), n = groups * env->burst;
	struct tunnel *t = work_alloc(sizeof *t + n * sizeof t->m[0]);

	if (!t) {
		am_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	*t = (struct tunnel){.burst = env->burst,
		.groups = groups,
		.pool = env->is_cold ? env->cold : env->pool,
		.len = w->frame_len,
		.frames = w->frames};
	if (work_encap(w, &t->encap, err)) {
		free(t);
		return NULL;
	}
	if (am_ipid_init(&t->ids, 0, 1, 1, env->seed)) {
		am_fail(err, ENOMEM, "no memory for identifications");
		free(t);
		return NULL;
	}
	t->filled = work_buffers(t->pool, t->m, n);
	if (!t->filled) {
		am_fail(err, ENOMEM, "packet buffers are used up");
		close_tunnel(t);
		return NULL;
	}
	return t;
}

static void *open_encap(const struct bench_env *env, const void *arg, struct am_err *err)
{
	const struct work_tunnel *w = arg;
	struct tunnel *t = make_tunnel(env, w, err);

	if (!t)
		return NULL;
	t->off = AM_BUF_HEADROOM;
	for (uint32_t i = 0; i < t->groups * t->burst; i++)
		work_udp_frame(am_buf_set_len(t->m[i], t->len), t->len, AM_IPV4, i % t->burst);
	for (uint32_t i = 0; i < t->burst; i++)
		t->in[i].hash = am_flow_hash_frame(am_buf_data(t->m[i]), t->len);
	turn_to(t, 0);
	return t;
}

/* Undo a run: our buffers hold their packets as before (only headers were put in front), the fresh ones go back. */
static bool prepare_tunnel(void *state)
{
	struct tunnel *t = state;

	for (unsigned i = 0; i < t->burst; i++) {
		struct rte_mbuf *m = t->now[i];

		for (unsigned j = 0; j < t->n_out[i]; j++)
			if (t->out[i][j] != m)
				am_buf_free(t->out[i][j]);
		t->n_out[i] = 0;
		m->data_off = t->off;
		am_buf_set_len(m, t->len);
	}
	turn_to(t, t->at + 1 < t->groups ? t->at + 1 : 0);
	return true;
}

static bool run_encap(void *state)
{
	struct tunnel *t = state;
	unsigned frames = 0, bad = 0;

	for (unsigned i = 0; i < t->burst; i++) {
		bad |= am_encap_push(
			&t->encap, &t->ids, t->pool, &t->in[i], t->now[i], t->out[i], &t->n_out[i]);
		frames += t->n_out[i];
	}
	return !bad && frames == t->burst * t->frames;
}

static void close_encap(void *state)
{
	prepare_tunnel(state);
	close_tunnel(state);
}

/* A decap case gets what encap made of the same tunnel. */
static void *open_decap(const struct bench_env *env, const void *arg, struct am_err *err)
{
	struct tunnel *t = open_encap(env, arg, err);

	if (!t)
		return NULL;
	for (unsigned g = 0; g < t->groups; g++) {
		turn_to(t, g);
		if (!run_encap(t)) {
			am_fail(err, EIO, "encap does not do what it must");
			close_encap(t);
			return NULL;
		}
	}
	turn_to(t, 0);
	memset(t->n_out, 0, sizeof t->n_out); /* what encap made is what arrives */
	t->off = t->m[0]->data_off;
	t->len = (uint16_t)am_buf_len(t->m[0]);
	return t;
}

/* What is left of a packet behind the headers parsed so far; p is NULL once something was wrong. */
struct rest {
	const uint8_t *p;
	uint32_t n;
};

static inline struct rest behind(struct rest r, uint32_t headers, uint32_t n)
{
	return (struct rest){r.p + headers, n};
}

static inline struct rest strip_ether(struct rest r)
{
	struct am_ether eth;

	if (!r.p || am_ether_parse(r.p, r.n, &eth) != AM_V_OK)
		return (struct rest){0};
	return behind(r, eth.len, r.n - eth.len);
}

static inline struct rest strip_ip(struct rest r, struct am_ip_hdr *ip)
{
	if (!r.p || am_ip_parse(r.p, r.n, ip) != AM_V_OK || ip->frag)
		return (struct rest){0};
	return behind(r, ip->hlen, ip->plen);
}

/* type: what it carries, AM_ET_TEB where that is a frame. */
static inline struct rest strip_tunnel(struct rest r, uint8_t proto, uint16_t *type)
{
	struct am_gre gre;

	*type = AM_ET_TEB;
	if (!r.p)
		return r;
	if (proto == AM_PROTO_ETHERIP) {
		if (am_etherip_parse(r.p, r.n, false) != AM_V_OK)
			return (struct rest){0};
		return behind(r, AM_ETHERIP_LEN, r.n - AM_ETHERIP_LEN);
	}
	if (proto != AM_PROTO_GRE || am_gre_parse(r.p, r.n, &gre) != AM_V_OK)
		return (struct rest){0};
	*type = gre.type;
	return behind(r, gre.len, r.n - gre.len);
}

static inline struct rest strip_vxlan(struct rest r)
{
	struct rest udp, vxlan;
	struct am_ip_hdr ip;
	struct am_udp hdr;
	uint32_t vni;

	udp = strip_ip(r, &ip);
	if (!udp.p || ip.proto != AM_PROTO_UDP || am_udp_parse(udp.p, udp.n, &hdr) != AM_V_OK)
		return (struct rest){0};
	if (hdr.csum && am_udp_verify(udp.p, &hdr, ip.family, am_ip_src(r.p, ip.family),
				am_ip_dst(r.p, ip.family), false, false) != AM_V_OK)
		return (struct rest){0};
	vxlan = behind(udp, AM_UDP_LEN, hdr.plen);
	if (am_vxlan_parse(vxlan.p, vxlan.n, &vni) != AM_V_OK)
		return (struct rest){0};
	return behind(vxlan, AM_VXLAN_LEN, vxlan.n - AM_VXLAN_LEN);
}

/* To the frame inside VXLAN inside a tunnel, */
static inline struct rest strip_both(struct rest r)
{
	struct am_ip_hdr ip = {0};
	uint16_t type;

	r = strip_ip(strip_ether(r), &ip);
	r = strip_tunnel(r, ip.proto, &type);
	return strip_vxlan(type == AM_ET_TEB ? strip_ether(r) : r);
}

/* inside VXLAN straight over UDP and IP, */
static inline struct rest strip_vxlan_alone(struct rest r)
{
	return strip_vxlan(strip_ether(r));
}

/* and inside a tunnel that carries frames themselves. */
static inline struct rest strip_tunnel_alone(struct rest r)
{
	struct am_ip_hdr ip = {0};
	uint16_t type;

	r = strip_ip(strip_ether(r), &ip);
	r = strip_tunnel(r, ip.proto, &type);
	return type == AM_ET_TEB ? r : (struct rest){0};
}

static inline bool decap(struct tunnel *t, struct rest (*strip)(struct rest packet))
{
	unsigned good = 0;

	for (unsigned i = 0; i < t->burst; i++) {
		struct rte_mbuf *m = t->now[i];
		struct rest r = {am_buf_data(m), am_buf_len(m)};
		const uint8_t *start = r.p;

		r = strip(r);
		if (!r.p)
			continue;
		am_buf_adj(m, (uint16_t)(r.p - start));
		am_buf_set_len(m, (uint16_t)r.n);
		good += r.n == WORK_SMALL;
	}
	return good == t->burst;
}

static bool run_decap(void *state)
{
	return decap(state, strip_both);
}

static bool run_decap_vxlan(void *state)
{
	return decap(state, strip_vxlan_alone);
}

static bool run_decap_bare(void *state)
{
	return decap(state, strip_tunnel_alone);
}

/* clang-format off */
#define CASE(name_, about_, open_, run_, ...) \
	{.name = name_, .per = "packet", .about = about_, .ops = BENCH_BURST, .shapes = BENCH_BURSTS | BENCH_COLD, .open = open_, .prepare = prepare_tunnel, \
	 .run = run_, .close = close_encap, .arg = &(const struct work_tunnel){__VA_ARGS__}}
#define ENCAP(name, about, kind, family, vtep) \
	CASE("encap/" name, about, open_encap, run_encap, AM_TUNNEL_##kind, family, vtep, AM_SPLIT_FLOOR, WORK_SMALL, 1)
#define CUT(name, about, kind, family, split) \
	CASE("fragment/" name, about, open_encap, run_encap, AM_TUNNEL_##kind, family, AM_IPV4, split, WORK_FULL, 2)
#define DECAP_BY(run, name, about, kind, family, vtep) \
	CASE("decap/" name, about, open_decap, run, AM_TUNNEL_##kind, family, vtep, AM_SPLIT_FLOOR, WORK_SMALL, 1)
#define DECAP(name, about, kind, family, vtep) DECAP_BY(run_decap, name, about, kind, family, vtep)
#define DECAP_VXLAN(name, about, family) DECAP_BY(run_decap_vxlan, name, about, NONE, family, family)
#define DECAP_BARE(name, about, kind, family) DECAP_BY(run_decap_bare, name, about, kind, family, 0)

const struct bench_case bench_tunnel_cases[] = {
	ENCAP("gre4", "64-octet frame into VXLAN, IPv4, GRE, IPv4", GRE, AM_IPV4, AM_IPV4),
	ENCAP("gre6", "64-octet frame into VXLAN, IPv4, GRE, IPv6", GRE, AM_IPV6, AM_IPV4),
	ENCAP("gretap4", "64-octet frame into VXLAN, IPv4, GRETAP, IPv4", GRETAP, AM_IPV4, AM_IPV4),
	ENCAP("gretap6", "64-octet frame into VXLAN, IPv4, GRETAP, IPv6", GRETAP, AM_IPV6, AM_IPV4),
	ENCAP("etherip4", "64-octet frame into VXLAN, IPv4, EtherIP, IPv4", ETHERIP, AM_IPV4, AM_IPV4),
	ENCAP("etherip6", "64-octet frame into VXLAN, IPv4, EtherIP, IPv6", ETHERIP, AM_IPV6, AM_IPV4),
	ENCAP("gre4-vtep6", "64-octet frame into VXLAN, IPv6 with UDP checksum, GRE, IPv4", GRE, AM_IPV4, AM_IPV6),
	ENCAP("etherip4-bare", "64-octet frame into EtherIP, IPv4", ETHERIP, AM_IPV4, 0),
	ENCAP("etherip6-bare", "64-octet frame into EtherIP, IPv6", ETHERIP, AM_IPV6, 0),
	ENCAP("gretap4-bare", "64-octet frame into GRETAP, IPv4", GRETAP, AM_IPV4, 0),
	ENCAP("gretap6-bare", "64-octet frame into GRETAP, IPv6", GRETAP, AM_IPV6, 0),
	ENCAP("vxlan4", "64-octet frame into VXLAN, IPv4, no tunnel", NONE, AM_IPV4, AM_IPV4),
	ENCAP("vxlan6", "64-octet frame into VXLAN, IPv6 with UDP checksum, no tunnel", NONE, AM_IPV6, AM_IPV6),
	CUT("gre4-floor", "1514-octet frame into VXLAN, GRE, IPv4, cut at 1276", GRE, AM_IPV4, AM_SPLIT_FLOOR),
	CUT("gre4-fill", "1514-octet frame into VXLAN, GRE, IPv4, cut at 1500", GRE, AM_IPV4, AM_SPLIT_FILL),
	CUT("gre6-floor", "1514-octet frame into VXLAN, GRE, IPv6, cut at 1280", GRE, AM_IPV6, AM_SPLIT_FLOOR),
	CUT("gre6-fill", "1514-octet frame into VXLAN, GRE, IPv6, cut at 1500", GRE, AM_IPV6, AM_SPLIT_FILL),
	CUT("gretap4-floor", "1514-octet frame into VXLAN, GRETAP, IPv4, cut at 1276", GRETAP, AM_IPV4, AM_SPLIT_FLOOR),
	CUT("gretap4-fill", "1514-octet frame into VXLAN, GRETAP, IPv4, cut at 1500", GRETAP, AM_IPV4, AM_SPLIT_FILL),
	CUT("gretap6-floor", "1514-octet frame into VXLAN, GRETAP, IPv6, cut at 1280", GRETAP, AM_IPV6, AM_SPLIT_FLOOR),
	CUT("gretap6-fill", "1514-octet frame into VXLAN, GRETAP, IPv6, cut at 1500", GRETAP, AM_IPV6, AM_SPLIT_FILL),
	CUT("etherip4-floor", "1514-octet frame into VXLAN, EtherIP, IPv4, cut at 1276", ETHERIP, AM_IPV4, AM_SPLIT_FLOOR),
	CUT("etherip4-fill", "1514-octet frame into VXLAN, EtherIP, IPv4, cut at 1500", ETHERIP, AM_IPV4, AM_SPLIT_FILL),
	CUT("etherip6-floor", "1514-octet frame into VXLAN, EtherIP, IPv6, cut at 1280", ETHERIP, AM_IPV6, AM_SPLIT_FLOOR),
	CUT("etherip6-fill", "1514-octet frame into VXLAN, EtherIP, IPv6, cut at 1500", ETHERIP, AM_IPV6, AM_SPLIT_FILL),
	DECAP("gre4", "IPv4, GRE, IPv4, VXLAN around a 64-octet frame", GRE, AM_IPV4, AM_IPV4),
	DECAP("gre6", "IPv6, GRE, IPv4, VXLAN around a 64-octet frame", GRE, AM_IPV6, AM_IPV4),
	DECAP("gretap4", "IPv4, GRETAP, IPv4, VXLAN around a 64-octet frame", GRETAP, AM_IPV4, AM_IPV4),
	DECAP("gretap6", "IPv6, GRETAP, IPv4, VXLAN around a 64-octet frame", GRETAP, AM_IPV6, AM_IPV4),
	DECAP("etherip4", "IPv4, EtherIP, IPv4, VXLAN around a 64-octet frame", ETHERIP, AM_IPV4, AM_IPV4),
	DECAP("etherip6", "IPv6, EtherIP, IPv4, VXLAN around a 64-octet frame", ETHERIP, AM_IPV6, AM_IPV4),
	DECAP("gre4-vtep6", "IPv4, GRE, IPv6, VXLAN with UDP checksum around a 64-octet frame", GRE, AM_IPV4, AM_IPV6),
	DECAP_BARE("gretap4-bare", "IPv4, GRETAP around a 64-octet frame", GRETAP, AM_IPV4),
	DECAP_BARE("gretap6-bare", "IPv6, GRETAP around a 64-octet frame", GRETAP, AM_IPV6),
	DECAP_BARE("etherip4-bare", "IPv4, EtherIP around a 64-octet frame", ETHERIP, AM_IPV4),
	DECAP_BARE("etherip6-bare", "IPv6, EtherIP around a 64-octet frame", ETHERIP, AM_IPV6),
	DECAP_VXLAN("vxlan4", "IPv4, VXLAN around a 64-octet frame, no tunnel", AM_IPV4),
	DECAP_VXLAN("vxlan6", "IPv6, VXLAN with UDP checksum around a 64-octet frame, no tunnel", AM_IPV6),
	{.name = NULL},
};
/* clang-format on */
