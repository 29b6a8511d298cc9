/* SPDX-License-Identifier: BSD-3-Clause */
/* Two sessions joined in memory: what each rule of the state machine makes visible to the two programs. */
#include "test_world.h"

#include <errno.h>

#include "test_hex.h"

static struct world *pair(void)
{
	struct am_bgp_session_config a = world_config(0), b = world_config(1);

	return world_new(&a, &b, 1);
}

static void start(struct world *w)
{
	am_bgp_start(w->node[0].session, w->now);
	am_bgp_start(w->node[1].session, w->now);
	w->calm = true;
}

static void test_up(void **state)
{
	struct world *w = pair();
	const struct am_bgp_peer *peer;

	(void)state;
	assert_null(am_bgp_session_peer(w->node[0].session));
	start(w);
	assert_true(world_settles(w, 60));
	peer = am_bgp_session_peer(w->node[0].session);
	assert_int_equal(peer->open.as, 65002);
	assert_int_equal(peer->hold_time, 9);
	assert_true(peer->agreed.as4);
	/* An hour of nothing but KEEPALIVEs. */
	world_run(w, 3600);
	assert_int_equal(w->node[0].ups, 1);
	assert_int_equal(w->node[0].downs + w->node[1].downs, 0);
	assert_true(am_bgp_session_counters(w->node[0].session)->received[AM_BGP_KEEPALIVE] > 1000);
	world_free(w);
}

/* RFC 4271 4.2: a hold time of 0 needs no KEEPALIVEs, and nothing ever expires. */
static void test_no_hold(void **state)
{
	struct am_bgp_session_config a = world_config(0), b = world_config(1);
	struct world *w;

	(void)state;
	b.hold_time = 0;
	w = world_new(&a, &b, 1);
	start(w);
	assert_true(world_settles(w, 60));
	assert_int_equal(am_bgp_deadline(w->node[0].session).ns, UINT64_MAX);
	assert_int_equal(am_bgp_deadline(w->node[1].session).ns, UINT64_MAX);
	world_free(w);
}

/* RFC 4271 10: a third of the hold time, less up to a quarter; never more. */
static void test_keepalive_jitter(void **state)
{
	struct am_bgp_session_config a = world_config(0), b = world_config(1);
	uint64_t least = UINT64_MAX, most = 0;

	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		struct world *w;
		am_time at;

		a.seed = b.seed = i;
		a.hold_time = b.hold_time = 90;
		w = world_new(&a, &b, i);
		start(w);
		assert_true(world_settles(w, 60));
		at = am_bgp_deadline(w->node[0].session);
		assert_true(am_time_since(at, w->now) <= 30 * AM_S);
		least = at.ns - w->now.ns < least ? at.ns - w->now.ns : least;
		most = at.ns - w->now.ns > most ? at.ns - w->now.ns : most;
		world_free(w);
	}
	assert_true(least < 25 * AM_S && least > 20 * AM_S);
	assert_true(most > 27 * AM_S);
}

/* A peer that is silent for the hold time, to the nanosecond. */
static void test_hold(void **state)
{
	struct world *w = pair();
	am_time before;

	(void)state;
	start(w);
	assert_true(world_settles(w, 60));
	w->stalled = true;
	before = w->now;
	while (!w->node[0].downs && !w->node[1].downs)
		world_step(w);
	assert_true(w->now.ns - before.ns <= 9 * AM_S);
	assert_true(w->now.ns - before.ns > 5 * AM_S);
	assert_int_equal(w->node[w->node[0].downs ? 0 : 1].last.code, AM_BGP_E_HOLD);
	w->stalled = false;
	assert_true(world_settles(w, 60));
	world_free(w);
}

/* What came in time but was not looked at keeps the session. */
static void test_hold_is_not_starved(void **state)
{
	struct world *w = pair();
	struct link *l;
	uint8_t keepalive[19];
	struct am_writer out = am_writer(keepalive, sizeof keepalive);

	(void)state;
	start(w);
	assert_true(world_settles(w, 60));
	am_bgp_keepalive_encode(&out);
	l = w->link[0].used && w->link[0].there ? &w->link[0] : &w->link[1];
	assert_int_equal(am_bgp_input(w->node[0].session, (unsigned)l->conn[0], keepalive, sizeof keepalive),
		sizeof keepalive);
	w->now = am_time_add(w->now, 9 * AM_S);
	am_bgp_expire(w->node[0].session, w->now);
	assert_int_equal(am_bgp_session_state(w->node[0].session), AM_BGP_ESTABLISHED);
	world_events(w);
	assert_int_equal(w->node[0].downs, 0);
	world_free(w);
}

static void test_stop(void **state)
{
	struct world *w = pair();

	(void)state;
	start(w);
	assert_true(world_settles(w, 60));
	am_bgp_stop(w->node[0].session, AM_BGP_CEASE_SHUTDOWN, "back at 04:00", w->now);
	world_run(w, 30);
	assert_int_equal(am_bgp_session_state(w->node[0].session), AM_BGP_IDLE);
	assert_int_equal(w->node[0].last.by, AM_BGP_BY_US);
	assert_int_equal(w->node[1].downs, 1);
	assert_false(w->node[1].up);
	/* Later attempts found nobody: what the peer said is looked up in a world that ends with it. */
	am_bgp_start(w->node[0].session, w->now);
	assert_true(world_settles(w, 60));
	am_bgp_stop(w->node[0].session, AM_BGP_CEASE_SHUTDOWN, "back at 04:00", w->now);
	while (w->node[1].up)
		world_step(w);
	assert_int_equal(w->node[1].last.by, AM_BGP_BY_PEER);
	assert_int_equal(w->node[1].last.code, AM_BGP_E_CEASE);
	assert_int_equal(w->node[1].last.subcode, AM_BGP_CEASE_SHUTDOWN);
	assert_int_equal(w->node[1].last.text_len, 13);
	assert_memory_equal(w->node[1].last.text, "back at 04:00", 13);
	world_free(w);
}

/* Neither end gets anywhere; one of them says what with. */
static void refused(
	const struct am_bgp_session_config *a, const struct am_bgp_session_config *b, uint8_t subcode)
{
	struct world *w = world_new(a, b, 3);
	bool said = false;

	start(w);
	for (unsigned i = 0; i < 400; i++) {
		world_step(w);
		for (unsigned node = 0; node < 2; node++)
			said |= w->node[node].last.code == AM_BGP_E_OPEN &&
				w->node[node].last.subcode == subcode;
	}
	assert_true(said);
	assert_int_equal(w->node[0].ups + w->node[1].ups, 0);
	world_free(w);
}

static void test_refused(void **state)
{
	struct am_bgp_session_config a = world_config(0), b = world_config(1);

	(void)state;
	b.local_as = 65009;
	refused(&a, &b, AM_BGP_OPEN_AS);
	b = world_config(1);
	a.local_as = a.remote_as = b.local_as = b.remote_as = 65001;
	b.local_id = a.local_id;
	refused(&a, &b, AM_BGP_OPEN_ID);
	a = world_config(0);
	b = world_config(1);
	b.caps.families[0].afi = 2;
	refused(&a, &b, AM_BGP_OPEN_CAPABILITY);
	b = world_config(1);
	a.caps.has_role = b.caps.has_role = true;
	a.caps.role = b.caps.role = AM_BGP_ROLE_PROVIDER;
	refused(&a, &b, AM_BGP_OPEN_ROLE);
	b.caps.has_role = false;
	a.strict_role = true;
	refused(&a, &b, AM_BGP_OPEN_ROLE);
}

static void test_roles(void **state)
{
	struct am_bgp_session_config a = world_config(0), b = world_config(1);
	struct world *w;

	(void)state;
	a.caps.has_role = b.caps.has_role = true;
	a.caps.role = AM_BGP_ROLE_PROVIDER;
	b.caps.role = AM_BGP_ROLE_CUSTOMER;
	w = world_new(&a, &b, 1);
	start(w);
	assert_true(world_settles(w, 60));
	world_free(w);
	b.caps.has_role = false;
	w = world_new(&a, &b, 1);
	start(w);
	assert_true(world_settles(w, 60));
	world_free(w);
}

/* RFC 4271 6.8: of two connections that cross, the one that the higher identifier opened stays. */
static void test_collision(void **state)
{
	unsigned crossed = 0;

	(void)state;
	for (unsigned seed = 0; seed < 200; seed++) {
		struct am_bgp_session_config a = world_config(0), b = world_config(1);
		struct world *w;

		a.local_id = seed & 1 ? 0x0a0000ff : 0x0a000001;
		if (seed % 3 == 0)
			b.local_id = a.local_id; /* RFC 6286 2.3: then the higher AS, which is b's */
		w = world_new(&a, &b, seed);
		start(w);
		assert_true(world_settles(w, 60));
		assert_int_equal(w->node[0].downs + w->node[1].downs, 0);
		if (w->links_made == 2 && w->node[0].last.by == AM_BGP_BY_COLLISION) {
			bool by_a = a.local_id > b.local_id;

			crossed++;
			if (w->node[0].last.by == AM_BGP_BY_COLLISION &&
				w->node[0].last.state == AM_BGP_OPEN_CONFIRM)
				assert_int_equal(!am_bgp_session_peer(w->node[0].session)->incoming, by_a);
		}
		world_free(w);
	}
	assert_true(crossed > 20);
}

static void test_passive(void **state)
{
	struct am_bgp_session_config a = world_config(0), b = world_config(1);
	struct world *w;

	(void)state;
	a.passive = true;
	w = world_new(&a, &b, 1);
	start(w);
	assert_true(world_settles(w, 60));
	assert_true(am_bgp_session_peer(w->node[0].session)->incoming);
	assert_false(am_bgp_session_peer(w->node[1].session)->incoming);
	world_free(w);
}

/* Attempts that fail wait longer each time, and never longer than connect_retry. */
static void test_backoff(void **state)
{
	struct world *w = pair();
	uint64_t attempts;

	(void)state;
	w->refuse = true;
	start(w);
	world_run(w, 1000);
	attempts = am_bgp_session_counters(w->node[0].session)->sent[AM_BGP_OPEN];
	assert_int_equal(attempts, 0);
	assert_int_equal(w->node[0].last.by, AM_BGP_BY_TRANSPORT);
	w->refuse = false;
	assert_true(world_settles(w, 30));
	world_free(w);
}

static void test_accept(void **state)
{
	struct world *w = pair();
	struct am_bgp_session *s = w->node[0].session;

	(void)state;
	assert_int_equal(am_bgp_accept(s, w->now), -ECONNREFUSED);
	am_bgp_start(s, w->now);
	assert_true(am_bgp_accept(s, w->now) >= 0);
	assert_int_equal(am_bgp_accept(s, w->now), -EBUSY);
	am_bgp_stop(s, AM_BGP_CEASE_DECONFIGURED, NULL, w->now);
	assert_int_equal(am_bgp_accept(s, w->now), -ECONNREFUSED);
	world_free(w);
}

/* Feed a stream that is not BGP, or not yet right, to a session that awaits an OPEN; the answer that it sends. */
static void answer(const char *hex, uint8_t code, uint8_t subcode)
{
	struct am_bgp_session_config config = world_config(0);
	struct packet p = packet_of(hex);
	struct am_bgp_session *s;
	struct am_bgp_event e;
	struct am_bgp_span out;
	am_time now = {AM_S};
	bool closed = false;
	int conn;

	config.passive = true;
	assert_int_equal(am_bgp_session_create(&config, &s), 0);
	am_bgp_start(s, now);
	conn = am_bgp_accept(s, now);
	assert_true(conn >= 0);
	am_bgp_sent(s, (unsigned)conn, am_bgp_output(s, (unsigned)conn).len, now);
	assert_int_equal(am_bgp_input(s, (unsigned)conn, p.bytes, p.len), p.len);
	while (am_bgp_next_event(s, &e, now))
		closed |= e.type == AM_BGP_EVENT_CLOSE;
	out = am_bgp_output(s, (unsigned)conn);
	assert_int_equal(closed, code != 0);
	assert_int_equal(out.len >= 21, code != 0);
	if (code) {
		assert_int_equal(out.bytes[19], code);
		assert_int_equal(out.bytes[20], subcode);
	}
	am_bgp_session_free(s);
	free(p.bytes);
}

#define MARKER "ffffffffffffffffffffffffffffffff"

static void test_answers(void **state)
{
	(void)state;
	answer("ff", 0, 0);
	answer("474554202f20", 1, 1);
	answer(MARKER "001204", 1, 2);
	answer(MARKER "001306", 1, 3);
	answer(MARKER "001304", 5, 1);
	answer(MARKER "00170200000000", 5, 1);
	answer(MARKER "00170500010001", 5, 1);
	answer(MARKER "001d0103fdea005a0a00000200", 2, 1);
	answer(MARKER "001d0104fdea00010a00000200", 2, 6);
	answer(MARKER "001d0104fdeb005a0a00000200", 2, 2);
	answer(MARKER "001d0104fdea005a0000000000", 2, 3);
}

/* Neither memory nor the session suffers from a peer that does not read; in the end it is cut (RFC 9687). */
static void test_send_hold(void **state)
{
	struct am_bgp_session_config a = world_config(0), b = world_config(1);
	const struct am_bgp_update big = {.withdrawn = {.nlri = {(const uint8_t[4000]){0}, 4000}}};
	unsigned queued = 0;
	struct world *w;
	am_time begin;

	(void)state;
	b.hold_time = 0;
	w = world_new(&a, &b, 1);
	start(w);
	assert_true(world_settles(w, 60));
	w->stalled = true;
	while (am_bgp_send_update(w->node[0].session, &big, w->now) == 0)
		queued++;
	assert_int_equal(am_bgp_send_update(w->node[0].session, &big, w->now), -EAGAIN);
	assert_true(queued >= 15 && queued <= 20);
	begin = w->now;
	while (!w->node[0].downs)
		world_step(w);
	assert_int_equal(w->node[0].last.code, AM_BGP_E_SEND_HOLD);
	assert_true(w->node[0].last_down.ns - begin.ns == 480 * AM_S);
	world_free(w);
}

/* RFC 4724 4.2, 8538: what of a session may be kept, by how it ended. */
static void test_graceful(void **state)
{
	static const struct {
		bool notification, cut, hard;
		uint8_t stale;
	} rows[] = {{false, true, false, 1}, {false, false, false, 0}, {true, false, false, 1},
		{true, false, true, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct am_bgp_session_config a = world_config(0), b = world_config(1);
		struct world *w;

		a.caps.graceful = b.caps.graceful = true;
		a.caps.notification = b.caps.notification = rows[i].notification;
		b.caps.restart_time = 120;
		b.caps.families[0].graceful = true;
		w = world_new(&a, &b, 1);
		start(w);
		assert_true(world_settles(w, 60));
		for (unsigned k = 0; rows[i].cut && k < WORLD_LINKS; k++) {
			if (w->link[k].there)
				world_lose(&w->link[k]);
		}
		if (!rows[i].cut)
			am_bgp_stop(w->node[1].session,
				rows[i].hard ? AM_BGP_CEASE_HARD_RESET : AM_BGP_CEASE_RESET, NULL, w->now);
		while (w->node[0].up)
			world_step(w);
		assert_int_equal(w->node[0].last.stale, rows[i].stale);
		assert_int_equal(w->node[0].last.restart_time, rows[i].stale ? 120 : 0);
		world_free(w);
	}
}

static void test_refresh(void **state)
{
	struct world *w = pair();
	const struct am_bgp_refresh ask = {1, 1, AM_BGP_REFRESH_ASK}, other = {2, 1, AM_BGP_REFRESH_ASK};
	struct am_bgp_session *s = w->node[0].session;

	(void)state;
	assert_int_equal(am_bgp_send_refresh(s, &ask, w->now), -ENOTCONN);
	assert_int_equal(am_bgp_send_end_of_rib(s, AM_BGP_IPV4_UNICAST, w->now), -ENOTCONN);
	start(w);
	assert_true(world_settles(w, 60));
	assert_int_equal(am_bgp_send_refresh(s, &ask, w->now), 0);
	assert_int_equal(am_bgp_send_refresh(s, &other, w->now), 0);
	assert_int_equal(am_bgp_send_end_of_rib(s, AM_BGP_L2VPN_EVPN, w->now), -EOPNOTSUPP);
	world_run(w, 10);
	assert_int_equal(am_bgp_session_counters(w->node[1].session)->received[AM_BGP_ROUTE_REFRESH], 2);
	assert_true(w->node[1].up);
	world_free(w);
}

static void test_config(void **state)
{
	struct am_bgp_session_config c = world_config(0), wrong;
	struct am_bgp_session *s;

	(void)state;
	wrong = c, wrong.local_as = 0;
	assert_int_equal(am_bgp_session_create(&wrong, &s), -EINVAL);
	wrong = c, wrong.local_id = 0;
	assert_int_equal(am_bgp_session_create(&wrong, &s), -EINVAL);
	wrong = c, wrong.hold_time = 2;
	assert_int_equal(am_bgp_session_create(&wrong, &s), -EINVAL);
	wrong = c, wrong.connect_retry = 0;
	assert_int_equal(am_bgp_session_create(&wrong, &s), -EINVAL);
	wrong = c, wrong.idle_hold = 0;
	assert_int_equal(am_bgp_session_create(&wrong, &s), -EINVAL);
	wrong = c, wrong.caps.n_families = AM_BGP_CAP_FAMILIES + 1;
	assert_int_equal(am_bgp_session_create(&wrong, &s), -EINVAL);
	am_bgp_session_free(NULL);
	assert_string_equal(am_bgp_state_name(AM_BGP_OPEN_CONFIRM), "OpenConfirm");
}

/* Of a peer that connects and sends what is not BGP. How long the session then does nothing. */
static uint64_t rest_after_failure(struct am_bgp_session *s, am_time now)
{
	int conn = am_bgp_accept(s, now);
	struct am_bgp_event e;
	bool closed = false;

	assert_true(conn >= 0);
	assert_int_equal(am_bgp_input(s, (unsigned)conn, (const uint8_t *)"GET / HTTP/1.1\r\n\r\n", 18), 18);
	while (am_bgp_next_event(s, &e, now))
		closed |= e.type == AM_BGP_EVENT_CLOSE;
	assert_true(closed);
	am_bgp_closed(s, (unsigned)conn, now);
	assert_int_equal(am_bgp_session_state(s), AM_BGP_IDLE);
	return am_time_since(am_bgp_deadline(s), now);
}

/* RFC 4271 8.1.1: the rest after each failure is twice the last one, up to connect_retry; a start begins it anew. */
static void test_idle_hold(void **state)
{
	static const unsigned seconds[] = {1, 2, 4, 5, 5};
	struct am_bgp_session_config config = world_config(0);
	am_time now = {1000 * AM_S};
	struct am_bgp_session *s;

	(void)state;
	config.passive = true;
	assert_int_equal(am_bgp_session_create(&config, &s), 0);
	for (unsigned round = 0; round < 2; round++) {
		am_bgp_start(s, now);
		for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
			assert_int_equal(rest_after_failure(s, now), seconds[i] * AM_S);
			now = am_time_add(now, seconds[i] * AM_S);
			am_bgp_expire(s, now);
		}
		am_bgp_stop(s, AM_BGP_CEASE_SHUTDOWN, NULL, now);
	}
	am_bgp_session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_up),
		cmocka_unit_test(test_no_hold),
		cmocka_unit_test(test_keepalive_jitter),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_hold_is_not_starved),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_collision),
		cmocka_unit_test(test_passive),
		cmocka_unit_test(test_backoff),
		cmocka_unit_test(test_idle_hold),
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_send_hold),
		cmocka_unit_test(test_graceful),
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
