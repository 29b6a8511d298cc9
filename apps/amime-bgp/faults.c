/* SPDX-License-Identifier: BSD-3-Clause */
#include "faults.h"

#include <stdlib.h>
#include <string.h>

struct am_bgpd_fault {
	am_time at;
	enum am_bgp_class class;
	uint8_t attr, code, subcode;
	const char *why;
	struct am_bgp_context receive;
	size_t octets; /* that came */
	size_t len;    /* that are kept: all or none */
	uint8_t message[];
};

static size_t size_of(const struct am_bgpd_fault *f)
{
	return sizeof *f + f->len;
}

static void drop(struct am_bgpd_fault **at, size_t *total)
{
	if (!*at)
		return;
	*total -= size_of(*at);
	free(*at);
	*at = NULL;
}

static struct am_bgpd_fault *make(size_t len, size_t total)
{
	struct am_bgpd_fault *f;

	if (len > AM_BGPD_FAULT_OCTETS)
		len = 0;
	if (total + sizeof *f + len > AM_BGPD_FAULTS_OCTETS)
		return NULL;
	f = calloc(1, sizeof *f + len);
	if (f)
		f->len = len;
	return f;
}

void am_bgpd_faults_put(struct am_bgpd_faults *faults, size_t *total, const struct am_bgp_update *update,
	struct am_bgp_span message, const struct am_bgp_context *receive, am_time now)
{
	const struct am_bgp_fault *fault = &update->fault;
	struct am_bgpd_fault *f;

	drop(&faults->kept[faults->next], total);
	f = make(message.len, *total);
	faults->seen++;
	faults->not_kept += !f || !f->len;
	if (!f)
		return;
	f->at = now;
	f->class = update->class;
	f->attr = fault->attr;
	f->code = fault->error.code;
	f->subcode = fault->error.subcode;
	f->why = fault->error.why;
	f->receive = *receive;
	f->octets = message.len;
	if (f->len)
		memcpy(f->message, message.bytes, f->len);
	*total += size_of(f);
	faults->kept[faults->next] = f;
	faults->next = (faults->next + 1) % AM_BGPD_FAULTS;
}

void am_bgpd_faults_free(struct am_bgpd_faults *faults, size_t *total)
{
	for (unsigned i = 0; i < AM_BGPD_FAULTS; i++)
		drop(&faults->kept[i], total);
}

/* ---- what they were about ---- */

static bool same(const struct am_bgp_nlri *a, const struct am_bgp_nlri *b)
{
	return a->family == b->family && a->family != AM_BGP_L2VPN_EVPN && a->prefix.len == b->prefix.len &&
	       am_ip_equal(&a->prefix.ip, &b->prefix.ip);
}

/* How many routes stand there; *found: this one does. */
static unsigned look(const struct am_bgp_routes *routes, const struct am_bgp_nlri *nlri, bool *found)
{
	struct am_bgp_nlri_iter iter = am_bgp_nlri_iter(routes);
	struct am_bgp_nlri one;
	unsigned n = 0;

	for (; am_bgp_nlri_next(&iter, &one); n++)
		*found |= nlri && same(&one, nlri);
	return n;
}

/* How many routes it announced, as far as they can be read. */
static unsigned routes_of(const struct am_bgpd_fault *f, const struct am_bgp_nlri *nlri, bool *found)
{
	uint8_t scratch[AM_BGP_SCRATCH(AM_BGPD_FAULT_OCTETS)];
	struct am_bgp_update update;
	unsigned n;

	*found = false;
	/* Routes of an UPDATE that ended the session cannot be trusted. */
	if (!f->len || f->class == AM_BGP_RESET)
		return 0;
	am_bgp_update_decode(&f->receive,
		(struct am_bgp_span){f->message + AM_BGP_HEADER_LEN, f->len - AM_BGP_HEADER_LEN}, scratch,
		&update);
	n = look(&update.announced, nlri, found);
	return update.has_mp_reach ? n + look(&update.mp_announced, nlri, found) : n;
}

static json_t *show(const struct am_bgpd_fault *f, unsigned routes, am_time now)
{
	return json_pack("{s:I, s:s, s:s, s:s, s:i, s:i, s:i, s:I}", "ago_s",
		(json_int_t)(am_time_since(now, f->at) / AM_S), "class", am_bgp_class_name(f->class),
		"attribute", am_bgp_attr_name(f->attr), "why", f->why, "code", f->code, "subcode", f->subcode,
		"routes", (int)routes, "octets", (json_int_t)f->octets);
}

/* The i-th newest, or NULL. */
static const struct am_bgpd_fault *newest(const struct am_bgpd_faults *faults, unsigned i)
{
	return faults->kept[(faults->next + 2 * AM_BGPD_FAULTS - 1 - i) % AM_BGPD_FAULTS];
}

json_t *am_bgpd_faults_show(const struct am_bgpd_faults *faults, am_time now)
{
	json_t *out = json_array();
	bool found;

	for (unsigned i = 0; i < AM_BGPD_FAULTS; i++) {
		const struct am_bgpd_fault *f = newest(faults, i);

		if (f)
			json_array_append_new(out, show(f, routes_of(f, NULL, &found), now));
	}
	return out;
}

json_t *am_bgpd_faults_of(const struct am_bgpd_faults *faults, const struct am_bgp_nlri *nlri, am_time now)
{
	for (unsigned i = 0; i < AM_BGPD_FAULTS; i++) {
		const struct am_bgpd_fault *f = newest(faults, i);
		bool found = false;
		unsigned n = f && f->class == AM_BGP_WITHDRAW ? routes_of(f, nlri, &found) : 0;

		if (found)
			return show(f, n, now);
	}
	return NULL;
}
