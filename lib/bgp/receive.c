/* SPDX-License-Identifier: BSD-3-Clause */
/* What comes in: messages into events of the state machine, OPENs against what is expected, and connections that collide. */
#include "conn.h"

#include <errno.h>
#include <string.h>

static const struct am_bgp_cause collided = {
	.error = {.code = AM_BGP_E_CEASE,
		.subcode = AM_BGP_CEASE_COLLISION,
		.why = "another connection to this peer goes on"},
	.by = AM_BGP_BY_COLLISION,
};

static struct am_bgp_span waiting(const struct am_bgp_buffer *b)
{
	if (b->end == b->start)
		return (struct am_bgp_span){0};
	return (struct am_bgp_span){b->bytes + b->start, b->end - b->start};
}

bool am_bgp_message_waits(const struct am_bgp_conn *c)
{
	struct am_bgp_span bytes = waiting(&c->in);
	struct am_bgp_message message;
	struct am_bgp_error err;

	return c->state >= AM_BGP_OPEN_SENT && bytes.len &&
	       !am_bgp_message_parse(bytes.bytes, bytes.len, am_bgp_conn_max(c), &message, &err);
}

static enum am_bgp_peer_kind kind_of(const struct am_bgp_session *s, uint32_t remote_as)
{
	if (remote_as == s->config.local_as)
		return AM_BGP_INTERNAL;
	return s->config.confederation ? AM_BGP_CONFEDERATION : AM_BGP_EXTERNAL;
}

static int refuse(struct am_bgp_error *err, uint8_t subcode, const char *why)
{
	return am_bgp_refuse(err, AM_BGP_E_OPEN, subcode, (struct am_bgp_span){0}, why);
}

/* RFC 9234 4.2, which is about external peers. */
static int check_role(
	const struct am_bgp_session *s, const struct am_bgp_open *open, struct am_bgp_error *err)
{
	const struct am_bgp_capabilities *ours = &s->config.caps, *theirs = &open->caps;

	if (!ours->has_role || kind_of(s, open->as) != AM_BGP_EXTERNAL)
		return 0;
	if (!theirs->has_role)
		return s->config.strict_role ? refuse(err, AM_BGP_OPEN_ROLE, "the peer says no role") : 0;
	if (!am_bgp_roles_fit(ours->role, theirs->role))
		return refuse(err, AM_BGP_OPEN_ROLE, "the peer's role does not go with ours");
	return 0;
}

/* An OPEN that is right in itself: is it the peer that we expect, and is there anything to talk about? */
static int check_open(
	const struct am_bgp_session *s, const struct am_bgp_peer *peer, struct am_bgp_error *err)
{
	static const uint8_t ipv4[] = {
		AM_BGP_CAP_MULTIPROTOCOL, 4, 0, AM_BGP_AFI_IPV4, 0, AM_BGP_SAFI_UNICAST};
	const struct am_bgp_open *open = &peer->open;

	if (s->config.remote_as && open->as != s->config.remote_as)
		return refuse(err, AM_BGP_OPEN_AS, "the peer is in another AS than is configured");
	if (open->id == s->config.local_id && open->as == s->config.local_as)
		return refuse(err, AM_BGP_OPEN_ID, "the peer has our own BGP identifier"); /* RFC 6286 2.2 */
	if (!peer->agreed.families)
		return am_bgp_refuse(err, AM_BGP_E_OPEN, AM_BGP_OPEN_CAPABILITY,
			(struct am_bgp_span){ipv4, sizeof ipv4}, "no address family that both ends have");
	return check_role(s, open, err);
}

/* No OPEN is longer than AM_BGP_MESSAGE_MAX (RFC 8654 4). */
static void keep_open(struct am_bgp_conn *c, struct am_bgp_span open)
{
	uint8_t *received = c->opens + AM_BGP_MESSAGE_MAX;

	memcpy(received, open.bytes, open.len);
	c->peer.sent_open = (struct am_bgp_span){c->opens, c->sent_open};
	c->peer.received_open = (struct am_bgp_span){received, open.len};
}

static void set_peer(const struct am_bgp_session *s, struct am_bgp_conn *c)
{
	struct am_bgp_peer *peer = &c->peer;
	uint16_t ours = s->config.hold_time, theirs = peer->open.hold_time;

	peer->open.caps.n_others = 0; /* they point into the message */
	peer->hold_time = ours < theirs ? ours : theirs;
	c->ended = c->refreshing = 0;
	peer->incoming = c->incoming;
	peer->conn = (unsigned)(c - s->conn);
	peer->receive = (struct am_bgp_context){
		.kind = kind_of(s, peer->open.as),
		.families = peer->agreed.families,
		.path_ids = peer->agreed.add_path_receive,
		.as4 = peer->agreed.as4,
		.aigp = s->config.aigp,
	};
	peer->send = peer->receive;
	peer->send.path_ids = peer->agreed.add_path_send;
}

/* RFC 4271 6.8 and RFC 6286 2.3: is the connection that we opened the one to keep? */
static bool ours_is_kept(const struct am_bgp_session *s, const struct am_bgp_open *open)
{
	if (s->config.local_id != open->id)
		return s->config.local_id > open->id;
	return s->config.local_as > open->as;
}

/*
 * False where c, whose OPEN has just come, is the one that goes. The peer's identifier is known now, so that another connection that has
 * not yet brought an OPEN is judged, too, and one that is still to be made is given up: with less, an end can be up on a connection that
 * the other end closes for the sake of the second.
 */
static bool survives(struct am_bgp_session *s, struct am_bgp_conn *c, am_time now)
{
	static const struct am_bgp_cause lost = {
		.error = {.why = "the peer came back before its old connection was seen to end"},
		.by = AM_BGP_BY_TRANSPORT};
	struct am_bgp_conn *other = am_bgp_conn_other(s, c);
	bool keep = other->state < AM_BGP_OPEN_SENT || c->incoming == other->incoming ||
		    c->incoming != ours_is_kept(s, &c->peer.open);

	if (other->state == AM_BGP_ESTABLISHED) {
		/* RFC 4724 4.2: a peer that restarted may come back so. */
		if (!other->peer.agreed.graceful)
			return false;
		am_bgp_conn_step(s, other, AM_BGP_EV_TCP_DOWN, &lost, now);
		return true;
	}
	if (keep)
		am_bgp_conn_step(s, other, AM_BGP_EV_COLLISION, &collided, now);
	return keep;
}

static void receive_open(
	struct am_bgp_session *s, struct am_bgp_conn *c, const struct am_bgp_message *message, am_time now)
{
	struct am_bgp_cause cause = {.by = AM_BGP_BY_US};
	int rc = 0;

	if (c->state == AM_BGP_OPEN_SENT) {
		rc = am_bgp_open_decode(message, &c->peer.open, &cause.error);
		if (!rc) {
			am_bgp_capabilities_agree(&s->config.caps, &c->peer.open.caps, &c->peer.agreed);
			rc = check_open(s, &c->peer, &cause.error);
		}
		if (!rc) {
			set_peer(s, c);
			keep_open(c, message->whole);
		}
	}
	if (rc)
		am_bgp_conn_step(s, c, AM_BGP_EV_OPEN_ERROR, &cause, now);
	else if (c->state == AM_BGP_OPEN_SENT && !survives(s, c, now))
		am_bgp_conn_step(s, c, AM_BGP_EV_COLLISION, &collided, now);
	else
		am_bgp_conn_step(s, c, AM_BGP_EV_OPEN, NULL, now);
}

static void receive_notification(
	struct am_bgp_session *s, struct am_bgp_conn *c, const struct am_bgp_message *message, am_time now)
{
	struct am_bgp_cause cause = {.by = AM_BGP_BY_PEER};
	struct am_bgp_notification n;

	am_bgp_notification_decode(message, &n);
	cause.error = (struct am_bgp_error){
		.code = n.code, .subcode = n.subcode, .data = n.data, .why = "the peer said so"};
	cause.text = n.text;
	cause.hard = n.hard;
	am_bgp_conn_step(s, c, AM_BGP_EV_NOTIFICATION, &cause, now);
}

static void show_fault(
	const struct am_bgp_session *s, const struct am_bgp_conn *c, const struct am_bgp_message *message)
{
	const struct am_bgp_seen seen = {
		.type = AM_BGP_SEEN_FAULT,
		.conn = (unsigned)(c - s->conn),
		.message = message->whole,
		.peer = &c->peer,
		.update = &s->update,
	};

	if (s->tap.see)
		s->tap.see(s->tap.program, &seen);
}

static bool receive_update(struct am_bgp_session *s, struct am_bgp_conn *c,
	const struct am_bgp_message *message, struct am_bgp_event *event, am_time now)
{
	struct am_bgp_cause cause = {.by = AM_BGP_BY_US};

	event->type = AM_BGP_EVENT_UPDATE;
	event->update = &s->update;
	event->message = message->whole;
	if (c->state != AM_BGP_ESTABLISHED)
		return am_bgp_conn_step(s, c, AM_BGP_EV_UPDATE, NULL, now);
	am_bgp_update_decode(&c->peer.receive, message->body, s->scratch, &s->update);
	if (s->update.end_of_rib)
		c->ended |= AM_BGP_IN(
			s->update.has_mp_unreach ? s->update.mp_withdrawn.family : AM_BGP_IPV4_UNICAST);
	s->counters.updates_by_class[s->update.class]++;
	if (s->update.class != AM_BGP_OK)
		show_fault(s, c, message);
	if (s->update.class != AM_BGP_RESET)
		return am_bgp_conn_step(s, c, AM_BGP_EV_UPDATE, NULL, now);
	cause.error = s->update.fault.error;
	return am_bgp_conn_step(s, c, AM_BGP_EV_UPDATE_ERROR, &cause, now);
}

/*
 * RFC 7313 4.2: of a peer that has graceful restart, no BoRR counts before its End-of-RIB, or what is stale would go too early; and no EoRR
 * counts without a BoRR.
 */
static bool counts(struct am_bgp_conn *c, const struct am_bgp_refresh *refresh, am_bgp_families family)
{
	bool begun = c->refreshing & family;

	if (refresh->kind == AM_BGP_REFRESH_END) {
		c->refreshing &= (am_bgp_families)~family;
		return begun;
	}
	if (refresh->kind != AM_BGP_REFRESH_BEGIN || (c->peer.open.caps.graceful && !(c->ended & family)))
		return false;
	c->refreshing |= family;
	return true;
}

/* RFC 2918 4, 7313 5: what was not agreed on, and kinds that are not known, are ignored. */
static bool is_for_us(struct am_bgp_conn *c, const struct am_bgp_refresh *refresh)
{
	const struct am_bgp_agreed *agreed = &c->peer.agreed;
	am_bgp_families family = AM_BGP_IN(am_bgp_family_of(refresh->afi, refresh->safi));

	if (!(agreed->families & family))
		return false;
	if (refresh->kind == AM_BGP_REFRESH_ASK)
		return agreed->refresh || agreed->enhanced_refresh;
	return agreed->enhanced_refresh && counts(c, refresh, family);
}

static bool receive_refresh(struct am_bgp_session *s, struct am_bgp_conn *c,
	const struct am_bgp_message *message, struct am_bgp_event *event, am_time now)
{
	struct am_bgp_cause cause = {.by = AM_BGP_BY_US};

	event->type = AM_BGP_EVENT_REFRESH;
	if (am_bgp_refresh_decode(message, &event->refresh, &cause.error))
		return am_bgp_conn_step(s, c, AM_BGP_EV_HEADER_ERROR, &cause, now);
	return am_bgp_conn_step(s, c, AM_BGP_EV_REFRESH, NULL, now) && is_for_us(c, &event->refresh);
}

static bool dispatch(struct am_bgp_session *s, struct am_bgp_conn *c, const struct am_bgp_message *message,
	struct am_bgp_event *event, am_time now)
{
	switch (message->type) {
	case AM_BGP_OPEN:
		receive_open(s, c, message, now);
		return false;
	case AM_BGP_UPDATE:
		return receive_update(s, c, message, event, now);
	case AM_BGP_NOTIFICATION:
		receive_notification(s, c, message, now);
		return false;
	case AM_BGP_KEEPALIVE:
		return am_bgp_conn_step(s, c, AM_BGP_EV_KEEPALIVE, NULL, now);
	default:
		return receive_refresh(s, c, message, event, now);
	}
}

bool am_bgp_receive(struct am_bgp_session *s, struct am_bgp_conn *c, struct am_bgp_event *event,
	bool *deliver, am_time now)
{
	struct am_bgp_span bytes = waiting(&c->in);
	struct am_bgp_cause cause = {.by = AM_BGP_BY_US};
	struct am_bgp_message message;
	int rc;

	*deliver = false;
	if (c->state < AM_BGP_OPEN_SENT || !bytes.len)
		return false;
	rc = am_bgp_message_parse(bytes.bytes, bytes.len, am_bgp_conn_max(c), &message, &cause.error);
	if (rc == -EAGAIN)
		return false;
	if (rc) {
		s->counters.received[0]++;
		am_bgp_conn_step(s, c, AM_BGP_EV_HEADER_ERROR, &cause, now);
		return true;
	}
	s->counters.received[message.type]++;
	c->in.start += message.whole.len;
	am_bgp_conn_show(s, c, AM_BGP_SEEN_RECEIVED, message.whole);
	*deliver = dispatch(s, c, &message, event, now);
	return true;
}
