/* SPDX-License-Identifier: BSD-3-Clause */
/* Who answers ARP and neighbour discovery in a bridge: the keys, and the hosts that are known beforehand. */
#include <string.h>

#include "parts.h"

enum { HOSTS_MAX = 16384 };

static const char *const unknown_words[] = {"flood", "drop", NULL};

static const struct field arp_nd_rows[] = {
	BOOL("suppress", struct am_conf_bridge, suppress, false),
	WORD("unknown", struct am_conf_bridge, arp_nd_unknown, unknown_words, AM_UNKNOWN_FLOOD),
	UINT("ageing", struct am_conf_bridge, arp_nd_ageing_s, 0, 1000000, 1200),
	UINT("limit", struct am_conf_bridge, arp_nd_limit, 0, 65536, 4096),
};
const struct fields conf_arp_nd_fields = FIELDS(arp_nd_rows);

static void read_ip(const struct place *at, void *object)
{
	struct am_conf_host *h = object;

	if (conf_read_ip(at, &h->ip) && (am_ip_is_unspecified(&h->ip) || am_ip_is_multicast(&h->ip)))
		conf_complain(at, "no host can have this address: use a unicast address");
}

static json_t *print_ip(const void *object)
{
	const struct am_conf_host *h = object;

	return conf_print_ip(&h->ip);
}

static void read_mac(const struct place *at, void *object)
{
	struct am_conf_host *h = object;

	conf_read_mac(at, &h->mac);
}

static json_t *print_mac(const void *object)
{
	const struct am_conf_host *h = object;

	return conf_print_mac(&h->mac);
}

static const struct field host_rows[] = {
	{.name = "ip", .kind = FIELD_OTHER, .required = true, .read = read_ip, .print = print_ip},
	{.name = "mac", .kind = FIELD_OTHER, .required = true, .read = read_mac, .print = print_mac},
	BOOL("router", struct am_conf_host, router, false),
};
const struct fields conf_host_fields = FIELDS(host_rows);

static void read_host(const struct place *at, void *item)
{
	if (conf_want_object(at))
		conf_read_fields(at, &conf_host_fields, item);
}

void conf_read_hosts(const struct place *at, void *object)
{
	struct am_conf_bridge *b = object;

	conf_read_list(at, (void **)&b->hosts, &b->n_hosts, sizeof *b->hosts, HOSTS_MAX, read_host);
}

json_t *conf_print_hosts(const void *object)
{
	const struct am_conf_bridge *b = object;
	json_t *out = json_array();

	for (uint16_t i = 0; i < b->n_hosts; i++)
		json_array_append_new(out, conf_print_fields(&conf_host_fields, &b->hosts[i]));
	return out;
}

static bool is_own(const struct am_conf_bridge *b, const struct am_ip *ip)
{
	for (unsigned i = 0; i < b->l3.n_addresses; i++)
		if (am_ip_equal(&b->l3.addresses[i].ip, ip))
			return true;
	return false;
}

void conf_check_host(const struct am_config *c, struct am_config_errors *errors, struct am_map *claims,
	const struct am_conf_bridge *b, uint16_t i)
{
	const struct am_ip *ip = &b->hosts[i].ip;
	struct where at = conf_bridge_where(b, ".hosts[%u].ip", i);
	struct {
		uint32_t bridge;
		struct am_ip ip;
		uint8_t pad[3];
	} claim = {.bridge = (uint32_t)(b - c->bridges), .ip = *ip};
	char text[AM_IP_TEXT];
	uint32_t owner = i;

	if (!ip->family)
		return;
	if (is_own(b, ip))
		am_config_complain(c, errors, at.path, "%s is the bridge's own address: remove it here",
			am_ip_text(ip, text));
	if (conf_claim(c, errors, claims, &claim, &owner))
		am_config_complain(c, errors, at.path, "%s is hosts[%u] already: remove one",
			am_ip_text(ip, text), owner);
}
