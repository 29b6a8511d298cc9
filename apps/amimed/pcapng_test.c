/* SPDX-License-Identifier: BSD-3-Clause */
/* What is written, libpcap reads: an oracle that is not ours. Its reader knows no options: those are looked at here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include <cmocka.h>

#include "pcapng.h"

static void write_some(struct am_pcapng *f)
{
	struct am_pcapng_packet p = {.ns = 1700000000123456789ull,
		.len = 1514,
		.caplen = 5,
		.octets = (const uint8_t *)"hello",
		.way = AM_PCAPNG_OUT,
		.comment = "drop ip4_checksum: header checksum is wrong"};

	am_pcapng_begin(f, "amimed");
	am_pcapng_iface(f, AM_PCAPNG_ETHERNET, 65535, "wan", "port wan");
	am_pcapng_packet(f, &p);
	p.octets = (const uint8_t *)"12345678";
	p.caplen = p.len = 8;
	p.way = AM_PCAPNG_IN;
	p.comment = "";
	am_pcapng_packet(f, &p);
	am_pcapng_lost(f, 0, p.ns, 3, "lost");
	assert_false(f->failed);
}

static void libpcap_reads_it(void **state)
{
	char path[] = "/tmp/pcapng_test.XXXXXX", err[PCAP_ERRBUF_SIZE];
	int fd = mkstemp(path);
	struct am_pcapng f = {0};
	struct pcap_pkthdr *head;
	const uint8_t *octets;
	pcap_t *p;

	(void)state;
	write_some(&f);
	assert_true(fd >= 0 && write(fd, f.bytes, f.len) == (ssize_t)f.len);
	p = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, err);
	assert_non_null(p);
	assert_int_equal(pcap_datalink(p), DLT_EN10MB);
	assert_int_equal(pcap_next_ex(p, &head, &octets), 1);
	assert_int_equal(head->caplen, 5);
	assert_int_equal(head->len, 1514);
	assert_int_equal(head->ts.tv_sec, 1700000000);
	assert_int_equal(head->ts.tv_usec, 123456789);
	assert_memory_equal(octets, "hello", 5);
	assert_int_equal(pcap_next_ex(p, &head, &octets), 1);
	assert_int_equal(head->len, 8);
	assert_int_equal(pcap_next_ex(p, &head, &octets), PCAP_ERROR_BREAK);
	pcap_close(p);
	close(fd);
	unlink(path);
	free(f.bytes);
}

/* Each block says its length at both ends, and all of them together are the file. */
static void blocks(void **state)
{
	static const uint32_t types[] = {0x0a0d0d0a, 1, 6, 6, 5};
	struct am_pcapng f = {0};
	size_t at = 0;

	(void)state;
	write_some(&f);
	for (unsigned i = 0; i < sizeof types / sizeof *types; i++) {
		uint32_t type, len, again;

		memcpy(&type, f.bytes + at, sizeof type);
		memcpy(&len, f.bytes + at + 4, sizeof len);
		memcpy(&again, f.bytes + at + len - 4, sizeof again);
		assert_int_equal(type, types[i]);
		assert_int_equal(len, again);
		assert_int_equal(len % 4, 0);
		at += len;
	}
	assert_int_equal(at, f.len);
	assert_non_null(memmem(f.bytes, f.len, "\2\0\3\0wan\0", 8));
	assert_non_null(memmem(f.bytes, f.len, "\2\0\4\0\2\0\0\0", 8)); /* outbound */
	assert_non_null(memmem(f.bytes, f.len, "\1\0\53\0drop ip4_checksum: ", 23));
	free(f.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(libpcap_reads_it), cmocka_unit_test(blocks)};

	return cmocka_run_group_tests_name("amimed/pcapng", tests, NULL, NULL);
}
