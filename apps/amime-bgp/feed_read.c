/* SPDX-License-Identifier: BSD-3-Clause */
#include "feed_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/as_path.h"
#include "bgp/mrt.h"
#include "bgp/update.h"

enum { LINE_MAX_LEN = 8192, SEGMENT_MAX = 255 };

struct am_bgp_feed_reader {
	am_bgp_feed_route route;
	void *ctx;
	struct am_bgp_mrt_reader *mrt; /* NULL: text */
	struct am_bgp_feed_counts counts;
	uint64_t line;
	bool too_long; /* the line that is read */
	size_t used;
	char text[LINE_MAX_LEN];
	uint8_t message[AM_BGP_EXTENDED_MAX], scratch[AM_BGP_SCRATCH(AM_BGP_EXTENDED_MAX)];
};

struct am_bgp_feed_reader *am_bgp_feed_reader_create(bool mrt, am_bgp_feed_route route, void *ctx)
{
	struct am_bgp_feed_reader *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->route = route;
	r->ctx = ctx;
	r->mrt = mrt ? am_bgp_mrt_reader_create(AM_BGP_MRT_RECORD_MAX) : NULL;
	if (!mrt || r->mrt)
		return r;
	free(r);
	return NULL;
}

void am_bgp_feed_reader_free(struct am_bgp_feed_reader *r)
{
	if (!r)
		return;
	am_bgp_mrt_reader_free(r->mrt);
	free(r);
}

struct am_bgp_feed_counts am_bgp_feed_counts(const struct am_bgp_feed_reader *r)
{
	return r->counts;
}

static void bad(struct am_bgp_feed_reader *r, const char *why)
{
	if (!r->counts.bad++) {
		r->counts.first_line = r->line;
		r->counts.why = why;
	}
}

static void give(struct am_bgp_feed_reader *r, const struct am_bgp_nlri *nlri, const struct am_bgp_set *set)
{
	r->counts.routes++;
	r->route(r->ctx, nlri, set);
}

/* ---- text ---- */

/* The numbers of a line as segments of an AS path. False where one of them is none. */
static bool read_path(char *numbers, struct am_writer *w)
{
	char *save = NULL, *end;
	uint8_t *count = NULL;

	for (char *word = strtok_r(numbers, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
		unsigned long as = strtoul(word, &end, 10);

		if (*word < '0' || *word > '9' || *end || !as || as > UINT32_MAX)
			return false;
		if (!count || *count == SEGMENT_MAX) {
			am_put8(w, AM_BGP_AS_SEQUENCE);
			count = am_put(w, 1);
		}
		am_put32(w, (uint32_t)as);
		if (w->full)
			return false;
		++*count;
	}
	return true;
}

static void take_line(struct am_bgp_feed_reader *r, char *line)
{
	struct am_writer path = am_writer(r->message, sizeof r->message);
	struct am_bgp_set set = {
		.attrs = {.has = AM_BGP_HAS(AM_BGP_ATTR_ORIGIN) | AM_BGP_HAS(AM_BGP_ATTR_AS_PATH)}};
	struct am_bgp_nlri nlri;
	char *rest;

	line[strcspn(line, "#\r")] = 0;
	line += strspn(line, " \t");
	if (!*line)
		return;
	memset(&nlri, 0, sizeof nlri);
	rest = line + strcspn(line, " \t");
	if (*rest)
		*rest++ = 0;
	if (am_prefix_parse_text(line, &nlri.prefix)) {
		bad(r, "no prefix at its beginning");
		return;
	}
	if (!read_path(rest, &path)) {
		bad(r, "what stands behind the prefix is no AS path");
		return;
	}
	nlri.family = nlri.prefix.ip.family == AM_IPV4 ? AM_BGP_IPV4_UNICAST : AM_BGP_IPV6_UNICAST;
	set.attrs.as_path = (struct am_bgp_span){r->message, am_writer_len(&path)};
	give(r, &nlri, &set);
}

static void end_line(struct am_bgp_feed_reader *r)
{
	r->line++;
	r->text[r->used] = 0;
	if (r->too_long)
		bad(r, "longer than 8191 octets");
	else
		take_line(r, r->text);
	r->used = 0;
	r->too_long = false;
}

static void read_text(struct am_bgp_feed_reader *r, const uint8_t *bytes, size_t len, bool end)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n')
			end_line(r);
		else if (r->used < LINE_MAX_LEN - 1)
			r->text[r->used++] = (char)bytes[i];
		else
			r->too_long = true;
	}
	if (end && r->used)
		end_line(r);
}

/* ---- MRT ---- */

static void give_all(
	struct am_bgp_feed_reader *r, const struct am_bgp_routes *routes, const struct am_bgp_set *set)
{
	struct am_bgp_nlri_iter iter = am_bgp_nlri_iter(routes);
	struct am_bgp_nlri nlri;

	while (am_bgp_nlri_next(&iter, &nlri)) {
		nlri.path_id = 0;
		give(r, &nlri, set);
	}
}

/* What an UPDATE says, as if we said it ourselves: the next hop is ours. LOCAL_PREF was that router's, and need not be there. */
static void take_update(struct am_bgp_feed_reader *r, struct am_bgp_span body, bool as4, bool path_ids)
{
	const am_bgp_families all = AM_BGP_IN(AM_BGP_FAMILIES) - 1;
	const struct am_bgp_context ctx = {
		.kind = AM_BGP_EXTERNAL, .families = all, .path_ids = path_ids ? all : 0, .as4 = as4};
	struct am_bgp_update update;
	struct am_bgp_set set = {0};

	if (am_bgp_update_decode(&ctx, body, r->scratch, &update) >= AM_BGP_WITHDRAW) {
		bad(r, update.fault.error.why);
		return;
	}
	set.attrs = update.attrs;
	set.attrs.has &= ~(AM_BGP_HAS(AM_BGP_ATTR_NEXT_HOP) | AM_BGP_HAS(AM_BGP_ATTR_LOCAL_PREF) |
			   AM_BGP_HAS(AM_BGP_ATTR_ORIGINATOR_ID) | AM_BGP_HAS(AM_BGP_ATTR_CLUSTER_LIST));
	give_all(r, &update.withdrawn, NULL);
	if (update.has_mp_unreach)
		give_all(r, &update.mp_withdrawn, NULL);
	give_all(r, &update.announced, &set);
	if (!update.has_mp_reach)
		return;
	if (update.mp_announced.family == AM_BGP_L2VPN_EVPN)
		set.next_hop = update.mp_next_hop;
	give_all(r, &update.mp_announced, &set);
}

static void take_table(struct am_bgp_feed_reader *r, const struct am_bgp_mrt_rib *rib)
{
	struct am_writer w = am_writer(r->message, sizeof r->message);
	struct am_reader list = am_reader(rib->list.bytes, rib->list.len);
	struct am_bgp_mrt_entry entry;

	if (!am_bgp_mrt_entry_next(&list, rib, &entry))
		return;
	if (am_bgp_mrt_entry_update(&w, rib, &entry))
		bad(r, "a path of a table that cannot be an UPDATE");
	else
		take_update(r,
			(struct am_bgp_span){
				r->message + AM_BGP_HEADER_LEN, am_writer_len(&w) - AM_BGP_HEADER_LEN},
			true, rib->path_ids);
}

static void take_message(struct am_bgp_feed_reader *r, const struct am_bgp_mrt_message *m)
{
	struct am_bgp_message message;
	struct am_bgp_error err;

	if (am_bgp_message_parse(m->message.bytes, m->message.len, AM_BGP_EXTENDED_MAX, &message, &err))
		bad(r, "a message whose header is wrong");
	else if (message.type == AM_BGP_UPDATE)
		take_update(r, message.body, m->as4, m->path_ids);
}

static void read_mrt(struct am_bgp_feed_reader *r, struct am_bgp_span bytes, bool end)
{
	struct am_bgp_mrt_record record;
	int rc;

	while (bytes.len && (rc = am_bgp_mrt_read(r->mrt, &bytes, &record)) != -EAGAIN) {
		if (rc == -ENOMEM) {
			bad(r, "no memory for a record");
			return;
		}
		if (rc)
			bad(r, record.why);
		else if (record.kind == AM_BGP_MRT_RIB)
			take_table(r, &record.rib);
		else if (record.kind == AM_BGP_MRT_MESSAGE)
			take_message(r, &record.message);
	}
	if (end && am_bgp_mrt_pending(r->mrt))
		bad(r, "the file ends within a record");
}

void am_bgp_feed_read(struct am_bgp_feed_reader *r, const uint8_t *bytes, size_t len, bool end)
{
	if (r->mrt)
		read_mrt(r, (struct am_bgp_span){bytes, len}, end);
	else
		read_text(r, bytes, len, end);
}
