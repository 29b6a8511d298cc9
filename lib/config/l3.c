/* SPDX-License-Identifier: BSD-3-Clause */
#include "l3.h"

#include <stdio.h>
#include <string.h>

const char *const conf_urpf_words[] = {"off", "loose", "strict", NULL};

/* ---- keys ---- */

void conf_l3_default(struct am_conf_l3 *l3, const char *vrf)
{
	*l3 = (struct am_conf_l3){.host = true};
	snprintf(l3->vrf, sizeof l3->vrf, "%s", vrf);
}

void conf_read_vrf_name(const struct place *at, void *object)
{
	struct am_conf_l3 *l3 = object;

	if (conf_read_name(at, l3->vrf) && !strcmp(l3->vrf, "none"))
		memset(l3->vrf, 0, sizeof l3->vrf);
}

json_t *conf_print_vrf_name(const void *object)
{
	const struct am_conf_l3 *l3 = object;

	return json_string(*l3->vrf ? l3->vrf : "none");
}

/* An address with the length of its network: host bits are what it is about. */
static bool read_address(const struct place *at, struct am_prefix *out)
{
	const char *text = json_string_value(at->json), *slash;
	char ip[AM_IP_TEXT];
	struct am_prefix p;
	unsigned len;
	char more;

	if (!conf_want_text(at))
		return false;
	slash = strchr(text, '/');
	if (slash && (size_t)(slash - text) < sizeof ip && slash[1] >= '0' && slash[1] <= '9' &&
		sscanf(slash + 1, "%3u%c", &len, &more) == 1) {
		memcpy(ip, text, (size_t)(slash - text));
		ip[slash - text] = 0;
		if (!am_ip_parse_text(ip, &p.ip) && len <= am_ip_len(&p.ip) * 8) {
			p.len = (uint8_t)len;
			*out = p;
			return true;
		}
	}
	conf_complain(at,
		"\"%.60s\" is no address of an interface: write it with its network's length, like 192.0.2.1/24",
		text);
	return false;
}

void conf_read_l3_addresses(const struct place *at, void *object)
{
	struct am_conf_l3 *l3 = object;

	if (!conf_want_array(at))
		return;
	if (json_array_size(at->json) > AM_CONFIG_ADDRESSES) {
		conf_complain(at, "%zu addresses are too many, at most %d are possible",
			json_array_size(at->json), AM_CONFIG_ADDRESSES);
		return;
	}
	for (size_t i = 0; i < json_array_size(at->json); i++) {
		struct place element = conf_place_element(at, i);

		if (read_address(&element, &l3->addresses[l3->n_addresses]))
			l3->n_addresses++;
	}
}

json_t *conf_print_l3_addresses(const void *object)
{
	const struct am_conf_l3 *l3 = object;
	json_t *out = json_array();
	char text[AM_PREFIX_TEXT];

	for (unsigned i = 0; i < l3->n_addresses; i++)
		json_array_append_new(out, json_string(am_prefix_text(&l3->addresses[i], text)));
	return out;
}

/* true, false, or the name of the kernel's interface. */
void conf_read_host(const struct place *at, void *object)
{
	struct am_conf_l3 *l3 = object;

	if (json_is_boolean(at->json)) {
		l3->host = json_is_true(at->json);
		return;
	}
	if (!conf_read_text(at, l3->host_name, sizeof l3->host_name))
		return;
	if (!*l3->host_name || strpbrk(l3->host_name, "/: \t"))
		conf_complain(at,
			"\"%s\" cannot be a network interface: use 1 to 15 characters without / : and spaces",
			l3->host_name);
}

json_t *conf_print_host(const void *object)
{
	const struct am_conf_l3 *l3 = object;

	return l3->host && *l3->host_name ? json_string(l3->host_name) : json_boolean(l3->host);
}

void conf_read_acl_name(const struct place *at, void *name)
{
	if (!json_is_null(at->json))
		conf_read_name(at, name);
}

json_t *conf_print_acl_name(const void *name)
{
	return *(const char *)name ? json_string(name) : json_null();
}

/* ---- checks ---- */

static void check_acl(const struct am_config *c, struct am_config_errors *errors, const char *path,
	const char *key, const struct am_conf_l3 *l3)
{
	const char *name = strcmp(key, "acl_in") ? l3->acl_out : l3->acl_in;
	char at[256];

	if (!*name)
		return;
	snprintf(at, sizeof at, "%s.%s", path, key);
	conf_check_acl_name(c, errors, at, name);
	if (!*l3->vrf)
		am_config_complain(c, errors, at,
			"nothing is routed here, so no packet passes this list: give it a \"vrf\", or remove the list");
	else if (!strcmp(l3->vrf, "underlay"))
		am_config_complain(c, errors, at,
			"the underlay carries tunnels' own packets, which only their remotes can send: put the list "
			"on what is in the tunnels");
}

static void check_address(const struct am_config *c, struct am_config_errors *errors, const char *path,
	const struct am_conf_l3 *l3, unsigned i)
{
	const struct am_prefix *a = &l3->addresses[i];
	struct am_prefix net = am_prefix_around(&a->ip, a->len);
	unsigned bits = (unsigned)am_ip_len(&a->ip) * 8;
	char at[256], text[AM_IP_TEXT];

	snprintf(at, sizeof at, "%s.addresses[%u]", path, i);
	am_ip_text(&a->ip, text);
	if (am_ip_is_unspecified(&a->ip) || am_ip_is_multicast(&a->ip))
		am_config_complain(
			c, errors, at, "%s cannot be this box's address: use a unicast address", text);
	else if (a->len + 1u < bits && am_ip_equal(&net.ip, &a->ip))
		am_config_complain(c, errors, at,
			"%s is the network itself, not a host in it: use another address of %s/%u", text,
			text, a->len);
	for (unsigned j = 0; j < i; j++) {
		if (!am_ip_equal(&l3->addresses[j].ip, &a->ip))
			continue;
		am_config_complain(c, errors, at, "%s stands here twice: remove one", text);
		return;
	}
}

void conf_check_l3(const struct am_config *c, struct am_config_errors *errors, const char *path,
	const struct am_conf_l3 *l3)
{
	char at[256];

	snprintf(at, sizeof at, "%s.vrf", path);
	if (*l3->vrf)
		conf_check_vrf_name(c, errors, at, l3->vrf);
	check_acl(c, errors, path, "acl_in", l3);
	check_acl(c, errors, path, "acl_out", l3);
	if (l3->n_addresses && !*l3->vrf)
		am_config_complain(
			c, errors, path, "addresses belong to a VRF: give it a \"vrf\", such as \"default\"");
	for (unsigned i = 0; i < l3->n_addresses; i++)
		check_address(c, errors, path, l3, i);
}

const struct am_conf_l3 *am_config_port_l3(const struct am_conf_port *port, uint16_t vlan)
{
	if (!vlan || vlan == port->vlan)
		return *port->l3.vrf ? &port->l3 : NULL;
	for (uint16_t i = 0; i < port->n_vlans; i++)
		if (port->vlans[i].vid == vlan)
			return &port->vlans[i].l3;
	return NULL;
}

const struct am_conf_l3 *conf_route_l3(const struct am_config *c, const struct am_conf_route *r)
{
	const struct am_conf_tunnel *t = *r->tunnel ? am_config_tunnel(c, r->tunnel) : NULL;
	const struct am_conf_port *p = *r->port ? am_config_port(c, r->port) : NULL;
	const struct am_conf_bridge *b = *r->bridge ? am_config_bridge(c, r->bridge) : NULL;

	if (t)
		return &t->l3;
	if (p)
		return am_config_port_l3(p, r->vlan);
	return b && b->l3.n_addresses ? &b->l3 : NULL;
}
