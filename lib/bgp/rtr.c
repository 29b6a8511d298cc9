/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/rtr.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "random.h"

enum pdu_type {
	SERIAL_NOTIFY = 0,
	SERIAL_QUERY = 1,
	RESET_QUERY = 2,
	CACHE_RESPONSE = 3,
	IPV4_PREFIX = 4,
	IPV6_PREFIX = 6,
	END_OF_DATA = 7,
	CACHE_RESET = 8,
	ROUTER_KEY = 9,
	ERROR_REPORT = 10,
};

enum {
	HEADER_LEN = 8,
	ERROR_LEN = 16,      /* of an Error Report without what it can carry */
	ROUTER_KEY_LEN = 32, /* of a Router Key without the key */
	QUOTED_MAX = 64,     /* octets of a PDU that our Error Report repeats */
	OUT_ROOM = 512,
	PATIENCE = 60, /* s, that an answer may take to begin or to go on */
	FLAG_ANNOUNCE = 1,
};

static const am_time never = {UINT64_MAX};

struct am_bgp_rtr {
	struct am_bgp_rtr_config config;
	bool own_times; /* the times of the status are what the cache said */
	struct am_bgp_rtr_status status;
	bool agreed;        /* the cache has answered in status.version */
	bool has_session;   /* session and serial in status are those of the data */
	bool asked_for_all; /* by the last query */
	bool again;         /* connect again as soon as the connection is closed */
	bool open;          /* the program has a connection, or tries to make one */
	/* What events are still to tell, in this order. */
	bool flush, restart, has_roa, complete, close, connect;
	bool announce; /* of roa */
	struct am_bgp_roa roa;
	struct am_bgp_rtr_fault fault;
	am_time timer, expires;
	uint64_t random;
	size_t in_at, in_len, out_len;
	uint8_t in[AM_BGP_RTR_PDU_MAX];
	uint8_t out[OUT_ROOM];
};

struct pdu {
	uint8_t version, type;
	uint16_t field; /* session, or error code */
	struct am_bgp_span whole;
	const uint8_t *body;
	size_t len; /* of the body */
};

static uint32_t clamped(uint32_t v, uint32_t least, uint32_t most)
{
	return v < least ? least : v > most ? most : v;
}

/* RFC 8210 6, which also wants that data outlive the time until they are asked for again. */
static void set_timers(struct am_bgp_rtr *rtr, uint32_t refresh, uint32_t retry, uint32_t expire)
{
	struct am_bgp_rtr_status *s = &rtr->status;

	s->refresh = clamped(refresh, 1, 86400);
	s->retry = clamped(retry, 1, 7200);
	s->expire = clamped(expire, 600, 172800);
	if (s->expire <= s->refresh)
		s->expire = s->refresh + 1;
	if (s->expire <= s->retry)
		s->expire = s->retry + 1;
}

static bool times_are_right(uint32_t refresh, uint32_t retry, uint32_t expire)
{
	return refresh <= 86400 && retry <= 7200 && expire <= 172800 && (!expire || expire >= 600);
}

static void take_times(struct am_bgp_rtr *rtr, uint32_t refresh, uint32_t retry, uint32_t expire)
{
	set_timers(rtr, refresh ? refresh : AM_BGP_RTR_REFRESH, retry ? retry : AM_BGP_RTR_RETRY,
		expire ? expire : AM_BGP_RTR_EXPIRE);
}

int am_bgp_rtr_create(const struct am_bgp_rtr_config *config, struct am_bgp_rtr **out)
{
	struct am_bgp_rtr *rtr;

	if (config->version > AM_BGP_RTR_VERSION ||
		!times_are_right(config->refresh, config->retry, config->expire))
		return -EINVAL;
	rtr = calloc(1, sizeof *rtr);
	if (!rtr)
		return -ENOMEM;
	rtr->config = *config;
	rtr->status.version = config->version;
	take_times(rtr, config->refresh, config->retry, config->expire);
	rtr->random = config->seed;
	rtr->timer = rtr->expires = never;
	*out = rtr;
	return 0;
}

void am_bgp_rtr_free(struct am_bgp_rtr *rtr)
{
	free(rtr);
}

static am_time in_seconds(am_time now, uint32_t s)
{
	return am_time_add(now, s * AM_S);
}

/* Routers that started together are not to ask together for ever. */
static am_time jittered(struct am_bgp_rtr *rtr, am_time now, uint32_t s)
{
	uint64_t ns = s * AM_S, quarter = ns / 4;

	return am_time_add(now, ns - am_bgp_draw(&rtr->random) % (quarter + 1));
}

static void enter(struct am_bgp_rtr *rtr, enum am_bgp_rtr_state state, am_time timer)
{
	rtr->status.state = state;
	rtr->timer = timer;
}

static void connect_now(struct am_bgp_rtr *rtr)
{
	enter(rtr, AM_BGP_RTR_CONNECTING, never);
	rtr->connect = true;
}

static bool is_connected(const struct am_bgp_rtr *rtr)
{
	enum am_bgp_rtr_state s = rtr->status.state;

	return s == AM_BGP_RTR_ASKED || s == AM_BGP_RTR_LOADING || s == AM_BGP_RTR_SYNCED ||
	       s == AM_BGP_RTR_NO_DATA_YET;
}

/* What the cache said is void. */
static void forget(struct am_bgp_rtr *rtr)
{
	rtr->status.has_data = rtr->has_session = false;
	rtr->expires = never;
	rtr->flush = true;
	rtr->has_roa = rtr->restart = rtr->complete = false;
}

void am_bgp_rtr_start(struct am_bgp_rtr *rtr, am_time now)
{
	(void)now;
	if (rtr->status.state != AM_BGP_RTR_STOPPED)
		return;
	rtr->again = rtr->open;
	if (rtr->open)
		enter(rtr, AM_BGP_RTR_CLOSING, never);
	else
		connect_now(rtr);
}

void am_bgp_rtr_stop(struct am_bgp_rtr *rtr)
{
	static const struct am_bgp_rtr_fault stopped = {.why = "it was stopped"};

	if (rtr->status.state == AM_BGP_RTR_STOPPED)
		return;
	rtr->close = rtr->open && (rtr->close || rtr->status.state != AM_BGP_RTR_CLOSING);
	rtr->connect = false;
	rtr->fault = stopped;
	rtr->in_at = rtr->in_len = rtr->out_len = 0;
	forget(rtr);
	enter(rtr, AM_BGP_RTR_STOPPED, never);
}

static struct am_writer begin_pdu(struct am_bgp_rtr *rtr, enum pdu_type type, uint16_t field, size_t len)
{
	struct am_writer w = am_writer(rtr->out + rtr->out_len, OUT_ROOM - rtr->out_len);

	am_put8(&w, rtr->status.version);
	am_put8(&w, (uint8_t)type);
	am_put16(&w, field);
	am_put32(&w, (uint32_t)len);
	return w;
}

static void end_pdu(struct am_bgp_rtr *rtr, const struct am_writer *w)
{
	if (!w->full)
		rtr->out_len += am_writer_len(w);
}

/* Ask for what changed since the serial that we know, or for everything. */
static void ask(struct am_bgp_rtr *rtr, bool all, am_time now)
{
	struct am_writer w;

	rtr->asked_for_all = all || !rtr->has_session;
	if (rtr->asked_for_all) {
		w = begin_pdu(rtr, RESET_QUERY, 0, HEADER_LEN);
	} else {
		w = begin_pdu(rtr, SERIAL_QUERY, rtr->status.session, HEADER_LEN + 4);
		am_put32(&w, rtr->status.serial);
	}
	end_pdu(rtr, &w);
	enter(rtr, AM_BGP_RTR_ASKED, in_seconds(now, PATIENCE));
}

static void fault(struct am_bgp_rtr *rtr, const char *why)
{
	rtr->fault = (struct am_bgp_rtr_fault){.why = why};
	rtr->status.faults++;
	rtr->close = true;
	rtr->in_at = rtr->in_len = 0;
	enter(rtr, AM_BGP_RTR_CLOSING, never);
}

/* Tell the cache what is wrong, with the beginning of what was (RFC 8210 5.11), and end the connection. */
static void refuse(
	struct am_bgp_rtr *rtr, enum am_bgp_rtr_error code, struct am_bgp_span pdu, const char *why)
{
	size_t quoted = pdu.len < QUOTED_MAX ? pdu.len : QUOTED_MAX, text = strlen(why);
	struct am_writer w = begin_pdu(rtr, ERROR_REPORT, (uint16_t)code, ERROR_LEN + quoted + text);

	am_put32(&w, (uint32_t)quoted);
	if (quoted)
		am_put_bytes(&w, pdu.bytes, quoted);
	am_put32(&w, (uint32_t)text);
	am_put_bytes(&w, why, text);
	end_pdu(rtr, &w);
	fault(rtr, why);
	rtr->fault.has_code = true;
	rtr->fault.code = (uint16_t)code;
}

void am_bgp_rtr_connected(struct am_bgp_rtr *rtr, am_time now)
{
	if (rtr->status.state != AM_BGP_RTR_CONNECTING)
		return;
	rtr->in_at = rtr->in_len = rtr->out_len = 0;
	rtr->agreed = false;
	ask(rtr, false, now);
}

void am_bgp_rtr_closed(struct am_bgp_rtr *rtr, am_time now)
{
	rtr->in_at = rtr->in_len = rtr->out_len = 0;
	rtr->open = rtr->close = rtr->has_roa = rtr->restart = rtr->complete = false;
	if (rtr->status.state == AM_BGP_RTR_STOPPED || rtr->status.state == AM_BGP_RTR_WAITING)
		return;
	/* A cache of another session may hang up on a Serial Query without a word, and would each time: StayRTR does. */
	if (rtr->status.state == AM_BGP_RTR_ASKED)
		rtr->has_session = false;
	if (rtr->status.state != AM_BGP_RTR_CLOSING) {
		rtr->fault =
			(struct am_bgp_rtr_fault){.why = "the connection was lost, or could not be made"};
		rtr->status.faults++;
	}
	if (rtr->again)
		connect_now(rtr);
	else
		enter(rtr, AM_BGP_RTR_WAITING, jittered(rtr, now, rtr->status.retry));
	rtr->again = false;
}

size_t am_bgp_rtr_input(struct am_bgp_rtr *rtr, const void *bytes, size_t len, am_time now)
{
	size_t room;

	(void)now;
	if (!is_connected(rtr))
		return len;
	if (rtr->in_at) {
		memmove(rtr->in, rtr->in + rtr->in_at, rtr->in_len - rtr->in_at);
		rtr->in_len -= rtr->in_at;
		rtr->in_at = 0;
	}
	room = sizeof rtr->in - rtr->in_len;
	len = len < room ? len : room;
	if (len)
		memcpy(rtr->in + rtr->in_len, bytes, len);
	rtr->in_len += len;
	return len;
}

struct am_bgp_span am_bgp_rtr_output(const struct am_bgp_rtr *rtr)
{
	return (struct am_bgp_span){rtr->out, rtr->out_len};
}

void am_bgp_rtr_sent(struct am_bgp_rtr *rtr, size_t len)
{
	len = len < rtr->out_len ? len : rtr->out_len;
	rtr->out_len -= len;
	memmove(rtr->out, rtr->out + len, rtr->out_len);
}

am_time am_bgp_rtr_deadline(const struct am_bgp_rtr *rtr)
{
	return am_time_before(rtr->timer, rtr->expires) ? rtr->timer : rtr->expires;
}

static void on_timer(struct am_bgp_rtr *rtr, am_time now)
{
	switch (rtr->status.state) {
	case AM_BGP_RTR_WAITING:
		if (!rtr->status.has_data)
			rtr->status.version = rtr->config.version;
		connect_now(rtr);
		break;
	case AM_BGP_RTR_SYNCED:
	case AM_BGP_RTR_NO_DATA_YET:
		ask(rtr, false, now);
		break;
	default:
		fault(rtr, "the cache did not answer in time");
		break;
	}
}

void am_bgp_rtr_expire(struct am_bgp_rtr *rtr, am_time now)
{
	if (!am_time_before(now, rtr->expires)) {
		rtr->fault = (struct am_bgp_rtr_fault){.why = "what the cache said is too old"};
		forget(rtr);
		/* What is on its way would only be the difference. */
		if (rtr->status.state == AM_BGP_RTR_LOADING || rtr->status.state == AM_BGP_RTR_ASKED)
			fault(rtr, "what the cache said is too old");
	}
	if (!am_time_before(now, rtr->timer))
		on_timer(rtr, now);
}

/* Does a PDU belong to the session that we know? Else all that was said is void. */
static bool is_session(struct am_bgp_rtr *rtr, const struct pdu *p)
{
	if (p->field == rtr->status.session)
		return true;
	refuse(rtr, AM_BGP_RTR_CORRUPT_DATA, p->whole, "the session identifier is not that of the session");
	forget(rtr);
	return false;
}

static void on_notify(struct am_bgp_rtr *rtr, const struct pdu *p, am_time now)
{
	if (rtr->status.state != AM_BGP_RTR_SYNCED || !rtr->has_session) {
		if (rtr->status.state == AM_BGP_RTR_NO_DATA_YET)
			ask(rtr, false, now);
		return;
	}
	if (is_session(rtr, p) && am_load32(p->body) != rtr->status.serial)
		ask(rtr, false, now);
}

static void on_response(struct am_bgp_rtr *rtr, const struct pdu *p, am_time now)
{
	if (!rtr->asked_for_all && !is_session(rtr, p))
		return;
	rtr->status.session = p->field;
	if (rtr->asked_for_all) {
		rtr->has_session = false;
		rtr->restart = true;
	}
	/* Half an answer is not to stay for ever either. */
	if (rtr->expires.ns == never.ns)
		rtr->expires = in_seconds(now, rtr->status.expire);
	enter(rtr, AM_BGP_RTR_LOADING, in_seconds(now, PATIENCE));
}

static void on_prefix(struct am_bgp_rtr *rtr, const struct pdu *p, am_time now)
{
	bool ipv6 = p->type == IPV6_PREFIX;
	struct am_reader r = am_reader(p->body, p->len);
	uint8_t flags = am_take8(&r), len = am_take8(&r), max_len = am_take8(&r), most = ipv6 ? 128 : 32;
	struct am_ip ip;

	am_take8(&r);
	ip = ipv6 ? am_ip6(am_take(&r, 16)) : am_ip4(am_take(&r, 4));
	if (max_len > most || len > max_len) {
		refuse(rtr, AM_BGP_RTR_CORRUPT_DATA, p->whole,
			"a prefix is longer than its maximum, or that than an address");
		return;
	}
	rtr->roa = (struct am_bgp_roa){
		.prefix = am_prefix_around(&ip, len), .max_len = max_len, .as = am_take32(&r)};
	rtr->has_roa = true;
	rtr->announce = flags & FLAG_ANNOUNCE;
	rtr->status.announced += rtr->announce;
	rtr->status.withdrawn += !rtr->announce;
	rtr->timer = in_seconds(now, PATIENCE);
}

static void on_router_key(struct am_bgp_rtr *rtr, const struct pdu *p, am_time now)
{
	(void)p;
	rtr->status.router_keys++;
	rtr->timer = in_seconds(now, PATIENCE);
}

static void on_end(struct am_bgp_rtr *rtr, const struct pdu *p, am_time now)
{
	struct am_bgp_rtr_status *s = &rtr->status;

	if (!is_session(rtr, p))
		return;
	rtr->own_times = p->len > 4;
	if (rtr->own_times)
		set_timers(rtr, am_load32(p->body + 4), am_load32(p->body + 8), am_load32(p->body + 12));
	s->serial = am_load32(p->body);
	s->has_data = rtr->has_session = true;
	s->completed = now;
	rtr->expires = in_seconds(now, s->expire);
	rtr->complete = true;
	enter(rtr, AM_BGP_RTR_SYNCED, jittered(rtr, now, s->refresh));
}

static void on_reset(struct am_bgp_rtr *rtr, const struct pdu *p, am_time now)
{
	if (rtr->asked_for_all)
		refuse(rtr, AM_BGP_RTR_CORRUPT_DATA, p->whole, "a Cache Reset answers a Reset Query");
	else
		ask(rtr, true, now);
}

/* The text of an Error Report, behind the PDU that it is about. False where its lengths lie. */
static bool read_report(struct am_bgp_rtr *rtr, const struct pdu *p)
{
	struct am_reader r = am_reader(p->body, p->len);
	uint32_t len;
	const uint8_t *text;

	am_take(&r, am_take32(&r));
	len = am_take32(&r);
	text = am_take(&r, len);
	if (r.bad || am_reader_left(&r))
		return false;
	rtr->fault.text_len = (uint8_t)(len < AM_BGP_RTR_TEXT_MAX ? len : AM_BGP_RTR_TEXT_MAX);
	memcpy(rtr->fault.text, text, rtr->fault.text_len);
	return true;
}

/* It is never answered by another (RFC 8210 5.11). */
static void on_error(struct am_bgp_rtr *rtr, const struct pdu *p, am_time now)
{
	if (p->field == AM_BGP_RTR_NO_DATA) {
		enter(rtr, AM_BGP_RTR_NO_DATA_YET, jittered(rtr, now, rtr->status.retry));
		return;
	}
	if (p->field == AM_BGP_RTR_UNSUPPORTED_VERSION && !rtr->agreed && p->version < rtr->status.version) {
		rtr->status.version = p->version;
		rtr->again = true;
	}
	/* It may be of another session, as StayRTR that was started anew says it: everything is asked for. What was said holds till then. */
	if (p->field == AM_BGP_RTR_CORRUPT_DATA && rtr->status.state == AM_BGP_RTR_ASKED &&
		!rtr->asked_for_all) {
		rtr->has_session = false;
		rtr->again = true;
	}
	fault(rtr, "the cache sent an Error Report");
	rtr->fault.by_cache = rtr->fault.has_code = true;
	rtr->fault.code = p->field;
	if (!read_report(rtr, p))
		rtr->fault.why = "the cache sent an Error Report whose lengths lie";
}

#define IN(state) (1u << (state))
#define ANY                                                                                                  \
	(IN(AM_BGP_RTR_ASKED) | IN(AM_BGP_RTR_LOADING) | IN(AM_BGP_RTR_SYNCED) | IN(AM_BGP_RTR_NO_DATA_YET))

/* A PDU from a cache: its length in each version (0: it has none there), whether it may be longer, and the states it may come in. */
static const struct {
	uint8_t len[2];
	bool longer;
	uint8_t states;
	void (*read)(struct am_bgp_rtr *rtr, const struct pdu *p, am_time now);
} pdus[] = {
	[SERIAL_NOTIFY] = {{12, 12}, false, ANY, on_notify},
	[CACHE_RESPONSE] = {{8, 8}, false, IN(AM_BGP_RTR_ASKED), on_response},
	[IPV4_PREFIX] = {{20, 20}, false, IN(AM_BGP_RTR_LOADING), on_prefix},
	[IPV6_PREFIX] = {{32, 32}, false, IN(AM_BGP_RTR_LOADING), on_prefix},
	[END_OF_DATA] = {{12, 24}, false, IN(AM_BGP_RTR_LOADING), on_end},
	[CACHE_RESET] = {{8, 8}, false, IN(AM_BGP_RTR_ASKED), on_reset},
	[ROUTER_KEY] = {{0, ROUTER_KEY_LEN}, true, IN(AM_BGP_RTR_LOADING), on_router_key},
	[ERROR_REPORT] = {{ERROR_LEN, ERROR_LEN}, true, ANY, on_error},
};

/*
 * RFC 8210 7. The first answer decides: of a lower version, that is spoken from then on. A Serial Notify before it says nothing, and an Error
 * Report is read whatever it has.
 */
static bool check_version(struct am_bgp_rtr *rtr, const struct pdu *p)
{
	if (p->type == ERROR_REPORT)
		return true;
	if (p->version == rtr->status.version || (!rtr->agreed && p->version < rtr->status.version)) {
		rtr->status.version = p->version;
		rtr->agreed = true;
		return true;
	}
	refuse(rtr, rtr->agreed ? AM_BGP_RTR_UNEXPECTED_VERSION : AM_BGP_RTR_UNSUPPORTED_VERSION, p->whole,
		"the version is not the one that is spoken here");
	return false;
}

static void read_pdu(struct am_bgp_rtr *rtr, const struct pdu *p, am_time now)
{
	size_t want;

	if (p->type == SERIAL_NOTIFY && !rtr->agreed)
		return;
	if (!check_version(rtr, p))
		return;
	want = p->type < sizeof pdus / sizeof pdus[0] ? pdus[p->type].len[rtr->status.version] : 0;
	if (!want) {
		refuse(rtr, AM_BGP_RTR_UNSUPPORTED_PDU, p->whole, "no PDU of this type comes from a cache");
	} else if (p->whole.len < want || (p->whole.len > want && !pdus[p->type].longer)) {
		if (p->type == ERROR_REPORT)
			fault(rtr, "an Error Report is cut short");
		else
			refuse(rtr, AM_BGP_RTR_CORRUPT_DATA, p->whole, "no PDU of this type has this length");
	} else if (!(pdus[p->type].states & IN(rtr->status.state))) {
		refuse(rtr, AM_BGP_RTR_CORRUPT_DATA, p->whole, "a PDU came that was not asked for");
	} else {
		pdus[p->type].read(rtr, p, now);
	}
}

/* The next PDU of the input. False where it is not all there. */
static bool next_pdu(struct am_bgp_rtr *rtr, struct pdu *p)
{
	const uint8_t *at = rtr->in + rtr->in_at;
	size_t left = rtr->in_len - rtr->in_at, len;

	if (left < HEADER_LEN)
		return false;
	len = am_load32(at + 4);
	*p = (struct pdu){
		.version = at[0], .type = at[1], .field = am_load16(at + 2), .body = at + HEADER_LEN};
	if (len < HEADER_LEN || len > AM_BGP_RTR_PDU_MAX) {
		p->whole = (struct am_bgp_span){at, HEADER_LEN};
		refuse(rtr, AM_BGP_RTR_CORRUPT_DATA, p->whole, "no PDU has this length");
		return false;
	}
	if (left < len)
		return false;
	p->whole = (struct am_bgp_span){at, len};
	p->len = len - HEADER_LEN;
	rtr->in_at += len;
	return true;
}

static bool tell(struct am_bgp_rtr_event *out, enum am_bgp_rtr_event_type type, bool *flag)
{
	*flag = false;
	out->type = type;
	return true;
}

/* The first thing that is still to be told. */
static bool told(struct am_bgp_rtr *rtr, struct am_bgp_rtr_event *out)
{
	*out = (struct am_bgp_rtr_event){0};
	if (rtr->flush) {
		out->fault = &rtr->fault;
		return tell(out, AM_BGP_RTR_FLUSH, &rtr->flush);
	}
	if (rtr->restart)
		return tell(out, AM_BGP_RTR_RESTART, &rtr->restart);
	if (rtr->has_roa) {
		out->roa = rtr->roa;
		return tell(out, rtr->announce ? AM_BGP_RTR_ANNOUNCE : AM_BGP_RTR_WITHDRAW, &rtr->has_roa);
	}
	if (rtr->complete)
		return tell(out, AM_BGP_RTR_COMPLETE, &rtr->complete);
	if (rtr->close) {
		out->fault = &rtr->fault;
		return tell(out, AM_BGP_RTR_CLOSE, &rtr->close);
	}
	if (!rtr->connect)
		return false;
	rtr->open = true;
	return tell(out, AM_BGP_RTR_CONNECT, &rtr->connect);
}

bool am_bgp_rtr_next_event(struct am_bgp_rtr *rtr, struct am_bgp_rtr_event *out, am_time now)
{
	struct pdu p;

	while (!told(rtr, out)) {
		if (!is_connected(rtr))
			return false;
		if (next_pdu(rtr, &p))
			read_pdu(rtr, &p, now);
		else if (is_connected(rtr))
			return false;
	}
	return true;
}

struct am_bgp_rtr_status am_bgp_rtr_status(const struct am_bgp_rtr *rtr)
{
	return rtr->status;
}

const struct am_bgp_rtr_fault *am_bgp_rtr_last_fault(const struct am_bgp_rtr *rtr)
{
	return &rtr->fault;
}

const char *am_bgp_rtr_state_name(enum am_bgp_rtr_state state)
{
	static const char *const names[AM_BGP_RTR_STATES] = {
		[AM_BGP_RTR_STOPPED] = "stopped",
		[AM_BGP_RTR_WAITING] = "waiting",
		[AM_BGP_RTR_CONNECTING] = "connecting",
		[AM_BGP_RTR_ASKED] = "asked",
		[AM_BGP_RTR_LOADING] = "loading",
		[AM_BGP_RTR_SYNCED] = "synced",
		[AM_BGP_RTR_NO_DATA_YET] = "no-data-yet",
		[AM_BGP_RTR_CLOSING] = "closing",
	};

	return names[state];
}

const char *am_bgp_rtr_error_name(uint16_t code)
{
	static const char *const names[] = {
		[AM_BGP_RTR_CORRUPT_DATA] = "Corrupt Data",
		[AM_BGP_RTR_INTERNAL_ERROR] = "Internal Error",
		[AM_BGP_RTR_NO_DATA] = "No Data Available",
		[AM_BGP_RTR_INVALID_REQUEST] = "Invalid Request",
		[AM_BGP_RTR_UNSUPPORTED_VERSION] = "Unsupported Protocol Version",
		[AM_BGP_RTR_UNSUPPORTED_PDU] = "Unsupported PDU Type",
		[AM_BGP_RTR_UNKNOWN_WITHDRAWAL] = "Withdrawal of Unknown Record",
		[AM_BGP_RTR_DUPLICATE] = "Duplicate Announcement Received",
		[AM_BGP_RTR_UNEXPECTED_VERSION] = "Unexpected Protocol Version",
	};

	return code < sizeof names / sizeof names[0] ? names[code] : "unknown";
}

int am_bgp_rtr_set_times(
	struct am_bgp_rtr *rtr, uint32_t refresh, uint32_t retry, uint32_t expire, am_time now)
{
	struct am_bgp_rtr_status *s = &rtr->status;

	if (!times_are_right(refresh, retry, expire))
		return -EINVAL;
	if (rtr->own_times)
		return 0;
	take_times(rtr, refresh, retry, expire);
	if (s->has_data)
		rtr->expires = in_seconds(s->completed, s->expire);
	if (s->state == AM_BGP_RTR_SYNCED)
		rtr->timer = jittered(rtr, s->completed, s->refresh);
	else if (s->state == AM_BGP_RTR_WAITING || s->state == AM_BGP_RTR_NO_DATA_YET)
		rtr->timer = jittered(rtr, now, s->retry);
	return 0;
}
