/* SPDX-License-Identifier: BSD-3-Clause */
#include "reports.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "net/encap.h"
#include "net/ether.h"

enum {
	TUNNELS = 1024, /* that there are reports about; of more the oldest is forgotten */
	AGAIN_S = 600,  /* after so long the same is news again */
	LINES = 5,      /* of the log, in all, */
	LINES_S = 10,   /* within this time */
};

struct report {
	char tunnel[AM_NAME_MAX]; /* empty: free */
	struct am_icmp_report last;
	uint64_t count; /* of all */
	am_time when, said;
};

struct am_reports {
	struct report items[TUNNELS];
	am_time lines_began;
	unsigned lines;
};

void am_reports_free(struct am_reports *reports)
{
	free(reports);
}

/* ---- whose ---- */

static bool is_between(const struct am_conf_tunnel *t, const struct am_icmp_report *r)
{
	for (uint16_t i = 0; i < t->n_local; i++)
		if (am_ip_equal(&t->local[i], &r->local) && am_ip_equal(&t->remote[i], &r->remote))
			return true;
	return false;
}

/* Where little of it was quoted, the first tunnel that it may be of. */
static bool is_of(const struct am_conf_tunnel *t, const struct am_icmp_report *r)
{
	if ((t->type == AM_CONF_ETHERIP) != (r->proto == AM_PROTO_ETHERIP) || !is_between(t, r))
		return false;
	if (!r->has_gre)
		return true;
	return (t->type == AM_CONF_GRETAP) == (r->gre_type == AM_ET_TEB) && t->has_key == r->has_key &&
	       (!t->has_key || t->key == r->key);
}

static const struct am_conf_tunnel *find_tunnel(const struct am_config *c, const struct am_icmp_report *r)
{
	for (uint16_t i = 0; i < c->n_tunnels; i++)
		if (is_of(&c->tunnels[i], r))
			return &c->tunnels[i];
	return NULL;
}

static struct report *find(struct am_reports *reports, const char *tunnel)
{
	for (unsigned i = 0; i < TUNNELS; i++)
		if (strcmp(reports->items[i].tunnel, tunnel) == 0)
			return &reports->items[i];
	return NULL;
}

static struct report *find_room(struct am_reports *reports, const char *tunnel)
{
	struct report *r = find(reports, tunnel), *oldest = &reports->items[0];

	for (unsigned i = 0; i < TUNNELS && !r; i++) {
		if (!*reports->items[i].tunnel)
			r = &reports->items[i];
		else if (am_time_before(reports->items[i].when, oldest->when))
			oldest = &reports->items[i];
	}
	r = r ? r : oldest;
	if (strcmp(r->tunnel, tunnel) != 0) {
		*r = (struct report){0};
		snprintf(r->tunnel, sizeof r->tunnel, "%s", tunnel);
	}
	return r;
}

/* ---- telling ---- */

/* What to do about a path that carries less than we send. */
static void add_remedy(const struct am_conf_tunnel *t, const struct am_icmp_report *r, char *buf, size_t room)
{
	size_t len = strlen(buf);
	char from[AM_IP_TEXT];

	am_ip_text(&r->from, from);
	if (!r->mtu || len >= room)
		return;
	if (r->mtu < AM_IP_WHOLE_ALWAYS)
		snprintf(buf + len, room - len,
			": every path has to carry 1280 for IPv6, and this one does not; raise the MTU behind %s",
			from);
	else if (t->split == AM_CONF_FILL && t->path_mtu > r->mtu)
		snprintf(buf + len, room - len,
			": path_mtu is %u, but %s says %u: set path_mtu to %u, or \"split\": \"floor\"",
			t->path_mtu, from, r->mtu, r->mtu);
}

static void text_of(const struct am_conf_tunnel *t, const struct am_icmp_report *r, char *buf, size_t room)
{
	char words[160], from[AM_IP_TEXT];

	am_icmp_report_text(r, words, sizeof words);
	snprintf(buf, room, "%s says of packets to %s: %s", am_ip_text(&r->from, from),
		am_ip_equal(&r->from, &r->remote) ? "it" : "the remote", words);
	add_remedy(t, r, buf, room);
}

static bool is_news(const struct report *known, const struct am_icmp_report *r, am_time now)
{
	return !known->count || !am_ip_equal(&known->last.from, &r->from) || known->last.type != r->type ||
	       known->last.code != r->code || known->last.mtu != r->mtu ||
	       am_time_since(now, known->said) > AGAIN_S * AM_S;
}

/* Anybody can send these, from any address. */
static bool may_say(struct am_reports *reports, am_time now)
{
	if (am_time_since(now, reports->lines_began) > LINES_S * AM_S) {
		reports->lines_began = now;
		reports->lines = 0;
	}
	return reports->lines++ < LINES;
}

static void note(struct am_daemon *d, const struct am_icmp_report *r)
{
	const struct am_conf_tunnel *t = find_tunnel(am_model_config(d->model), r);
	am_time now = am_clock_monotonic();
	struct report *known;
	char text[AM_ERR_TEXT];

	if (!t)
		return;
	known = find_room(d->reports, t->name);
	if (is_news(known, r, now) && may_say(d->reports, now)) {
		text_of(t, r, text, sizeof text);
		am_log(&d->log, AM_LOG_WARN, "tunnel %s: %s", t->name, text);
		known->said = now;
	}
	known->last = *r;
	known->when = now;
	known->count++;
}

void am_reports_take(struct am_daemon *d)
{
	struct am_icmp_report r;

	while (am_slow_next_report(d->slow, &r)) {
		if (!d->reports)
			d->reports = calloc(1, sizeof *d->reports);
		if (d->reports)
			note(d, &r);
	}
}

void am_reports_show(const struct am_daemon *d, const struct am_conf_tunnel *t, json_t *o)
{
	const struct report *known = d->reports ? find(d->reports, t->name) : NULL;
	char text[AM_ERR_TEXT], from[AM_IP_TEXT];
	json_t *out;

	/* Of ends that it has no more it says nothing. */
	if (!known || !is_between(t, &known->last))
		return;
	text_of(t, &known->last, text, sizeof text);
	out = json_pack("{s:s, s:s, s:i, s:i, s:I, s:I}", "text", text, "from",
		am_ip_text(&known->last.from, from), "type", known->last.type, "code", known->last.code,
		"count", (json_int_t)known->count, "s_ago",
		(json_int_t)(am_time_since(am_clock_monotonic(), known->when) / AM_S));
	if (known->last.mtu)
		json_object_set_new(out, "mtu", json_integer(known->last.mtu));
	json_object_set_new(o, "last_error", out);
}
