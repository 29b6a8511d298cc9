/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ports on kernel devices, against a real kernel: a veth pair in a network namespace of our own, the port on one end and
 * a plain packet socket on the other. Needs root. The argument names the driver.
 *
 *   am_port -- amt0 ======== amt1 -- AF_PACKET socket, and the kernel's own stack (10.77.0.1 / fd77::1)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/libbpf.h>
#include <rte_mempool.h>

#include "base/bytes.h"
#include "drivers/driver.h"
#include "drivers/umem.h"
#include "eal.h"
#include "net/csum.h"
#include "pkt/buf.h"

enum { BUFFERS = 2048, WAIT_MS = 2000 };

typedef int open_fn(
	const struct am_port_conf *conf, const char *device, struct am_port **out, struct am_err *err);

struct fixture {
	open_fn *open;
	struct am_port_conf conf;
	struct am_port *port;
	int peer;
};

static void run(const char *command)
{
	assert_int_equal(system(command), 0);
}

static int peer_socket(void)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1;

	at.sll_ifindex = (int)if_nametoindex("amt1");
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes), 0);
	assert_int_equal(setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &yes, sizeof yes), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	return fd;
}

/* The next frame at the peer, its tag put back. 0 where none comes in time. */
static size_t peer_receive(int fd, uint8_t *frame, size_t room, int ms)
{
	char control[256];
	struct iovec iov = {.iov_base = frame, .iov_len = room - 4};
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t len;

	if (poll(&p, 1, ms) != 1 || (len = recvmsg(fd, &msg, 0)) < 0)
		return 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		struct tpacket_auxdata aux;

		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof aux);
		if (!(aux.tp_status & TP_STATUS_VLAN_VALID))
			continue;
		memmove(frame + 16, frame + 12, (size_t)len - 12);
		am_store16(frame + 12, aux.tp_vlan_tpid);
		am_store16(frame + 14, aux.tp_vlan_tci);
		len += 4;
	}
	return (size_t)len;
}

/* The next frame at the port, or NULL. */
static struct rte_mbuf *port_receive(struct am_port *port, int ms)
{
	struct pollfd p = {.fd = port->ops->wait_fd(port, 0), .events = POLLIN};
	struct rte_mbuf *m;

	if (port->ops->rx(port, 0, &m, 1) == 1)
		return m;
	if (poll(&p, 1, ms) == 1 && port->ops->rx(port, 0, &m, 1) == 1)
		return m;
	return NULL;
}

/* A frame with a type of its own, so that it is told from what the kernel sends by itself. */
static void make_frame(uint8_t *frame, size_t len, unsigned tags, uint16_t tpid)
{
	for (size_t i = 0; i < len; i++)
		frame[i] = (uint8_t)(i * 7 + len);
	memcpy(frame, "\x02\0\0\0\0\1\x02\0\0\0\0\2", 12);
	for (unsigned i = 0; i < tags; i++) {
		am_store16(frame + 12 + 4 * i, i ? 0x8100 : tpid);
		am_store16(frame + 14 + 4 * i, (uint16_t)(0x6000 | (100 + i)));
	}
	am_store16(frame + 12 + 4 * tags, 0x88b5);
}

static bool is_made(const uint8_t *frame)
{
	return !memcmp(frame, "\x02\0\0\0\0\1\x02\0\0\0\0\2", 12);
}

static void to_port(struct fixture *f, const uint8_t *frame, size_t len)
{
	struct rte_mbuf *m;

	assert_int_equal(send(f->peer, frame, len, 0), len);
	do {
		m = port_receive(f->port, WAIT_MS);
		assert_non_null(m);
		if (is_made(am_buf_data(m)))
			break;
		am_buf_free(m);
	} while (true);
	assert_int_equal(am_buf_len(m), len);
	assert_memory_equal(am_buf_data(m), frame, len);
	assert_true(am_buf_headroom(m) >= AM_BUF_HEADROOM);
	assert_int_equal(m->nb_segs, 1);
	am_buf_free(m);
}

static void to_peer(struct fixture *f, struct rte_mempool *pool, const uint8_t *frame, size_t len)
{
	struct rte_mbuf *m = am_buf_alloc(pool, AM_BUF_HEADROOM);
	uint8_t seen[4096];
	size_t got;

	assert_non_null(m);
	memcpy(am_buf_set_len(m, (uint16_t)len), frame, len);
	assert_int_equal(f->port->ops->tx(f->port, 0, &m, 1), 1);
	if (f->port->ops->poll)
		f->port->ops->poll(f->port, 0);
	do {
		got = peer_receive(f->peer, seen, sizeof seen, WAIT_MS);
		assert_true(got);
	} while (!is_made(seen));
	assert_int_equal(got, len);
	assert_memory_equal(seen, frame, len);
}

static void open_port(struct fixture *f, const struct am_steer *steer)
{
	struct am_err err = {""};
	int rc = f->open(&f->conf, "amt0", &f->port, &err);

	if (rc)
		print_error("%s\n", err.text);
	assert_int_equal(rc, 0);
	assert_int_equal(f->port->ops->steer(f->port, steer), 0);
	f->peer = peer_socket();
}

static void close_port(struct fixture *f)
{
	f->port->ops->close(f->port);
	close(f->peer);
	assert_int_equal(rte_mempool_avail_count(f->conf.pool), BUFFERS);
}

static const struct am_steer everything = {.all = true};

static void test_frames(void **state)
{
	static const struct {
		unsigned tags;
		uint16_t tpid;
	} kinds[] = {{0, 0}, {1, 0x8100}, {1, 0x88a8}, {2, 0x88a8}, {2, 0x8100}};
	struct fixture *f = *state;
	uint8_t frame[2048];

	open_port(f, &everything);
	for (unsigned k = 0; k < sizeof kinds / sizeof *kinds; k++)
		/* The sending socket gives four octets more to 0x8100 only. */
		for (size_t len = 42; len <= (kinds[k].tpid == 0x8100 ? 1518 : 1514);
			len += len < 100 ? 1 : 59) {
			make_frame(frame, len, kinds[k].tags, kinds[k].tpid);
			to_port(f, frame, len);
			to_peer(f, f->conf.pool, frame, len);
		}
	make_frame(frame, 1518, 1, 0x8100);
	to_port(f, frame, 1518);
	to_peer(f, f->conf.pool, frame, 1518);
	close_port(f);
}

static void test_foreign_pool(void **state)
{
	struct fixture *f = *state;
	struct rte_mempool *other = am_buf_pool("other", 64, 0);
	uint8_t frame[256];

	assert_non_null(other);
	open_port(f, &everything);
	make_frame(frame, sizeof frame, 0, 0);
	for (unsigned i = 0; i < 200; i++)
		to_peer(f, other, frame, sizeof frame);
	close_port(f);
	assert_int_equal(rte_mempool_avail_count(other), 64);
	rte_mempool_free(other);
}

static void test_burst(void **state)
{
	struct fixture *f = *state;
	struct rte_mbuf *m[64];
	uint8_t frame[1514], seen[2048];
	unsigned sent = 0, got = 0;

	open_port(f, &everything);
	make_frame(frame, sizeof frame, 0, 0);
	for (unsigned round = 0; round < 100; round++) {
		for (unsigned i = 0; i < 64; i++) {
			m[i] = am_buf_alloc(f->conf.pool, AM_BUF_HEADROOM);
			assert_non_null(m[i]);
			memcpy(am_buf_set_len(m[i], sizeof frame), frame, sizeof frame);
		}
		unsigned took = f->port->ops->tx(f->port, 0, m, 64);

		am_buf_free_bulk(m + took, 64 - took);
		sent += took;
		if (f->port->ops->poll)
			f->port->ops->poll(f->port, 0);
		while (peer_receive(f->peer, seen, sizeof seen, 1))
			got += is_made(seen);
	}
	while (peer_receive(f->peer, seen, sizeof seen, 50))
		got += is_made(seen);
	assert_int_equal(sent, 6400);
	assert_int_equal(got, sent);
	close_port(f);
}

static void test_limits(void **state)
{
	struct fixture *f = *state;
	struct am_port_stats stats;

	open_port(f, &everything);
	assert_int_equal(f->port->limits.mtu, 1500);
	assert_int_equal(f->port->limits.rx_queues, 1);
	assert_int_equal(f->port->limits.ifindex, if_nametoindex("amt0"));
	assert_int_equal(f->port->limits.unfinished_csum, f->open == am_af_xdp_open);
	f->port->ops->stats(f->port, &stats);
	assert_true(stats.link_up);
	run("ip link set amt0 mtu 1400");
	f->port->ops->stats(f->port, &stats);
	assert_int_equal(f->port->limits.mtu, 1400);
	run("ip link set amt0 mtu 1500");
	close_port(f);
}

static void test_refusals(void **state)
{
	struct fixture *f = *state;
	struct am_err err = {""};
	struct am_port *port = NULL;

	assert_int_equal(f->open(&f->conf, "nosuch0", &port, &err), -ENODEV);
	assert_non_null(strstr(err.text, "nosuch0"));
	assert_int_equal(f->open(&f->conf, "lo", &port, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "not Ethernet"));
	assert_int_equal(rte_mempool_avail_count(f->conf.pool), BUFFERS);
}

static const struct driver {
	const char *name;
	open_fn *open;
} drivers[] = {
	{"af_xdp", am_af_xdp_open},
	{"af_packet", am_af_packet_open},
};

static int setup(struct fixture *f)
{
	f->conf = (struct am_port_conf){.name = "wan", .queues = 1};
	if (am_test_eal())
		return -1;
	f->conf.pool = am_umem_pool("test", BUFFERS, 0);
	return f->conf.pool ? 0 : -1;
}

static int enter_namespace(void)
{
	if (unshare(CLONE_NEWNET))
		return -1;
	return system(
		"ip link add amt0 type veth peer name amt1 && ip link set lo up && ip link set amt0 up && "
		"ip addr add 10.77.0.1/24 dev amt1 && ip link set amt1 up");
}

int main(int argc, char **argv)
{
	static struct fixture f;
	struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_foreign_pool),
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_refusals),
	};

	for (unsigned i = 0; i < sizeof drivers / sizeof *drivers; i++)
		if (argc == 2 && !strcmp(argv[1], drivers[i].name))
			f.open = drivers[i].open;
	if (!f.open) {
		fprintf(stderr, "usage: %s af_xdp|af_packet\n", argv[0]);
		return 2;
	}
	if (geteuid() || enter_namespace()) {
		fprintf(stderr, "needs root, for a network namespace\n");
		return 77;
	}
	if (setup(&f))
		return 1;
	for (unsigned i = 0; i < sizeof tests / sizeof *tests; i++)
		tests[i].initial_state = &f;
	return cmocka_run_group_tests_name(argv[1], tests, NULL, NULL);
}
