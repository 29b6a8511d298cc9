/* SPDX-License-Identifier: BSD-3-Clause */
/* show neighbors: one object each. */
#include <errno.h>
#include <net/if.h>

#include "answer.h"
#include "observe.h"
#include "transport.h"

static const char *const family_names[AM_BGP_FAMILIES] = {"ipv4", "ipv6", "evpn"};

static json_t *families(am_bgp_families set)
{
	json_t *out = json_array();

	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		if (set & AM_BGP_IN(f))
			json_array_append_new(out, json_string(family_names[f]));
	}
	return out;
}

static json_t *ip(const struct am_ip *address)
{
	char text[AM_IP_TEXT];

	return address->family ? json_string(am_ip_text(address, text)) : json_null();
}

/* What both ends agreed on. */
static json_t *agreed(const struct am_bgp_peer *p)
{
	const struct am_bgp_agreed *a = &p->agreed;
	json_t *out = json_pack("{s:b, s:b, s:b, s:b, s:b}", "as4", a->as4, "refresh", a->refresh,
		"enhanced_refresh", a->enhanced_refresh, "extended_messages", a->extended_message,
		"graceful_notification", a->notification);

	json_object_set_new(out, "families", families(a->families));
	json_object_set_new(out, "ipv6_next_hop", families(a->next_hop6));
	json_object_set_new(out, "add_path_receive", families(a->add_path_receive));
	json_object_set_new(out, "add_path_send", families(a->add_path_send));
	json_object_set_new(out, "graceful_restart", families(a->graceful));
	json_object_set_new(out, "long_lived", families(a->long_lived));
	json_object_set_new(out, "restart_time", json_integer(a->restart_time));
	json_object_set_new(out, "role",
		p->open.caps.has_role ? json_string(am_bgp_role_name(p->open.caps.role)) : json_null());
	return out;
}

static json_t *end_of(const struct am_bgp_end *end)
{
	static const char *const by[] = {"us", "peer", "transport", "collision"};
	json_t *out = json_pack("{s:s, s:s, s:s, s:b, s:i, s:i}", "by", by[end->by], "state",
		am_bgp_state_name(end->state), "why", end->why, "was_up", end->was_up, "code", end->code,
		"subcode", end->subcode);

	if (end->code)
		json_object_set_new(out, "notification",
			json_sprintf("%s, %s", am_bgp_error_name(end->code),
				am_bgp_error_subname(end->code, end->subcode)));
	if (end->text_len)
		json_object_set_new(out, "text", json_stringn((const char *)end->text, end->text_len));
	json_object_set_new(out, "stale", families(end->stale));
	return out;
}

static json_t *messages(const uint64_t *counts)
{
	json_t *out = json_object();

	for (unsigned t = AM_BGP_OPEN; t <= AM_BGP_ROUTE_REFRESH; t++)
		json_object_set_new(out, am_bgp_type_name(t), json_integer((json_int_t)counts[t]));
	return out;
}

static json_t *faults(const struct am_bgp_session_counters *c)
{
	json_t *out = json_object();

	for (unsigned k = AM_BGP_DISCARD; k <= AM_BGP_RESET; k++)
		json_object_set_new(
			out, am_bgp_class_name(k), json_integer((json_int_t)c->updates_by_class[k]));
	return out;
}

/* A NOTIFICATION, decoded; NULL where there was none. */
static json_t *notified(const struct am_bgpd_notified *note, am_time now)
{
	struct am_bgp_notification n;
	struct am_bgp_message message;
	struct am_bgp_error err;
	json_t *out;

	if (!note || am_bgp_message_parse(note->message, note->len, AM_BGP_EXTENDED_MAX, &message, &err))
		return NULL;
	am_bgp_notification_decode(&message, &n);
	out = json_pack("{s:I, s:i, s:i, s:b}", "ago_s", (json_int_t)(am_time_since(now, note->at) / AM_S),
		"code", n.code, "subcode", n.subcode, "hard", n.hard);
	json_object_set_new(out, "notification",
		json_sprintf("%s, %s", am_bgp_error_name(n.code), am_bgp_error_subname(n.code, n.subcode)));
	if (n.text.len)
		json_object_set_new(out, "text", json_stringn((const char *)n.text.bytes, n.text.len));
	json_object_set_new(out, "data_octets", json_integer((json_int_t)n.data.len));
	return out;
}

static void add_notified(json_t *out, const char *key, const struct am_bgpd_notified *note, am_time now)
{
	json_t *said = notified(note, now);

	json_object_set_new(out, key, said ? said : json_null());
}

static json_t *by_family(const uint32_t *counts)
{
	json_t *out = json_object();

	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++)
		json_object_set_new(out, family_names[f], json_integer(counts[f]));
	return out;
}

static json_t *by_family64(const uint64_t *counts)
{
	json_t *out = json_object();

	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++)
		json_object_set_new(out, family_names[f], json_integer((json_int_t)counts[f]));
	return out;
}

static void add_session(const struct am_bgpd *d, const struct am_bgpd_neighbor *n,
	const struct am_bgp_speaker_view *v, json_t *out)
{
	struct am_ip local = {0}, remote = {0};
	char id[AM_IP_TEXT];
	struct am_ip router = {.family = AM_IPV4};

	for (unsigned c = 0; c < AM_BGP_CONNS && !local.family; c++)
		am_bgpd_transport_addresses(d->transport, (struct am_bgp_link){n->peer, c}, &local, &remote);
	am_store32(router.bytes, v->session->open.id);
	json_object_set_new(out, "remote_id", json_string(am_ip_text(&router, id)));
	json_object_set_new(out, "local_address", ip(&local));
	json_object_set_new(out, "incoming", json_boolean(v->session->incoming));
	json_object_set_new(out, "hold_time", json_integer(v->session->hold_time));
	json_object_set_new(out, "agreed", agreed(v->session));
}

static json_t *neighbor(const struct am_bgpd *d, const struct am_bgpd_neighbor *n)
{
	const struct am_bgpconf_session *s = &n->conf.session;
	am_time now = am_clock_monotonic();
	struct am_bgp_speaker_view v;
	json_t *out;

	if (am_bgp_speaker_view(d->speaker, n->peer, &v))
		return NULL;
	out = json_pack("{s:s, s:s, s:s, s:b}", "name", n->conf.name, "description", n->conf.description,
		"state", am_bgp_state_name(v.state), "shutdown", n->shutdown);
	json_object_set_new(out, "address", ip(&v.address));
	json_object_set_new(out, "interface", *s->interface ? json_string(s->interface) : json_null());
	json_object_set_new(out, "as", json_integer(v.session ? v.session->open.as : s->as));
	json_object_set_new(out, "since_s",
		v.since.ns ? json_integer((json_int_t)(am_time_since(now, v.since) / AM_S)) : json_null());
	json_object_set_new(out, "times_up", json_integer((json_int_t)v.counters->times_up));
	json_object_set_new(out, "times_down", json_integer((json_int_t)v.counters->times_down));
	json_object_set_new(out, "received", by_family(v.routes.received));
	json_object_set_new(out, "advertised", by_family(v.routes.advertised));
	if (s->sink)
		json_object_set_new(out, "sunk",
			json_pack("{s:o, s:o}", "announced", by_family64(v.sunk.announced), "withdrawn",
				by_family64(v.sunk.withdrawn)));
	json_object_set_new(out, "stale", families(v.stale));
	json_object_set_new(out, "long_lived_stale", families(v.long_lived));
	json_object_set_new(out, "messages_received", messages(v.counters->received));
	json_object_set_new(out, "messages_sent", messages(v.counters->sent));
	json_object_set_new(out, "faults", faults(v.counters));
	json_object_set_new(out, "last_faults", am_bgpd_faults_show(&n->faults, now));
	json_object_set_new(out, "faults_not_kept", json_integer((json_int_t)n->faults.not_kept));
	add_notified(out, "notification_sent", n->notified_sent, now);
	add_notified(out, "notification_received", n->notified_received, now);
	if (v.session)
		add_session(d, n, &v, out);
	if (v.has_end)
		json_object_set_new(out, "last_end", end_of(&v.end));
	return out;
}

json_t *am_bgpd_show_neighbors(const struct am_bgpd *d, const char *name, struct am_err *err)
{
	json_t *out = json_array();

	if (*name && !am_bgpd_find(d, name)) {
		json_decref(out);
		am_fail(err, ENOENT, "there is no neighbour \"%s\"; show neighbors names them", name);
		return NULL;
	}
	for (uint16_t i = 0; i < d->config->n_neighbors; i++) {
		const struct am_bgpd_neighbor *n = am_bgpd_find(d, d->config->neighbors[i].name);

		if (n && (!*name || n == am_bgpd_find(d, name)))
			json_array_append_new(out, neighbor(d, n));
	}
	return out;
}
