/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a worker hands to the kernel's mirror of an interface and how, what it sends for the kernel, and neighbours that come
 * and go: the data plane in memory, the test in the place of the slow thread.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "eal.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/ip.h"
#include "pipeline/punt.h"
#include "pkt/buf.h"
#include "rig.h"

static const char config[] =
	"{\"ports\":{\"lan\":{\"driver\":\"mem\",\"vrf\":\"default\",\"mac\":\"02:00:00:00:00:01\","
	"\"addresses\":[\"10.0.0.1/24\",\"fd00::1/64\"],"
	"\"vlans\":{\"100\":{\"addresses\":[\"10.1.0.1/24\"]},\"200\":{\"addresses\":[\"10.2.0.1/24\"],\"host\":false}}},"
	"\"wan\":{\"driver\":\"mem\",\"vrf\":\"underlay\",\"mac\":\"02:00:00:00:00:02\"}},"
	"\"tunnels\":{\"t\":{\"type\":\"gre\",\"local\":\"192.0.2.1\",\"remote\":\"192.0.2.2\","
	"\"addresses\":[\"10.9.0.1/30\"]}},"
	"\"vrfs\":{\"default\":{\"loopbacks\":[\"10.255.0.1\"]},"
	"\"underlay\":{\"routes\":[{\"prefix\":\"192.0.2.0/24\",\"port\":\"wan\",\"mac\":\"02:00:00:00:00:22\"}]}}}";

struct fixture {
	struct rte_mempool *pool;
	struct rig rig;
	int fd;
};

static int setup(void **state)
{
	static struct fixture f;

	f.pool = rig_pool(1024);
	*state = &f;
	return f.pool ? 0 : -1;
}

static void open_rig(struct fixture *f, const char *text)
{
	rig_open(&f->rig, f->pool, text, 1, 1, false);
	f->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	assert_int_equal(am_plane_set_punt(f->rig.plane, f->fd), 0);
}

static void close_rig(struct fixture *f)
{
	rig_close(&f->rig);
	close(f->fd);
}

static uint16_t interface(const struct fixture *f, const char *name)
{
	return rig_interface(&f->rig, name);
}

/* A frame to the port, with a tag where vid is not 0. Returns where its payload begins. */
static uint8_t *begin(struct rig_frame *frame, const char *to, uint16_t vid, uint16_t type, uint16_t payload)
{
	uint8_t *at = frame->bytes + 12;

	memset(frame, 0, sizeof *frame);
	memcpy(frame->bytes, to, 6);
	memcpy(frame->bytes + 6, "\2\0\0\0\0\x0a", 6);
	if (vid) {
		am_store16(at, AM_ET_DOT1Q);
		am_store16(at + 2, vid);
		at += 4;
	}
	am_store16(at, type);
	frame->len = (uint16_t)(at + 2 + payload - frame->bytes);
	return at + 2;
}

static void put_ip4(uint8_t *ip, const char *from, const char *to, uint8_t proto, uint16_t len)
{
	uint16_t sum;

	ip[0] = 0x45;
	am_store16(ip + 2, len);
	ip[8] = 64;
	ip[9] = proto;
	inet_pton(AF_INET, from, ip + 12);
	inet_pton(AF_INET, to, ip + 16);
	sum = am_csum_finish(am_csum_add(ip, 20, 0));
	memcpy(ip + 10, &sum, 2);
}

static void put_ip6(uint8_t *ip, const char *from, const char *to, uint8_t type)
{
	ip[0] = 0x60;
	am_store16(ip + 4, 8);
	ip[6] = AM_PROTO_ICMPV6;
	ip[7] = 255;
	inet_pton(AF_INET6, from, ip + 8);
	inet_pton(AF_INET6, to, ip + 24);
	ip[40] = type;
}

#define OURS  "\2\0\0\0\0\1"
#define ALL   "\xff\xff\xff\xff\xff\xff"
#define GROUP "\x33\x33\0\0\0\1"

/* The one packet that was handed up: its class, and where to. */
static struct rte_mbuf *handed(struct fixture *f, const char *to, enum am_punt_class class)
{
	struct am_punted p[2] = {{0}};
	char buf[256];

	rig_settle(&f->rig);
	if (am_plane_punted(f->rig.plane, 0, p, 2) != 1)
		fail_msg("nothing, or more than one, for %s: %s", to,
			rig_drop_names(&f->rig, buf, sizeof buf));
	assert_int_equal(p[0].to, interface(f, to));
	assert_int_equal(p[0].class, class);
	return p[0].m;
}

/* As it came, without the tag. */
static void expect_frame(struct fixture *f, const struct rig_frame *frame, uint16_t vid, const char *to,
	enum am_punt_class class)
{
	struct rte_mbuf *m;
	unsigned tag = vid ? 4 : 0;

	rig_push(&f->rig, "lan", 0, frame->bytes, frame->len);
	m = handed(f, to, class);
	assert_int_equal(am_buf_len(m), frame->len - tag);
	assert_memory_equal(am_buf_data(m), frame->bytes, 12);
	assert_memory_equal(am_buf_data(m) + 12, frame->bytes + 12 + tag, frame->len - 12 - tag);
	am_buf_free(m);
}

static void test_link(void **state)
{
	struct fixture *f = *state;
	struct rig_frame frame;

	open_rig(f, config);
	begin(&frame, ALL, 0, AM_ET_ARP, 28);
	expect_frame(f, &frame, 0, "lan", AM_PUNT_ARP_ND);
	begin(&frame, OURS, 0, AM_ET_ARP, 28);
	expect_frame(f, &frame, 0, "lan", AM_PUNT_ARP_ND);
	begin(&frame, ALL, 100, AM_ET_ARP, 28);
	expect_frame(f, &frame, 100, "lan.100", AM_PUNT_ARP_ND);
	put_ip6(begin(&frame, GROUP, 0, AM_ET_IPV6, 48), "fe80::a", "ff02::1:ff00:1", 135);
	expect_frame(f, &frame, 0, "lan", AM_PUNT_ARP_ND);
	put_ip6(begin(&frame, OURS, 0, AM_ET_IPV6, 48), "fe80::a", "fd00::1", 136);
	expect_frame(f, &frame, 0, "lan", AM_PUNT_ARP_ND);
	put_ip4(begin(&frame, "\1\0\x5e\0\0\5", 0, AM_ET_IPV4, 40), "10.0.0.9", "224.0.0.5", 89, 40);
	expect_frame(f, &frame, 0, "lan", AM_PUNT_OTHER);
	close_rig(f);
}

static void test_local(void **state)
{
	struct fixture *f = *state;
	struct rig_frame frame;
	struct rte_mbuf *m;

	open_rig(f, config);
	put_ip4(begin(&frame, OURS, 0, AM_ET_IPV4, 40), "10.0.0.9", "10.0.0.1", AM_PROTO_ICMP, 40);
	expect_frame(f, &frame, 0, "lan", AM_PUNT_ICMP);
	put_ip4(begin(&frame, OURS, 0, AM_ET_IPV4, 40), "10.0.0.9", "10.255.0.1", AM_PROTO_TCP, 40);
	expect_frame(f, &frame, 0, "lan", AM_PUNT_TCP);
	put_ip4(begin(&frame, OURS, 0, AM_ET_IPV4, 40), "10.0.0.9", "10.255.0.1", AM_PROTO_UDP, 40);
	expect_frame(f, &frame, 0, "lan", AM_PUNT_OTHER);
	/* Without a mirror of its own: the VRF's, which takes IP packets. */
	put_ip4(begin(&frame, OURS, 200, AM_ET_IPV4, 40), "10.2.0.9", "10.2.0.1", AM_PROTO_ICMP, 40);
	rig_push(&f->rig, "lan", 0, frame.bytes, frame.len);
	m = handed(f, "default", AM_PUNT_ICMP);
	assert_int_equal(am_buf_len(m), 40);
	assert_memory_equal(am_buf_data(m), frame.bytes + 18, 40);
	am_buf_free(m);
	/* Out of the tunnel. */
	memcpy(begin(&frame, "\2\0\0\0\0\2", 0, AM_ET_IPV4, 64) + 20, "\0\0\x08\0", 4);
	put_ip4(frame.bytes + 14, "192.0.2.2", "192.0.2.1", AM_PROTO_GRE, 64);
	put_ip4(frame.bytes + 38, "10.9.0.2", "10.9.0.1", AM_PROTO_ICMP, 40);
	rig_push(&f->rig, "wan", 0, frame.bytes, frame.len);
	m = handed(f, "t", AM_PUNT_ICMP);
	assert_memory_equal(am_buf_data(m), frame.bytes + 38, 40);
	am_buf_free(m);
	close_rig(f);
}

/* A VRF that does not route has nothing for the box in it but tunnels. */
static void test_underlay(void **state)
{
	struct fixture *f = *state;
	struct rig_frame frame;

	open_rig(f, config);
	memcpy(begin(&frame, "\2\0\0\0\0\2", 0, AM_ET_IPV4, 40) + 20, "\0\x35\0\x35\0\x14\0\0", 8);
	put_ip4(frame.bytes + 14, "192.0.2.2", "192.0.2.1", AM_PROTO_UDP, 40);
	rig_push(&f->rig, "wan", 0, frame.bytes, frame.len);
	rig_settle(&f->rig);
	assert_int_equal(rig_drops(&f->rig, AM_V_UDP_PORT), 1);
	close_rig(f);
}

static void kernel_sends(struct fixture *f, const char *by, const void *bytes, uint16_t len)
{
	struct rte_mbuf *m = am_buf_alloc(f->pool, AM_BUF_HEADROOM);

	assert_non_null(m);
	memcpy(am_buf_set_len(m, len), bytes, len);
	assert_true(am_plane_inject(f->rig.plane, 0, interface(f, by), m));
	rig_settle(&f->rig);
}

static void test_down(void **state)
{
	struct fixture *f = *state;
	struct rig_frame frame, out;
	uint8_t ip[40] = {0};

	open_rig(f, config);
	begin(&frame, ALL, 0, AM_ET_ARP, 28);
	kernel_sends(f, "lan", frame.bytes, frame.len);
	assert_true(rig_pop(&f->rig, "lan", 0, &out));
	assert_int_equal(out.len, frame.len);
	assert_memory_equal(out.bytes, frame.bytes, frame.len);
	kernel_sends(f, "lan.100", frame.bytes, frame.len);
	assert_true(rig_pop(&f->rig, "lan", 0, &out));
	assert_int_equal(out.len, frame.len + 4);
	assert_memory_equal(out.bytes + 12, "\x81\0\0\x64\x08\6", 6);
	/* Routed like any other packet, and its TTL is that of a packet that begins here. */
	put_ip4(ip, "10.255.0.1", "10.9.0.2", AM_PROTO_TCP, 40);
	kernel_sends(f, "default", ip, sizeof ip);
	assert_true(rig_pop(&f->rig, "wan", 0, &out));
	assert_int_equal(out.len, 14 + 24 + 40);
	assert_memory_equal(out.bytes + 38, ip, sizeof ip);
	kernel_sends(f, "t", ip, sizeof ip);
	assert_true(rig_pop(&f->rig, "wan", 0, &out));
	kernel_sends(f, "t", ip, 10);
	assert_int_equal(rig_drops(&f->rig, AM_V_IP4_SHORT), 1);
	close_rig(f);
}

static bool reaches(struct fixture *f, const char *to, const char *mac, uint16_t vid)
{
	struct rig_frame frame, out;
	bool found;

	put_ip4(begin(&frame, "\2\0\0\0\0\2", 0, AM_ET_IPV4, 64) + 24, "10.9.0.2", to, AM_PROTO_UDP, 40);
	memcpy(frame.bytes + 34, "\0\0\x08\0", 4);
	put_ip4(frame.bytes + 14, "192.0.2.2", "192.0.2.1", AM_PROTO_GRE, 64);
	rig_push(&f->rig, "wan", 0, frame.bytes, frame.len);
	rig_settle(&f->rig);
	found = rig_pop(&f->rig, "lan", 0, &out);
	if (found) {
		assert_memory_equal(out.bytes, mac, 6);
		assert_int_equal(am_load16(out.bytes + 12), vid ? AM_ET_DOT1Q : AM_ET_IPV4);
	}
	return found;
}

static void neighbour(struct fixture *f, const char *on, const char *ip, const char *mac)
{
	struct am_mac m;
	struct am_ip a;

	assert_int_equal(am_ip_parse_text(ip, &a), 0);
	if (mac)
		memcpy(m.bytes, mac, 6);
	am_model_retire(am_model_neighbour(f->rig.model, interface(f, on), &a, mac ? &m : NULL));
}

/* Each on its own link; what is not on one, or is ourselves, is none. */
static void test_neighbours(void **state)
{
	struct fixture *f = *state;
	struct am_punted p;

	open_rig(f, config);
	assert_false(reaches(f, "10.0.0.9", NULL, 0));
	assert_int_equal(am_plane_punted(f->rig.plane, 0, &p, 1), 1);
	assert_int_equal(p.class, AM_PUNT_GLEAN);
	assert_int_equal(p.to, interface(f, "lan"));
	assert_memory_equal(am_buf_data(p.m) + 16, "\x0a\0\0\x09", 4);
	am_buf_free(p.m);
	neighbour(f, "lan", "10.0.0.9", "\2\0\0\0\0\x09");
	assert_true(reaches(f, "10.0.0.9", "\2\0\0\0\0\x09", 0));
	neighbour(f, "lan", "10.0.0.9", "\2\0\0\0\0\x0b");
	assert_true(reaches(f, "10.0.0.9", "\2\0\0\0\0\x0b", 0));
	neighbour(f, "lan.100", "10.1.0.9", "\2\0\0\0\0\x0c");
	assert_true(reaches(f, "10.1.0.9", "\2\0\0\0\0\x0c", 100));
	neighbour(f, "lan", "10.1.0.8", "\2\0\0\0\0\x0c");
	neighbour(f, "lan", "10.0.0.1", "\2\0\0\0\0\x0c");
	assert_int_equal(am_model_neighbours(f->rig.model), 2);
	neighbour(f, "lan", "10.0.0.9", NULL);
	assert_false(reaches(f, "10.0.0.9", NULL, 0));
	assert_int_equal(am_model_neighbours(f->rig.model), 1);
	close_rig(f);
}

/* A bridge with addresses: its mirror sits beside its members. */
static void test_bridge(void **state)
{
	static const char irb[] =
		"{\"ports\":{\"lan\":{\"driver\":\"mem\"}},\"bridges\":{\"br\":{\"members\":[{\"port\":\"lan\"}],"
		"\"mac\":\"02:00:00:00:00:01\",\"addresses\":[\"10.0.0.1/24\"]}}}";
	struct fixture *f = *state;
	struct rig_frame frame, out;

	open_rig(f, irb);
	begin(&frame, ALL, 0, AM_ET_ARP, 28);
	expect_frame(f, &frame, 0, "br", AM_PUNT_ARP_ND);
	put_ip4(begin(&frame, OURS, 0, AM_ET_IPV4, 40), "10.0.0.9", "10.0.0.1", AM_PROTO_ICMP, 40);
	expect_frame(f, &frame, 0, "br", AM_PUNT_ICMP);
	begin(&frame, ALL, 0, AM_ET_ARP, 28);
	memcpy(frame.bytes + 6, OURS, 6);
	kernel_sends(f, "br", frame.bytes, frame.len);
	assert_true(rig_pop(&f->rig, "lan", 0, &out));
	assert_memory_equal(out.bytes, frame.bytes, frame.len);
	neighbour(f, "br", "10.0.0.9", "\2\0\0\0\0\x0a");
	assert_int_equal(am_model_neighbours(f->rig.model), 1);
	put_ip4(begin(&frame, OURS, 0, AM_ET_IPV4, 40), "10.0.0.8", "10.0.0.9", AM_PROTO_UDP, 40);
	rig_push(&f->rig, "lan", 0, frame.bytes, frame.len);
	rig_settle(&f->rig);
	close_rig(f);
}

/* A packet that has waited for its neighbour goes on as if it had come just now, one hop on. */
static void test_forward(void **state)
{
	struct fixture *f = *state;
	struct rig_frame out;
	struct am_punted p;

	open_rig(f, config);
	assert_false(reaches(f, "10.0.0.9", NULL, 0));
	assert_int_equal(am_plane_punted(f->rig.plane, 0, &p, 1), 1);
	assert_int_equal(am_buf_data(p.m)[8], 63);
	neighbour(f, "lan", "10.0.0.9", "\2\0\0\0\0\x09");
	assert_true(am_plane_forward(f->rig.plane, 0, p.to, p.m, true));
	rig_settle(&f->rig);
	assert_true(rig_pop(&f->rig, "lan", 0, &out));
	assert_memory_equal(out.bytes, "\2\0\0\0\0\x09\2\0\0\0\0\1\x08\0", 14);
	assert_int_equal(out.bytes[14 + 8], 63);
	assert_int_equal(am_csum_fold(am_csum_add(out.bytes + 14, 20, 0)), 0xffff);
	/* Nobody has answered: whoever sent it is told (RFC 1812 4.3.3.1), here by the tunnel that it came from. */
	assert_false(reaches(f, "10.0.0.8", NULL, 0));
	assert_int_equal(am_plane_punted(f->rig.plane, 0, &p, 1), 1);
	assert_true(am_plane_forward(f->rig.plane, 0, p.to, p.m, false));
	rig_settle(&f->rig);
	assert_int_equal(rig_drops(&f->rig, AM_V_ROUTE_NEIGHBOUR), 1);
	assert_true(rig_pop(&f->rig, "wan", 0, &out));
	assert_memory_equal(out.bytes + 38 + 12, "\x0a\xff\0\1\x0a\x09\0\2\3\1", 10);
	close_rig(f);
}

/* What is of the link goes through a GRE tunnel as it is, both ways; other packets of the kernel's are routed. */
static void test_point_to_point(void **state)
{
	static const char *const links[][2] = {{"fe80::a", "ff02::5"}, {"fe80::a", "fe80::b"},
		{"fd00::a", "fe80::b"}, {"fd00::a", "ff02::1"}};
	struct fixture *f = *state;
	struct rig_frame frame, out;
	uint8_t ip[48] = {0};
	struct rte_mbuf *m;

	open_rig(f, config);
	for (unsigned i = 0; i < sizeof links / sizeof *links; i++) {
		put_ip6(ip, links[i][0], links[i][1], 134);
		kernel_sends(f, "t", ip, sizeof ip);
		assert_true(rig_pop(&f->rig, "wan", 0, &out));
		assert_int_equal(out.len, 14 + 24 + 48);
		assert_memory_equal(out.bytes + 34, "\0\0\x86\xdd", 4);
		assert_memory_equal(out.bytes + 38, ip, sizeof ip);
		memcpy(begin(&frame, "\2\0\0\0\0\2", 0, AM_ET_IPV4, 72) + 20, "\0\0\x86\xdd", 4);
		put_ip4(frame.bytes + 14, "192.0.2.2", "192.0.2.1", AM_PROTO_GRE, 72);
		memcpy(frame.bytes + 38, ip, sizeof ip);
		rig_push(&f->rig, "wan", 0, frame.bytes, frame.len);
		m = handed(f, "t", AM_PUNT_ARP_ND);
		assert_int_equal(am_buf_len(m), sizeof ip);
		assert_memory_equal(am_buf_data(m), ip, sizeof ip);
		am_buf_free(m);
	}
	close_rig(f);
}

#define ETHERIP                                                                                                    \
	"{\"ports\":{\"wan\":{\"driver\":\"mem\",\"vrf\":\"underlay\",\"mac\":\"02:00:00:00:00:02\"}},"            \
	"\"tunnels\":{\"e\":{\"type\":\"etherip\",\"local\":\"192.0.2.1\",\"remote\":\"192.0.2.2\","               \
	"\"mac\":\"02:00:00:00:00:01\",\"addresses\":[\"10.9.1.1/30\"]}},"                                         \
	"\"vrfs\":{\"default\":{\"routes\":[{\"prefix\":\"10.7.0.0/16\",\"tunnel\":\"e\",\"via\":\"10.9.1.2\"}]}," \
	"\"underlay\":{\"routes\":[{\"prefix\":\"192.0.2.0/24\",\"port\":\"wan\",\"mac\":\"02:00:00:00:00:22\"}]}}}"

/* A frame in EtherIP, from the other end. */
static void wrap(struct rig_frame *out, const struct rig_frame *frame)
{
	uint16_t len = (uint16_t)(22 + frame->len);
	uint8_t *ip = begin(out, "\2\0\0\0\0\2", 0, AM_ET_IPV4, len);

	put_ip4(ip, "192.0.2.2", "192.0.2.1", AM_PROTO_ETHERIP, len);
	ip[20] = 0x30;
	memcpy(ip + 22, frame->bytes, frame->len);
}

/* An Ethernet tunnel that is no bridge's is a link like a port: ARP and what is for the box go to its TAP, neighbours are in it. */
static void test_ethernet_tunnel(void **state)
{
	struct fixture *f = *state;
	struct rig_frame frame, in, out;
	struct rte_mbuf *m;
	uint8_t ip[40] = {0};

	open_rig(f, ETHERIP);
	begin(&frame, ALL, 0, AM_ET_ARP, 28);
	wrap(&in, &frame);
	rig_push(&f->rig, "wan", 0, in.bytes, in.len);
	m = handed(f, "e", AM_PUNT_ARP_ND);
	assert_int_equal(am_buf_len(m), frame.len);
	assert_memory_equal(am_buf_data(m), frame.bytes, frame.len);
	am_buf_free(m);
	put_ip4(begin(&frame, OURS, 0, AM_ET_IPV4, 40), "10.9.1.2", "10.9.1.1", AM_PROTO_ICMP, 40);
	wrap(&in, &frame);
	rig_push(&f->rig, "wan", 0, in.bytes, in.len);
	m = handed(f, "e", AM_PUNT_ICMP);
	assert_memory_equal(am_buf_data(m), frame.bytes, frame.len);
	am_buf_free(m);
	kernel_sends(f, "e", frame.bytes, frame.len);
	assert_true(rig_pop(&f->rig, "wan", 0, &out));
	assert_int_equal(out.len, 14 + 22 + frame.len);
	assert_memory_equal(out.bytes + 34, "\x30\0", 2);
	assert_memory_equal(out.bytes + 36, frame.bytes, frame.len);
	/* The kernel found its neighbour: packets of the box's go there, and those by a route via it when the next hop is told. */
	neighbour(f, "e", "10.9.1.2", "\2\0\0\0\0\x0b");
	put_ip4(ip, "10.9.1.1", "10.9.1.2", AM_PROTO_TCP, 40);
	kernel_sends(f, "default", ip, sizeof ip);
	assert_true(rig_pop(&f->rig, "wan", 0, &out));
	assert_memory_equal(out.bytes + 36, "\2\0\0\0\0\x0b\2\0\0\0\0\1\x08\0", 14);
	assert_memory_equal(out.bytes + 50, ip, sizeof ip);
	memset(ip, 0, sizeof ip);
	put_ip4(ip, "10.9.1.1", "10.7.0.7", AM_PROTO_TCP, 40);
	kernel_sends(f, "default", ip, sizeof ip);
	assert_int_equal(rig_drops(&f->rig, AM_V_ROUTE_DOWN), 1);
	for (uint16_t i = 0; i < am_model_nexthops(f->rig.model); i++)
		if (am_model_nexthop(f->rig.model, i)->interface == interface(f, "e"))
			am_model_retire(am_model_resolve(f->rig.model, i, true, AM_NO_ID,
				&(struct am_mac){{2, 0, 0, 0, 0, 1}}, &(struct am_mac){{2, 0, 0, 0, 0, 0x0c}},
				0));
	kernel_sends(f, "default", ip, sizeof ip);
	assert_true(rig_pop(&f->rig, "wan", 0, &out));
	assert_memory_equal(out.bytes + 36, "\2\0\0\0\0\x0c", 6);
	close_rig(f);
}

/* A reload that leaves the link alone leaves its neighbours alone, and one that takes it away takes them. */
static void test_reload(void **state)
{
	static const char other[] =
		"{\"ports\":{\"lan\":{\"driver\":\"mem\",\"vrf\":\"default\",\"mac\":\"02:00:00:00:00:01\","
		"\"addresses\":[\"10.3.0.1/24\"]},"
		"\"wan\":{\"driver\":\"mem\",\"vrf\":\"underlay\",\"mac\":\"02:00:00:00:00:02\"}}}";
	struct fixture *f = *state;

	open_rig(f, config);
	neighbour(f, "lan", "10.0.0.9", "\2\0\0\0\0\x09");
	rig_reload(&f->rig, config, true);
	assert_true(reaches(f, "10.0.0.9", "\2\0\0\0\0\x09", 0));
	am_model_retire(am_model_neighbours_follow(f->rig.model));
	assert_true(reaches(f, "10.0.0.9", "\2\0\0\0\0\x09", 0));
	rig_reload(&f->rig, other, true);
	am_model_retire(am_model_neighbours_follow(f->rig.model));
	assert_int_equal(am_model_neighbours(f->rig.model), 0);
	close_rig(f);
}

/* On af_packet the kernel has seen the frame itself; it would answer twice. */
static void test_copy(void **state)
{
	struct fixture *f = *state;
	struct rig_frame frame;
	struct am_interface *in;

	open_rig(f, config);
	in = am_model_roots(f->rig.model)->interfaces[interface(f, "lan")];
	in->mirror = AM_MIRROR_COPY;
	put_ip4(begin(&frame, OURS, 0, AM_ET_IPV4, 40), "10.0.0.9", "10.0.0.1", AM_PROTO_ICMP, 40);
	rig_push(&f->rig, "lan", 0, frame.bytes, frame.len);
	rig_settle(&f->rig);
	assert_int_equal(rig_drops(&f->rig, AM_V_PUNT_COPY), 1);
	close_rig(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_underlay),
		cmocka_unit_test(test_down),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_bridge),
		cmocka_unit_test(test_forward),
		cmocka_unit_test(test_point_to_point),
		cmocka_unit_test(test_ethernet_tunnel),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_copy),
	};

	return am_test_eal() ? 1 : cmocka_run_group_tests_name("pipeline/host", tests, setup, NULL);
}
