/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From rules to axes. On each axis a rule is an edge where its values begin and one behind their end; sorted, they are swept once, and
 * between two edges the set of rules is the same. Equal sets are kept once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acl.h"
#include "base/bytes.h"
#include "base/map.h"
#include "base/protocol.h"

typedef unsigned __int128 value;

struct edge {
	value at;
	uint32_t rule;
	int32_t step; /* 1: the rule's values begin, -1: they have ended */
};

struct build {
	const struct am_acl_rule *rules;
	struct am_acl *acl;
	struct am_map *known; /* sets, to where they begin in acl->sets */
	uint32_t n_words, room_words;
	uint64_t *now;   /* the set at the place of the sweep */
	uint32_t *depth; /* by rule: how many of its intervals that place is in */
	struct edge *edges;
	uint32_t n_edges, room_edges;
};

/* ---- sets ---- */

static void put_bit(uint64_t *set, unsigned rule, bool in)
{
	uint64_t bit = 1ull << rule % 64;

	set[rule / 64] = in ? set[rule / 64] | bit : set[rule / 64] & ~bit;
}

/* b->now among the sets that are kept. */
static int keep_set(struct build *b, uint32_t *out)
{
	struct am_acl *acl = b->acl;
	uint32_t at = b->n_words;
	int rc = am_map_add(b->known, b->now, &at);

	*out = at;
	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (b->n_words + acl->words > b->room_words) {
		uint32_t room = 2 * b->room_words + 64 * acl->words;
		uint64_t *more = realloc(acl->sets, room * sizeof *more);

		if (!more)
			return -ENOMEM;
		acl->sets = more;
		b->room_words = room;
	}
	memcpy(acl->sets + at, b->now, acl->words * sizeof *b->now);
	b->n_words += acl->words;
	return 0;
}

/* ---- edges ---- */

static int put_edge(struct build *b, value at, unsigned rule, int step)
{
	if (b->n_edges == b->room_edges) {
		uint32_t room = b->room_edges ? 2 * b->room_edges : 256;
		struct edge *more = realloc(b->edges, room * sizeof *more);

		if (!more)
			return -ENOMEM;
		b->edges = more;
		b->room_edges = room;
	}
	b->edges[b->n_edges++] = (struct edge){at, rule, step};
	return 0;
}

/* Values from first to last; behind the axis' highest there is no edge. */
static int put_interval(struct build *b, unsigned rule, value first, value last, value highest)
{
	int rc = put_edge(b, first, rule, 1);

	return rc < 0 || last == highest ? rc : put_edge(b, last + 1, rule, -1);
}

static int by_place(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* ---- sweeping ---- */

/* One more interval, where the set differs from that of the one before. */
static int put_start(struct build *b, struct am_acl_axis *axis, value *starts, value at)
{
	uint32_t set;
	int rc = keep_set(b, &set);

	if (rc < 0 || (axis->n && axis->sets[axis->n - 1] == set))
		return rc;
	axis->sets[axis->n] = set;
	starts[axis->n++] = at;
	return 0;
}

static void step_over(struct build *b, const struct edge *e)
{
	b->depth[e->rule] += (uint32_t)e->step;
	put_bit(b->now, e->rule, b->depth[e->rule] != 0);
}

/* b->now holds what is in the set everywhere. *starts is to be freed. */
static int sweep(struct build *b, struct am_acl_axis *axis, value **starts)
{
	int rc;

	*starts = calloc(b->n_edges + 1, sizeof **starts);
	axis->sets = calloc(b->n_edges + 1, sizeof *axis->sets);
	if (!*starts || !axis->sets)
		return -ENOMEM;
	b->acl->octets += (b->n_edges + 1) * sizeof *axis->sets;
	if (b->n_edges)
		qsort(b->edges, b->n_edges, sizeof *b->edges, by_place);
	rc = b->n_edges && b->edges[0].at == 0 ? 0 : put_start(b, axis, *starts, 0);
	for (uint32_t i = 0; i < b->n_edges && rc == 0; i++) {
		step_over(b, &b->edges[i]);
		if (i + 1 == b->n_edges || b->edges[i + 1].at != b->edges[i].at)
			rc = put_start(b, axis, *starts, b->edges[i].at);
	}
	return rc;
}

static void begin_axis(struct build *b)
{
	memset(b->now, 0, b->acl->words * sizeof *b->now);
	memset(b->depth, 0, b->acl->n * sizeof *b->depth);
	b->n_edges = 0;
}

/* ---- ports ---- */

static int add_ports(struct build *b, unsigned rule, const struct am_acl_side *side)
{
	int rc = 0;

	if (!side->n_ports)
		put_bit(b->now, rule, true);
	for (unsigned i = 0; i < side->n_ports && rc == 0; i++)
		rc = put_interval(b, rule, side->ports[i].from, side->ports[i].to, UINT16_MAX);
	return rc;
}

static int make_ports(struct build *b, struct am_acl_axis *axis, bool dst)
{
	value *starts = NULL;
	int rc = 0;

	begin_axis(b);
	for (unsigned i = 0; i < b->acl->n && rc == 0; i++)
		rc = add_ports(b, i, dst ? &b->rules[i].dst : &b->rules[i].src);
	if (rc == 0)
		rc = sweep(b, axis, &starts);
	axis->start.ports = rc == 0 ? calloc(axis->n, sizeof *axis->start.ports) : NULL;
	for (uint32_t i = 0; axis->start.ports && i < axis->n; i++)
		axis->start.ports[i] = (uint16_t)starts[i];
	free(starts);
	return rc == 0 && !axis->start.ports ? -ENOMEM : rc;
}

/* ---- addresses ---- */

static value value_of(const struct am_ip *ip)
{
	return ip->family == AM_IPV4 ? am_load32(ip->bytes)
				     : (value)am_load64(ip->bytes) << 64 | am_load64(ip->bytes + 8);
}

static int add_prefix(struct build *b, unsigned rule, const struct am_prefix *p, value highest)
{
	value first = value_of(&p->ip), span = p->len < 128 ? highest >> p->len : 0;

	return put_interval(b, rule, first, first + span, highest);
}

static int add_addresses(struct build *b, unsigned rule, const struct am_acl_side *side, uint8_t family)
{
	value highest = family == AM_IPV4 ? UINT32_MAX : ~(value)0;
	int rc = 0;

	if (side->any)
		put_bit(b->now, rule, true);
	for (uint32_t i = 0; !side->any && i < side->n_prefixes && rc == 0; i++)
		if (side->prefixes[i].ip.family == family)
			rc = add_prefix(b, rule, &side->prefixes[i], highest);
	return rc;
}

/* Where each first octet's addresses begin to be looked for. */
static int index_octets(struct am_acl_axis *axis)
{
	uint32_t at = 0;

	axis->first = calloc(AM_ACL_FIRST_OCTETS, sizeof *axis->first);
	if (!axis->first)
		return -ENOMEM;
	for (uint32_t octet = 0; octet < 256; octet++) {
		while (at + 1 < axis->n && axis->start.ip4[at + 1] <= octet << 24)
			at++;
		axis->first[octet] = at;
	}
	axis->first[256] = axis->n - 1;
	return 0;
}

/* In the width that they are looked up in. */
static int put_starts(struct am_acl_axis *axis, const value *starts, uint8_t family)
{
	if (family == AM_IPV6) {
		axis->start.ip6 = aligned_alloc(16, axis->n * sizeof *starts);
		if (axis->start.ip6)
			memcpy(axis->start.ip6, starts, axis->n * sizeof *starts);
		return axis->start.ip6 ? 0 : -ENOMEM;
	}
	axis->start.ip4 = calloc(axis->n, sizeof *axis->start.ip4);
	for (uint32_t i = 0; axis->start.ip4 && i < axis->n; i++)
		axis->start.ip4[i] = (uint32_t)starts[i];
	return axis->start.ip4 ? index_octets(axis) : -ENOMEM;
}

static int make_addresses(struct build *b, struct am_acl_axis *axis, uint8_t family, bool dst)
{
	uint8_t bit = family == AM_IPV4 ? AM_ACL_IPV4 : AM_ACL_IPV6;
	value *starts = NULL;
	int rc = 0;

	begin_axis(b);
	for (unsigned i = 0; i < b->acl->n && rc == 0; i++)
		if (b->rules[i].families & bit)
			rc = add_addresses(b, i, dst ? &b->rules[i].dst : &b->rules[i].src, family);
	if (rc == 0)
		rc = sweep(b, axis, &starts);
	if (rc == 0)
		rc = put_starts(axis, starts, family);
	free(starts);
	return rc;
}

/* ---- the rest ---- */

static int make_protocols(struct build *b)
{
	int rc = 0;

	for (unsigned protocol = 0; protocol < 256 && rc == 0; protocol++) {
		begin_axis(b);
		for (unsigned i = 0; i < b->acl->n; i++)
			put_bit(b->now, i,
				b->rules[i].protocol == AM_ACL_ANY || b->rules[i].protocol == protocol);
		rc = keep_set(b, &b->acl->protocol[protocol]);
	}
	return rc;
}

static bool asks_ports(const struct am_acl_rule *r)
{
	return r->src.n_ports || r->dst.n_ports;
}

static int make_no_ports(struct build *b)
{
	int rc;

	begin_axis(b);
	for (unsigned i = 0; i < b->acl->n; i++)
		put_bit(b->now, i, !asks_ports(&b->rules[i]));
	rc = keep_set(b, &b->acl->no_ports);
	for (unsigned i = 0; i < b->acl->n; i++) {
		const struct am_acl_rule *r = &b->rules[i];
		bool asks = asks_ports(r) || r->established || r->icmp_type != AM_ACL_ANY;

		put_bit(b->now, i, !asks || r->action == AM_ACL_PERMIT);
	}
	return rc < 0 ? rc : keep_set(b, &b->acl->later);
}

static void put_rest(struct build *b)
{
	for (unsigned i = 0; i < b->acl->n; i++) {
		const struct am_acl_rule *r = &b->rules[i];

		b->acl->rest[i] = (struct am_acl_rest){.action = (uint8_t)r->action,
			.parts = r->parts,
			.established = r->established,
			.icmp = r->icmp_type != AM_ACL_ANY,
			.icmp_type = (uint8_t)r->icmp_type,
			.icmp_code = r->icmp_code};
	}
}

static int make(struct build *b)
{
	static const uint8_t families[2] = {AM_IPV4, AM_IPV6};
	struct am_acl *acl = b->acl;
	int rc = make_protocols(b);

	for (unsigned i = 0; i < 2 && rc == 0; i++) {
		rc = make_addresses(b, &acl->src[i], families[i], false);
		if (rc == 0)
			rc = make_addresses(b, &acl->dst[i], families[i], true);
	}
	if (rc == 0)
		rc = make_ports(b, &acl->src_port, false);
	if (rc == 0)
		rc = make_ports(b, &acl->dst_port, true);
	if (rc == 0)
		rc = make_no_ports(b);
	put_rest(b);
	acl->octets += b->n_words * sizeof *acl->sets + sizeof *acl + acl->n * sizeof *acl->rest;
	return rc;
}

static void free_axis(struct am_acl_axis *axis)
{
	free(axis->sets);
	free(axis->start.ip4); /* any of the union: it is one pointer */
	free(axis->first);
}

void am_acl_free(struct am_acl *acl)
{
	if (!acl)
		return;
	for (unsigned i = 0; i < 2; i++) {
		free_axis(&acl->src[i]);
		free_axis(&acl->dst[i]);
	}
	free_axis(&acl->src_port);
	free_axis(&acl->dst_port);
	free(acl->sets);
	free(acl->rest);
	free(acl);
}

int am_acl_create(const struct am_acl_rule *rules, unsigned n, struct am_acl **out)
{
	struct build b = {.rules = rules, .acl = calloc(1, sizeof *b.acl)};
	int rc = n <= AM_ACL_RULES ? 0 : -EINVAL;

	if (!b.acl)
		return -ENOMEM;
	b.acl->n = n;
	b.acl->words = n ? (n + 63) / 64 : 1;
	b.acl->rest = calloc(n + 1, sizeof *b.acl->rest);
	b.known = am_map_create(b.acl->words * sizeof *b.now);
	b.now = calloc(b.acl->words, sizeof *b.now);
	b.depth = calloc(n + 1, sizeof *b.depth);
	if (rc == 0)
		rc = b.acl->rest && b.known && b.now && b.depth ? make(&b) : -ENOMEM;
	am_map_free(b.known);
	free(b.now);
	free(b.depth);
	free(b.edges);
	if (rc < 0) {
		am_acl_free(b.acl);
		return rc;
	}
	*out = b.acl;
	return 0;
}
