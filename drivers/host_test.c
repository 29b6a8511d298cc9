/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TAP and TUN against the kernel that they are of: it answers ARP and ping by them. Needs root, for network namespaces of its
 * own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "drivers/host.h"
#include "drivers/netns.h"
#include "net/csum.h"

enum { WAIT_MS = 2000, ROOM = 2048 };

static const struct am_mac mac = {{2, 0, 0, 0, 0, 7}};

static void run(const char *command)
{
	assert_int_equal(system(command), 0);
}

static void open_host(struct am_host *h, enum am_host_kind kind, const char *netns, uint16_t mtu)
{
	const struct am_host_conf conf = {
		.kind = kind, .name = "am-t", .netns = netns, .mac = &mac, .mtu = mtu};
	struct am_err err = {""};

	if (am_host_open(&conf, h, &err))
		fail_msg("%s", err.text);
}

/* The next packet of that type, of what the kernel sends by itself too. */
static int receive(struct am_host *h, uint8_t *packet, unsigned type_at, uint16_t type)
{
	struct pollfd p = {.fd = h->fd, .events = POLLIN};
	int len;

	do {
		assert_int_equal(poll(&p, 1, WAIT_MS), 1);
		len = am_host_read(h, packet, ROOM);
		assert_true(len > 0);
	} while (am_load16(packet + type_at) != type);
	return len;
}

static void test_tap(void **state)
{
	static const uint8_t ask[] =
		"\xff\xff\xff\xff\xff\xff\2\0\0\0\0\2\x08\6\0\1\x08\0\6\4\0\1\2\0\0\0\0\2\x0a\x4e\0\2"
		"\0\0\0\0\0\0\x0a\x4e\0\1";
	struct am_host h;
	uint8_t packet[ROOM];

	(void)state;
	open_host(&h, AM_HOST_TAP, NULL, 1400);
	run("ip address add 10.78.0.1/24 dev am-t");
	run("ip link show am-t | grep -q 'LOWER_UP.*mtu 1400'");
	run("ip link show am-t | grep -q 02:00:00:00:00:07");
	assert_int_equal(am_host_write(&h, ask, sizeof ask - 1), 0);
	assert_int_equal(receive(&h, packet, 12, 0x0806), 42);
	assert_memory_equal(packet, "\2\0\0\0\0\2\2\0\0\0\0\7", 12);
	assert_memory_equal(packet + 28, "\x0a\x4e\0\1", 4);
	assert_int_equal(am_host_set_mtu(&h, 2400), 0);
	assert_int_equal(am_host_set_carrier(&h, false), 0);
	run("ip link show am-t | grep -q 'NO-CARRIER.*mtu 2400'");
	assert_int_equal(am_host_set_carrier(&h, true), 0);
	run("ip link show am-t | grep -q LOWER_UP");
	am_host_close(&h);
	run("! ip link show am-t 2>/dev/null");
}

static void make_ping(uint8_t *ip)
{
	uint16_t sum;

	memcpy(ip, "\x45\0\0\x1c\0\0\0\0\x40\1\0\0\x0a\x4e\0\2\x0a\x4e\0\1\x08\0\0\0\0\1\0\1", 28);
	sum = am_csum_finish(am_csum_add(ip, 20, 0));
	memcpy(ip + 10, &sum, 2);
	sum = am_csum_finish(am_csum_add(ip + 20, 8, 0));
	memcpy(ip + 22, &sum, 2);
}

/* In a namespace that another process holds: nothing of it is seen here. */
static void test_tun_elsewhere(void **state)
{
	struct am_host h;
	char netns[64], command[160];
	uint8_t packet[ROOM];
	int pipes[2];
	pid_t child;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (!child) {
		if (unshare(CLONE_NEWNET) || write(pipes[1], "", 1) != 1)
			_exit(1);
		pause();
	}
	assert_int_equal(read(pipes[0], packet, 1), 1);
	snprintf(netns, sizeof netns, "/proc/%d/ns/net", (int)child);
	open_host(&h, AM_HOST_TUN, netns, 1500);
	run("! ip link show am-t 2>/dev/null");
	snprintf(command, sizeof command, "nsenter --net=%s ip address add 10.78.0.1/24 dev am-t", netns);
	run(command);
	make_ping(packet);
	assert_int_equal(am_host_write(&h, packet, 28), 0);
	assert_int_equal(receive(&h, packet, 2, 28), 28);
	assert_memory_equal(packet + 12, "\x0a\x4e\0\1\x0a\x4e\0\2\0\0", 10);
	am_host_close(&h);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void test_refusals(void **state)
{
	struct am_host_conf conf = {.kind = AM_HOST_TAP, .name = "am-t", .mtu = 1500};
	struct am_host h, twin;
	struct am_err err = {""};

	(void)state;
	open_host(&h, AM_HOST_TAP, NULL, 1500);
	assert_int_equal(am_host_open(&conf, &twin, &err), -EBUSY);
	assert_non_null(strstr(err.text, "another name"));
	am_host_close(&h);
	conf.netns = "there-is-none";
	assert_int_equal(am_host_open(&conf, &h, &err), -ENOENT);
	assert_non_null(strstr(err.text, "there-is-none"));
	conf = (struct am_host_conf){.kind = AM_HOST_TAP, .name = "a-name-of-16-char", .mtu = 1500};
	assert_int_equal(am_host_open(&conf, &h, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tap),
		cmocka_unit_test(test_tun_elsewhere),
		cmocka_unit_test(test_refusals),
	};

	if (geteuid() || unshare(CLONE_NEWNET)) {
		fprintf(stderr, "needs root, for a network namespace\n");
		return 77;
	}
	return cmocka_run_group_tests_name("drivers/host", tests, NULL, NULL);
}
