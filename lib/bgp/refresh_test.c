/* SPDX-License-Identifier: BSD-3-Clause */
/* Which ROUTE-REFRESH messages of a peer reach the program (RFC 2918, 7313). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bgp/session.h"

struct peer {
	struct am_bgp_session *session;
	am_time now;
};

static struct am_bgp_capabilities capabilities(bool graceful)
{
	struct am_bgp_capabilities caps = {.as4 = true,
		.refresh = true,
		.enhanced_refresh = true,
		.graceful = graceful,
		.n_families = 1};

	caps.families[0] = (struct am_bgp_capability_family){
		.afi = 1, .safi = 1, .multiprotocol = true, .graceful = graceful};
	return caps;
}

static void give(struct peer *p, const struct am_writer *w)
{
	assert_int_equal(am_bgp_input(p->session, 0, w->start, am_writer_len(w)), am_writer_len(w));
}

/* The next event is of this type. */
static void tells(struct peer *p, enum am_bgp_event_type type)
{
	struct am_bgp_event e;

	assert_true(am_bgp_next_event(p->session, &e, p->now));
	assert_int_equal(e.type, type);
}

static void tells_nothing(struct peer *p)
{
	struct am_bgp_event e;

	assert_false(am_bgp_next_event(p->session, &e, p->now));
}

/* Established with a peer that has graceful restart, or not. */
static struct peer established(bool graceful)
{
	const struct am_bgp_session_config config = {.local_as = 1,
		.local_id = 1,
		.hold_time = 90,
		.connect_retry = 30,
		.idle_hold = 1,
		.caps = capabilities(true)};
	const struct am_bgp_open open = {.as = 2, .id = 2, .hold_time = 90, .caps = capabilities(graceful)};
	struct peer p = {.now = {AM_S}};
	uint8_t room[AM_BGP_MESSAGE_MAX];
	struct am_writer w = am_writer(room, sizeof room);

	assert_int_equal(am_bgp_session_create(&config, &p.session), 0);
	am_bgp_start(p.session, p.now);
	tells(&p, AM_BGP_EVENT_CONNECT);
	am_bgp_connected(p.session, 0, p.now);
	assert_int_equal(am_bgp_open_encode(&w, &open), 0);
	assert_int_equal(am_bgp_keepalive_encode(&w), 0);
	give(&p, &w);
	tells(&p, AM_BGP_EVENT_UP);
	tells_nothing(&p);
	return p;
}

static void refresh(struct peer *p, enum am_bgp_refresh_kind kind)
{
	const struct am_bgp_refresh message = {.afi = 1, .safi = 1, .kind = (uint8_t)kind};
	uint8_t room[64];
	struct am_writer w = am_writer(room, sizeof room);

	assert_int_equal(am_bgp_refresh_encode(&w, &message), 0);
	give(p, &w);
}

static void end_of_rib(struct peer *p)
{
	uint8_t room[64];
	struct am_writer w = am_writer(room, sizeof room);

	assert_int_equal(am_bgp_end_of_rib_encode(&w, AM_BGP_IPV4_UNICAST), 0);
	give(p, &w);
	tells(p, AM_BGP_EVENT_UPDATE);
}

/* RFC 7313 4.2. */
static void no_begin_before_the_end_of_rib(void **state)
{
	struct peer p = established(true);

	(void)state;
	refresh(&p, AM_BGP_REFRESH_BEGIN);
	tells_nothing(&p);
	refresh(&p, AM_BGP_REFRESH_END);
	tells_nothing(&p);
	end_of_rib(&p);
	refresh(&p, AM_BGP_REFRESH_BEGIN);
	tells(&p, AM_BGP_EVENT_REFRESH);
	refresh(&p, AM_BGP_REFRESH_END);
	tells(&p, AM_BGP_EVENT_REFRESH);
	/* One that nothing was begun for. */
	refresh(&p, AM_BGP_REFRESH_END);
	tells_nothing(&p);
	am_bgp_session_free(p.session);
}

/* Who has no graceful restart need not send an End-of-RIB at all. */
static void without_graceful_restart_it_may_begin(void **state)
{
	struct peer p = established(false);

	(void)state;
	refresh(&p, AM_BGP_REFRESH_BEGIN);
	tells(&p, AM_BGP_EVENT_REFRESH);
	refresh(&p, AM_BGP_REFRESH_END);
	tells(&p, AM_BGP_EVENT_REFRESH);
	am_bgp_session_free(p.session);
}

static void one_may_always_ask(void **state)
{
	struct peer p = established(true);

	(void)state;
	refresh(&p, AM_BGP_REFRESH_ASK);
	tells(&p, AM_BGP_EVENT_REFRESH);
	am_bgp_session_free(p.session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_begin_before_the_end_of_rib),
		cmocka_unit_test(without_graceful_restart_it_may_begin),
		cmocka_unit_test(one_may_always_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
