/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Access lists: compiled, and the linear scan of masked addresses that they have to beat. Each rule is about another network and
 * port; packets match rules all over the list, and one in eight none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "cases.h"
#include "net/ether.h"
#include "net/ip.h"
#include "table/acl.h"
#include "workload.h"

enum { PACKETS = 1024, HEAD = 64, BOGONS = 5000, NONE_OF = 8 };

struct acl_arg {
	unsigned rules;
	uint32_t prefixes; /* of each rule's source */
};

/* A rule as a linear scan has it. */
struct line {
	uint32_t src, src_mask, dst, dst_mask;
	uint16_t low, high;
	uint8_t protocol, action;
};

struct acl {
	struct am_acl *list;
	struct line *lines;
	unsigned n, burst;
	unsigned n_packets, at;
	unsigned matched; /* in a run */
	uint8_t *octets;  /* of all packets */
	const uint8_t *now[BENCH_BURST];
	const uint8_t *packet[];
};

static void close_acl(void *state)
{
	struct acl *a = state;

	am_acl_free(a->list);
	free(a->lines);
	free(a->octets);
	free(a);
}

static uint32_t network(uint32_t rule, uint32_t i)
{
	return 0x0a000000 + (rule * 64 + i * 2) * 256;
}

static struct am_prefix prefix_of(uint32_t address, uint8_t len)
{
	struct am_prefix p = {.ip = {.family = AM_IPV4}, .len = len};

	am_store32(p.ip.bytes, address);
	return p;
}

/* Rule i permits one network's UDP to one port of a server. */
static struct am_acl_rule rule_of(
	unsigned i, const struct acl_arg *arg, struct am_prefix *prefixes, struct am_acl_range *port)
{
	for (uint32_t k = 0; k < arg->prefixes; k++)
		prefixes[k] = prefix_of(network(i, k), 24);
	*port = (struct am_acl_range){(uint16_t)(1000 + i), (uint16_t)(1000 + i)};
	return (struct am_acl_rule){.action = i % 2 ? AM_ACL_DENY : AM_ACL_PERMIT,
		.families = AM_ACL_IPV4,
		.parts = AM_ACL_PARTS,
		.protocol = AM_PROTO_UDP,
		.icmp_type = AM_ACL_ANY,
		.icmp_code = AM_ACL_ANY,
		.src = {.n_prefixes = arg->prefixes, .prefixes = prefixes},
		.dst = {.any = true, .n_ports = arg->prefixes == 1, .ports = port}};
}

static int compile(struct acl *a, const struct acl_arg *arg)
{
	struct am_prefix *prefixes = calloc((size_t)arg->rules * arg->prefixes, sizeof *prefixes);
	struct am_acl_rule *rules = calloc(arg->rules, sizeof *rules);
	struct am_acl_range *ports = calloc(arg->rules, sizeof *ports);
	int rc = prefixes && rules && ports ? 0 : -ENOMEM;

	for (unsigned i = 0; i < arg->rules && rc == 0; i++) {
		rules[i] = rule_of(i, arg, prefixes + (size_t)i * arg->prefixes, &ports[i]);
		a->lines[i] = (struct line){.src = network(i, 0),
			.src_mask = 0xffffff00,
			.low = ports[i].from,
			.high = ports[i].to,
			.protocol = AM_PROTO_UDP,
			.action = (uint8_t)rules[i].action};
	}
	if (rc == 0)
		rc = am_acl_create(rules, arg->rules, &a->list);
	free(prefixes);
	free(rules);
	free(ports);
	return rc;
}

static bool matches_none(uint32_t packet)
{
	return packet % NONE_OF == 0;
}

/* stride: octets from one packet to the next, which is not the one that comes next. */
static void write_packets(struct acl *a, const struct acl_arg *arg, size_t stride)
{
	uint8_t frame[AM_ETH_LEN + HEAD];

	for (uint32_t i = 0; i < a->n_packets; i++) {
		uint32_t rule = (uint32_t)(am_hash64(i, 7) % arg->rules);
		uint32_t k = (uint32_t)(am_hash64(i, 8) % arg->prefixes);
		uint8_t *packet = a->octets + work_scatter(i, a->n_packets) * stride;

		work_udp_frame(frame, sizeof frame, AM_IPV4, i);
		memcpy(packet, frame + AM_ETH_LEN, HEAD);
		am_store32(packet + 12, matches_none(i) ? 0xc0000201 : network(rule, k) + 9);
		am_store16(packet + AM_IP4_LEN + 2, (uint16_t)(1000 + rule));
		a->packet[i] = packet;
	}
}

static void *open_acl(const struct bench_env *env, const void *arg, struct am_err *err)
{
	unsigned n = env->is_cold ? WORK_COLD : PACKETS;
	size_t stride = env->is_cold ? WORK_FRAME_MAX : HEAD;
	const struct acl_arg *of = arg;
	struct acl *a = work_alloc(sizeof *a + n * sizeof a->packet[0]);

	if (a) {
		a->lines = calloc(of->rules, sizeof *a->lines);
		a->octets = work_alloc(n * stride);
	}
	if (!a || !a->lines || !a->octets || compile(a, of) < 0) {
		am_fail(err, ENOMEM, "no memory for a list of %u rules", of->rules);
		if (a)
			close_acl(a);
		return NULL;
	}
	a->n = of->rules;
	a->burst = env->burst;
	a->n_packets = n;
	write_packets(a, of, stride);
	return a;
}

static bool prepare_acl(void *state)
{
	struct acl *a = state;

	memcpy(a->now, a->packet + a->at, a->burst * sizeof a->now[0]);
	return true;
}

static bool run_compiled(void *state)
{
	struct acl *a = state;
	unsigned matched = 0;

	for (unsigned i = 0; i < a->burst; i++) {
		struct am_acl_key key;

		if (am_acl_read(a->now[i], HEAD, AM_IPV4, &key) == AM_V_OK)
			matched += am_acl_match(a->list, &key) < a->n;
	}
	a->matched = matched;
	return true;
}

static unsigned scan(const struct acl *a, const struct am_acl_key *key)
{
	uint32_t src = am_load32(key->src), dst = am_load32(key->dst);

	for (unsigned i = 0; i < a->n; i++) {
		const struct line *l = &a->lines[i];

		if ((src & l->src_mask) == l->src && (dst & l->dst_mask) == l->dst &&
			l->protocol == key->protocol && l->low <= key->dst_port && key->dst_port <= l->high)
			return i;
	}
	return a->n;
}

static bool run_linear(void *state)
{
	struct acl *a = state;
	unsigned matched = 0;

	for (unsigned i = 0; i < a->burst; i++) {
		struct am_acl_key key;

		if (am_acl_read(a->now[i], HEAD, AM_IPV4, &key) == AM_V_OK)
			matched += scan(a, &key) < a->n;
	}
	a->matched = matched;
	return true;
}

static bool check_acl(void *state)
{
	struct acl *a = state;
	unsigned expected = a->burst;

	for (unsigned i = 0; i < a->burst; i++)
		expected -= matches_none(a->at + i);
	a->at = work_next(a->at, a->burst, a->n_packets);
	return a->matched == expected;
}

/* clang-format off */
#define ACL(name_, about_, run_, rules_, prefixes_) \
	{.name = "acl/" name_, .per = "packet", .about = about_, .ops = BENCH_BURST, .shapes = BENCH_BURSTS | BENCH_COLD, .open = open_acl, .prepare = prepare_acl, .run = run_, \
	 .finish = check_acl, .close = close_acl, .arg = &(const struct acl_arg){rules_, prefixes_}}

const struct bench_case bench_acl_cases[] = {
	ACL("10", "headers read, and an access list of 10 rules", run_compiled, 10, 1),
	ACL("100", "the same of 100 rules", run_compiled, 100, 1),
	ACL("1000", "the same of 1,000 rules", run_compiled, 1000, 1),
	ACL("bogons-5k", "the same of one rule with 5,000 prefixes", run_compiled, 1, BOGONS),
	ACL("linear-10", "headers read, and 10 rules one after the other", run_linear, 10, 1),
	ACL("linear-100", "the same of 100 rules", run_linear, 100, 1),
	ACL("linear-1000", "the same of 1,000 rules", run_linear, 1000, 1),
	{.name = NULL},
};
/* clang-format on */
