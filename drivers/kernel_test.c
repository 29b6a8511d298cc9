/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ports on kernel devices, against a real kernel: a veth pair in a network namespace of our own, the port on one end and
 * a plain packet socket on the other. Needs root. The argument names the driver.
 *
 *   am_port -- amt0 ======== amt1 -- AF_PACKET socket, and the kernel's own stack, 10.77.0.1
 *   and the stack: 10.77.1.1, fd78::1
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/udp.h>
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

#include <rte_mempool.h>

#include "base/bytes.h"
#include "drivers/driver.h"
#include "drivers/umem.h"
#include "eal.h"
#include "net/csum.h"
#include "pkt/buf.h"

enum { BUFFERS = 2048, WAIT_MS = 2000, NOTHING_MS = 20 };

typedef int open_fn(
	const struct am_port_conf *conf, const char *device, struct am_port **out, struct am_err *err);

struct fixture {
	const char *driver;
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

/* How many IP packets the kernel's stack took in by amt0 (IPv6) or at all (IPv4, of which the namespace has no other). */
static unsigned long kernel_saw(uint8_t family)
{
	char line[1024], *at;
	FILE *file = fopen(family == AM_IPV4 ? "/proc/net/snmp" : "/proc/net/dev_snmp6/amt0", "r");
	unsigned long n = 0, forwarding, ttl;

	assert_non_null(file);
	while (fgets(line, sizeof line, file))
		if (family == AM_IPV4 && sscanf(line, "Ip: %lu %lu %lu", &forwarding, &ttl, &n) == 3)
			break;
		else if (family == AM_IPV6 && (at = strstr(line, "Ip6InReceives")))
			n = strtoul(at + strlen("Ip6InReceives"), NULL, 10);
	fclose(file);
	return n;
}

/* A packet to an address of amt0's: what is in it, and whether it is ours. */
static const struct packet {
	const char *name;
	uint8_t family, proto;
	bool fragment; /* IPv6: a Fragment header before proto */
	uint16_t at;   /* fragment offset field with flags, as it stands in the header */
	uint16_t port;
	bool ours;
} packets[] = {
	{"GRE", AM_IPV4, 47, .ours = true},
	{"EtherIP", AM_IPV4, 97, .ours = true},
	{"VXLAN", AM_IPV4, 17, .port = 4789, .ours = true},
	{"another UDP port", AM_IPV4, 17, .port = 5555},
	{"first fragment, GRE", AM_IPV4, 47, .at = 0x2000, .ours = true},
	{"later fragment, GRE", AM_IPV4, 47, .at = 100, .ours = true},
	{"first fragment, VXLAN", AM_IPV4, 17, .at = 0x2000, .port = 4789, .ours = true},
	{"later fragment, UDP", AM_IPV4, 17, .at = 100, .port = 5555, .ours = true},
	{"first fragment, another UDP port", AM_IPV4, 17, .at = 0x2000, .port = 5555},
	{"ICMP", AM_IPV4, 1, .ours = false},
	{"GRE", AM_IPV6, 47, .ours = true},
	{"EtherIP", AM_IPV6, 97, .ours = true},
	{"VXLAN", AM_IPV6, 17, .port = 4789, .ours = true},
	{"another UDP port", AM_IPV6, 17, .port = 5555},
	{"first fragment, EtherIP", AM_IPV6, 97, .fragment = true, .at = 1, .ours = true},
	{"later fragment, EtherIP", AM_IPV6, 97, .fragment = true, .at = 0x0108, .ours = true},
	{"later fragment, UDP", AM_IPV6, 17, .fragment = true, .at = 0x0108, .ours = true},
	{"later fragment, destination options", AM_IPV6, 60, .fragment = true, .at = 0x0108, .ours = true},
	{"first fragment, another UDP port", AM_IPV6, 17, .fragment = true, .at = 1, .port = 5555},
};
enum { PACKET_LEN = 128, PACKETS = sizeof packets / sizeof *packets };

static void make_packet4(uint8_t *ip, const struct packet *p)
{
	uint16_t sum;

	memcpy(ip, "\x45\0\0\x72\0\1\0\0\x40\0\0\0\x0a\x4d\1\2\x0a\x4d\1\1", 20);
	am_store16(ip + 6, p->at);
	ip[9] = p->proto;
	sum = am_csum_finish(am_csum_add(ip, 20, 0));
	memcpy(ip + 10, &sum, 2);
	am_store16(ip + 22, p->port);
}

static void make_packet6(uint8_t *ip, const struct packet *p)
{
	uint8_t *at = ip + 40;

	memcpy(ip, "\x60\0\0\0\0\x4a\0\x40", 8);
	ip[6] = p->fragment ? 44 : p->proto;
	inet_pton(AF_INET6, "fd78::2", ip + 8);
	inet_pton(AF_INET6, "fd78::1", ip + 24);
	if (p->fragment) {
		at[0] = p->proto;
		am_store16(at + 2, p->at);
		am_store32(at + 4, 1);
		at += 8;
	}
	am_store16(at + 2, p->port);
}

static void make_packet(uint8_t *frame, const struct am_mac *to, const struct packet *p)
{
	memset(frame, 0, PACKET_LEN);
	memcpy(frame, to->bytes, 6);
	memcpy(frame + 6, "\x02\0\0\0\0\2", 6);
	am_store16(frame + 12, p->family == AM_IPV4 ? ETH_P_IP : ETH_P_IPV6);
	if (p->family == AM_IPV4)
		make_packet4(frame + 14, p);
	else
		make_packet6(frame + 14, p);
}

/*
 * True where the kernel's stack took it in. veth delivers in a softirq, which a busy CPU may do later: what must come is waited for, and
 * for what must not there is nothing to wait on.
 */
static bool kernel_takes(int peer, const struct am_mac *to, const struct packet *p, bool must)
{
	unsigned long before = kernel_saw(p->family);
	uint8_t frame[PACKET_LEN];

	make_packet(frame, to, p);
	assert_int_equal(send(peer, frame, sizeof frame, 0), sizeof frame);
	for (int ms = 0; ms < (must ? WAIT_MS : NOTHING_MS); ms++) {
		if (must && kernel_saw(p->family) != before)
			return true;
		usleep(1000);
	}
	return kernel_saw(p->family) != before;
}

static bool port_takes(struct fixture *f, const struct packet *p, bool must)
{
	uint8_t frame[PACKET_LEN];
	struct rte_mbuf *m;
	bool found = false;

	make_packet(frame, &f->port->limits.mac, p);
	while ((m = port_receive(f->port, must && !found ? WAIT_MS : 0))) {
		found |= am_buf_len(m) == sizeof frame && !memcmp(am_buf_data(m), frame, sizeof frame);
		am_buf_free(m);
	}
	return found;
}

static void locals(struct am_ip out[2])
{
	assert_int_equal(am_ip_parse_text("10.77.1.1", &out[0]), 0);
	assert_int_equal(am_ip_parse_text("fd78::1", &out[1]), 0);
}

/* The kernel gets none of what is ours and all the rest, and without the port it gets everything. */
static void test_steer(void **state)
{
	struct fixture *f = *state;
	struct am_ip ips[2];
	struct am_steer steer = {.n_locals = 2, .locals = ips};
	struct am_mac mac;

	locals(ips);
	open_port(f, &steer);
	mac = f->port->limits.mac;
	for (unsigned i = 0; i < PACKETS; i++) {
		bool ours = packets[i].ours, kernel = kernel_takes(f->peer, &mac, &packets[i], !ours),
		     port = port_takes(f, &packets[i], ours);

		if (kernel == ours || (ours && !port))
			fail_msg("IPv%u %s: kernel %d, port %d", packets[i].family, packets[i].name, kernel,
				port);
	}
	steer.n_locals = 0;
	steer.vids[0] = 1;
	assert_int_equal(f->port->ops->steer(f->port, &steer), 0);
	for (unsigned i = 0; i < PACKETS; i++)
		assert_true(
			!kernel_takes(f->peer, &mac, &packets[i], false) && port_takes(f, &packets[i], true));
	close_port(f);
	f->peer = peer_socket();
	for (unsigned i = 0; i < PACKETS; i++)
		if (!kernel_takes(f->peer, &mac, &packets[i], true))
			fail_msg("IPv%u %s: the test does not see it", packets[i].family, packets[i].name);
	close(f->peer);
}

/* After kill -9 the kernel has its frames back. */
static void test_killed(void **state)
{
	struct fixture *f = *state;
	struct am_mac mac;
	int pipes[2], status;
	pid_t child;

	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (!child) {
		dup2(pipes[1], STDOUT_FILENO);
		execl("/proc/self/exe", "kernel_test", f->driver, "hold", (char *)NULL);
		_exit(1);
	}
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &mac, sizeof mac), sizeof mac);
	close(pipes[0]);
	f->peer = peer_socket();
	assert_false(kernel_takes(f->peer, &mac, &packets[0], false));
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(kernel_takes(f->peer, &mac, &packets[0], true));
	run("! ip link show amt0 | grep -q xdp");
	close(f->peer);
	open_port(f, &everything);
	close_port(f);
	run("! ip link show amt0 | grep -q xdp");
}

/* ---- a datagram of 4000 octets to a socket of this machine's, as three fragments ---- */

enum { ANSWER = 4000, ANSWER_PORT = 40053, PIECES = 3, PIECE = 1480 };

static int answer_socket(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(ANSWER_PORT)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	inet_pton(AF_INET, "10.77.1.1", &at.sin_addr);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	return fd;
}

static size_t make_piece(uint8_t *frame, const struct am_mac *to, uint16_t id, unsigned i)
{
	unsigned at = i * PIECE, all = ANSWER + 8, len = all - at < PIECE ? all - at : PIECE;
	const struct packet p = {"", AM_IPV4, 17, .at = (uint16_t)(at / 8 | (at + len < all ? 0x2000 : 0))};
	uint8_t *ip = frame + 14;
	uint16_t sum;

	make_packet(frame, to, &p);
	am_store16(ip + 2, (uint16_t)(20 + len));
	am_store16(ip + 4, id);
	am_store16(ip + 10, 0);
	sum = am_csum_finish(am_csum_add(ip, 20, 0));
	memcpy(ip + 10, &sum, 2);
	memset(ip + 20, 'a' + (int)i, len);
	if (i == 0) { /* without a UDP checksum */
		am_store16(ip + 20, 53);
		am_store16(ip + 22, ANSWER_PORT);
		am_store16(ip + 24, (uint16_t)all);
		am_store16(ip + 26, 0);
	}
	return 34 + len;
}

static void send_pieces(struct fixture *f, uint16_t id, const unsigned order[PIECES])
{
	uint8_t frame[1600];

	for (unsigned i = 0; i < PIECES; i++) {
		size_t len = make_piece(frame, &f->port->limits.mac, id, order[i]);

		assert_int_equal(send(f->peer, frame, len, 0), len);
	}
}

/* Whatever the port got is the kernel's after all. */
static unsigned give_all_back(struct fixture *f)
{
	struct rte_mbuf *m;
	unsigned n = 0;

	while ((m = port_receive(f->port, 50))) {
		if (am_load16(am_buf_data(m) + 12) == ETH_P_IP) {
			assert_int_equal(f->port->ops->give_back(f->port, am_buf_data(m), am_buf_len(m)), 0);
			n++;
		}
		am_buf_free(m);
	}
	return n;
}

static void expect_answer(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint8_t data[ANSWER + 1];

	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	assert_int_equal(recv(fd, data, sizeof data, 0), ANSWER);
	assert_int_equal(data[0], 'a');
	assert_int_equal(data[PIECE], 'b');
	assert_int_equal(data[ANSWER - 1], 'c');
}

/*
 * In order the later fragments follow the first one to the kernel. In any other order some of them are here before it is
 * known whose they are, and are given back; a strict reverse path filter does not mind, since they come in by the same device.
 */
static void test_answer(void **state)
{
	static const struct {
		unsigned order[PIECES], held;
	} rows[] = {{{0, 1, 2}, 0}, {{2, 1, 0}, 2}, {{1, 0, 2}, 1}, {{2, 0, 1}, 1}};
	struct fixture *f = *state;
	struct am_ip ips[2];
	struct am_steer steer = {.n_locals = 2, .locals = ips};
	struct am_port_stats stats;
	int fd;

	run("echo 1 > /proc/sys/net/ipv4/conf/amt0/rp_filter");
	locals(ips);
	open_port(f, &steer);
	fd = answer_socket();
	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
		send_pieces(f, (uint16_t)(100 + i), rows[i].order);
		assert_int_equal(give_all_back(f), rows[i].held);
		expect_answer(fd);
	}
	f->port->ops->stats(f->port, &stats);
	assert_int_equal(stats.steered[AM_STEER_FRAGMENT], 4);
	assert_int_equal(stats.steered[AM_STEER_KERNEL_FRAGMENT], 4);
	close(fd);
	close_port(f);
	run("echo 0 > /proc/sys/net/ipv4/conf/amt0/rp_filter");
}

static int udp_socket(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, "10.77.0.9", &to.sin_addr);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* The next UDP packet of the kernel's. */
static struct rte_mbuf *receive_udp(struct am_port *port, int ms)
{
	struct rte_mbuf *m;

	while ((m = port_receive(port, ms))) {
		if (am_load16(am_buf_data(m) + 12) == ETH_P_IP && am_buf_data(m)[23] == 17)
			return m;
		am_buf_free(m);
	}
	return NULL;
}

/* Either the port has finished the checksum that the sender left to a NIC, or it says that it has not. */
static void test_checksum(void **state)
{
	struct fixture *f = *state;
	struct rte_mbuf *m;
	uint8_t *ip;
	int fd;

	open_port(f, &everything);
	fd = udp_socket();
	assert_int_equal(send(fd, "unfinished", 10, 0), 10);
	m = receive_udp(f->port, WAIT_MS);
	assert_non_null(m);
	assert_int_equal(am_csum_complete(am_buf_data(m), am_buf_len(m)), f->port->limits.unfinished_csum);
	ip = am_buf_data(m) + 14;
	assert_int_equal(
		am_csum_finish(am_csum_add(ip + 20, 18, am_csum_pseudo(AM_IPV4, ip + 12, ip + 16, 17, 18))),
		0);
	am_buf_free(m);
	close(fd);
	close_port(f);
}

/* Three packets in one: AF_XDP makes the sender part them, AF_PACKET must refuse and count them. */
static void test_gso(void **state)
{
	struct fixture *f = *state;
	struct am_port_stats stats;
	int fd, segment = 1000;
	char data[3000] = {0};
	struct rte_mbuf *m;
	unsigned got = 0;

	open_port(f, &everything);
	fd = udp_socket();
	assert_int_equal(setsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, sizeof segment), 0);
	assert_int_equal(send(fd, data, sizeof data, 0), sizeof data);
	while ((m = receive_udp(f->port, 200))) {
		assert_int_equal(am_buf_len(m), 1042);
		am_buf_free(m);
		got++;
	}
	f->port->ops->stats(f->port, &stats);
	assert_int_equal(got, f->open == am_af_xdp_open ? 3 : 0);
	assert_int_equal(stats.rx_gso, f->open == am_af_xdp_open ? 0 : 1);
	close(fd);
	close_port(f);
}

/* An MTU that no buffer holds (and veth's own XDP mode refuses): what fits passes, what does not is counted. */
static void test_jumbo(void **state)
{
	struct fixture *f = *state;
	struct am_port_stats stats;
	uint8_t frame[5000];

	run("ip link set amt0 mtu 9000 && ip link set amt1 mtu 9000");
	open_port(f, &everything);
	assert_int_equal(f->port->limits.mtu, 9000);
	make_frame(frame, 3000, 0, 0);
	to_port(f, frame, 3000);
	to_peer(f, f->conf.pool, frame, 3000);
	make_frame(frame, sizeof frame, 0, 0);
	assert_int_equal(send(f->peer, frame, sizeof frame, 0), sizeof frame);
	make_frame(frame, 100, 0, 0);
	to_port(f, frame, 100);
	f->port->ops->stats(f->port, &stats);
	assert_int_equal(stats.rx_dropped + stats.rx_too_long, 1);
	close_port(f);
	run("ip link set amt0 mtu 1500 && ip link set amt1 mtu 1500");
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
	f->conf.pool = am_umem_pool("test", BUFFERS, 0, true);
	return f->conf.pool ? 0 : -1;
}

static int enter_namespace(void)
{
	if (unshare(CLONE_NEWNET))
		return -1;
	return system("ip link add amt0 type veth peer name amt1 && ip link set lo up && "
		      "echo 1 > /proc/sys/net/ipv6/conf/amt1/disable_ipv6 && "
		      "echo 0 > /proc/sys/net/ipv6/conf/amt0/router_solicitations && "
		      "ip addr add 10.77.1.1/24 dev amt0 && ip addr add fd78::1/64 dev amt0 nodad && "
		      "ip link set amt0 up && ip addr add 10.77.0.1/24 dev amt1 && ip link set amt1 up && "
		      "ip neigh add 10.77.0.9 lladdr 02:00:00:00:00:09 dev amt1");
}

/* The process that test_killed kills: it says which MAC it has, and stays. */
static int hold(struct fixture *f)
{
	struct am_port *port;
	struct am_err err;

	if (f->open(&f->conf, "amt0", &port, &err) || port->ops->steer(port, &everything) ||
		write(STDOUT_FILENO, &port->limits.mac, sizeof port->limits.mac) < 0)
		return 1;
	pause();
	return 1;
}

int main(int argc, char **argv)
{
	static struct fixture f;
	struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames), cmocka_unit_test(test_foreign_pool),
		cmocka_unit_test(test_burst), cmocka_unit_test(test_limits), cmocka_unit_test(test_jumbo),
		cmocka_unit_test(test_refusals), cmocka_unit_test(test_steer), cmocka_unit_test(test_killed),
		cmocka_unit_test(test_checksum), cmocka_unit_test(test_gso),
		cmocka_unit_test(
			test_answer), /* af_xdp alone steers fragments: it comes last, so that others leave it out */
	};

	for (unsigned i = 0; i < sizeof drivers / sizeof *drivers; i++)
		if (argc >= 2 && !strcmp(argv[1], drivers[i].name)) {
			f.driver = drivers[i].name;
			f.open = drivers[i].open;
		}
	if (!f.open) {
		fprintf(stderr, "usage: %s af_xdp|af_packet\n", argv[0]);
		return 2;
	}
	if (argc == 3 && !strcmp(argv[2], "hold"))
		return setup(&f) || hold(&f);
	if (geteuid() || enter_namespace()) {
		fprintf(stderr, "needs root, for a network namespace\n");
		return 77;
	}
	if (setup(&f))
		return 1;
	for (unsigned i = 0; i < sizeof tests / sizeof *tests; i++)
		tests[i].initial_state = &f;
	if (f.open == am_af_xdp_open)
		return cmocka_run_group_tests_name(argv[1], tests, NULL, NULL);
	return _cmocka_run_group_tests(argv[1], tests, sizeof tests / sizeof *tests - 1, NULL, NULL);
}
