/* SPDX-License-Identifier: BSD-3-Clause */
/* ethdev ports on DPDK's devices that need no hardware, and what is said about those that are not there. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <rte_mempool.h>

#include "drivers/driver.h"
#include "eal.h"
#include "pkt/buf.h"

enum { BUFFERS = 4096 };

static struct am_port_conf conf = {.name = "wan", .queues = 2};

static int setup(void **state)
{
	(void)state;
	if (am_test_eal())
		return -1;
	conf.pool = am_buf_pool("ethdev", BUFFERS, 0);
	return conf.pool ? 0 : -1;
}

/* net_null: every rx gives a frame of the size asked for, every tx takes all. Opened twice: close leaves nothing. */
static void test_null(void **state)
{
	struct rte_mbuf *m[32];
	struct am_port_stats stats;
	struct am_err err = {""};

	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		struct am_port *port = NULL;

		if (am_ethdev_open(&conf, "net_null0,size=100", &port, &err))
			fail_msg("%s", err.text);
		assert_string_equal(port->ops->name, "ethdev");
		assert_int_equal(port->limits.mtu, 1500);
		assert_true(port->limits.rx_queues >= 1);
		assert_int_equal(port->limits.ifindex, 0);
		assert_int_equal(port->ops->wait_fd(port, 0), -1);
		assert_int_equal(port->ops->rx(port, 0, m, 32), 32);
		assert_int_equal(am_buf_len(m[31]), 100);
		assert_int_equal(port->ops->tx(port, 0, m, 32), 32);
		port->ops->stats(port, &stats);
		assert_true(stats.link_up);
		port->ops->close(port);
		assert_int_equal(rte_mempool_avail_count(conf.pool), BUFFERS);
	}
}

static void test_refusals(void **state)
{
	static const struct {
		const char *devargs;
		int code;
		const char *says;
	} cases[] = {
		{"net_af_packet0,iface=lo", ENOTSUP, "\"driver\": \"af_packet\""},
		{"eth_af_packet0,iface=lo", ENOTSUP, "reassemble"},
		/* memif warns of something else first */
		{"net_memif8,role=client,zero-copy=yes", 0, "Zero-copy doesn't support"},
		{"net_memif9,role=client,socket=/tmp/no.sock,socket-abstract=no", ECONNREFUSED,
			"role=server must be there first"},
		{"0000:ff:1f.7", ENODEV, "dpdk-devbind.py --status"},
		{"pci:ff:1f.7", ENODEV, "no PCI device 0000:ff:1f.7"},
		{"net_nosuch0", ENODEV, "net_nosuch0"},
		{"net_nosuch,bar=1", ENODEV, "net_tap0"},
		{"net_null7,bar=1", 0, "cannot attach"},
		{"net_pcap0", 0, "No rx or tx queues provided"},
		{"", EINVAL, "empty"},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct am_port *port = NULL;
		struct am_err err = {""};
		int rc = am_ethdev_open(&conf, cases[i].devargs, &port, &err);

		assert_true(rc < 0);
		if (cases[i].code)
			assert_int_equal(rc, -cases[i].code);
		if (!strstr(err.text, cases[i].says) || !strstr(err.text, "port wan"))
			fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i].says);
		assert_null(port);
	}
}

static void test_mtu(void **state)
{
	struct am_port_conf big = conf;
	struct am_port *port = NULL;
	struct am_err err = {""};

	(void)state;
	big.mtu = 9000;
	assert_int_equal(am_ethdev_open(&big, "net_null1", &port, &err), -EINVAL);
	assert_non_null(strstr(err.text, "MTU 9000"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_null),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_mtu),
	};

	return cmocka_run_group_tests_name("drivers/ethdev", tests, setup, NULL);
}
