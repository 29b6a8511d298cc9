/* SPDX-License-Identifier: BSD-3-Clause */
#include "ends.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DEVICE_NAME_MAX = 31, LABEL_MAX = 63, DNS_NAME_MAX = 253 };

static const char prefix[] = "interface:";

const char *const conf_family_words[] = {"auto", "ipv4", "ipv6", NULL};

/* ---- reading ---- */

/* RFC 1123: labels of letters, digits and hyphens; the last one is no number, or it would be a mistyped address. */
static bool is_dns_name(const char *text)
{
	size_t len = strlen(text), label = 0;
	bool digits = true;

	if (!len || len > DNS_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool last = i + 1 == len;

		if (text[i] == '.' && (!label || text[i - 1] == '-'))
			return false;
		if (text[i] == '.' && last)
			break;
		if (text[i] == '.') {
			label = 0;
			digits = true;
			continue;
		}
		if (!isalnum((unsigned char)text[i]) && (text[i] != '-' || !label || last))
			return false;
		digits &= isdigit((unsigned char)text[i]) != 0;
		if (++label > LABEL_MAX)
			return false;
	}
	return !digits;
}

static bool is_moving(const char *text)
{
	return !strncmp(text, prefix, strlen(prefix)) || is_dns_name(text);
}

static void read_stripes(const struct place *at, struct am_ip *out, uint16_t *n)
{
	size_t count = json_array_size(at->json);

	if (!json_is_array(at->json)) {
		conf_complain(at, "expected an address, or an array of addresses for a striped tunnel");
		return;
	}
	if (!count || count > AM_CONFIG_STRIPES) {
		conf_complain(at, "%zu addresses are out of range, use 1 to %d", count, AM_CONFIG_STRIPES);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		struct place element = conf_place_element(at, i);
		const char *text = json_string_value(element.json);

		if (text && is_moving(text))
			conf_complain(&element,
				"\"%.60s\": the addresses of stripes are pairs, and cannot move each by itself: write "
				"addresses, or a tunnel without stripes",
				text);
		else
			conf_read_ip(&element, &out[i]);
	}
	*n = (uint16_t)count;
}

void conf_read_local(const struct place *at, void *object)
{
	struct am_conf_tunnel *t = object;
	const char *text = json_string_value(at->json), *name;

	if (!text) {
		read_stripes(at, t->local, &t->n_local);
		return;
	}
	t->n_local = 1;
	if (strncmp(text, prefix, strlen(prefix)) != 0) {
		conf_read_ip(at, &t->local[0]);
		return;
	}
	name = text + strlen(prefix);
	if (conf_name_is_good(name))
		memcpy(t->local_on, name, strlen(name) + 1);
	else
		conf_complain(at,
			"\"%.60s\" names no interface: write interface: and the name of a port or of a device of the "
			"kernel, like interface:wan0",
			text);
}

void conf_read_remote(const struct place *at, void *object)
{
	struct am_conf_tunnel *t = object;
	const char *text = json_string_value(at->json);

	if (!text) {
		read_stripes(at, t->remote, &t->n_remote);
		return;
	}
	t->n_remote = 1;
	free(t->remote_name);
	t->remote_name = NULL;
	if (am_ip_parse_text(text, &t->remote[0]) == 0 || !is_dns_name(text)) {
		conf_read_ip(at, &t->remote[0]);
		return;
	}
	t->remote_name = strdup(text);
	if (!t->remote_name)
		conf_complain(at, "out of memory");
}

/* ---- printing ---- */

static json_t *print_addresses(const struct am_ip *ips, uint16_t n)
{
	json_t *out;

	if (n == 1)
		return conf_print_ip(ips);
	out = json_array();
	for (uint16_t i = 0; i < n; i++)
		json_array_append_new(out, conf_print_ip(&ips[i]));
	return out;
}

json_t *conf_print_local(const void *object)
{
	const struct am_conf_tunnel *t = object;

	return *t->local_on ? json_sprintf("%s%s", prefix, t->local_on)
			    : print_addresses(t->local, t->n_local);
}

json_t *conf_print_remote(const void *object)
{
	const struct am_conf_tunnel *t = object;

	return t->remote_name ? json_string(t->remote_name) : print_addresses(t->remote, t->n_remote);
}

/* ---- checks ---- */

/* $.tunnels.name.end, with [i] where the tunnel is striped. */
static struct where end_where(const struct am_conf_tunnel *t, const char *end, uint16_t n, uint16_t i)
{
	return n > 1 ? conf_where("tunnels", t->name, ".%s[%u]", end, i)
		     : conf_where("tunnels", t->name, ".%s", end);
}

static void check_addresses(const struct am_config *c, struct am_config_errors *errors,
	const struct am_conf_tunnel *t, const char *end, const struct am_ip *ips, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		char text[AM_IP_TEXT];
		struct where at = end_where(t, end, n, i);

		if (ips[i].family == AM_AF_NONE)
			continue;
		if (am_ip_is_unspecified(&ips[i]))
			am_config_complain(c, errors, at.path,
				"%s is the unspecified address: name a real one", am_ip_text(&ips[i], text));
		else if (am_ip_is_multicast(&ips[i]))
			am_config_complain(c, errors, at.path,
				"%s is a multicast or broadcast address: a tunnel has one remote, use its "
				"unicast address",
				am_ip_text(&ips[i], text));
	}
}

static void check_families(
	const struct am_config *c, struct am_config_errors *errors, const struct am_conf_tunnel *t)
{
	uint8_t family = t->local[0].family;

	for (uint16_t i = 0; i < t->n_local; i++) {
		if (family && t->local[i].family && t->local[i].family != family)
			am_config_complain(c, errors, end_where(t, "local", t->n_local, i).path,
				"the tunnel mixes IPv4 and IPv6: use one family for all of its addresses");
	}
	for (uint16_t i = 0; i < t->n_remote; i++) {
		if (family && t->remote[i].family && t->remote[i].family != family)
			am_config_complain(c, errors, end_where(t, "remote", t->n_remote, i).path,
				"local is IPv%u and this is IPv%u: use one family for both ends", family,
				t->remote[i].family);
	}
}

static void check_family_key(
	const struct am_config *c, struct am_config_errors *errors, const struct am_conf_tunnel *t)
{
	uint8_t written = t->local[0].family ? t->local[0].family : t->remote[0].family;

	if (t->family != AM_CONF_FAMILY_AUTO && written && written != am_config_tunnel_family(t))
		am_config_complain(c, errors, conf_where("tunnels", t->name, ".family").path,
			"the tunnel has an IPv%u address: remove family, or use \"ipv%u\"", written, written);
}

static void check_pairs(
	const struct am_config *c, struct am_config_errors *errors, const struct am_conf_tunnel *t)
{
	char text[AM_IP_TEXT];

	if (!t->n_local || !t->n_remote)
		return;
	if (t->n_local != t->n_remote) {
		am_config_complain(c, errors, conf_where("tunnels", t->name, ".remote").path,
			"%u remote addresses for %u local ones: a stripe is a pair, give as many of both",
			t->n_remote, t->n_local);
		return;
	}
	for (uint16_t i = 0; i < t->n_remote; i++) {
		if (t->remote[i].family && am_ip_equal(&t->local[i], &t->remote[i]))
			am_config_complain(c, errors, end_where(t, "remote", t->n_remote, i).path,
				"%s is local as well: name the other end's address",
				am_ip_text(&t->remote[i], text));
	}
}

void conf_check_ends(
	const struct am_config *c, struct am_config_errors *errors, const struct am_conf_tunnel *t)
{
	check_addresses(c, errors, t, "local", t->local, t->n_local);
	check_addresses(c, errors, t, "remote", t->remote, t->n_remote);
	check_families(c, errors, t);
	check_family_key(c, errors, t);
	check_pairs(c, errors, t);
}

bool am_config_tunnel_moves(const struct am_conf_tunnel *t)
{
	return *t->local_on || t->remote_name;
}

bool am_config_tunnel_has_ends(const struct am_conf_tunnel *t)
{
	return t->local[0].family && t->remote[0].family;
}

uint8_t am_config_tunnel_family(const struct am_conf_tunnel *t)
{
	if (t->family != AM_CONF_FAMILY_AUTO)
		return t->family == AM_CONF_FAMILY_IPV4 ? AM_IPV4 : AM_IPV6;
	return t->local[0].family ? t->local[0].family : t->remote[0].family;
}

void conf_free_tunnels(struct am_config *c)
{
	for (uint16_t i = 0; i < c->n_tunnels; i++)
		free(c->tunnels[i].remote_name);
	free(c->tunnels);
}
