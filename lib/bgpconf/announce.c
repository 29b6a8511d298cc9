/* SPDX-License-Identifier: BSD-3-Clause */
/* What this speaker originates: single prefixes, and files of them. */
#include <stdio.h>

#include "parts.h"

static const struct field announce_rows[] = {
	{.name = "prefix", .kind = FIELD_PREFIX, .required = true, AT(struct am_bgpconf_announce, prefix)},
	{.name = "next_hop", .kind = FIELD_IP, AT(struct am_bgpconf_announce, next_hop)},
	{.name = "med",
		.kind = FIELD_UINT,
		AT(struct am_bgpconf_announce, med),
		.flag = offsetof(struct am_bgpconf_announce, has_med),
		.max = UINT32_MAX},
};
static const struct fields announce_fields = FIELDS(announce_rows);

/* A prefix alone, or an object that says more about it. */
static void read_announce(const struct place *at, void *item)
{
	struct am_bgpconf_announce *a = item;

	if (json_is_string(at->json))
		conf_read_prefix(at, &a->prefix);
	else if (conf_want_object(at))
		conf_read_fields(at, &announce_fields, a);
}

void bgpconf_read_announce(const struct place *at, void *object)
{
	struct am_bgpconf *c = object;

	conf_read_list(at, (void **)&c->announce, &c->n_announce, sizeof *c->announce, AM_BGPCONF_ANNOUNCE,
		read_announce);
}

void bgpconf_check_announce(const struct am_bgpconf *c, struct am_config_errors *errors)
{
	for (uint16_t i = 0; i < c->n_announce; i++) {
		const struct am_bgpconf_announce *a = &c->announce[i];
		char path[64], text[AM_IP_TEXT];

		snprintf(path, sizeof path, "$.announce[%u].next_hop", i);
		if (a->next_hop.family &&
			(am_ip_is_unspecified(&a->next_hop) || am_ip_is_multicast(&a->next_hop)))
			am_bgpconf_complain(c, errors, path,
				"%s is no next hop: use a unicast address, or remove it",
				am_ip_text(&a->next_hop, text));
	}
}

static const char *const format_words[] = {"text", "mrt", NULL};

static const struct field feed_rows[] = {
	{.name = "file", .kind = FIELD_TEXT, .required = true, AT(struct am_bgpconf_feed, file)},
	WORD("format", struct am_bgpconf_feed, format, format_words, AM_BGPCONF_FORMAT_TEXT),
	UINT("limit", struct am_bgpconf_feed, limit, 0, UINT32_MAX, 0),
};
static const struct fields feed_fields = FIELDS(feed_rows);

static void read_feed(const struct place *at, void *item)
{
	if (conf_want_object(at))
		conf_read_fields(at, &feed_fields, item);
}

void bgpconf_read_feeds(const struct place *at, void *object)
{
	struct am_bgpconf *c = object;

	conf_read_list(at, (void **)&c->feeds, &c->n_feeds, sizeof *c->feeds, AM_BGPCONF_FEEDS, read_feed);
}
