/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A session against whatever a peer, the network and the clock may do. The first octet is the configuration; then octets are operations:
 * 0x00-0x7f so many bytes come in on a connection, others are connections made and lost, time, and output taken.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "bgp/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct am_bgp_session *session;
	am_time now;
	bool up;
	bool wants[AM_BGP_CONNS]; /* a connection was asked for */
};

static void fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

static void events(struct run *run)
{
	struct am_bgp_event e;

	while (am_bgp_next_event(run->session, &e, run->now)) {
		switch (e.type) {
		case AM_BGP_EVENT_CONNECT:
			run->wants[e.conn] = true;
			break;
		case AM_BGP_EVENT_UP:
			if (run->up)
				fail("up twice");
			run->up = true;
			break;
		case AM_BGP_EVENT_UPDATE:
			if (!run->up || e.update->class == AM_BGP_RESET)
				fail("an UPDATE that should not be seen");
			break;
		case AM_BGP_EVENT_DOWN:
			if (e.end->was_up && !run->up)
				fail("down, but was not up");
			run->up = run->up && !e.end->was_up;
			break;
		case AM_BGP_EVENT_CLOSE:
			run->wants[e.conn] = false;
			am_bgp_closed(run->session, e.conn, run->now);
			break;
		default:
			break;
		}
	}
}

static void operate(struct run *run, uint8_t op)
{
	struct am_bgp_session *s = run->session;
	unsigned conn = op & 1;

	switch (op >> 1 & 7) {
	case 0:
		am_bgp_accept(s, run->now);
		break;
	case 1:
		if (run->wants[conn])
			am_bgp_connected(s, conn, run->now);
		run->wants[conn] = false;
		break;
	case 2:
		am_bgp_closed(s, conn, run->now);
		run->wants[conn] = false;
		break;
	case 3:
		am_bgp_sent(s, conn, am_bgp_output(s, conn).len, run->now);
		break;
	case 4:
		if (am_bgp_deadline(s).ns != UINT64_MAX && am_time_before(run->now, am_bgp_deadline(s)))
			run->now = am_bgp_deadline(s);
		am_bgp_expire(s, run->now);
		break;
	case 5:
		run->now = am_time_add(run->now, AM_S);
		break;
	case 6:
		am_bgp_stop(s, op, NULL, run->now);
		break;
	default:
		am_bgp_start(s, run->now);
		break;
	}
}

static size_t feed(struct run *run, const uint8_t *data, size_t size, size_t len, unsigned conn)
{
	size_t n = len < size ? len : size, took;

	/* Of a block of its own, so that what is kept of it is seen. */
	uint8_t *copy = malloc(n ? n : 1);

	for (size_t i = 0; i < n; i++)
		copy[i] = data[i];
	took = am_bgp_input(run->session, conn, copy, n);
	free(copy);
	if (took > n)
		fail("more was taken than was given");
	return n;
}

static struct am_bgp_session_config config_of(uint8_t how)
{
	struct am_bgp_session_config c = {
		.local_as = 65001,
		.local_id = 1,
		.remote_as = how & 1 ? 65002 : 0,
		.passive = how & 2,
		.hold_time = 9,
		.connect_retry = 5,
		.idle_hold = 1,
		.strict_role = how & 128,
		.caps = {.as4 = how & 4,
			.refresh = true,
			.enhanced_refresh = true,
			.extended_message = how & 8,
			.graceful = how & 16,
			.notification = how & 32,
			.has_role = how & 64,
			.role = AM_BGP_ROLE_CUSTOMER,
			.n_families = 2},
	};

	c.caps.families[0] = (struct am_bgp_capability_family){.afi = 1, .safi = 1, .multiprotocol = true};
	c.caps.families[1] = (struct am_bgp_capability_family){.afi = 25, .safi = 70, .multiprotocol = true};
	return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run run = {.now = {AM_S}};
	struct am_bgp_session_config config;

	if (size < 1)
		return 0;
	config = config_of(data[0]);
	if (am_bgp_session_create(&config, &run.session))
		fail("no session");
	am_bgp_start(run.session, run.now);
	events(&run);
	for (data++, size--; size;) {
		uint8_t op = *data++;

		size--;
		if (op < 0x80) {
			size_t n = feed(&run, data, size, op & 0x7e, op & 1);

			data += n;
			size -= n;
		} else {
			operate(&run, op);
		}
		events(&run);
		if (run.up != (am_bgp_session_peer(run.session) != NULL))
			fail("up and Established are not the same");
	}
	am_bgp_session_free(run.session);
	return 0;
}
