/* SPDX-License-Identifier: BSD-3-Clause */
/* pcap ports and the file format under them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_mempool.h>

#include "drivers/driver.h"
#include "drivers/pcap.h"
#include "drivers/pcapfile.h"
#include "eal.h"
#include "pkt/buf.h"

enum { BUFFERS = 64, ROOM = 8192 };

static void put(struct am_writer *w, bool swapped, uint32_t v)
{
	am_put32(w, swapped ? __builtin_bswap32(v) : v);
}

static void put_header(struct am_writer *w, bool swapped, bool nano, uint32_t link)
{
	put(w, swapped, nano ? 0xa1b23c4d : 0xa1b2c3d4);
	put(w, swapped, swapped ? 4u << 16 | 2 : 2u << 16 | 4);
	am_put(w, 8);
	put(w, swapped, 65535);
	put(w, swapped, link);
}

static void put_frame(
	struct am_writer *w, bool swapped, uint32_t s, uint32_t fraction, uint32_t len, uint32_t wire)
{
	put(w, swapped, s);
	put(w, swapped, fraction);
	put(w, swapped, len);
	put(w, swapped, wire);
	memset(am_put(w, len), (int)len, len);
}

static void test_all_forms(void **state)
{
	(void)state;
	for (unsigned form = 0; form < 4; form++) {
		bool swapped = form & 1, nano = form & 2;
		uint8_t bytes[ROOM];
		struct am_writer w = am_writer(bytes, sizeof bytes);
		struct am_pcapfile_frame frame;
		struct am_pcapfile f;
		struct am_err err;

		put_header(&w, swapped, nano, 1);
		put_frame(&w, swapped, 3, 7, 60, 60);
		put_frame(&w, swapped, 4000000000u, 999999, 1500, 1500);
		assert_int_equal(am_pcapfile_begin(&f, bytes, am_writer_len(&w), &err), 0);
		assert_int_equal(am_pcapfile_next(&f, &frame, &err), 1);
		assert_int_equal(frame.len, 60);
		assert_int_equal(frame.bytes[59], 60);
		assert_int_equal(frame.at.ns, 3 * AM_S + 7 * (nano ? 1 : 1000));
		assert_int_equal(am_pcapfile_next(&f, &frame, &err), 1);
		assert_int_equal(frame.len, 1500);
		assert_int_equal(frame.at.ns, 4000000000u * AM_S + 999999 * (nano ? 1 : 1000));
		assert_int_equal(am_pcapfile_next(&f, &frame, &err), 0);
		assert_int_equal(am_pcapfile_next(&f, &frame, &err), 0);
	}
}

/* Read bytes to the end. 0, or the error's code with its text. */
static int read_all(const uint8_t *bytes, size_t len, struct am_err *err)
{
	struct am_pcapfile_frame frame;
	struct am_pcapfile f;
	int rc = am_pcapfile_begin(&f, bytes, len, err);

	while (!rc && (rc = am_pcapfile_next(&f, &frame, err)) == 1)
		rc = 0;
	return rc;
}

static void assert_refused(const uint8_t *bytes, size_t len, const char *why)
{
	uint8_t *exact = malloc(len ? len : 1); /* so that a read past the end is seen */
	struct am_err err = {""};

	assert_non_null(exact);
	memcpy(exact, bytes, len);
	assert_int_equal(read_all(exact, len, &err), -EINVAL);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
	free(exact);
}

static void test_damaged(void **state)
{
	uint8_t bytes[ROOM];
	struct am_writer w = am_writer(bytes, sizeof bytes);

	(void)state;
	put_header(&w, true, false, 1);
	put_frame(&w, true, 1, 0, 100, 100);
	for (size_t len = 0; len < 4; len++)
		assert_refused(bytes, len, "no pcap file");
	for (size_t len = 4; len < 24; len++)
		assert_refused(bytes, len, "file header");
	for (size_t len = 25; len < am_writer_len(&w); len++)
		assert_refused(bytes, len, "cut short: it ends inside frame 1, which begins at octet 24");
	assert_refused((const uint8_t *)"\x0a\x0d\x0d\x0a\x1c\0\0\0", 8, "editcap");
	assert_refused((const uint8_t *)"some text", 9, "no pcap file");

	w = am_writer(bytes, sizeof bytes);
	put_header(&w, false, false, 113);
	assert_refused(bytes, am_writer_len(&w), "link type 113");

	w = am_writer(bytes, sizeof bytes);
	put_header(&w, false, false, 1);
	put_frame(&w, false, 1, 0, 96, 1500);
	assert_refused(bytes, am_writer_len(&w), "tcpdump -s 0");

	am_store32(bytes + 24 + 8, 0x7fffffff);
	assert_refused(bytes, am_writer_len(&w), "damaged");
}

static void write_file(const char *path, const void *bytes, size_t len)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

struct files {
	char dir[32], rx[64], tx[64];
	struct am_port_conf conf;
};

static int setup(void **state)
{
	static struct files f;

	if (am_test_eal())
		return -1;
	strcpy(f.dir, "/tmp/am_pcap_XXXXXX");
	if (!mkdtemp(f.dir))
		return -1;
	snprintf(f.rx, sizeof f.rx, "%s/rx.pcap", f.dir);
	snprintf(f.tx, sizeof f.tx, "%s/tx.pcap", f.dir);
	f.conf = (struct am_port_conf){.name = "wan", .pool = am_buf_pool("pcap", BUFFERS, 0), .queues = 2};
	*state = &f;
	return f.conf.pool ? 0 : -1;
}

static int teardown(void **state)
{
	struct files *f = *state;

	unlink(f->rx);
	unlink(f->tx);
	return rmdir(f->dir);
}

static struct am_port *open_port(const struct files *f, const char *rx, const char *tx)
{
	struct am_port *port = NULL;
	struct am_err err = {""};

	if (am_pcap_open(&f->conf, rx, tx, &port, &err))
		fail_msg("%s", err.text);
	return port;
}

static void write_three(const struct files *f)
{
	uint8_t bytes[ROOM];
	struct am_writer w = am_writer(bytes, sizeof bytes);

	put_header(&w, true, true, 1);
	put_frame(&w, true, 1, 0, 60, 60);
	put_frame(&w, true, 1, 500, 61, 61);
	put_frame(&w, true, 2, 0, 62, 62);
	write_file(f->rx, bytes, am_writer_len(&w));
}

/* Frames come when it is their time, go out with the time that it is, and what was written reads back the same. */
static void test_virtual_time(void **state)
{
	struct files *f = *state;
	struct rte_mbuf *m[8];
	struct am_port *port;
	am_time t;

	write_three(f);
	port = open_port(f, f->rx, f->tx);
	assert_int_equal(port->limits.rx_queues, 1);
	assert_int_equal(port->limits.tx_queues, 2);
	am_pcap_set_time(port, (am_time){AM_S - 1});
	assert_int_equal(port->ops->rx(port, 0, m, 8), 0);
	assert_true(am_pcap_next_time(port, &t));
	assert_int_equal(t.ns, AM_S);
	am_pcap_set_time(port, (am_time){AM_S + 500});
	assert_int_equal(port->ops->rx(port, 0, m, 8), 2);
	assert_int_equal(am_buf_len(m[1]), 61);
	assert_int_equal(am_buf_headroom(m[1]), AM_BUF_HEADROOM);
	assert_int_equal(port->ops->tx(port, 1, m, 2), 2);
	am_pcap_set_time(port, (am_time){5 * AM_S});
	assert_int_equal(port->ops->rx(port, 0, m, 8), 1);
	assert_false(am_pcap_next_time(port, &t));
	assert_int_equal(port->ops->tx(port, 0, m, 1), 1);
	assert_int_equal(am_pcap_flush(port, NULL), 0);
	port->ops->close(port);

	port = open_port(f, f->tx, NULL);
	assert_true(am_pcap_next_time(port, &t));
	assert_int_equal(t.ns, AM_S + 500);
	assert_int_equal(port->ops->rx(port, 0, m, 8), 3); /* no time was set: all at once */
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(am_buf_len(m[i]), 60 + i);
		assert_int_equal(am_buf_data(m[i])[59 + i], 60 + i);
	}
	am_buf_free_bulk(m, 3);
	port->ops->close(port);
	assert_int_equal(rte_mempool_avail_count(f->conf.pool), BUFFERS);
}

static void test_counted(void **state)
{
	struct files *f = *state;
	uint8_t bytes[ROOM];
	struct am_writer w = am_writer(bytes, sizeof bytes);
	struct am_port_stats stats;
	struct rte_mbuf *m[2 * BUFFERS];
	struct am_port *port;

	put_header(&w, true, true, 1);
	put_frame(&w, true, 1, 0, AM_BUF_ROOM - AM_BUF_HEADROOM + 1, AM_BUF_ROOM - AM_BUF_HEADROOM + 1);
	for (unsigned i = 0; i < BUFFERS + 1; i++)
		put_frame(&w, true, 1, 0, 14, 14);
	write_file(f->rx, bytes, am_writer_len(&w));
	port = open_port(f, f->rx, "");
	assert_int_equal(port->ops->rx(port, 0, m, 2 * BUFFERS), BUFFERS);
	port->ops->stats(port, &stats);
	assert_int_equal(stats.rx_too_long, 1);
	assert_int_equal(stats.rx_dropped, 1);
	assert_int_equal(port->ops->tx(port, 0, m, BUFFERS), BUFFERS);
	port->ops->close(port);
}

static void test_open_errors(void **state)
{
	struct files *f = *state;
	struct am_port *port = NULL;
	struct am_err err = {""};

	assert_int_equal(am_pcap_open(&f->conf, "/nonexistent/x.pcap", NULL, &port, &err), -ENOENT);
	assert_non_null(strstr(err.text, "port wan: rx_file /nonexistent/x.pcap"));
	write_file(f->rx, "", 0);
	assert_int_equal(am_pcap_open(&f->conf, f->rx, NULL, &port, &err), -EINVAL);
	assert_non_null(strstr(err.text, "empty"));
	assert_int_equal(am_pcap_open(&f->conf, f->dir, NULL, &port, &err), -EINVAL);
	assert_int_equal(am_pcap_open(&f->conf, NULL, "/nonexistent/x.pcap", &port, &err), -ENOENT);
	assert_null(port);
}

static void test_disk_full(void **state)
{
	struct files *f = *state;
	struct am_port *port;
	struct am_err err = {""};
	struct rte_mbuf *m;

	assert_int_equal(access("/dev/full", W_OK), 0);
	port = open_port(f, NULL, "/dev/full");
	m = am_buf_alloc(f->conf.pool, AM_BUF_HEADROOM);
	assert_non_null(m);
	memset(am_buf_set_len(m, 60), 0, 60);
	assert_int_equal(port->ops->tx(port, 0, &m, 1), 1);
	assert_int_equal(am_pcap_flush(port, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "tx_file"));
	port->ops->close(port);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_forms),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_virtual_time),
		cmocka_unit_test(test_counted),
		cmocka_unit_test(test_open_errors),
		cmocka_unit_test(test_disk_full),
	};

	return cmocka_run_group_tests_name("drivers/pcap", tests, setup, teardown);
}
