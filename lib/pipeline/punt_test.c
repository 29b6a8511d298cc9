/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes to the kernel and what does not, by class and rate; sessions; rings that are full. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_mempool.h>

#include "base/bytes.h"
#include "core.h"
#include "eal.h"
#include "net/csum.h"
#include "table/fdb.h"

enum { BUFFERS = 16384, HOST = 7, IFACE = 3 };

struct fixture {
	struct rte_mempool *pool;
	struct am_plane *plane;
	struct am_worker *w;
	int fd;
};

static int setup(void **state)
{
	static struct fixture f;
	struct am_err err = {""};

	f.pool = am_buf_pool("punt", BUFFERS, 0);
	assert_non_null(f.pool);
	f.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	f.plane = am_plane_create(
		&(struct am_plane_conf){
			.workers = 2,
			.pool = f.pool,
			.reasm = {.entries = 16, .peer_entries = 16, .peers = 4},
			.paths = 16,
			.ifaces = 8,
			.seed = 42,
			.learn_fd = -1,
		},
		&err);
	assert_non_null(f.plane);
	assert_int_equal(am_plane_set_punt(f.plane, f.fd), 0);
	f.w = am_plane_worker(f.plane, 0);
	f.w->now = (am_time){AM_S};
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	am_plane_free(f->plane);
	close(f->fd);
	assert_int_equal(rte_mempool_avail_count(f->pool), BUFFERS);
	rte_mempool_free(f->pool);
	return 0;
}

static struct rte_mbuf *packet(struct fixture *f)
{
	struct rte_mbuf *m = am_buf_alloc(f->pool, AM_BUF_HEADROOM);

	assert_non_null(m);
	memset(am_buf_set_len(m, 60), 0, 60);
	return m;
}

static uint64_t drops(const struct fixture *f, enum am_verdict v)
{
	struct am_iface_counters c;

	am_plane_counters(f->plane, IFACE, &c);
	return c.drop[v];
}

static unsigned take_all(struct fixture *f, unsigned worker)
{
	struct am_punted p[64];
	unsigned n, all = 0;

	while ((n = am_plane_punted(f->plane, worker, p, 64))) {
		all += n;
		for (unsigned i = 0; i < n; i++)
			am_buf_free(p[i].m);
	}
	return all;
}

static bool readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint64_t count;

	return poll(&p, 1, 0) == 1 && read(fd, &count, sizeof count) == sizeof count;
}

/* It arrives as it was given, and the slow thread is woken once for what it has not looked at. */
static void test_up(void **state)
{
	struct fixture *f = *state;
	struct am_punted p[4];
	struct rte_mbuf *m = packet(f);

	am_punt(f->w, IFACE, HOST, AM_PUNT_ICMP, m);
	assert_true(readable(f->fd));
	am_punt(f->w, IFACE, HOST, AM_PUNT_ICMP, packet(f));
	assert_false(readable(f->fd));
	assert_int_equal(am_plane_punted(f->plane, 0, p, 4), 2);
	assert_ptr_equal(p[0].m, m);
	assert_int_equal(p[0].to, HOST);
	assert_int_equal(p[0].class, AM_PUNT_ICMP);
	assert_int_equal(am_plane_punted(f->plane, 1, p + 2, 2), 0);
	am_buf_free(p[0].m);
	am_buf_free(p[1].m);
	am_punt(f->w, IFACE, HOST, AM_PUNT_ICMP, packet(f));
	assert_true(readable(f->fd));
	assert_int_equal(take_all(f, 0), 1);
	am_punt(f->w, IFACE, AM_NO_ID, AM_PUNT_ICMP, packet(f));
	assert_int_equal(drops(f, AM_V_PUNT_NOWHERE), 1);
}

/* Two seconds of 100,000 packets a second of each class: its rate passes, and one class takes nothing from another. */
static void test_rates(void **state)
{
	static const enum am_verdict names[AM_PUNT_CLASSES] = {AM_V_PUNT_ARP_ND, AM_V_PUNT_SESSION,
		AM_V_PUNT_TCP, AM_V_PUNT_ICMP, AM_V_PUNT_OTHER, AM_V_PUNT_GLEAN, AM_V_PUNT_BACK,
		AM_V_TUNNEL_SOURCE};
	enum { RATE = 100000, SECONDS = 2 };
	struct fixture *f = *state;

	for (unsigned c = 0; c < AM_PUNT_CLASSES; c++) {
		unsigned passed = 0, rate = am_punt_limits[c].rate / 2, burst = am_punt_limits[c].burst / 2;
		unsigned all = RATE * SECONDS, least = rate * SECONDS < all ? rate * SECONDS : all;
		uint64_t before = drops(f, names[c]);

		f->w->now = am_time_add(f->w->now, 10 * AM_S);
		for (unsigned i = 0; i < all; i++) {
			am_punt(f->w, IFACE, HOST, c, packet(f));
			f->w->now = am_time_add(f->w->now, AM_S / RATE);
			if (i % 256 == 255)
				passed += take_all(f, 0);
		}
		passed += take_all(f, 0);
		assert_int_equal(drops(f, names[c]) - before, all - passed);
		assert_in_range(passed, least, least + burst + 1);
	}
}

/* More than its ring holds, at once; and then all others before what is the box's own sessions'. */
static void test_full(void **state)
{
	struct fixture *f = *state;
	struct am_punted p;
	unsigned sessions = 0;

	f->w->now = am_time_add(f->w->now, 10 * AM_S);
	for (unsigned i = 0; i < 3000; i++)
		am_punt(f->w, IFACE, HOST, AM_PUNT_SESSION, packet(f));
	assert_int_equal(drops(f, AM_V_PUNT_FULL), 3000 - 1024);
	assert_int_equal(take_all(f, 0), 1024);
	f->w->now = am_time_add(f->w->now, 10 * AM_S);
	for (unsigned c = 0; c < AM_PUNT_CLASSES; c++)
		for (unsigned i = 0; c != AM_PUNT_SESSION && i < 600; i++)
			am_punt(f->w, IFACE, HOST, c, packet(f));
	for (unsigned i = 0; i < 256; i++)
		am_punt(f->w, IFACE, HOST, AM_PUNT_SESSION, packet(f));
	while (am_plane_punted(f->plane, 0, &p, 1)) {
		sessions += p.class == AM_PUNT_SESSION;
		am_buf_free(p.m);
	}
	assert_int_equal(sessions, 256);
}

/* A TCP segment; reverse swaps both ends. */
static uint32_t segment(uint8_t *ip, uint8_t family, uint16_t sport, uint8_t flags, bool reverse)
{
	uint32_t at = family == AM_IPV4 ? 20 : 40;
	uint16_t sum;

	memset(ip, 0, 60);
	if (family == AM_IPV4) {
		memcpy(ip,
			reverse ? "\x45\0\0\x28\0\0\0\0\x40\6\0\0\xc0\0\2\1\xc6\x33\x64\1"
				: "\x45\0\0\x28\0\0\0\0\x40\6\0\0\xc6\x33\x64\1\xc0\0\2\1",
			20);
		sum = am_csum_finish(am_csum_add(ip, 20, 0));
		memcpy(ip + 10, &sum, 2);
	} else {
		memcpy(ip, "\x60\0\0\0\0\x14\6\x40\x20\1\x0d\xb8", 12);
		memcpy(ip + 24, "\x20\1\x0d\xb8", 4);
		ip[reverse ? 23 : 39] = 1;
		ip[reverse ? 39 : 23] = 2;
	}
	am_store16(ip + at + (reverse ? 2 : 0), sport);
	am_store16(ip + at + (reverse ? 0 : 2), 179);
	ip[at + 12] = 0x50;
	ip[at + 13] = flags;
	return at + 20;
}

static enum am_punt_class class_of(struct fixture *f, uint8_t family, uint16_t sport, uint8_t flags)
{
	uint8_t ip[60];
	struct am_ip_hdr hdr;
	uint32_t len = segment(ip, family, sport, flags, false);

	assert_int_equal(am_ip_parse(ip, len, &hdr), AM_V_OK);
	return am_punt_classify(f->w, ip, &hdr);
}

static void kernel_sends(struct fixture *f, uint8_t family, uint16_t sport, uint8_t flags)
{
	uint8_t ip[60];
	uint32_t len = segment(ip, family, sport, flags, true);

	am_plane_note_session(f->plane, ip, len);
}

/* What the kernel answers with SYN or RST only is no session: junk gets nothing by being answered. */
static void test_sessions(void **state)
{
	enum { SYN = 2, RST = 4, ACK = 16 };
	struct fixture *f = *state;

	for (uint8_t family = AM_IPV4; family <= AM_IPV6; family += 2) {
		assert_int_equal(class_of(f, family, 1000, ACK), AM_PUNT_TCP);
		kernel_sends(f, family, 1000, SYN | ACK);
		kernel_sends(f, family, 1000, RST);
		assert_int_equal(class_of(f, family, 1000, ACK), AM_PUNT_TCP);
		kernel_sends(f, family, 1000, ACK);
		assert_int_equal(class_of(f, family, 1000, ACK), AM_PUNT_SESSION);
		assert_int_equal(class_of(f, family, 1000, RST | ACK), AM_PUNT_SESSION);
		assert_int_equal(class_of(f, family, 1000, SYN), AM_PUNT_TCP);
		assert_int_equal(class_of(f, family, 1001, ACK), AM_PUNT_TCP);
	}
	for (unsigned port = 2000; port < 3000; port++)
		kernel_sends(f, AM_IPV4, (uint16_t)port, ACK);
	kernel_sends(f, AM_IPV4, 1000, ACK);
	assert_int_equal(class_of(f, AM_IPV4, 1000, ACK), AM_PUNT_SESSION);
	am_plane_note_session(f->plane, (const uint8_t *)"\x45", 1);
}

static void test_classes(void **state)
{
	static const struct {
		uint8_t family, proto, type, ttl;
		enum am_punt_class want;
	} rows[] = {
		{AM_IPV4, 1, 8, 64, AM_PUNT_ICMP},
		{AM_IPV4, 17, 0, 64, AM_PUNT_OTHER},
		{AM_IPV4, 89, 0, 1, AM_PUNT_OTHER},
		{AM_IPV6, 58, 128, 64, AM_PUNT_ICMP},
		{AM_IPV6, 58, 135, 255, AM_PUNT_ARP_ND},
		{AM_IPV6, 58, 134, 255, AM_PUNT_ARP_ND},
		{AM_IPV6, 58, 135, 64, AM_PUNT_ICMP},
	};
	struct fixture *f = *state;

	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t ip[60];
		struct am_ip_hdr hdr;
		uint32_t len = segment(ip, rows[i].family, 1, 0, false);

		assert_int_equal(am_ip_parse(ip, len, &hdr), AM_V_OK);
		hdr.proto = rows[i].proto;
		hdr.ttl = rows[i].ttl;
		ip[hdr.hlen] = rows[i].type;
		assert_int_equal(am_punt_classify(f->w, ip, &hdr), rows[i].want);
	}
}

/* Down: a worker that sleeps is woken, and takes it in its next turn. */
static void test_down(void **state)
{
	struct fixture *f = *state;
	struct am_iface_counters before, after;
	uint64_t deadline = 0;
	unsigned n = 0;
	struct rte_mbuf *m;

	assert_true(am_worker_wait_begin(f->w, &deadline));
	assert_true(am_plane_inject(f->plane, 0, HOST, packet(f)));
	assert_true(readable(f->w->wake_fd));
	am_worker_wait_end(f->w);
	assert_false(am_worker_wait_begin(f->w, &deadline));
	am_plane_counters(f->plane, 0, &before);
	assert_int_equal(am_worker_turn(f->w, am_time_add(f->w->now, 1)), 1);
	am_plane_counters(f->plane, 0, &after);
	assert_int_equal(after.drop[AM_V_HOST_GONE] - before.drop[AM_V_HOST_GONE], 1);
	while (am_plane_inject(f->plane, 1, HOST, m = packet(f)))
		n++;
	am_buf_free(m);
	assert_int_equal(n, 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_up),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_down),
	};

	return am_test_eal() ? 1 : cmocka_run_group_tests_name("pipeline/punt", tests, setup, teardown);
}
