/* SPDX-License-Identifier: BSD-3-Clause */
#include "index.h"
#include "parts.h"

#include <stdlib.h>
#include <string.h>

enum { LOOPBACKS_MAX = 64, ROUTES_MAX = 16384 };

static const struct field route_rows[] = {
	{.name = "prefix", .kind = FIELD_PREFIX, .required = true, AT(struct am_conf_route, prefix)},
	{.name = "tunnel", .kind = FIELD_NAME, AT(struct am_conf_route, tunnel)},
	{.name = "port", .kind = FIELD_NAME, AT(struct am_conf_route, port)},
	{.name = "via", .kind = FIELD_IP, AT(struct am_conf_route, via)},
	MAC("mac", struct am_conf_route, mac, has_mac),
};
static const struct fields route_fields = FIELDS(route_rows);

static void read_route(const struct place *at, void *item)
{
	if (conf_want_object(at))
		conf_read_fields(at, &route_fields, item);
}

static void read_routes(const struct place *at, void *object)
{
	struct am_conf_vrf *v = object;

	conf_read_list(at, (void **)&v->routes, &v->n_routes, sizeof *v->routes, ROUTES_MAX, read_route);
}

static json_t *print_route(const struct am_conf_route *r)
{
	json_t *out = conf_print_fields(&route_fields, r);

	if (!*r->tunnel)
		json_object_del(out, "tunnel");
	if (!*r->port)
		json_object_del(out, "port");
	return out;
}

static json_t *print_routes(const void *object)
{
	const struct am_conf_vrf *v = object;
	json_t *out = json_array();

	for (uint16_t i = 0; i < v->n_routes; i++)
		json_array_append_new(out, print_route(&v->routes[i]));
	return out;
}

static void read_loopback(const struct place *at, void *item)
{
	conf_read_ip(at, item);
}

static void read_loopbacks(const struct place *at, void *object)
{
	struct am_conf_vrf *v = object;

	conf_read_list(at, (void **)&v->loopbacks, &v->n_loopbacks, sizeof *v->loopbacks, LOOPBACKS_MAX,
		read_loopback);
}

static json_t *print_loopbacks(const void *object)
{
	const struct am_conf_vrf *v = object;
	json_t *out = json_array();

	for (uint16_t i = 0; i < v->n_loopbacks; i++)
		json_array_append_new(out, conf_print_ip(&v->loopbacks[i]));
	return out;
}

static const struct field underlay_rows[] = {
	OTHER("routes", read_routes, print_routes, &route_fields),
};
const struct fields conf_underlay_fields = FIELDS(underlay_rows);

static const struct field default_rows[] = {
	OTHER("loopbacks", read_loopbacks, print_loopbacks, NULL),
	OTHER("routes", read_routes, print_routes, &route_fields),
};
const struct fields conf_default_fields = FIELDS(default_rows);

static void read_underlay(const struct place *at, void *object)
{
	struct am_config *c = object;

	if (conf_want_object(at))
		conf_read_fields(at, &conf_underlay_fields, &c->underlay);
}

static void read_default(const struct place *at, void *object)
{
	struct am_config *c = object;

	if (conf_want_object(at))
		conf_read_fields(at, &conf_default_fields, &c->dflt);
}

static json_t *print_underlay(const void *object)
{
	const struct am_config *c = object;

	return conf_print_fields(&conf_underlay_fields, &c->underlay);
}

static json_t *print_default(const void *object)
{
	const struct am_config *c = object;

	return conf_print_fields(&conf_default_fields, &c->dflt);
}

static const struct field vrfs_rows[] = {
	OTHER("underlay", read_underlay, print_underlay, &conf_underlay_fields),
	OTHER("default", read_default, print_default, &conf_default_fields),
};
const struct fields conf_vrfs_fields = FIELDS(vrfs_rows);

void conf_free_vrfs(struct am_config *c)
{
	free(c->underlay.routes);
	free(c->dflt.routes);
	free(c->dflt.loopbacks);
}

/* ---- checks ---- */

struct check {
	const struct am_config *config;
	struct am_config_errors *errors;
	const struct am_conf_vrf *vrf;
	const char *vrf_name;
};

static struct where route_where(const struct check *k, uint16_t i, const char *end)
{
	return conf_where("vrfs", k->vrf_name, ".routes[%u]%s", i, end);
}

static void check_route_tunnel(const struct check *k, const struct am_conf_route *r, uint16_t i)
{
	struct where at = route_where(k, i, ".tunnel");
	const struct am_conf_tunnel *t;

	if (k->vrf->kind == AM_VRF_IS_UNDERLAY) {
		am_config_complain(k->config, k->errors, at.path,
			"the underlay cannot lead into a tunnel, it is what tunnels run over: move the route "
			"to "
			"vrfs.default");
		return;
	}
	if (!conf_check_tunnel_name(k->config, k->errors, at.path, r->tunnel))
		return;
	t = am_config_tunnel(k->config, r->tunnel);
	if (t->type != AM_CONF_GRE && !r->has_mac)
		am_config_complain(k->config, k->errors, route_where(k, i, "").path,
			"tunnel \"%s\" carries Ethernet and needs to know its neighbour: add \"mac\", the "
			"other "
			"end's address in the tunnel",
			t->name);
	if (t->type == AM_CONF_GRE && r->has_mac)
		am_config_complain(k->config, k->errors, route_where(k, i, ".mac").path,
			"tunnel \"%s\" is GRE and carries IP, not Ethernet: remove mac", t->name);
}

static void check_route_port(const struct check *k, const struct am_conf_route *r, uint16_t i)
{
	struct where at = route_where(k, i, ".port");
	const struct am_conf_port *p;

	if (!conf_check_port_name(k->config, k->errors, at.path, r->port))
		return;
	p = am_config_port(k->config, r->port);
	if (p->vrf != k->vrf->kind)
		am_config_complain(k->config, k->errors, at.path,
			"port \"%s\" is not in this VRF: give the port \"vrf\": \"%s\", or use another one",
			p->name, k->vrf_name);
}

static void check_route_shape(const struct check *k, const struct am_conf_route *r, uint16_t i)
{
	char text[AM_IP_TEXT];

	if (*r->tunnel && *r->port)
		am_config_complain(k->config, k->errors, route_where(k, i, "").path,
			"a route leaves by \"tunnel\" or by \"port\": remove one");
	if (r->has_mac && !*r->tunnel && !*r->port)
		am_config_complain(k->config, k->errors, route_where(k, i, ".mac").path,
			"a static neighbour needs to know where it is: add \"port\" or \"tunnel\", or remove "
			"mac");
	if (!r->via.family)
		return;
	if (*r->tunnel)
		am_config_complain(k->config, k->errors, route_where(k, i, ".via").path,
			"a tunnel has one remote and needs no gateway: remove via");
	if (r->via.family != r->prefix.ip.family && r->prefix.ip.family)
		am_config_complain(k->config, k->errors, route_where(k, i, ".via").path,
			"%s is not of the prefix's family: use an IPv%u gateway", am_ip_text(&r->via, text),
			r->prefix.ip.family);
	if (am_ip_is_unspecified(&r->via) || am_ip_is_multicast(&r->via))
		am_config_complain(k->config, k->errors, route_where(k, i, ".via").path,
			"%s is no router's address: use a unicast address", am_ip_text(&r->via, text));
}

static void check_route(const struct check *k, uint16_t i)
{
	const struct am_conf_route *r = &k->vrf->routes[i], *first;
	char text[AM_PREFIX_TEXT];

	check_route_shape(k, r, i);
	if (*r->tunnel)
		check_route_tunnel(k, r, i);
	if (*r->port)
		check_route_port(k, r, i);
	first = conf_route_of(k->config, k->vrf->kind, &r->prefix);
	if (first && first != r)
		am_config_complain(k->config, k->errors, route_where(k, i, ".prefix").path,
			"%s is in routes[%u] already: remove one", am_prefix_text(&r->prefix, text),
			(unsigned)(first - k->vrf->routes));
}

static void check_loopbacks(const struct check *k)
{
	const struct am_conf_vrf *v = k->vrf;

	for (uint16_t i = 0; i < v->n_loopbacks; i++) {
		const struct am_ip *ip = &v->loopbacks[i];
		struct where at = conf_where("vrfs", k->vrf_name, ".loopbacks[%u]", i);
		char text[AM_IP_TEXT];

		if (!ip->family)
			continue;
		if (am_ip_is_unspecified(ip) || am_ip_is_multicast(ip))
			am_config_complain(k->config, k->errors, at.path,
				"%s cannot be this box's address: use a unicast address",
				am_ip_text(ip, text));
		for (uint16_t j = 0; j < i; j++) {
			if (am_ip_equal(ip, &v->loopbacks[j])) {
				am_config_complain(k->config, k->errors, at.path,
					"%s stands here twice: remove one", am_ip_text(ip, text));
				break;
			}
		}
	}
}

void conf_check_vrfs(const struct am_config *c, struct am_config_errors *errors)
{
	const struct check checks[] = {
		{c, errors, &c->underlay, "underlay"},
		{c, errors, &c->dflt, "default"},
	};

	for (size_t i = 0; i < 2; i++) {
		for (uint16_t r = 0; r < checks[i].vrf->n_routes; r++)
			check_route(&checks[i], r);
		check_loopbacks(&checks[i]);
	}
}
