/* SPDX-License-Identifier: BSD-3-Clause */
/* What routing does with a packet, step by step as lib/pipeline/route.c takes them, as JSON. By the tables that workers read. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "model/route_view.h"
#include "net/ether.h"
#include "net/flow.h"
#include "net/forward.h"
#include "net/ip.h"
#include "net/vxlan.h"
#include "state.h"

enum { UDP_HEAD = 8, HEAD_MAX = AM_IP6_LEN + UDP_HEAD };

/* The packet as it would come, and what has been found out about it. */
struct packet {
	const struct am_model *m;
	const struct am_snapshot *s;
	const struct am_interface *in;
	const struct am_explain_packet *ask;
	uint8_t bytes[9216];
	json_t *o;
};

static const char *name_of(const struct packet *p, const struct am_interface *in)
{
	return p->s->ifaces[in->iface].name;
}

/* ---- the packet ---- */

static void make(struct packet *p)
{
	const struct am_explain_packet *ask = p->ask;
	bool six = ask->to.family == AM_IPV6;
	uint8_t *ip = p->bytes, *ports = ip + (six ? AM_IP6_LEN : AM_IP4_LEN);
	uint16_t sum;

	memset(ip, 0, HEAD_MAX);
	am_store16(ports, ask->sport);
	am_store16(ports + 2, ask->dport);
	if (six) {
		ip[0] = 0x60;
		am_store16(ip + 4, (uint16_t)(ask->length - AM_IP6_LEN));
		ip[6] = ask->protocol;
		ip[7] = ask->ttl;
		memcpy(ip + 8, ask->from.bytes, 16);
		memcpy(ip + 24, ask->to.bytes, 16);
		return;
	}
	ip[0] = 0x45;
	am_store16(ip + 2, ask->length);
	am_store16(ip + 6, ask->may_cut ? 0 : AM_IP4_DF);
	ip[8] = ask->ttl;
	ip[9] = ask->protocol;
	memcpy(ip + 12, ask->from.bytes, 4);
	memcpy(ip + 16, ask->to.bytes, 4);
	sum = am_csum_finish(am_csum_add(ip, AM_IP4_LEN, 0));
	memcpy(ip + 10, &sum, sizeof sum);
}

/* ---- what becomes of it ---- */

static void verdict(struct packet *p, enum am_verdict v)
{
	json_object_set_new(p->o, "verdict", json_string(am_verdict_name(v)));
	json_object_set_new(p->o, "text", json_string(am_verdict_text(v)));
}

/* The sender is told, by this ICMP error. */
static void refuse(struct packet *p, enum am_verdict v, const char *icmp)
{
	verdict(p, v);
	json_object_set_new(p->o, "icmp", json_string(icmp));
}

static bool pass_checks(struct packet *p)
{
	uint32_t len;
	enum am_verdict v = p->ask->to.family == AM_IPV4 ? am_forward4_check(p->bytes, p->ask->length, &len)
							 : am_forward6_check(p->bytes, p->ask->length, &len);

	if (v != AM_V_OK)
		verdict(p, v);
	return v == AM_V_OK;
}

/* One of an interface's access lists. */
static bool pass_acl(
	struct packet *p, const struct am_access_group *group, const char *key, enum am_verdict denied)
{
	struct am_acl_key fields;
	enum am_acl_action action;
	enum am_verdict v;
	unsigned rule;

	if (!group->acl)
		return true;
	v = am_acl_read(p->bytes, p->ask->length, p->ask->to.family, &fields);
	if (v != AM_V_OK) {
		verdict(p, v);
		return false;
	}
	rule = am_acl_match(group->acl, &fields);
	action = am_acl_action(group->acl, rule);
	json_object_set_new(
		p->o, key, json_pack("{s:i, s:b}", "rule", (int)rule, "permits", action == AM_ACL_PERMIT));
	if (action == AM_ACL_REJECT)
		refuse(p, denied, "administratively prohibited");
	else if (action == AM_ACL_DENY)
		verdict(p, denied);
	return action == AM_ACL_PERMIT;
}

static bool pass_urpf(struct packet *p)
{
	static const char *const modes[] = {
		[AM_URPF_NONE] = "off", [AM_URPF_ANY] = "loose", [AM_URPF_SAME] = "strict"};
	struct am_route_info info = {.route = NULL};
	char text[AM_PREFIX_TEXT];
	bool found = am_model_route_match(p->m, p->in->vrf, &p->ask->from, &info), passes;

	passes = p->in->urpf == AM_URPF_NONE ||
		 (found && am_route_leads_back(info.route, p->in->id, p->in->urpf == AM_URPF_ANY));
	json_object_set_new(p->o, "urpf",
		json_pack("{s:s, s:b, s:s}", "mode", modes[p->in->urpf], "passes", (int)passes, "route",
			found ? am_prefix_text(&info.prefix, text) : ""));
	if (!passes)
		verdict(p, AM_V_ROUTE_URPF);
	return passes;
}

static void put_route(struct packet *p, const struct am_route_info *info)
{
	static const char *const kinds[] = {
		[AM_ROUTE_FORWARD] = "forward",
		[AM_ROUTE_LOCAL] = "local",
		[AM_ROUTE_GLEAN] = "glean",
		[AM_ROUTE_BLACKHOLE] = "blackhole",
		[AM_ROUTE_UNREACHABLE] = "unreachable",
	};
	uint32_t live = atomic_load_explicit(&info->route->live, memory_order_relaxed);
	char text[AM_PREFIX_TEXT];

	json_object_set_new(p->o, "route",
		json_pack("{s:s, s:s, s:i, s:I, s:i, s:i}", "prefix", am_prefix_text(&info->prefix, text),
			"kind", kinds[info->route->kind], "class", (int)info->route->id, "as",
			(json_int_t)info->route->as, "hops", info->route->n, "live",
			__builtin_popcount(live)));
}

/* ---- the way out ---- */

/* Octets of each outer packet, IP headers included. */
static json_t *outer_packets(const struct am_encap *e, unsigned outer)
{
	unsigned ip = e->family == AM_IPV6 ? AM_IP6_LEN : AM_IP4_LEN;
	unsigned head = ip + (e->family == AM_IPV6 ? AM_IP6_FRAG_LEN : 0);

	if (outer <= e->whole_max)
		return json_pack("[i]", (int)outer);
	return json_pack("[i, i]", (int)e->first_len, (int)(outer - ip - (e->first_len - head) + head));
}

static const struct am_path *path_of(
	const struct am_snapshot *s, const struct am_path_list *list, unsigned bit)
{
	for (uint32_t i = 0; i < s->n_paths; i++)
		if (s->paths[i].list == list && s->paths[i].bit == bit)
			return &s->paths[i];
	return NULL;
}

static json_t *layers(const struct am_path *path)
{
	enum { LAYERS_MAX = 12 };
	struct am_encap_layer found[LAYERS_MAX];
	json_t *list = json_array();
	int n = path ? am_encap_layers(&path->spec, found, LAYERS_MAX) : 0;

	for (int i = 0; i < n; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:i}", "name", found[i].name, "octets", found[i].octets));
	return list;
}

static bool into_tunnel(struct packet *p, const struct am_adjacency *a, uint32_t hash, json_t *out)
{
	uint32_t live = atomic_load_explicit(&a->paths->live, memory_order_acquire);
	const struct am_path *path;
	const struct am_encap *e;
	unsigned bit;

	if (!live)
		return false;
	bit = am_live_of(live, am_stripe_share(hash));
	path = path_of(p->s, a->paths, bit);
	e = atomic_load_explicit(&a->paths->encap[bit], memory_order_acquire);
	json_object_set_new(out, "path", json_integer(bit));
	json_object_set_new(out, "layers", layers(path));
	json_object_set_new(
		out, "packets", outer_packets(e, p->ask->length + a->head_len + e->len - e->ip_at));
	json_object_set_new(out, "port", json_string(p->s->port_names[a->paths->port[bit]]));
	return true;
}

static void put_mac(json_t *out, const struct am_adjacency *a)
{
	char text[AM_MAC_TEXT];
	struct am_mac mac;

	if (!a->head_len)
		return;
	memcpy(mac.bytes, a->head, sizeof mac.bytes);
	json_object_set_new(out, "mac", json_string(am_mac_text(&mac, text)));
}

/* IPv4 without DF, RFC 791: pieces of whole units of 8 octets. */
static void put_fragments(const struct packet *p, const struct am_adjacency *a, json_t *out)
{
	unsigned room = (a->mtu - AM_IP4_LEN) & ~7u, left = p->ask->length - AM_IP4_LEN;

	json_object_set_new(out, "fragments", json_integer((left + room - 1) / room));
}

static void leave(struct packet *p, const struct am_adjacency *a, uint32_t hash)
{
	const struct am_interface *to =
		a->interface < p->s->roots.n_interfaces ? p->s->roots.interfaces[a->interface] : NULL;
	json_t *out = json_pack("{s:s, s:i}", "interface", to ? name_of(p, to) : "", "mtu", a->mtu);

	json_object_set_new(p->o, "out", out);
	put_mac(out, a);
	if (a->kind == AM_ADJACENCY_PORT)
		json_object_set_new(out, "port", json_string(p->s->port_names[a->port]));
	if (to && !pass_acl(p, &to->acl_out, "acl_out", AM_V_ACL_OUT))
		return;
	if (p->ask->length > a->mtu && (p->ask->to.family == AM_IPV6 || !p->ask->may_cut)) {
		json_object_set_new(p->o, "icmp_mtu", json_integer(a->mtu));
		refuse(p, AM_V_ROUTE_MTU, "too big");
		return;
	}
	if (p->ask->length > a->mtu)
		put_fragments(p, a, out);
	if (a->kind == AM_ADJACENCY_TUNNEL && !into_tunnel(p, a, hash, out))
		verdict(p, AM_V_TUNNEL_DOWN);
	else
		verdict(p, AM_V_OK);
}

static void forward(struct packet *p, const struct am_route *route)
{
	uint32_t live = atomic_load_explicit(&route->live, memory_order_acquire);
	uint32_t hash = am_flow_hash_ip(p->bytes, p->ask->length);
	const struct am_adjacency *a;
	unsigned hop;

	if (p->ask->ttl <= 1) {
		refuse(p, AM_V_IP_TTL, "time exceeded");
		return;
	}
	if (!live) {
		refuse(p, AM_V_ROUTE_DOWN, "host unreachable");
		return;
	}
	hop = am_live_of(live, am_route_share(hash));
	a = am_route_hop(route, hop);
	json_object_set_new(p->o, "hop", json_integer(hop));
	json_object_set_new(p->o, "hash", json_integer(hash));
	if (a->interface == p->in->id && a->kind == AM_ADJACENCY_TUNNEL)
		refuse(p, AM_V_ROUTE_BACK, "host unreachable");
	else
		leave(p, a, hash);
}

/* XDP leaves such a packet to the kernel, and a packet socket's port lets it have it: no worker judges it. Tunnels' are ours. */
static bool is_kernels(const struct packet *p)
{
	uint8_t protocol = p->ask->protocol;
	struct am_route_info info;

	return (p->in->mirror == AM_MIRROR_NIC || p->in->mirror == AM_MIRROR_COPY) &&
	       protocol != AM_PROTO_GRE && protocol != AM_PROTO_ETHERIP &&
	       !(protocol == AM_PROTO_UDP && p->ask->dport == AM_VXLAN_PORT) &&
	       am_model_route_match(p->m, p->in->vrf, &p->ask->to, &info) &&
	       info.route->kind == AM_ROUTE_LOCAL;
}

static void leave_to_kernel(struct packet *p)
{
	json_object_set_new(p->o, "verdict", json_string("local"));
	json_object_set_new(p->o, "text",
		json_string(
			"for the kernel: this port leaves to it what is for its own addresses; access lists do "
			"not see it, nftables does"));
}

static void look_up(struct packet *p)
{
	struct am_route_info info;

	if (!am_model_route_match(p->m, p->in->vrf, &p->ask->to, &info)) {
		refuse(p, AM_V_ROUTE_NONE, "net unreachable");
		return;
	}
	put_route(p, &info);
	switch ((enum am_route_kind)info.route->kind) {
	case AM_ROUTE_FORWARD:
		forward(p, info.route);
		break;
	case AM_ROUTE_LOCAL:
		json_object_set_new(p->o, "verdict", json_string("local"));
		json_object_set_new(p->o, "text",
			json_string(
				"for this box: a tunnel's packet is opened, all others are the kernel's"));
		break;
	case AM_ROUTE_GLEAN:
		json_object_set_new(p->o, "verdict", json_string("glean"));
		json_object_set_new(p->o, "text",
			json_string(
				"the neighbor is not known: the kernel asks for it, and this packet waits (three do for each neighbor)"));
		break;
	case AM_ROUTE_BLACKHOLE:
		verdict(p, AM_V_ROUTE_BLACKHOLE);
		break;
	case AM_ROUTE_UNREACHABLE:
		refuse(p, AM_V_ROUTE_UNREACHABLE, "host unreachable");
		break;
	}
}

/* ---- what is asked ---- */

static const struct am_interface *find_interface(const struct am_snapshot *s, const char *name)
{
	for (uint16_t i = 0; i < s->roots.n_interfaces; i++) {
		const struct am_interface *in = s->roots.interfaces[i];

		if (in && in->kind != AM_INTERFACE_BOX && strcmp(s->ifaces[in->iface].name, name) == 0)
			return in;
	}
	return NULL;
}

static int refuse_ask(const struct packet *p, struct am_err *err)
{
	const struct am_explain_packet *ask = p->ask;
	unsigned least = ask->to.family == AM_IPV6 ? AM_IP6_LEN : AM_IP4_LEN;

	if (!p->in)
		return am_fail(err, ENOENT,
			"%s is no interface that routes; amimectl show interfaces has all", ask->interface);
	if (ask->from.family != ask->to.family)
		return am_fail(err, EINVAL, "source and destination are of two families");
	if (ask->length < least + UDP_HEAD || ask->length > sizeof p->bytes)
		return am_fail(err, EINVAL, "length %u: from %u to %zu", ask->length, least + UDP_HEAD,
			sizeof p->bytes);
	return 0;
}

char *am_model_explain_packet(
	const struct am_model *m, const struct am_explain_packet *ask, struct am_err *err)
{
	struct packet p = {.m = m, .s = m->running, .ask = ask};
	const struct am_conf_vrf *vrf;
	char *text;

	p.in = m->running ? find_interface(m->running, ask->interface) : NULL;
	if (refuse_ask(&p, err))
		return NULL;
	vrf = am_model_vrf_conf(m, p.in->vrf);
	p.o = json_pack("{s:s, s:s, s:i}", "interface", ask->interface, "vrf", vrf ? vrf->name : "", "length",
		ask->length);
	make(&p);
	if (is_kernels(&p))
		leave_to_kernel(&p);
	else if (pass_checks(&p) && pass_acl(&p, &p.in->acl_in, "acl_in", AM_V_ACL_IN) && pass_urpf(&p))
		look_up(&p);
	text = json_dumps(p.o, JSON_INDENT(2));
	json_decref(p.o);
	if (!text)
		am_fail(err, ENOMEM, "no memory to explain a packet");
	return text;
}
