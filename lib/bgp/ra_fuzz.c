/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMPv6 messages, each behind four octets: its length, the last octet of its source, its hop limit, and the seconds before it. What the
 * events say adds up, we are never our own neighbour, and nothing is sent more often than allowed.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "bgp/ra.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OWN = 1 };

static void fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

static struct am_ip link_local(uint8_t last)
{
	uint8_t bytes[16] = {0xfe, 0x80, [15] = last};

	return am_ip6(bytes);
}

static void drain(struct am_bgp_ra *ra, bool there[256], am_time now)
{
	uint8_t bytes[AM_BGP_RA_LEN];
	struct am_bgp_ra_event e;
	unsigned n = 0;
	size_t len;

	while (am_bgp_ra_next_event(ra, &e)) {
		uint8_t last = e.address.bytes[15];

		if (last == OWN || (e.type == AM_BGP_RA_GONE && !there[last]))
			fail("an event about ourselves, or about nobody");
		there[last] = e.type == AM_BGP_RA_APPEARED;
	}
	for (unsigned i = 0; i < 256; i++)
		n += there[i];
	if (n > AM_BGP_RA_NEIGHBOURS)
		fail("more neighbours than there is room for");
	if (am_bgp_ra_output(ra, bytes, &len) && (len != AM_BGP_RA_LEN || ra->sent.ns != now.ns))
		fail("an RA of another length, or at another time");
	if (am_bgp_ra_deadline(ra).ns <= now.ns)
		fail("what is due was not done");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct am_bgp_ra_config config = {.interval = 10, .lifetime = 30, .patience = 60, .seed = 1};
	struct am_reader r = am_reader(data, size);
	struct am_ip own = link_local(OWN);
	struct am_mac mac = {{2}};
	struct am_bgp_ra ra;
	am_time now = {AM_S}, sent = {0};
	bool there[256] = {false};

	am_bgp_ra_init(&ra, &config);
	am_bgp_ra_up(&ra, &own, &mac, now);
	drain(&ra, there, now);
	while (am_reader_left(&r) >= 4) {
		size_t len = am_take8(&r);
		struct am_ip source = link_local(am_take8(&r));
		uint8_t hop_limit = am_take8(&r);
		const char *why;
		uint8_t *message;

		now = am_time_add(now, am_take8(&r) * AM_S);
		len = len < am_reader_left(&r) ? len : am_reader_left(&r);
		message = malloc(len + 1);
		memcpy(message, am_take(&r, len), len);
		sent = ra.sent;
		am_bgp_ra_expire(&ra, now);
		if (ra.sent.ns != sent.ns && ra.sent.ns - sent.ns < 3 * AM_S)
			fail("two RAs within three seconds");
		am_bgp_ra_input(&ra, message, len, &source, hop_limit, now, &why);
		am_bgp_ra_expire(&ra, now);
		drain(&ra, there, now);
		free(message);
	}
	am_bgp_ra_stop(&ra);
	return 0;
}
