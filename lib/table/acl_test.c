/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compiled lists against a trivial evaluator that knows nothing of them: random rules, and random packets as octets, a million
 * answers. What a packet means is known from how it was made.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "net/csum.h"
#include "net/ip.h"
#include "table/acl.h"

enum { LISTS = 500, PACKETS = 2000, RULES_MAX = 300, SIDE_PREFIXES = 12, SIDE_PORTS = 3, ROOM = 256 };

static uint64_t seed = 0x9e3779b97f4a7c15ull;

static uint32_t draw(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % below;
}

/* ---- packets ---- */

struct packet {
	struct am_ip src, dst;
	uint8_t family, protocol, part, flags, type, code;
	uint16_t sport, dport;
	uint32_t len;
	uint8_t bytes[ROOM];
};

/* Few of them, near each other, so that rules and packets meet; and the ends of all addresses. */
static struct am_ip draw_address(uint8_t family)
{
	struct am_ip ip = {.family = family};
	size_t n = am_ip_len(&ip);
	uint32_t kind = draw(20);

	if (kind < 2) {
		memset(ip.bytes, kind ? 0xff : 0, n);
		return ip;
	}
	ip.bytes[0] = family == AM_IPV4 ? 10 : 0x20;
	ip.bytes[1] = (uint8_t)draw(3);
	ip.bytes[n - 2] = (uint8_t)(draw(2) * 128);
	ip.bytes[n - 1] = (uint8_t)draw(16);
	return ip;
}

static const uint8_t protocols[] = {6, 17, 1, 58, 47, 132, 50};
static const uint16_t ports[] = {0, 22, 53, 80, 1023, 1024, 65535};

static struct packet draw_packet(void)
{
	struct packet p = {.family = draw(2) ? AM_IPV4 : AM_IPV6};
	static const uint8_t parts[] = {AM_ACL_WHOLE, AM_ACL_WHOLE, AM_ACL_FIRST, AM_ACL_LATER};

	p.src = draw_address(p.family);
	p.dst = draw_address(p.family);
	p.protocol = protocols[draw(sizeof protocols)];
	p.part = parts[draw(4)];
	p.flags = (uint8_t)draw(64);
	p.type = (uint8_t)draw(4);
	p.code = (uint8_t)draw(3);
	p.sport = ports[draw(7)];
	p.dport = ports[draw(7)];
	return p;
}

static bool has_ports(uint8_t protocol)
{
	return protocol == 6 || protocol == 17 || protocol == 132;
}

static uint32_t write_upper(const struct packet *p, uint8_t *at)
{
	memset(at, 0xa5, 24);
	if (p->part == AM_ACL_LATER)
		return 24;
	if (has_ports(p->protocol)) {
		am_store16(at, p->sport);
		am_store16(at + 2, p->dport);
		at[13] = p->flags;
	} else {
		at[0] = p->type;
		at[1] = p->code;
	}
	return 24;
}

static void write4(struct packet *p)
{
	uint8_t *ip = p->bytes;
	uint32_t options = draw(4) ? 0 : 8;
	uint16_t sum;

	memset(ip, 0, AM_IP4_LEN);
	memset(ip + AM_IP4_LEN, 1, options); /* NOP */
	p->len = AM_IP4_LEN + options + write_upper(p, ip + AM_IP4_LEN + options);
	ip[0] = (uint8_t)(0x45 + options / 4);
	am_store16(ip + 2, (uint16_t)p->len);
	am_store16(ip + 6, p->part == AM_ACL_FIRST ? AM_IP4_MF : p->part == AM_ACL_LATER ? 100 : AM_IP4_DF);
	ip[8] = 64;
	ip[9] = p->protocol;
	memcpy(ip + 12, p->src.bytes, 4);
	memcpy(ip + 16, p->dst.bytes, 4);
	sum = am_csum_finish(am_csum_add(ip, AM_IP4_LEN + options, 0));
	memcpy(ip + 10, &sum, sizeof sum);
}

static void write6(struct packet *p)
{
	uint8_t *ip = p->bytes, *next = ip + 6;
	uint32_t at = AM_IP6_LEN;

	memset(ip, 0, AM_IP6_LEN);
	ip[0] = 0x60;
	ip[7] = 64;
	memcpy(ip + 8, p->src.bytes, 16);
	memcpy(ip + 24, p->dst.bytes, 16);
	if (!draw(4)) {
		static const uint8_t options[8] = {0, 0, 1, 4};

		*next = AM_PROTO_DSTOPTS;
		memcpy(ip + at, options, sizeof options);
		next = ip + at;
		at += sizeof options;
	}
	if (p->part != AM_ACL_WHOLE) {
		*next = AM_PROTO_FRAGMENT;
		memset(ip + at, 0, AM_IP6_FRAG_LEN);
		am_store16(ip + at + 2, p->part == AM_ACL_FIRST ? 1 : 800);
		next = ip + at;
		at += AM_IP6_FRAG_LEN;
	}
	*next = p->protocol;
	p->len = at + write_upper(p, ip + at);
	am_store16(ip + 4, (uint16_t)(p->len - AM_IP6_LEN));
}

static void write_packet(struct packet *p)
{
	if (p->family == AM_IPV4)
		write4(p);
	else
		write6(p);
}

/* ---- rules ---- */

struct list {
	unsigned n;
	struct am_acl_rule rules[RULES_MAX];
	struct am_prefix prefixes[RULES_MAX][2][SIDE_PREFIXES];
	struct am_acl_range ranges[RULES_MAX][2][SIDE_PORTS];
};

static void draw_side(struct am_acl_side *side, struct am_prefix *prefixes, struct am_acl_range *ranges)
{
	*side = (struct am_acl_side){.any = !draw(3), .prefixes = prefixes, .ports = ranges};
	side->n_prefixes = draw(SIDE_PREFIXES);
	for (unsigned i = 0; i < side->n_prefixes; i++) {
		struct am_ip ip = draw_address(draw(2) ? AM_IPV4 : AM_IPV6);
		uint8_t bits = (uint8_t)(am_ip_len(&ip) * 8);

		prefixes[i] =
			am_prefix_around(&ip, draw(4) ? (uint8_t)(bits - draw(9)) : (uint8_t)draw(bits + 1u));
	}
}

static void draw_ports(struct am_acl_side *side, struct am_acl_range *ranges)
{
	side->n_ports = (uint16_t)draw(SIDE_PORTS);
	for (unsigned i = 0; i < side->n_ports; i++) {
		uint16_t a = ports[draw(7)], b = draw(2) ? a : ports[draw(7)];

		ranges[i] = (struct am_acl_range){a < b ? a : b, a < b ? b : a};
	}
}

static void draw_rule(struct list *l, unsigned i)
{
	static const uint8_t parts[] = {AM_ACL_PARTS, AM_ACL_PARTS, AM_ACL_PARTS, AM_ACL_WHOLE, AM_ACL_FIRST,
		AM_ACL_LATER, AM_ACL_FIRST | AM_ACL_LATER};
	struct am_acl_rule *r = &l->rules[i];

	*r = (struct am_acl_rule){.action = (enum am_acl_action)draw(3),
		.families = (uint8_t)(draw(3) ? 3 : 1 + draw(2)),
		.parts = parts[draw(sizeof parts)],
		.protocol = draw(3) ? protocols[draw(sizeof protocols)] : AM_ACL_ANY,
		.icmp_type = AM_ACL_ANY,
		.icmp_code = AM_ACL_ANY};
	draw_side(&r->src, l->prefixes[i][0], l->ranges[i][0]);
	draw_side(&r->dst, l->prefixes[i][1], l->ranges[i][1]);
	if (r->protocol != AM_ACL_ANY && has_ports((uint8_t)r->protocol)) {
		draw_ports(&r->src, l->ranges[i][0]);
		draw_ports(&r->dst, l->ranges[i][1]);
	}
	r->established = r->protocol == 6 && !draw(3);
	if ((r->protocol == 1 || r->protocol == 58) && draw(2)) {
		r->icmp_type = (uint16_t)draw(4);
		r->icmp_code = draw(2) ? (uint16_t)draw(3) : AM_ACL_ANY;
	}
}

/* ---- the trivial evaluator ---- */

static bool address_matches(const struct am_acl_side *side, const struct am_ip *ip)
{
	bool found = side->any;

	for (unsigned i = 0; i < side->n_prefixes; i++)
		found |= am_prefix_contains(&side->prefixes[i], ip);
	return found;
}

static bool port_matches(const struct am_acl_side *side, uint16_t port)
{
	bool found = !side->n_ports;

	for (unsigned i = 0; i < side->n_ports; i++)
		found |= side->ports[i].from <= port && port <= side->ports[i].to;
	return found;
}

static bool upper_matches(const struct am_acl_rule *r, const struct packet *p)
{
	bool asks = r->src.n_ports || r->dst.n_ports || r->established || r->icmp_type != AM_ACL_ANY;

	if (p->part == AM_ACL_LATER)
		return !asks || r->action == AM_ACL_PERMIT;
	if (!port_matches(&r->src, p->sport) || !port_matches(&r->dst, p->dport))
		return false;
	if (r->established && !(p->flags & 0x14))
		return false;
	return r->icmp_type == AM_ACL_ANY ||
	       (r->icmp_type == p->type && (r->icmp_code == AM_ACL_ANY || r->icmp_code == p->code));
}

static unsigned evaluate(const struct list *l, const struct packet *p)
{
	for (unsigned i = 0; i < l->n; i++) {
		const struct am_acl_rule *r = &l->rules[i];

		if ((r->families & (p->family == AM_IPV4 ? 1 : 2)) && (r->parts & p->part) &&
			(r->protocol == AM_ACL_ANY || r->protocol == p->protocol) &&
			address_matches(&r->src, &p->src) && address_matches(&r->dst, &p->dst) &&
			upper_matches(r, p))
			return i;
	}
	return l->n;
}

static void test_against_reference(void **state)
{
	struct list *l = calloc(1, sizeof *l);
	unsigned none = 0, deep = 0;

	(void)state;
	assert_non_null(l);
	for (unsigned round = 0; round < LISTS; round++) {
		struct am_acl *acl;

		l->n = 1 + (round % 5 ? draw(20) : draw(RULES_MAX));
		for (unsigned i = 0; i < l->n; i++)
			draw_rule(l, i);
		assert_int_equal(am_acl_create(l->rules, l->n, &acl), 0);
		for (unsigned i = 0; i < PACKETS; i++) {
			struct packet p = draw_packet();
			struct am_acl_key key;
			unsigned rule, want = evaluate(l, &p);

			write_packet(&p);
			assert_int_equal(am_acl_read(p.bytes, p.len, p.family, &key), AM_V_OK);
			rule = am_acl_match(acl, &key);
			if (rule != want)
				fail_msg("list %u, packet %u: rule %u, not %u", round, i, rule, want);
			none += want == l->n;
			deep += want >= 3 && want < l->n;
		}
		am_acl_free(acl);
	}
	/* Else this would show nothing. */
	assert_true(none > LISTS * PACKETS / 100);
	assert_true(deep > LISTS * PACKETS / 20);
	free(l);
}

/* ---- what cannot be judged ---- */

static void test_tiny_fragments(void **state)
{
	struct packet p = {.family = AM_IPV4, .protocol = 6, .part = AM_ACL_FIRST};
	struct am_acl_key key;

	(void)state;
	p.src = p.dst = draw_address(AM_IPV4);
	for (uint32_t octets = 0; octets <= 24; octets += 8) {
		uint32_t head;
		uint16_t sum = 0;

		write4(&p);
		head = (p.bytes[0] & 15) * 4u;
		am_store16(p.bytes + 2, (uint16_t)(head + octets));
		memcpy(p.bytes + 10, &sum, sizeof sum);
		sum = am_csum_finish(am_csum_add(p.bytes, head, 0));
		memcpy(p.bytes + 10, &sum, sizeof sum);
		assert_int_equal(
			am_acl_read(p.bytes, head + octets, AM_IPV4, &key), octets == 0   ? AM_V_ACL_HEADERS
									    : octets < 16 ? AM_V_ACL_TINY
											  : AM_V_OK);
	}
	/* the one that would write over the flags */
	p.part = AM_ACL_LATER;
	for (uint16_t at = 1; at < 4; at++) {
		uint16_t sum = 0;

		do
			write4(&p);
		while (p.bytes[0] != 0x45);
		am_store16(p.bytes + 6, at);
		memcpy(p.bytes + 10, &sum, sizeof sum);
		sum = am_csum_finish(am_csum_add(p.bytes, AM_IP4_LEN, 0));
		memcpy(p.bytes + 10, &sum, sizeof sum);
		assert_int_equal(
			am_acl_read(p.bytes, p.len, AM_IPV4, &key), at == 1 ? AM_V_ACL_TINY : AM_V_OK);
	}
}

/* Every prefix of a good packet, with its length made right: nothing is read behind it. */
static void test_cut_short(void **state)
{
	struct am_acl_key key;

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		struct packet p = draw_packet();
		uint32_t head = p.family == AM_IPV4 ? AM_IP4_LEN : AM_IP6_LEN, len;
		uint8_t *copy;

		write_packet(&p);
		if (p.family == AM_IPV4 && p.bytes[0] != 0x45)
			continue;
		len = head + draw(p.len - head);
		if (p.family == AM_IPV4) {
			am_store16(p.bytes + 2, (uint16_t)len);
			am_store16(p.bytes + 10, 0);
		} else {
			am_store16(p.bytes + 4, (uint16_t)(len - head));
		}
		copy = malloc(len);
		assert_non_null(copy);
		memcpy(copy, p.bytes, len);
		am_acl_read(copy, len, p.family, &key); /* sanitizers and valgrind look at this */
		if (len == head && p.part == AM_ACL_WHOLE && has_ports(p.protocol))
			assert_int_equal(am_acl_read(copy, len, p.family, &key), AM_V_ACL_HEADERS);
		free(copy);
	}
}

static void test_bounds(void **state)
{
	static struct am_acl_rule rules[AM_ACL_RULES + 1];
	struct am_acl *acl;
	struct packet p = {.family = AM_IPV6, .protocol = 17, .part = AM_ACL_WHOLE};
	struct am_acl_key key;

	(void)state;
	for (unsigned i = 0; i <= AM_ACL_RULES; i++)
		rules[i] = (struct am_acl_rule){.families = AM_ACL_IPV4,
			.parts = AM_ACL_PARTS,
			.protocol = AM_ACL_ANY,
			.icmp_type = AM_ACL_ANY,
			.icmp_code = AM_ACL_ANY,
			.src = {.any = true},
			.dst = {.any = true}};
	assert_int_equal(am_acl_create(rules, AM_ACL_RULES + 1, &acl), -22);
	rules[AM_ACL_RULES - 1].families = AM_ACL_IPV6;
	assert_int_equal(am_acl_create(rules, AM_ACL_RULES, &acl), 0);
	p.src = p.dst = draw_address(AM_IPV6);
	write_packet(&p);
	assert_int_equal(am_acl_read(p.bytes, p.len, AM_IPV6, &key), AM_V_OK);
	assert_int_equal(am_acl_match(acl, &key), AM_ACL_RULES - 1);
	assert_int_equal(am_acl_action(acl, AM_ACL_RULES - 1), AM_ACL_PERMIT);
	assert_int_equal(am_acl_action(acl, AM_ACL_RULES), AM_ACL_DENY);
	am_acl_free(acl);
	assert_int_equal(am_acl_create(rules, 0, &acl), 0);
	assert_int_equal(am_acl_match(acl, &key), 0);
	assert_int_equal(am_acl_action(acl, 0), AM_ACL_DENY);
	am_acl_free(acl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_reference),
		cmocka_unit_test(test_tiny_fragments), cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_bounds)};

	return cmocka_run_group_tests_name("table/acl", tests, NULL, NULL);
}
