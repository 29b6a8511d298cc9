/* SPDX-License-Identifier: BSD-3-Clause */
/* Against a real kernel, in a network namespace of its own: needs root. What is set is what `ip` shows. */
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "netlink.h"
#include "nlset.h"

enum { TABLE = 20970 };

static struct am_nl *nl;
static int dev;

static void run(const char *command)
{
	if (system(command))
		fail_msg("%s", command);
}

static struct am_ip ip_of(const char *text)
{
	struct am_ip ip;

	assert_int_equal(am_ip_parse_text(text, &ip), 0);
	return ip;
}

static void address(const char *text, uint8_t len, bool there)
{
	const struct am_prefix prefix = {ip_of(text), len};

	assert_int_equal(am_nl_set_address(nl, dev, &prefix, false, there), 0);
}

struct seen {
	unsigned n, wanted;
};

static void see(void *ctx, const struct am_kaddress *address)
{
	struct seen *seen = ctx;
	const struct am_ip a = ip_of("192.0.2.1"), b = ip_of("2001:db8::1");

	seen->n++;
	seen->wanted +=
		address->ifindex == dev && (am_ip_equal(&address->ip, &a) || am_ip_equal(&address->ip, &b));
}

static void test_addresses(void **state)
{
	struct seen seen = {0};

	(void)state;
	address("192.0.2.1", 24, true);
	address("192.0.2.1", 24, true);
	address("2001:db8::1", 64, true);
	run("ip -4 address show dev amt0 | grep -q 'inet 192.0.2.1/24'");
	run("ip -6 address show dev amt0 | grep -q 'inet6 2001:db8::1/64'");
	assert_int_equal(am_nl_addresses(nl, see, &seen), 0);
	assert_int_equal(seen.wanted, 2);
	address("192.0.2.1", 24, false);
	address("192.0.2.1", 24, false);
	address("2001:db8::1", 64, false);
	run("! ip address show dev amt0 | grep -q '192.0.2.1\\|2001:db8::1/'");
	seen = (struct seen){0};
	assert_int_equal(am_nl_addresses(nl, see, &seen), 0);
	assert_int_equal(seen.wanted, 0);
}

/* The first address of a network goes, and others' stay. */
static void test_secondaries(void **state)
{
	(void)state;
	address("198.18.0.1", 24, true);
	address("198.18.0.2", 24, true);
	run("ip address add 198.18.0.9/24 dev amt0");
	assert_int_equal(am_nl_keep_secondaries(nl, dev), 0);
	address("198.18.0.1", 24, false);
	run("! ip address show dev amt0 | grep -q 198.18.0.1/");
	run("ip address show dev amt0 | grep -q 198.18.0.2/24 && ip address show dev amt0 | grep -q 198.18.0.9/24");
	assert_int_equal(am_nl_keep_secondaries(nl, 1 << 20), -ENODEV);
}

/* From our address: what is connected as ever, everything else by our table; from others the management's default holds. */
static void test_source(void **state)
{
	static const char *const sources[] = {"10.255.0.1", "fd00::1"};

	(void)state;
	run("ip link add amt2 type veth peer name amt3 && ip link set amt2 up && ip link set amt3 up");
	run("ip address add 198.51.100.1/24 dev amt2 && ip route add default via 198.51.100.254");
	run("ip address add 2001:db8:2::1/64 dev amt2 nodad && ip route add default via 2001:db8:2::fe dev amt2");
	address("10.255.0.1", 32, true);
	address("fd00::1", 128, true);
	for (unsigned i = 0; i < 2; i++) {
		const struct am_ip source = ip_of(sources[i]);

		assert_int_equal(am_nl_set_default(nl, source.family, dev, TABLE), 0);
		assert_int_equal(am_nl_set_default(nl, source.family, dev, TABLE), 0);
		assert_int_equal(am_nl_set_source_rule(nl, &source, TABLE, true), 0);
		assert_int_equal(am_nl_set_source_rule(nl, &source, TABLE, true), 0);
	}
	run("ip route get 203.0.113.1 from 10.255.0.1 | grep -q 'dev amt0'");
	run("ip route get 203.0.113.1 | grep -q 'dev amt2'");
	run("ip route get 198.51.100.7 from 10.255.0.1 | grep -q 'dev amt2'");
	run("ip -6 route get 2001:db8:9::1 from fd00::1 | grep -q 'dev amt0'");
	run("ip -6 route get 2001:db8:2::7 from fd00::1 | grep -q 'dev amt2'");
	for (unsigned i = 0; i < 2; i++) {
		const struct am_ip source = ip_of(sources[i]);

		assert_int_equal(am_nl_set_source_rule(nl, &source, TABLE, false), 0);
		assert_int_equal(am_nl_set_source_rule(nl, &source, TABLE, false), 0);
	}
	run("! ip rule | grep -q 2097 && ! ip -6 rule | grep -q 2097");
}

static void see_neigh(void *ctx, const struct am_kneigh *neigh)
{
	assert_int_equal(neigh->ifindex, dev);
	*(unsigned *)ctx += neigh->usable && neigh->mac.bytes[5] == 8;
}

static void test_neighbour(void **state)
{
	const struct am_ip ip = ip_of("192.0.2.9");
	struct am_kneigh neigh;
	unsigned usable = 0;

	(void)state;
	address("192.0.2.1", 24, true);
	assert_int_equal(am_nl_keep_neighbour(nl, dev, &ip), 0);
	assert_int_equal(am_nl_neigh(nl, dev, &ip, &neigh), 0);
	run("ip neigh show dev amt0 | grep -q '192.0.2.9'");
	assert_int_equal(am_nl_keep_neighbour(nl, dev, &ip), 0);
	run("ip neigh replace 192.0.2.8 lladdr 02:00:00:00:00:08 dev amt0");
	run("ip neigh replace 2001:db8::8 lladdr 02:00:00:00:00:08 dev amt0");
	run("ip link set lo up && ip neigh replace 192.0.2.7 lladdr 02:00:00:00:00:07 dev amt1");
	assert_int_equal(am_nl_neighbours(nl, dev, see_neigh, &usable), 0);
	assert_int_equal(usable, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_secondaries),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_neighbour),
	};
	struct am_err err;

	if (geteuid() || unshare(CLONE_NEWNET) ||
		system("ip link add amt0 type veth peer name amt1 && ip link set amt0 up && ip link set amt1 up")) {
		fprintf(stderr, "needs root, for a network namespace\n");
		return 77;
	}
	nl = am_nl_open(&err);
	dev = (int)if_nametoindex("amt0");
	return nl ? cmocka_run_group_tests_name("amimed/nlset", tests, NULL, NULL) : 1;
}
