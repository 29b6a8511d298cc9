/* SPDX-License-Identifier: BSD-3-Clause */
/* Neighbours: what must hold between their keys, and between neighbours. */
#include <string.h>

#include "parts.h"

struct check {
	const struct am_bgpconf *config;
	const struct am_bgpconf_neighbor *neighbor;
	struct am_config_errors *errors;
};

static struct where where(const struct check *k, const char *key)
{
	return conf_where("neighbors", k->neighbor->name, "%s%s", *key ? "." : "", key);
}

#define COMPLAIN(k, key, ...)                                                                                \
	am_bgpconf_complain((k)->config, (k)->errors, where((k), (key)).path, __VA_ARGS__)

static void check_address(const struct check *k)
{
	const struct am_bgpconf_session *s = &k->neighbor->session;
	char text[AM_IP_TEXT];

	if (!s->address.family) {
		if (!*s->interface)
			COMPLAIN(k, "",
				"where is it? Add \"address\", or \"interface\" for whoever is at its other end");
		return;
	}
	if (am_ip_is_unspecified(&s->address) || am_ip_is_multicast(&s->address))
		COMPLAIN(k, "address", "%s is no router's address: use a unicast address",
			am_ip_text(&s->address, text));
	else if (am_ip_is_link_local(&s->address) && s->address.family == AM_IPV6 && !*s->interface)
		COMPLAIN(k, "address", "%s is link-local and may be on every interface: add \"interface\"",
			am_ip_text(&s->address, text));
}

static void check_source(const struct check *k)
{
	const struct am_bgpconf_session *s = &k->neighbor->session;
	char text[AM_IP_TEXT];

	if (!s->source.family)
		return;
	if (s->address.family && s->source.family != s->address.family)
		COMPLAIN(k, "source", "%s is not of the neighbour's family: use an IPv%u address",
			am_ip_text(&s->source, text), s->address.family);
	if (am_ip_is_unspecified(&s->source) || am_ip_is_multicast(&s->source))
		COMPLAIN(k, "source", "%s cannot be this router's address: use a unicast one, or remove it",
			am_ip_text(&s->source, text));
}

static void check_as(const struct check *k)
{
	const struct am_bgpconf_session *s = &k->neighbor->session;
	uint32_t identifier = k->config->confederation.identifier;
	bool internal = am_bgpconf_is_internal(s);

	if ((internal || s->confederation) && s->role)
		COMPLAIN(k, "role",
			"a role is between external neighbours (RFC 9234), and this one is in %s %u, "
			"too: remove it",
			internal ? "AS" : "confederation", internal ? s->own_as : identifier);
	if (identifier && s->as == identifier)
		COMPLAIN(k, "as",
			"AS %u is our confederation as others see it: name the member AS that this neighbour is in",
			identifier);
	if (s->strict_role && !s->role)
		COMPLAIN(k, "strict_role", "there is no role to be strict about: add \"role\"");
	if (!internal && k->neighbor->reflector_client)
		COMPLAIN(k, "reflector_client",
			"only internal neighbours are reflected to (RFC 4456): remove it");
	if (s->confederation && s->local_as)
		COMPLAIN(k, "local_as",
			"members of a confederation know each other by their own AS: remove it");
	if (internal && s->local_as && s->local_as != k->config->as)
		COMPLAIN(k, "local_as", "another AS of our own is for external neighbours: remove it");
}

/* RFC 7947, and 9234 where there is a role. */
static void check_transparent(const struct check *k)
{
	const struct am_bgpconf_session *s = &k->neighbor->session;

	if (!k->neighbor->transparent)
		return;
	if (am_bgpconf_is_internal(s) || s->confederation)
		COMPLAIN(k, "transparent",
			"a route server has external neighbours (RFC 7947): remove it, or see reflector_client");
	if (k->neighbor->next_hop == AM_BGPCONF_NEXT_HOP_SELF)
		COMPLAIN(k, "next_hop",
			"to a client of a route server the next hop stays as it came (RFC 7947): remove this, or \"transparent\"");
	if (s->role && s->role != 1 + AM_BGP_ROLE_RS)
		COMPLAIN(k, "role",
			"who has clients of a route server is \"rs\" (RFC 9234): use that, or remove \"transparent\"");
}

static void check_ttl(const struct check *k)
{
	const struct am_bgpconf_session *s = &k->neighbor->session;

	if (s->ttl && s->ttl_security)
		COMPLAIN(k, "ttl",
			"ttl_security sends with 255 and decides what is accepted: remove one of both");
	if (s->hold_time == 1 || s->hold_time == 2)
		COMPLAIN(k, "hold_time", "%u s is too short: use 0 (no keepalives) or at least 3",
			s->hold_time);
}

static void check_keys(const struct check *k)
{
	const struct am_bgpconf_session *s = &k->neighbor->session;

	if (*s->tcp_ao.key && *s->password)
		COMPLAIN(
			k, "tcp_ao", "a connection has either TCP-AO or TCP MD5: remove it, or \"password\"");
}

static void check_families(const struct check *k)
{
	const struct am_bgpconf_session *s = &k->neighbor->session;
	unsigned on = 0;

	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++)
		on += s->families[f].on;
	if (!on)
		COMPLAIN(k, "families", "there is nothing to talk about: name ipv4, ipv6 or evpn");
	if (k->neighbor->max_restart && !k->neighbor->max_prefixes[0] && !k->neighbor->max_prefixes[1] &&
		!k->neighbor->max_prefixes[2])
		COMPLAIN(
			k, "max_restart", "there is no limit to restart after: add max_prefixes to a family");
}

static bool same_place(const struct am_bgpconf_session *a, const struct am_bgpconf_session *b)
{
	return am_ip_equal(&a->address, &b->address) && !strcmp(a->interface, b->interface);
}

static void check_twin(const struct check *k, uint16_t i)
{
	const struct am_bgpconf_session *s = &k->neighbor->session;

	for (uint16_t j = 0; j < i; j++) {
		const struct am_bgpconf_neighbor *first = &k->config->neighbors[j];

		if (!same_place(s, &first->session) || (!s->address.family && !*s->interface))
			continue;
		COMPLAIN(k, s->address.family ? "address" : "interface",
			"neighbour \"%s\" is there already: remove one", first->name);
		return;
	}
}

void bgpconf_check_neighbors(const struct am_bgpconf *c, struct am_config_errors *errors)
{
	for (uint16_t i = 0; i < c->n_neighbors; i++) {
		const struct check k = {c, &c->neighbors[i], errors};

		check_address(&k);
		check_source(&k);
		check_as(&k);
		check_transparent(&k);
		check_ttl(&k);
		check_keys(&k);
		check_families(&k);
		check_twin(&k, i);
	}
}
