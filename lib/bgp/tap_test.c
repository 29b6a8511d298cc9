/* SPDX-License-Identifier: BSD-3-Clause */
/* Two sessions joined in memory, and what who looks at both sees: every message in its order, octet by octet, and every state. */
#include "test_world.h"

enum { ROOM = 1 << 16 };

/* What was seen of one connection number of one end. */
struct record {
	uint8_t bytes[2][ROOM]; /* received, sent */
	size_t len[2];
	unsigned messages[2], states, without_peer, faults;
	uint8_t fault_attr;
	enum am_bgp_state state;
};

struct witness {
	struct record conn[AM_BGP_CONNS];
};

static void see(void *program, const struct am_bgp_seen *seen)
{
	struct record *r = &((struct witness *)program)->conn[seen->conn];
	unsigned sent = seen->type == AM_BGP_SEEN_SENT;

	if (seen->type == AM_BGP_SEEN_STATE) {
		assert_int_equal(seen->from, r->state);
		assert_int_not_equal(seen->to, seen->from);
		r->state = seen->to;
		r->states++;
		return;
	}
	if (seen->type == AM_BGP_SEEN_FAULT) {
		assert_int_equal(seen->update->class, AM_BGP_RESET);
		r->fault_attr = seen->update->fault.attr;
		r->faults++;
		return;
	}
	assert_true(seen->message.len >= AM_BGP_HEADER_LEN && r->len[sent] + seen->message.len <= ROOM);
	memcpy(r->bytes[sent] + r->len[sent], seen->message.bytes, seen->message.len);
	r->len[sent] += seen->message.len;
	r->messages[sent]++;
	if (!seen->peer)
		r->without_peer++;
}

static void tap(struct world *w, struct witness *a, struct witness *b)
{
	am_bgp_session_tap(w->node[0].session, (struct am_bgp_tap){see, a});
	am_bgp_session_tap(w->node[1].session, (struct am_bgp_tap){see, b});
}

static void test_both_ends(void **state)
{
	struct am_bgp_session_config c[2] = {world_config(0), world_config(1)};
	struct witness *seen = calloc(2, sizeof *seen);
	struct record *a = &seen[0].conn[0], *b = &seen[1].conn[0];
	const struct am_bgp_peer *peer;
	struct world *w;

	(void)state;
	c[1].passive = true; /* so that there is one connection */
	w = world_new(&c[0], &c[1], 1);
	tap(w, &seen[0], &seen[1]);
	am_bgp_start(w->node[0].session, w->now);
	am_bgp_start(w->node[1].session, w->now);
	w->calm = true;
	assert_true(world_settles(w, 60));

	assert_int_equal(a->state, AM_BGP_ESTABLISHED);
	assert_int_equal(b->state, AM_BGP_ESTABLISHED);
	assert_int_equal(a->states, 4); /* Connect, OpenSent, OpenConfirm, Established */
	assert_int_equal(b->states, 4); /* Active, and the same */
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(a->len[i], b->len[!i]);
		assert_memory_equal(a->bytes[i], b->bytes[!i], a->len[i]);
		assert_true(a->messages[i] > WORLD_ROUTES);
	}
	/* Ours went out, and the peer's came in, before either was known to hold. */
	assert_int_equal(a->without_peer, 2);
	peer = am_bgp_session_peer(w->node[0].session);
	assert_int_equal(peer->conn, 0);
	assert_memory_equal(peer->sent_open.bytes, a->bytes[1], peer->sent_open.len);
	assert_memory_equal(peer->received_open.bytes, a->bytes[0], peer->received_open.len);
	assert_int_equal(am_load16(peer->received_open.bytes + 16), peer->received_open.len);
	assert_int_equal(peer->received_open.bytes[18], AM_BGP_OPEN);
	world_free(w);
	free(seen);
}

/* The last words are seen at both ends, then Idle; and nothing more once nobody looks. */
static void test_end(void **state)
{
	struct am_bgp_session_config c[2] = {world_config(0), world_config(1)};
	struct witness *seen = calloc(2, sizeof *seen);
	struct record *a = &seen[0].conn[0], *b = &seen[1].conn[0];
	struct world *w;
	size_t len;

	(void)state;
	c[0].passive = true;
	w = world_new(&c[0], &c[1], 2);
	tap(w, &seen[0], &seen[1]);
	am_bgp_start(w->node[0].session, w->now);
	am_bgp_start(w->node[1].session, w->now);
	w->calm = true;
	assert_true(world_settles(w, 60));
	am_bgp_stop(w->node[0].session, AM_BGP_CEASE_SHUTDOWN, "bye", w->now);
	world_run(w, 1);
	assert_int_equal(a->state, AM_BGP_IDLE);
	/* 19 octets of header, code, subcode, length, and the text. */
	assert_memory_equal(a->bytes[1] + a->len[1] - 6,
		"\x06\x02\x03"
		"bye",
		6);
	assert_memory_equal(b->bytes[0] + b->len[0] - 6,
		"\x06\x02\x03"
		"bye",
		6);

	am_bgp_session_tap(w->node[0].session, (struct am_bgp_tap){0});
	len = a->len[0] + a->len[1];
	am_bgp_start(w->node[0].session, w->now);
	assert_true(world_settles(w, 60));
	assert_int_equal(a->len[0] + a->len[1], len);
	world_free(w);
	free(seen);
}

/* An UPDATE that ends the session is shown with what is wrong about it, before it does. */
static void test_fault(void **state)
{
	static const uint8_t update[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0, 27, 2, 0, 0, 0, 4, 0x40, 99, 1,
		0}; /* a well-known attribute that nobody knows */
	struct am_bgp_session_config c[2] = {world_config(0), world_config(1)};
	struct witness *seen = calloc(2, sizeof *seen);
	struct record *a = &seen[0].conn[0];
	struct world *w;

	(void)state;
	c[1].passive = true;
	w = world_new(&c[0], &c[1], 3);
	tap(w, &seen[0], &seen[1]);
	am_bgp_start(w->node[0].session, w->now);
	am_bgp_start(w->node[1].session, w->now);
	w->calm = true;
	assert_true(world_settles(w, 60));
	assert_int_equal(am_bgp_input(w->node[0].session, 0, update, sizeof update), sizeof update);
	world_run(w, 1);
	assert_int_equal(a->faults, 1);
	assert_int_equal(a->fault_attr, 99);
	assert_int_equal(w->node[0].last.code, AM_BGP_E_UPDATE);
	world_free(w);
	free(seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ends),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
