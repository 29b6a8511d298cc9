/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the XDP program does with each kind of packet: the program as it is loaded in the kernel, over one frame after the
 * other (BPF_PROG_TEST_RUN), with a socket bound to the queue, since without one nothing would be redirected. The frame's
 * way is its XDP verdict, its reason the counter of the rule. Needs root, for a network namespace of its own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include <rte_mempool.h>

#include "amime_xdp.skel.h"
#include "base/bytes.h"
#include "drivers/umem.h"
#include "eal.h"
#include "xdp_prog.h"
#include "xsk.h"

enum { BUFFERS = 512, ROOM = 512 };

/* Whose address. */
enum whose { OURS, KERNELS, ELSEWHERE, GROUP, LINK_LOCAL, LOOPBACK, REMOTE };
static const char *const addresses[][2] = {
	[OURS] = {"192.0.2.1", "2001:db8::1"}, /* a tunnel's local address, which is the kernel's too */
	[KERNELS] = {"192.0.2.2", "2001:db8::2"},
	[ELSEWHERE] = {"203.0.113.9", "2001:db8:9::9"},
	[GROUP] = {"224.0.0.5", "ff02::5"},
	[LINK_LOCAL] = {"169.254.0.1", "fe80::1"},
	[LOOPBACK] = {"127.0.0.1", "::1"},
	[REMOTE] = {"198.51.100.1", "2001:db8:2::1"},
};

/* What the program is told before: each has what stands before it, except for the last two. */
enum mode { TUNNELS, ROUTED, ROUTED_VLAN, A_VLAN, WHOLE_PORT };

static const struct kind {
	const char *name;
	enum mode mode;
	uint8_t family; /* 0: no IP */
	uint16_t type;  /* where it is none */
	uint8_t tags;
	uint16_t vid;   /* of the outer one */
	bool other_mac; /* not to the port's MAC */
	enum whose to;
	uint8_t proto;
	const char *chain; /* IPv6: types of the extension headers before proto, 44 as frag says */
	uint16_t frag;     /* as it stands in the header */
	uint16_t id;
	uint16_t port; /* UDP's destination, or type and code of ICMP */
	struct {
		enum whose from;
		uint8_t proto;
		const char *chain;
		uint16_t frag, port;
	} quote;
	uint16_t cut; /* only so many octets of the frame */
	enum am_steer_rule want;
} kinds[] = {
	/* not IP */
	{"ARP", .type = 0x0806},
	{"LLDP", .type = 0x88cc},
	{"a frame of 14 octets", .type = 0x0800},
	{"PPPoE session", .type = 0x8864},
	/* IPv4 to a tunnel's address */
	{"v4 EtherIP", .family = 4, .proto = 97, .want = AM_STEER_ETHERIP},
	{"v4 GRE", .family = 4, .proto = 47, .want = AM_STEER_GRE},
	{"v4 VXLAN", .family = 4, .proto = 17, .port = 4789, .want = AM_STEER_VXLAN},
	{"v4 VXLAN, tagged", .family = 4, .tags = 1, .vid = 7, .proto = 17, .port = 4789,
		.want = AM_STEER_VXLAN},
	{"v4 EtherIP, QinQ", .family = 4, .tags = 2, .vid = 7, .proto = 97, .want = AM_STEER_ETHERIP},
	{"v4 EtherIP, three tags", .family = 4, .tags = 3, .vid = 7, .proto = 97},
	{"v4 DNS answer", .family = 4, .proto = 17, .port = 40000},
	{"v4 SSH", .family = 4, .proto = 6, .port = 22},
	{"v4 BGP from a neighbour", .family = 4, .proto = 6, .port = 179},
	{"v4 OSPF", .family = 4, .to = GROUP, .proto = 89},
	{"v4 ping", .family = 4, .proto = 1, .port = 0x0800},
	{"v4 EtherIP to another address of the kernel's", .family = 4, .to = KERNELS, .proto = 97},
	{"v4 cut in the IP header", .family = 4, .proto = 97, .cut = 30},
	{"v4 VXLAN cut in the UDP header", .family = 4, .proto = 17, .port = 4789, .cut = 38},
	/* fragments: what came before decides */
	{"v4 first of GRE", .family = 4, .proto = 47, .frag = 0x2000, .want = AM_STEER_GRE},
	{"v4 later of GRE", .family = 4, .proto = 47, .frag = 0x00a0, .want = AM_STEER_GRE},
	{"v4 first of VXLAN", .family = 4, .proto = 17, .port = 4789, .frag = 0x2000, .id = 1,
		.want = AM_STEER_VXLAN},
	{"v4 later of it", .family = 4, .proto = 17, .frag = 0x00a0, .id = 1, .want = AM_STEER_FRAGMENT},
	{"v4 later of UDP, nothing known", .family = 4, .proto = 17, .frag = 0x00a0, .id = 2,
		.want = AM_STEER_FRAGMENT},
	{"v4 first of a DNS answer", .family = 4, .proto = 17, .port = 40000, .frag = 0x2000, .id = 3},
	{"v4 middle of it", .family = 4, .proto = 17, .frag = 0x20b9, .id = 3,
		.want = AM_STEER_KERNEL_FRAGMENT},
	{"v4 last of it", .family = 4, .proto = 17, .frag = 0x0172, .id = 3,
		.want = AM_STEER_KERNEL_FRAGMENT},
	{"v4 first of VXLAN with that identification", .family = 4, .proto = 17, .port = 4789, .frag = 0x2000,
		.id = 3, .want = AM_STEER_VXLAN},
	{"v4 later of that", .family = 4, .proto = 17, .frag = 0x00a0, .id = 3, .want = AM_STEER_FRAGMENT},
	/* ICMP errors */
	{"v4 unreachable for EtherIP", .family = 4, .proto = 1, .port = 0x0301,
		.quote = {OURS, 97, .chain = NULL}, .want = AM_STEER_ICMP},
	{"v4 too big for GRE", .family = 4, .proto = 1, .port = 0x0304, .quote = {OURS, 47, .chain = NULL},
		.want = AM_STEER_ICMP},
	{"v4 time exceeded for VXLAN", .family = 4, .proto = 1, .port = 0x0b00,
		.quote = {OURS, 17, .port = 4789}, .want = AM_STEER_ICMP},
	{"v4 unreachable for the kernel's UDP", .family = 4, .proto = 1, .port = 0x0303,
		.quote = {OURS, 17, .port = 53}},
	{"v4 too big for SSH", .family = 4, .proto = 1, .port = 0x0304, .quote = {OURS, 6, .port = 22}},
	{"v4 error about a later fragment of UDP", .family = 4, .proto = 1, .port = 0x0b01,
		.quote = {OURS, 17, .frag = 0x00a0, .port = 4789}},
	{"v4 error about somebody else's GRE", .family = 4, .proto = 1, .port = 0x0301,
		.quote = {ELSEWHERE, 47, .chain = NULL}},
	/* IPv6 */
	{"v6 EtherIP", .family = 6, .proto = 97, .want = AM_STEER_ETHERIP},
	{"v6 GRE", .family = 6, .proto = 47, .want = AM_STEER_GRE},
	{"v6 GRE behind destination options", .family = 6, .chain = "\x3c", .proto = 47,
		.want = AM_STEER_GRE},
	{"v6 GRE behind four headers", .family = 6, .chain = "\x3c\x2b\x3c\x3c", .proto = 47,
		.want = AM_STEER_GRE},
	{"v6 GRE behind five", .family = 6, .chain = "\x3c\x2b\x3c\x3c\x3c", .proto = 47},
	{"v6 VXLAN", .family = 6, .proto = 17, .port = 4789, .want = AM_STEER_VXLAN},
	{"v6 DNS answer", .family = 6, .proto = 17, .port = 40000},
	{"v6 SSH", .family = 6, .proto = 6, .port = 22},
	{"v6 neighbour solicitation", .family = 6, .proto = 58, .port = 0x8700},
	{"v6 atomic fragment of EtherIP", .family = 6, .chain = "\x2c", .proto = 97,
		.want = AM_STEER_ETHERIP},
	{"v6 later of EtherIP", .family = 6, .chain = "\x2c", .frag = 0x04d0, .proto = 97,
		.want = AM_STEER_ETHERIP},
	{"v6 later, destination options", .family = 6, .chain = "\x2c", .frag = 0x04d0, .id = 1, .proto = 60,
		.want = AM_STEER_FRAGMENT},
	{"v6 later of UDP, nothing known", .family = 6, .chain = "\x2c", .frag = 0x04d0, .id = 2, .proto = 17,
		.want = AM_STEER_FRAGMENT},
	{"v6 first of a DNS answer", .family = 6, .chain = "\x2c", .frag = 1, .id = 3, .proto = 17,
		.port = 40000},
	{"v6 last of it", .family = 6, .chain = "\x2c", .frag = 0x04d0, .id = 3, .proto = 17,
		.want = AM_STEER_KERNEL_FRAGMENT},
	{"v6 too big for EtherIP", .family = 6, .proto = 58, .port = 0x0200,
		.quote = {OURS, 97, .chain = NULL}, .want = AM_STEER_ICMP},
	{"v6 too big for a first fragment of GRE", .family = 6, .proto = 58, .port = 0x0200,
		.quote = {OURS, 47, "\x2c", .frag = 1}, .want = AM_STEER_ICMP},
	{"v6 too big for SSH", .family = 6, .proto = 58, .port = 0x0200, .quote = {OURS, 6, .port = 22}},
	{"v6 router advertisement", .family = 6, .to = GROUP, .proto = 58, .port = 0x8600},
	{"v6 cut in the header", .family = 6, .proto = 97, .cut = 50},
	/* a port that routes */
	{"v4 to be routed, where we do not", .family = 4, .to = ELSEWHERE, .proto = 6},
	{"v4 to be routed", ROUTED, .family = 4, .to = ELSEWHERE, .proto = 6, .want = AM_STEER_ROUTED},
	{"v4 to be routed, tagged", ROUTED, .family = 4, .tags = 1, .vid = 7, .to = ELSEWHERE, .proto = 6},
	{"v4 to be routed, another MAC", ROUTED, .family = 4, .other_mac = true, .to = ELSEWHERE, .proto = 6},
	{"v4 fragment to be routed", ROUTED, .family = 4, .to = ELSEWHERE, .proto = 17, .frag = 0x00a0,
		.want = AM_STEER_ROUTED},
	{"v4 SSH where we route", ROUTED, .family = 4, .to = KERNELS, .proto = 6, .port = 22},
	{"v4 SSH to a tunnel's address where we route", ROUTED, .family = 4, .proto = 6, .port = 22},
	{"v4 EtherIP where we route", ROUTED, .family = 4, .proto = 97, .want = AM_STEER_ETHERIP},
	{"v4 to a group where we route", ROUTED, .family = 4, .to = GROUP, .proto = 89},
	{"v4 link-local where we route", ROUTED, .family = 4, .to = LINK_LOCAL, .proto = 17},
	{"v4 loopback where we route", ROUTED, .family = 4, .to = LOOPBACK, .proto = 17},
	{"ARP where we route", ROUTED, .type = 0x0806},
	{"v6 to be routed", ROUTED, .family = 6, .to = ELSEWHERE, .proto = 6, .want = AM_STEER_ROUTED},
	{"v6 SSH where we route", ROUTED, .family = 6, .to = KERNELS, .proto = 6, .port = 22},
	{"v6 neighbour solicitation where we route", ROUTED, .family = 6, .to = GROUP, .proto = 58,
		.port = 0x8700},
	{"v6 link-local where we route", ROUTED, .family = 6, .to = LINK_LOCAL, .proto = 58, .port = 0x8800},
	{"v6 loopback where we route", ROUTED, .family = 6, .to = LOOPBACK, .proto = 17},
	{"v4 to be routed, in our VLAN", ROUTED_VLAN, .family = 4, .tags = 1, .vid = 7, .to = ELSEWHERE,
		.proto = 6, .want = AM_STEER_ROUTED},
	{"v4 to be routed, not in our VLAN", ROUTED_VLAN, .family = 4, .to = ELSEWHERE, .proto = 6},
	/* VLANs and ports of bridges */
	{"ARP in a bridge's VLAN", A_VLAN, .type = 0x0806, .tags = 1, .vid = 100, .want = AM_STEER_VLAN},
	{"v4 EtherIP in a bridge's VLAN", A_VLAN, .family = 4, .tags = 1, .vid = 100, .proto = 97,
		.want = AM_STEER_VLAN},
	{"ARP in another VLAN", A_VLAN, .type = 0x0806, .tags = 1, .vid = 101},
	{"v4 EtherIP in another VLAN", A_VLAN, .family = 4, .tags = 1, .vid = 101, .proto = 97,
		.want = AM_STEER_ETHERIP},
	{"ARP on a bridge's port", WHOLE_PORT, .type = 0x0806, .want = AM_STEER_ALL},
	{"v4 SSH on a bridge's port", WHOLE_PORT, .family = 4, .proto = 6, .port = 22, .want = AM_STEER_ALL},
};

enum { KINDS = sizeof kinds / sizeof *kinds };
_Static_assert(KINDS >= 40, "the table is long");

/* ---- a frame of one kind ---- */

static uint8_t *put_address(uint8_t *at, uint8_t family, enum whose whose)
{
	assert_int_equal(inet_pton(family == 4 ? AF_INET : AF_INET6, addresses[whose][family == 6], at), 1);
	return at + (family == 4 ? 4 : 16);
}

static uint8_t *put4(uint8_t *at, const struct kind *k, enum whose from, enum whose to)
{
	memcpy(at, "\x45\0\0\x60\0\0\0\0\x40", 9);
	am_store16(at + 4, k->id);
	am_store16(at + 6, k->frag);
	at[9] = k->proto;
	return put_address(put_address(at + 12, 4, from), 4, to);
}

/* The chain's headers one after the other, each naming the next. */
static uint8_t *put6(uint8_t *at, const struct kind *k, enum whose from, enum whose to)
{
	const char *chain = k->chain ? k->chain : "";
	uint8_t *next = at + 6;

	memcpy(at, "\x60\0\0\0\0\x60\0\x40", 8);
	at = put_address(put_address(at + 8, 6, from), 6, to);
	for (; *chain; chain++, at += 8) {
		*next = (uint8_t)*chain;
		next = at;
		if (*chain == 44) {
			am_store16(at + 2, k->frag);
			am_store32(at + 4, k->id);
		}
	}
	*next = k->proto;
	return at;
}

static uint8_t *put_ip(uint8_t *at, const struct kind *k, enum whose from, enum whose to)
{
	return k->family == 4 ? put4(at, k, from, to) : put6(at, k, from, to);
}

static void put_payload(uint8_t *at, const struct kind *k)
{
	if (k->proto == 17) {
		am_store16(at + 2, k->port);
	} else if (k->proto == 1 || k->proto == 58) {
		struct kind quoted = {.family = k->family,
			.proto = k->quote.proto,
			.chain = k->quote.chain,
			.frag = k->quote.frag,
			.port = k->quote.port};

		am_store16(at, k->port);
		if (quoted.proto)
			put_payload(put_ip(at + 8, &quoted, k->quote.from, REMOTE), &quoted);
	}
}

static const uint8_t our_mac[6] = {2, 0, 0, 0, 0, 1};

static uint32_t make(uint8_t *frame, const struct kind *k)
{
	uint8_t *at = frame + 12;

	memset(frame, 0, ROOM);
	memcpy(frame, our_mac, 6);
	frame[5] ^= k->other_mac;
	if (k->to == GROUP)
		memcpy(frame, "\x01\0\x5e\0\0\5", 6);
	for (unsigned i = 0; i < k->tags; i++, at += 4) {
		am_store16(at, i + 1 < k->tags ? ETH_P_8021AD : ETH_P_8021Q);
		am_store16(at + 2, i ? 9 : k->vid);
	}
	am_store16(at, k->family == 4 ? ETH_P_IP : k->family == 6 ? ETH_P_IPV6 : k->type);
	if (!k->family)
		return (uint32_t)(at + 2 - frame) + (k->type == ETH_P_ARP ? 28 : 0);
	put_payload(put_ip(at + 2, k, REMOTE, k->to), k);
	return k->cut ? k->cut : 400;
}

/* ---- the program ---- */

struct fixture {
	struct xdp_prog prog;
	struct xsk xsk;
	struct rte_mempool *pool;
	struct am_ip locals[2], kernel[6];
};

static void parse(struct am_ip *out, const char *text)
{
	assert_int_equal(am_ip_parse_text(text, out), 0);
}

static void steer(struct fixture *f, enum mode mode)
{
	struct am_steer s = {.n_locals = 2, .locals = f->locals, .n_kernel = 4, .kernel = f->kernel};
	struct am_mac mac;

	memcpy(mac.bytes, our_mac, sizeof mac.bytes);
	s.routed = mode == ROUTED || mode == ROUTED_VLAN;
	s.routed_vid = mode == ROUTED_VLAN ? 7 : 0;
	if (mode == A_VLAN)
		s.vids[100 / 64] |= 1ull << 100 % 64;
	s.all = mode == WHOLE_PORT;
	assert_int_equal(xdp_prog_steer(&f->prog, &s, &mac), 0);
}

static int setup(void **state)
{
	static struct fixture f;
	struct am_err err = {""};

	f.pool = am_umem_pool("steer", BUFFERS, 0, true);
	assert_non_null(f.pool);
	parse(&f.locals[0], addresses[OURS][0]);
	parse(&f.locals[1], addresses[OURS][1]);
	for (unsigned i = 0; i < 4; i++)
		parse(&f.kernel[i], addresses[i / 2 ? KERNELS : OURS][i % 2]);
	if (xdp_prog_load(&f.prog, &err) || xsk_open(&f.xsk, "amt0", 0, f.pool, &err))
		fail_msg("%s", err.text);
	assert_int_equal(xdp_prog_set_socket(&f.prog, 0, f.xsk.fd), 0);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	xdp_prog_free(&f->prog);
	xsk_close(&f->xsk);
	assert_int_equal(rte_mempool_avail_count(f->pool), BUFFERS);
	rte_mempool_free(f->pool);
	return 0;
}

/* The XDP verdict of one frame that comes in by amt0. */
static uint32_t run(const struct fixture *f, const uint8_t *frame, uint32_t len)
{
	struct xdp_md ctx = {.data_end = len, .ingress_ifindex = if_nametoindex("amt0")};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len, .ctx_in = &ctx,
		.ctx_size_in = sizeof ctx, .repeat = 1);

	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(f->prog.skel->progs.amime), &opts), 0);
	return opts.retval;
}

/* Each kind goes where it should, and exactly one counter says why. */
static void test_kinds(void **state)
{
	struct fixture *f = *state;
	uint64_t before[AM_STEER_RULES], after[AM_STEER_RULES];
	uint8_t frame[ROOM];
	int mode = -1;

	for (unsigned i = 0; i < KINDS; i++) {
		const struct kind *k = &kinds[i];
		bool kernels = k->want == AM_STEER_KERNEL || k->want == AM_STEER_KERNEL_FRAGMENT;
		uint32_t verdict, len = make(frame, k);

		if (mode != (int)k->mode)
			steer(f, k->mode);
		mode = (int)k->mode;
		xdp_prog_counts(&f->prog, before);
		verdict = run(f, frame, len);
		xdp_prog_counts(&f->prog, after);
		if (verdict != (kernels ? XDP_PASS : XDP_REDIRECT))
			fail_msg("%s: XDP verdict %u", k->name, verdict);
		for (unsigned r = 0; r < AM_STEER_RULES; r++)
			if (after[r] - before[r] != (r == k->want))
				fail_msg("%s: rule %s counted %d", k->name, am_steer_rule_name(r),
					(int)(after[r] - before[r]));
	}
	print_message("%u kinds of packets\n", (unsigned)KINDS);
}

/* Rules change without a detach, and what is in the old and the new ones is never the kernel's meanwhile. */
static void test_update(void **state)
{
	struct fixture *f = *state;
	const struct kind gre = {.family = 4, .proto = 47}, other = {.family = 4, .to = KERNELS, .proto = 47};
	struct am_ip both[2];
	struct am_steer s = {.n_locals = 1, .locals = both};
	const struct am_mac mac = {{2}};
	uint8_t frame[ROOM];

	parse(&both[0], addresses[OURS][0]);
	parse(&both[1], addresses[KERNELS][0]);
	assert_int_equal(xdp_prog_steer(&f->prog, &s, &mac), 0);
	assert_int_equal(run(f, frame, make(frame, &gre)), XDP_REDIRECT);
	assert_int_equal(run(f, frame, make(frame, &other)), XDP_PASS);
	s.n_locals = 2;
	assert_int_equal(xdp_prog_steer(&f->prog, &s, &mac), 0);
	assert_int_equal(run(f, frame, make(frame, &gre)), XDP_REDIRECT);
	assert_int_equal(run(f, frame, make(frame, &other)), XDP_REDIRECT);
	s = (struct am_steer){.n_locals = 1, .locals = both + 1};
	assert_int_equal(xdp_prog_steer(&f->prog, &s, &mac), 0);
	assert_int_equal(run(f, frame, make(frame, &gre)), XDP_PASS);
	assert_int_equal(run(f, frame, make(frame, &other)), XDP_REDIRECT);
}

/* Without a socket on the queue the kernel has its frame, rather than nobody. */
static void test_no_socket(void **state)
{
	struct fixture *f = *state;
	const struct kind gre = {.family = 4, .proto = 47};
	uint32_t queue = 0;
	uint8_t frame[ROOM];

	steer(f, TUNNELS);
	assert_int_equal(bpf_map_delete_elem(bpf_map__fd(f->prog.skel->maps.xsks), &queue), 0);
	assert_int_equal(run(f, frame, make(frame, &gre)), XDP_PASS);
	assert_int_equal(xdp_prog_set_socket(&f->prog, 0, f->xsk.fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_no_socket),
	};

	if (geteuid() || unshare(CLONE_NEWNET) || system("ip link add amt0 type veth peer name amt1")) {
		fprintf(stderr, "needs root, for a network namespace\n");
		return 77;
	}
	return am_test_eal() ? 1 : cmocka_run_group_tests_name("drivers/steer", tests, setup, teardown);
}
