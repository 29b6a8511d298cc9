/* SPDX-License-Identifier: BSD-3-Clause */
#include "l3.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOPBACKS_MAX = 64, ROUTES_MAX = 16384 };

static const struct field route_rows[] = {
	{.name = "prefix", .kind = FIELD_PREFIX, .required = true, AT(struct am_conf_route, prefix)},
	{.name = "tunnel", .kind = FIELD_NAME, AT(struct am_conf_route, tunnel)},
	{.name = "port", .kind = FIELD_NAME, AT(struct am_conf_route, port)},
	UINT("vlan", struct am_conf_route, vlan, 0, 4094, 0),
	{.name = "bridge", .kind = FIELD_NAME, AT(struct am_conf_route, bridge)},
	{.name = "via", .kind = FIELD_IP, AT(struct am_conf_route, via)},
	MAC("mac", struct am_conf_route, mac, has_mac),
	BOOL("blackhole", struct am_conf_route, blackhole, false),
	BOOL("unreachable", struct am_conf_route, unreachable, false),
	UINT("as", struct am_conf_route, as, 0, UINT32_MAX, 0),
};
const struct fields conf_route_fields = FIELDS(route_rows);

static void read_route(const struct place *at, void *item)
{
	if (conf_want_object(at))
		conf_read_fields(at, &conf_route_fields, item);
}

static void read_routes(const struct place *at, void *object)
{
	struct am_conf_vrf *v = object;

	conf_read_list(at, (void **)&v->routes, &v->n_routes, sizeof *v->routes, ROUTES_MAX, read_route);
}

static json_t *print_route(const struct am_conf_route *r)
{
	json_t *out = conf_print_fields(&conf_route_fields, r);

	if (!*r->tunnel)
		json_object_del(out, "tunnel");
	if (!*r->port)
		json_object_del(out, "port");
	if (!*r->bridge)
		json_object_del(out, "bridge");
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

static void read_netns(const struct place *at, void *object)
{
	struct am_conf_vrf *v = object;

	if (json_is_null(at->json))
		return;
	if (conf_read_text(at, v->netns, sizeof v->netns) && v->netns[0] != '/' &&
		(!conf_name_is_good(v->netns) || v->netns[0] == '.'))
		conf_complain(at, "\"%.60s\" is neither the name of a network namespace nor a path to one",
			v->netns);
}

static json_t *print_netns(const void *object)
{
	const struct am_conf_vrf *v = object;

	return *v->netns ? json_string(v->netns) : json_null();
}

static const struct field vrf_rows[] = {
	OTHER("loopbacks", read_loopbacks, print_loopbacks, NULL),
	OTHER("routes", read_routes, print_routes, &conf_route_fields),
	OTHER("netns", read_netns, print_netns, NULL),
};
const struct fields conf_vrf_fields = FIELDS(vrf_rows);

void conf_begin_vrfs(struct am_config *c)
{
	c->underlay = (struct am_conf_vrf){.name = "underlay", .kind = AM_VRF_IS_UNDERLAY};
	c->dflt = (struct am_conf_vrf){.name = "default", .kind = AM_VRF_IS_DEFAULT};
}

enum am_vrf_kind conf_vrf_kind(const char *name)
{
	if (!*name)
		return AM_VRF_NONE;
	if (!strcmp(name, "underlay"))
		return AM_VRF_IS_UNDERLAY;
	return strcmp(name, "default") != 0 ? AM_VRF_IS_NAMED : AM_VRF_IS_DEFAULT;
}

static void read_vrf(const struct place *at, void *item)
{
	struct am_conf_vrf *v = item;

	v->kind = conf_vrf_kind(v->name);
	if (v->kind == AM_VRF_NONE || !strcmp(v->name, "none"))
		conf_complain(at, "\"none\" is what an interface says that is in no VRF: use another name");
	conf_read_fields(at, &conf_vrf_fields, v);
}

/* The two that always exist go where they are; the others keep their order. */
static void settle_vrfs(struct am_config *c)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < c->n_vrfs; i++) {
		if (c->vrfs[i].kind == AM_VRF_IS_UNDERLAY)
			c->underlay = c->vrfs[i];
		else if (c->vrfs[i].kind == AM_VRF_IS_DEFAULT)
			c->dflt = c->vrfs[i];
		else
			c->vrfs[kept++] = c->vrfs[i];
	}
	c->n_vrfs = kept;
}

void conf_read_vrfs(const struct place *at, void *object)
{
	struct am_config *c = object;

	conf_read_map(at, (void **)&c->vrfs, &c->n_vrfs, sizeof *c->vrfs, AM_CONFIG_VRFS, read_vrf);
	settle_vrfs(c);
}

json_t *conf_print_vrfs(const void *object)
{
	const struct am_config *c = object;
	const struct am_conf_vrf *v;
	json_t *out = json_object();

	for (unsigned i = 0; (v = am_config_vrf(c, i)) != NULL; i++)
		json_object_set_new(out, v->name, conf_print_fields(&conf_vrf_fields, v));
	return out;
}

void conf_free_vrfs(struct am_config *c)
{
	struct am_conf_vrf *v;

	for (unsigned i = 0; (v = (struct am_conf_vrf *)(uintptr_t)am_config_vrf(c, i)) != NULL; i++) {
		free(v->routes);
		free(v->loopbacks);
	}
	free(c->vrfs);
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

/* Where a route leaves by is in the same VRF, and has an IP identity. */
static void check_route_vrf(const struct check *k, const struct am_conf_route *r, struct where at)
{
	const struct am_conf_l3 *l3 = conf_route_l3(k->config, r);
	const char *kind = *r->port ? "port" : *r->tunnel ? "tunnel" : "bridge";
	const char *name = *r->port ? r->port : *r->tunnel ? r->tunnel : r->bridge;

	if (!l3 && *r->port && r->vlan)
		am_config_complain(k->config, k->errors, at.path,
			"port \"%s\" has no IP traffic on VLAN %u: add it to its \"vlans\"", r->port,
			r->vlan);
	else if (!l3 && *r->bridge)
		am_config_complain(k->config, k->errors, at.path,
			"bridge \"%s\" has no addresses and does not route: add \"addresses\" to it",
			r->bridge);
	else if (!l3 || strcmp(l3->vrf, k->vrf_name) != 0)
		am_config_complain(k->config, k->errors, at.path,
			"%s \"%s\" is not in this VRF: give the %s \"vrf\": \"%s\", or use another one", kind,
			name, kind, k->vrf_name);
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
	check_route_vrf(k, r, at);
	if (t->type != AM_CONF_GRE && !r->has_mac && !(r->via.family && t->l3.host && t->l3.n_addresses))
		am_config_complain(k->config, k->errors, route_where(k, i, "").path,
			"tunnel \"%s\" carries Ethernet and needs to know its neighbour: add \"mac\", the "
			"other "
			"end's address in the tunnel, or \"via\", where the tunnel has addresses",
			t->name);
	if (t->type == AM_CONF_GRE && r->has_mac)
		am_config_complain(k->config, k->errors, route_where(k, i, ".mac").path,
			"tunnel \"%s\" is GRE and carries IP, not Ethernet: remove mac", t->name);
}

static void check_route_names(const struct check *k, const struct am_conf_route *r, uint16_t i)
{
	if (*r->tunnel)
		check_route_tunnel(k, r, i);
	if (*r->port && conf_check_port_name(k->config, k->errors, route_where(k, i, ".port").path, r->port))
		check_route_vrf(k, r, route_where(k, i, ".port"));
	if (*r->bridge &&
		conf_check_bridge_name(k->config, k->errors, route_where(k, i, ".bridge").path, r->bridge))
		check_route_vrf(k, r, route_where(k, i, ".bridge"));
}

static void check_route_via(const struct check *k, const struct am_conf_route *r, uint16_t i)
{
	const struct am_conf_tunnel *t = *r->tunnel ? am_config_tunnel(k->config, r->tunnel) : NULL;
	char text[AM_IP_TEXT];

	if (*r->tunnel && t && t->type == AM_CONF_GRE && !am_ip_is_link_local(&r->via))
		am_config_complain(k->config, k->errors, route_where(k, i, ".via").path,
			"a tunnel has one remote and needs no gateway: remove via");
	/* RFC 8950: an IPv4 destination may lie behind a router that only has an IPv6 address. */
	if (r->via.family == AM_IPV4 && r->prefix.ip.family == AM_IPV6)
		am_config_complain(k->config, k->errors, route_where(k, i, ".via").path,
			"%s is not of the prefix's family: use an IPv6 gateway", am_ip_text(&r->via, text));
	if (k->vrf->kind == AM_VRF_IS_UNDERLAY && r->prefix.ip.family && r->via.family != r->prefix.ip.family)
		am_config_complain(k->config, k->errors, route_where(k, i, ".via").path,
			"%s is not of the prefix's family: use an IPv%u gateway", am_ip_text(&r->via, text),
			r->prefix.ip.family);
	if (am_ip_is_unspecified(&r->via) || am_ip_is_multicast(&r->via))
		am_config_complain(k->config, k->errors, route_where(k, i, ".via").path,
			"%s is no router's address: use a unicast address", am_ip_text(&r->via, text));
	if (am_ip_is_link_local(&r->via) && r->via.family == AM_IPV6 && !*r->port && !*r->bridge &&
		!*r->tunnel)
		am_config_complain(k->config, k->errors, route_where(k, i, ".via").path,
			"%s is on every link: add \"port\", \"bridge\" or \"tunnel\"",
			am_ip_text(&r->via, text));
}

static void check_route_shape(const struct check *k, const struct am_conf_route *r, uint16_t i)
{
	unsigned ways = !!*r->tunnel + !!*r->port + !!*r->bridge;
	bool nowhere = r->blackhole || r->unreachable;

	if (ways > 1)
		am_config_complain(k->config, k->errors, route_where(k, i, "").path,
			"a route leaves by \"tunnel\", by \"port\" or by \"bridge\": remove all but one");
	if (r->blackhole && r->unreachable)
		am_config_complain(k->config, k->errors, route_where(k, i, "").path,
			"a route is \"blackhole\" or \"unreachable\": remove one");
	if (nowhere && (ways || r->via.family || r->has_mac || k->vrf->kind == AM_VRF_IS_UNDERLAY))
		am_config_complain(k->config, k->errors, route_where(k, i, "").path,
			k->vrf->kind == AM_VRF_IS_UNDERLAY
				? "nothing is routed through the underlay: remove blackhole and unreachable"
				: "what is dropped here leaves by nothing: remove the other keys, or blackhole and "
				  "unreachable");
	if (r->vlan && !*r->port)
		am_config_complain(k->config, k->errors, route_where(k, i, ".vlan").path,
			"a VLAN is a port's: add \"port\", or remove vlan");
	if (r->has_mac && !ways)
		am_config_complain(k->config, k->errors, route_where(k, i, ".mac").path,
			"a static neighbour needs to know where it is: add \"port\" or \"tunnel\", or remove "
			"mac");
	if (r->via.family)
		check_route_via(k, r, i);
}

/* Entries with one prefix are equal-cost paths; only the underlay, which tunnels choose from, has one each. */
struct prefix_key {
	struct am_prefix prefix;
	uint8_t pad[6];
};
_Static_assert(sizeof(struct prefix_key) % 8 == 0, "maps take keys in words of 8");

static bool same_way(const struct am_conf_route *a, const struct am_conf_route *b)
{
	return !strcmp(a->tunnel, b->tunnel) && !strcmp(a->port, b->port) && !strcmp(a->bridge, b->bridge) &&
	       a->vlan == b->vlan && am_ip_equal(&a->via, &b->via);
}

static bool goes_nowhere(const struct am_conf_route *r)
{
	return r->blackhole || r->unreachable;
}

/* Against the first one of its prefix and all between that are of it too. */
static void check_twin(const struct check *k, uint16_t first, uint16_t i)
{
	const struct am_conf_route *routes = k->vrf->routes, *r = &routes[i];
	struct where at = route_where(k, i, ".prefix");
	char text[AM_PREFIX_TEXT];
	unsigned same = 0;

	am_prefix_text(&r->prefix, text);
	for (uint16_t j = first; j < i; j++) {
		if (!am_ip_equal(&routes[j].prefix.ip, &r->prefix.ip) ||
			routes[j].prefix.len != r->prefix.len)
			continue;
		same++;
		if (k->vrf->kind != AM_VRF_IS_UNDERLAY && !same_way(&routes[j], r) && !goes_nowhere(r) &&
			!goes_nowhere(&routes[j]))
			continue;
		am_config_complain(
			k->config, k->errors, at.path, "%s is in routes[%u] already: remove one", text, j);
		return;
	}
	if (same == AM_CONFIG_PATHS)
		am_config_complain(k->config, k->errors, at.path,
			"%s has more than %d equal-cost paths: remove some", text, AM_CONFIG_PATHS);
}

static void check_route(const struct check *k, struct am_map *prefixes, uint16_t i)
{
	const struct am_conf_route *r = &k->vrf->routes[i];
	struct prefix_key key = {.prefix = r->prefix};
	uint32_t first = i;

	check_route_shape(k, r, i);
	check_route_names(k, r, i);
	if (r->prefix.ip.family && conf_claim(k->config, k->errors, prefixes, &key, &first))
		check_twin(k, (uint16_t)first, i);
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

static bool is_mirrored(const struct am_conf_l3 *l3, const char *vrf)
{
	return !strcmp(l3->vrf, vrf) && l3->host && (l3->n_addresses || *l3->host_name);
}

bool am_config_vrf_has_mirrors(const struct am_config *c, const struct am_conf_vrf *v)
{
	bool found = v->n_loopbacks != 0;

	for (uint16_t i = 0; i < c->n_ports; i++) {
		found |= is_mirrored(&c->ports[i].l3, v->name);
		for (uint16_t k = 0; k < c->ports[i].n_vlans; k++)
			found |= is_mirrored(&c->ports[i].vlans[k].l3, v->name);
	}
	for (uint16_t i = 0; i < c->n_tunnels; i++)
		found |= is_mirrored(&c->tunnels[i].l3, v->name);
	for (uint16_t i = 0; i < c->n_bridges; i++)
		found |= is_mirrored(&c->bridges[i].l3, v->name);
	return found;
}

/* A name stands for what `ip netns` makes; slashes count once, and /var/run is /run. */
static void plain_netns(const char *text, char out[])
{
	static const char home[] = "/run/netns/";
	size_t n = 0;

	if (!strncmp(text, "/var/run/", strlen("/var/run/")))
		text += strlen("/var");
	for (; *text; text++)
		if (*text != '/' || !n || out[n - 1] != '/')
			out[n++] = *text;
	out[n] = 0;
	if (!strncmp(out, home, strlen(home)))
		memmove(out, out + strlen(home), n - strlen(home) + 1);
}

bool am_config_netns_equal(const char *a, const char *b)
{
	char x[sizeof((struct am_conf_vrf *)NULL)->netns], y[sizeof x];

	plain_netns(a, x);
	plain_netns(b, y);
	return strcmp(x, y) == 0;
}

void am_config_complain_netns(const struct am_config *c, struct am_config_errors *errors,
	const struct am_conf_vrf *v, const struct am_conf_vrf *other)
{
	am_config_complain(c, errors, conf_where("vrfs", v->name, "%s", *v->netns ? ".netns" : "").path,
		"its host interfaces would be in one network namespace with those of VRF \"%s\": give it "
		"\"netns\", the name of another one (ip netns add), or have none of them (\"host\": false, no \"loopbacks\")",
		other->name);
}

/* Two VRFs in one namespace of the kernel would share its routes and neighbours. */
static void check_spaces(const struct am_config *c, struct am_config_errors *errors)
{
	enum { FIRST = 1 }; /* behind the underlay */
	const struct am_conf_vrf *v, *other;

	for (unsigned i = FIRST; (v = am_config_vrf(c, i)) != NULL; i++) {
		if (!am_config_vrf_has_mirrors(c, v))
			continue;
		for (unsigned k = FIRST; k < i; k++) {
			other = am_config_vrf(c, k);
			if (!am_config_netns_equal(other->netns, v->netns) ||
				!am_config_vrf_has_mirrors(c, other))
				continue;
			am_config_complain_netns(c, errors, v, other);
			break;
		}
	}
}

void conf_check_vrfs(const struct am_config *c, struct am_config_errors *errors)
{
	const struct am_conf_vrf *v;

	check_spaces(c, errors);
	for (unsigned i = 0; (v = am_config_vrf(c, i)) != NULL; i++) {
		const struct check k = {c, errors, v, v->name};
		struct am_map *prefixes = am_map_create(sizeof(struct prefix_key));

		for (uint16_t r = 0; r < v->n_routes; r++)
			check_route(&k, prefixes, r);
		am_map_free(prefixes);
		check_loopbacks(&k);
		if (v->kind == AM_VRF_IS_UNDERLAY && v->n_loopbacks)
			am_config_complain(c, errors, "$.vrfs.underlay.loopbacks",
				"the underlay's addresses are the tunnels' own (\"local\"): remove loopbacks");
	}
}
