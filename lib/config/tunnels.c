/* SPDX-License-Identifier: BSD-3-Clause */
#include "ends.h"
#include "l3.h"

#include <string.h>

enum { TUNNELS_MAX = 16384, DSCP_LAST = 63, MSS_MIN = 536, MSS_MAX = 65495 };

static const char *const type_words[] = {"etherip", "gre", "gretap", NULL};
static const char *const split_words[] = {"floor", "fill", NULL};
static const char *const compat_words[] = {"off", "accept", "send", "both", NULL};
static const char *const mss_words[] = {"off", "fit", "whole", NULL};
static const char *const dscp_words[] = {"uniform", NULL};

/* ---- keys that are more than one value ---- */

static void read_dscp(const struct place *at, void *object)
{
	struct am_conf_tunnel *t = object;
	uint32_t v;
	unsigned word;

	if (conf_is_word(at)) {
		t->dscp_uniform = conf_read_word(at, dscp_words, &word);
	} else if (conf_read_uint(
			   at, 0, DSCP_LAST, "a DSCP has 6 bits; \"uniform\" copies the inner one", &v)) {
		t->dscp = (uint8_t)v;
	}
}

static json_t *print_dscp(const void *object)
{
	const struct am_conf_tunnel *t = object;

	return t->dscp_uniform ? json_string(dscp_words[0]) : json_integer(t->dscp);
}

static void read_compat(const struct place *at, void *object)
{
	struct am_conf_tunnel *t = object;
	unsigned word;

	if (!conf_read_word(at, compat_words, &word))
		return;
	t->accept_swapped = word & 1; /* the words count in binary: 1 accepts, 2 sends */
	t->send_swapped = word & 2;
}

static json_t *print_compat(const void *object)
{
	const struct am_conf_tunnel *t = object;

	return json_string(compat_words[t->accept_swapped | t->send_swapped << 1]);
}

static void read_mss(const struct place *at, void *object)
{
	struct am_conf_tunnel *t = object;
	uint32_t v;
	unsigned word;

	if (conf_is_word(at)) {
		if (conf_read_word(at, mss_words, &word))
			t->mss = (enum am_mss)word;
	} else if (conf_read_uint(at, MSS_MIN, MSS_MAX, "or one of the words off, fit, whole", &v)) {
		t->mss = AM_MSS_NUMBER;
		t->mss_number = (uint16_t)v;
	}
}

static json_t *print_mss(const void *object)
{
	const struct am_conf_tunnel *t = object;

	return t->mss == AM_MSS_NUMBER ? json_integer(t->mss_number) : json_string(mss_words[t->mss]);
}

/* ---- the table ---- */

static const struct field tunnel_rows[] = {
	{.name = "type",
		.kind = FIELD_WORD,
		.required = true,
		AT(struct am_conf_tunnel, type),
		.words = type_words},
	{.name = "local",
		.kind = FIELD_OTHER,
		.required = true,
		.read = conf_read_local,
		.print = conf_print_local},
	{.name = "remote",
		.kind = FIELD_OTHER,
		.required = true,
		.read = conf_read_remote,
		.print = conf_print_remote},
	WORD("family", struct am_conf_tunnel, family, conf_family_words, AM_CONF_FAMILY_AUTO),
	{.name = "resolve_interval",
		.kind = FIELD_UINT,
		AT(struct am_conf_tunnel, resolve_interval),
		.min = 1,
		.max = 86400,
		.fallback = 60,
		.hint = "seconds from one answer to the next question"},
	{.name = "mtu",
		.kind = FIELD_UINT,
		AT(struct am_conf_tunnel, mtu),
		.min = 576,
		.max = 9000,
		.fallback = 2400,
		.hint = "2400 fits two fragments on every path of 1280 and more"},
	WORD("split", struct am_conf_tunnel, split, split_words, AM_CONF_FLOOR),
	{.name = "path_mtu",
		.kind = FIELD_UINT,
		AT(struct am_conf_tunnel, path_mtu),
		.min = 1280,
		.max = 9216,
		.fallback = 1500,
		.hint = "every path carries 1280, the Internet mostly 1500"},
	UINT("ttl", struct am_conf_tunnel, ttl, 1, 255, 64),
	OTHER("dscp", read_dscp, print_dscp, NULL),
	BOOL("flow_label", struct am_conf_tunnel, flow_label, true),
	{.name = "key",
		.kind = FIELD_UINT,
		AT(struct am_conf_tunnel, key),
		.max = UINT32_MAX,
		.flag = offsetof(struct am_conf_tunnel, has_key)},
	BOOL("checksum", struct am_conf_tunnel, checksum, false),
	BOOL("sequence", struct am_conf_tunnel, sequence, false),
	OTHER("compat", read_compat, print_compat, NULL),
	OTHER("tcp_mss", read_mss, print_mss, NULL),
	MAC("mac", struct am_conf_tunnel, mac, has_mac),
	L3_ROWS(struct am_conf_tunnel),
};
const struct fields conf_tunnel_fields = FIELDS(tunnel_rows);

static void read_tunnel(const struct place *at, void *item)
{
	struct am_conf_tunnel *t = item;

	conf_l3_default(&t->l3, "default");
	conf_read_fields(at, &conf_tunnel_fields, t);
}

void conf_read_tunnels(const struct place *at, void *object)
{
	struct am_config *c = object;

	conf_read_map(at, (void **)&c->tunnels, &c->n_tunnels, sizeof *c->tunnels, TUNNELS_MAX, read_tunnel);
}

json_t *conf_print_tunnels(const void *object)
{
	const struct am_config *c = object;
	json_t *out = json_object();

	for (uint16_t i = 0; i < c->n_tunnels; i++)
		json_object_set_new(
			out, c->tunnels[i].name, conf_print_fields(&conf_tunnel_fields, &c->tunnels[i]));
	return out;
}

/* ---- checks ---- */

static void check_type_keys(
	const struct am_config *c, struct am_config_errors *errors, const struct am_conf_tunnel *t)
{
	bool gre = t->type != AM_CONF_ETHERIP;
	const struct {
		bool set;
		const char *key, *text;
	} rules[] = {
		{!gre && t->has_key, "key", "EtherIP has no key: remove it, or use type gre or gretap"},
		{!gre && t->checksum, "checksum",
			"EtherIP has no checksum: remove it, or use type gre or gretap"},
		{!gre && t->sequence, "sequence",
			"EtherIP has no sequence numbers: remove it, or use type gre or gretap"},
		/* One counter at each end: what takes different ways comes in another order, and counts as old. */
		{gre && t->sequence && c->workers > 1, "sequence",
			"several workers send one tunnel's packets in any order, and the far end drops those that "
			"come late: remove sequence, or set system.workers to 1"},
		{gre && t->sequence && t->n_local > 1, "sequence",
			"the stripes of a tunnel deliver in any order, and the far end drops what comes late: "
			"remove sequence, or name one address pair"},
		{gre && (t->accept_swapped || t->send_swapped), "compat",
			"compat is about the EtherIP header: remove it, or use type etherip"},
		{t->type == AM_CONF_GRE && t->has_mac, "mac",
			"GRE carries IP and has no MAC address: remove it, or use type gretap"},
	};

	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		if (rules[i].set)
			am_config_complain(c, errors,
				conf_where("tunnels", t->name, ".%s", rules[i].key).path, "%s",
				rules[i].text);
	}
}

/* What a stripe receives. No two may have the same. */
struct claim {
	struct am_ip local, remote;
	uint8_t type, has_key;
	uint32_t key;
};
_Static_assert(sizeof(struct claim) % 8 == 0, "maps take keys in words of 8");

static void check_twin(const struct am_config *c, struct am_config_errors *errors, struct am_map *claims,
	const struct am_conf_tunnel *t)
{
	uint16_t n = t->n_local < t->n_remote ? t->n_local : t->n_remote;

	for (uint16_t i = 0; i < n; i++) {
		struct claim claim = {.local = t->local[i],
			.remote = t->remote[i],
			.type = (uint8_t)t->type,
			.has_key = t->has_key,
			.key = t->has_key ? t->key : 0};
		uint32_t owner = (uint32_t)(t - c->tunnels);

		if (!t->local[i].family || !t->remote[i].family ||
			!conf_claim(c, errors, claims, &claim, &owner))
			continue;
		am_config_complain(c, errors,
			conf_where("tunnels", t->name, n > 1 ? ".remote[%u]" : ".remote", i).path,
			"tunnel \"%s\" has the same local, remote and type already%s", c->tunnels[owner].name,
			t->type == AM_CONF_ETHERIP ? ": remove one, or use another address"
						   : ", and the same key: give one of them another \"key\"");
		return;
	}
}

static void check_identity(
	const struct am_config *c, struct am_config_errors *errors, const struct am_conf_tunnel *t)
{
	bool bridged = am_config_is_bridged(c, t);

	conf_check_l3(c, errors, conf_where("tunnels", t->name, "%s", "").path, &t->l3);
	if (bridged && t->l3.n_addresses)
		am_config_complain(c, errors, conf_where("tunnels", t->name, ".addresses").path,
			"tunnel \"%s\" is a bridge's member: give the bridge the addresses", t->name);
	if (bridged && (*t->l3.acl_in || *t->l3.acl_out))
		am_config_complain(c, errors,
			conf_where("tunnels", t->name, *t->l3.acl_in ? ".acl_in" : ".acl_out").path,
			"tunnel \"%s\" is a bridge's member: give the list to the bridge", t->name);
	if (!bridged && !strcmp(t->l3.vrf, "underlay"))
		am_config_complain(c, errors, conf_where("tunnels", t->name, ".vrf").path,
			"what is inside a tunnel never enters the underlay, which tunnels run over: use "
			"\"default\" or a VRF of its own");
}

void conf_check_tunnels(const struct am_config *c, struct am_config_errors *errors)
{
	struct am_map *claims = am_map_create(sizeof(struct claim));
	bool underlay = false;

	for (uint16_t i = 0; i < c->n_tunnels; i++) {
		const struct am_conf_tunnel *t = &c->tunnels[i];

		conf_check_ends(c, errors, t);
		check_type_keys(c, errors, t);
		check_twin(c, errors, claims, t);
		check_identity(c, errors, t);
	}
	am_map_free(claims);
	for (uint16_t i = 0; i < c->n_ports; i++)
		underlay |= c->ports[i].vrf == AM_VRF_IS_UNDERLAY;
	if (c->n_tunnels && !underlay)
		am_config_complain(c, errors, "$.tunnels",
			"no port leads to the tunnels' remotes: give one \"vrf\": \"underlay\"");
}
