/* SPDX-License-Identifier: BSD-3-Clause */
/* Neighbours: how one is read. */
#include <string.h>

#include "parts.h"

static const char *const role_words[] = {"none", "provider", "rs", "rs-client", "customer", "peer", NULL};
static const char *const add_path_words[] = {"off", "receive", "send", "both", NULL};
static const char *const next_hop_words[] = {"auto", "self", "keep", NULL};
static const char *const as_words[] = {"", "external", "internal", NULL};
const char *const bgpconf_family_words[] = {"ipv4", "ipv6", "evpn", NULL};

/* One family of a neighbour, while it is read. */
struct family {
	uint32_t add_path, max_prefixes, max_advertised, max_send;
};

static const struct field family_rows[] = {
	WORD("add_path", struct family, add_path, add_path_words, AM_BGPCONF_ADD_PATH_OFF),
	UINT("max_prefixes", struct family, max_prefixes, 0, UINT32_MAX, 0),
	UINT("max_advertised", struct family, max_advertised, 0, UINT32_MAX, 0),
	UINT("max_send", struct family, max_send, 1, 64, 8),
};
static const struct fields family_fields = FIELDS(family_rows);

static void read_family(const struct place *at, struct am_bgpconf_neighbor *n, unsigned family)
{
	struct family f = {0};

	if (!conf_want_object(at))
		return;
	conf_read_fields(at, &family_fields, &f);
	n->session.families[family] = (struct am_bgpconf_family){.on = true, .add_path = (uint8_t)f.add_path};
	n->max_prefixes[family] = f.max_prefixes;
	n->max_advertised[family] = f.max_advertised;
	n->max_send[family] = f.max_send;
}

static void read_families(const struct place *at, void *object)
{
	struct am_bgpconf_neighbor *n = object;
	const char *key;
	json_t *value;

	if (!conf_want_object(at))
		return;
	memset(n->session.families, 0, sizeof n->session.families);
	json_object_foreach((json_t *)(uintptr_t)at->json, key, value)
	{
		struct place member = {.load = at->load, .up = at, .key = key, .json = value};
		unsigned f = 0;

		while (bgpconf_family_words[f] && strcmp(bgpconf_family_words[f], key))
			f++;
		if (bgpconf_family_words[f])
			read_family(&member, n, f);
		else
			conf_complain(
				&member, "unknown address family \"%.60s\", use ipv4, ipv6 or evpn", key);
	}
}

static void read_as(const struct place *at, void *object)
{
	struct am_bgpconf_neighbor *n = object;
	unsigned word;

	if (!conf_is_word(at)) {
		conf_read_uint(at, 1, UINT32_MAX, "or say \"external\" or \"internal\"", &n->session.as);
		return;
	}
	if (conf_read_word(at, as_words, &word))
		n->session.as_kind = (uint8_t)word;
}

#define IN(m) AT(struct am_bgpconf_neighbor, m)

static const struct field graceful_rows[] = {
	{.name = "enabled", .kind = FIELD_BOOL, IN(session.graceful_restart), .fallback = true},
	{.name = "restart_time",
		.kind = FIELD_UINT,
		IN(session.restart_time),
		.max = AM_BGP_RESTART_TIME_MAX,
		.fallback = 120},
	{.name = "notification", .kind = FIELD_BOOL, IN(session.notification), .fallback = true},
	{.name = "stale_time", .kind = FIELD_UINT, IN(session.stale_time), .max = AM_BGP_STALE_TIME_MAX},
};
static const struct fields graceful_fields = FIELDS(graceful_rows);

static const char *const algorithm_words[] = {"hmac-sha1", "aes128-cmac", NULL};

static const struct field tcp_ao_rows[] = {
	{.name = "key", .kind = FIELD_TEXT, .required = true, IN(session.tcp_ao.key)},
	{.name = "send_id", .kind = FIELD_UINT, IN(session.tcp_ao.send_id), .max = UINT8_MAX},
	{.name = "receive_id", .kind = FIELD_UINT, IN(session.tcp_ao.receive_id), .max = UINT8_MAX},
	{.name = "algorithm", .kind = FIELD_WORD, IN(session.tcp_ao.algorithm), .words = algorithm_words},
};
static const struct fields tcp_ao_fields = FIELDS(tcp_ao_rows);

static void read_tcp_ao(const struct place *at, void *object)
{
	struct am_bgpconf_neighbor *n = object;

	if (!conf_want_object(at))
		return;
	conf_read_fields(at, &tcp_ao_fields, n);
	if (json_is_string(json_object_get(at->json, "key")) && !*n->session.tcp_ao.key)
		conf_complain(at, "an empty key keeps nobody out: name one, as the neighbour has it");
}

static const struct field neighbor_rows[] = {
	{.name = "address", .kind = FIELD_IP, IN(session.address)},
	{.name = "interface", .kind = FIELD_TEXT, IN(session.interface)},
	{.name = "as", .kind = FIELD_OTHER, .required = true, .read = read_as},
	{.name = "local_as", .kind = FIELD_UINT, IN(session.local_as), .max = UINT32_MAX},
	{.name = "description", .kind = FIELD_TEXT, IN(description)},
	{.name = "source", .kind = FIELD_IP, IN(session.source)},
	{.name = "port", .kind = FIELD_UINT, IN(session.port), .min = 1, .max = UINT16_MAX, .fallback = 179},
	{.name = "passive", .kind = FIELD_BOOL, IN(session.passive)},
	{.name = "password", .kind = FIELD_TEXT, IN(session.password)},
	{.name = "tcp_ao", .kind = FIELD_OTHER, .read = read_tcp_ao, .sub = &tcp_ao_fields},
	{.name = "ttl_security",
		.kind = FIELD_UINT,
		IN(session.ttl_security),
		.max = 254,
		.hint = "the number of hops to the peer, usually 1"},
	{.name = "ttl", .kind = FIELD_UINT, IN(session.ttl), .max = 255},
	{.name = "hold_time", .kind = FIELD_UINT, IN(session.hold_time), .max = UINT16_MAX, .fallback = 90},
	{.name = "connect_retry",
		.kind = FIELD_UINT,
		IN(session.connect_retry),
		.min = 1,
		.max = UINT16_MAX,
		.fallback = 30},
	{.name = "idle_hold",
		.kind = FIELD_UINT,
		IN(session.idle_hold),
		.min = 1,
		.max = UINT16_MAX,
		.fallback = 1},
	{.name = "role", .kind = FIELD_WORD, IN(session.role), .words = role_words},
	{.name = "strict_role", .kind = FIELD_BOOL, IN(session.strict_role)},
	{.name = "extended_messages", .kind = FIELD_BOOL, IN(session.extended_messages), .fallback = true},
	{.name = "graceful_restart", .kind = FIELD_GROUP, .sub = &graceful_fields},
	{.name = "families", .kind = FIELD_OTHER, .read = read_families, .sub = &family_fields},
	{.name = "import", .kind = FIELD_NAME, IN(import)},
	{.name = "export", .kind = FIELD_NAME, IN(export)},
	{.name = "max_warn", .kind = FIELD_UINT, IN(max_warn), .max = 100, .fallback = 80},
	{.name = "advertisement_interval", .kind = FIELD_UINT, IN(advertisement_interval), .max = 600},
	{.name = "allow_own_as", .kind = FIELD_UINT, IN(allow_own_as), .max = 10},
	{.name = "enforce_first_as", .kind = FIELD_BOOL, IN(enforce_first_as), .fallback = true},
	{.name = "aigp", .kind = FIELD_BOOL, IN(session.aigp)},
	{.name = "sink", .kind = FIELD_BOOL, IN(session.sink)},
	{.name = "max_restart", .kind = FIELD_UINT, IN(max_restart), .max = 86400},
	{.name = "next_hop", .kind = FIELD_WORD, IN(next_hop), .words = next_hop_words},
	{.name = "reflector_client", .kind = FIELD_BOOL, IN(reflector_client)},
	{.name = "transparent", .kind = FIELD_BOOL, IN(transparent)},
	{.name = "shutdown", .kind = FIELD_BOOL, IN(shutdown)},
	{.name = "shutdown_text", .kind = FIELD_TEXT, IN(shutdown_text)},
};
const struct fields bgpconf_neighbor_fields = FIELDS(neighbor_rows);

static void read_neighbor(const struct place *at, void *item)
{
	struct am_bgpconf_neighbor *n = item;

	n->session.families[AM_BGP_IPV4_UNICAST].on = true;
	n->session.families[AM_BGP_IPV6_UNICAST].on = true;
	conf_read_fields(at, &bgpconf_neighbor_fields, n);
}

void bgpconf_read_neighbors(const struct place *at, void *object)
{
	struct am_bgpconf *c = object;

	conf_read_map(at, (void **)&c->neighbors, &c->n_neighbors, sizeof *c->neighbors, AM_BGPCONF_NEIGHBORS,
		read_neighbor);
}

const struct am_bgpconf_neighbor *am_bgpconf_neighbor(const struct am_bgpconf *c, const char *name)
{
	for (uint16_t i = 0; i < c->n_neighbors; i++) {
		if (!strcmp(c->neighbors[i].name, name))
			return &c->neighbors[i];
	}
	return NULL;
}
