/* SPDX-License-Identifier: BSD-3-Clause */
/* Routes as people are told them are those that workers find. */
#include "model/route_view.h"

#include "model_test.h"

static const char site[] =
	"{'system': {'name': 'a'}, 'ports': {"
	" 'wan': {'driver': 'mem', 'vrf': 'underlay'},"
	" 'lan': {'driver': 'mem', 'vrf': 'default', 'addresses': ['192.0.2.1/24', '2001:db8::1/64']}},"
	" 'tunnels': {'t': {'type': 'gre', 'vrf': 'default', 'local': '203.0.113.1', 'remote': '198.51.100.1', 'mtu': 1400}},"
	" 'vrfs': {'default': {'loopbacks': ['10.255.0.1'], 'routes': ["
	"  {'prefix': '10.0.0.0/8', 'tunnel': 't', 'as': 64500},"
	"  {'prefix': '10.1.0.0/16', 'via': '192.0.2.9'},"
	"  {'prefix': '10.1.0.0/16', 'tunnel': 't'},"
	"  {'prefix': '10.2.0.0/16', 'blackhole': true},"
	"  {'prefix': '10.3.0.0/16', 'via': '2001:db8::9'}]},"
	"  'red': {'routes': [{'prefix': '::/0', 'unreachable': true}]}}}";

static struct am_model *made(void)
{
	struct am_model *m = test_model();

	test_commit(m, site);
	return m;
}

struct list {
	char text[1024];
	unsigned room; /* 0: all */
	struct am_prefix last;
};

static bool put(void *ctx, const struct am_route_info *info)
{
	static const char *const origins[AM_ORIGINS] = {"local", "connected", "static", "neighbour"};
	struct list *list = ctx;
	char text[AM_PREFIX_TEXT];
	size_t used = strlen(list->text);

	snprintf(list->text + used, sizeof list->text - used, "%s %s %u/%u\n",
		am_prefix_text(&info->prefix, text), origins[info->origin], info->route->kind,
		info->route->n);
	list->last = info->prefix;
	return !list->room || --list->room;
}

static void in_order(void **state)
{
	static const char all[] = "10.0.0.0/8 static 0/1\n"
				  "10.1.0.0/16 static 0/2\n"
				  "10.2.0.0/16 static 3/0\n"
				  "10.3.0.0/16 static 0/1\n"
				  "10.255.0.1/32 local 1/0\n"
				  "192.0.2.0/24 connected 2/0\n"
				  "192.0.2.1/32 local 1/0\n"
				  "2001:db8::/64 connected 2/0\n"
				  "2001:db8::1/128 local 1/0\n";
	struct am_model *m = made();
	struct list list = {.text = ""}, red = {.text = ""}, none = {.text = ""};
	unsigned pages = 0;

	(void)state;
	do {
		list.room = 2;
		am_model_routes(m, AM_VRF_DEFAULT, pages++ ? &list.last : NULL, put, &list);
	} while (!list.room);
	assert_string_equal(list.text, all);
	assert_int_equal(pages, 5);
	am_model_routes(m, AM_VRF_DEFAULT + 1, NULL, put, &red);
	assert_string_equal(red.text, "::/0 static 4/0\n");
	am_model_routes(m, AM_VRF_UNDERLAY, NULL, put, &none);
	am_model_routes(m, 77, NULL, put, &none);
	assert_string_equal(none.text, "");
	assert_string_equal(am_model_vrf_conf(m, AM_VRF_DEFAULT + 1)->name, "red");
	am_model_free(m);
}

/* The next hop with this remote. */
static uint16_t nexthop(const struct am_model *m, const char *remote)
{
	struct am_ip ip = test_ip(remote);

	for (uint16_t i = 0; i < am_model_nexthops(m); i++)
		if (am_ip_equal(&am_model_nexthop(m, i)->remote, &ip))
			return i;
	fail_msg("nobody wants %s", remote);
	return AM_NO_ID;
}

static void next_hops(void **state)
{
	struct am_model *m = made();
	struct am_ip ip = test_ip("10.1.2.3");
	struct am_mac src = test_mac("02:00:00:00:00:01"), dst = test_mac("02:00:00:00:00:09");
	struct am_route_info info;
	struct am_route_hop hop;
	struct am_waiting waiting;
	uint16_t gateway = nexthop(m, "192.0.2.9"), remote = nexthop(m, "198.51.100.1");

	(void)state;
	assert_true(am_model_route_match(m, AM_VRF_DEFAULT, &ip, &info));
	assert_int_equal(info.prefix.len, 16);
	am_model_route_hop(m, info.route, 0, &hop);
	assert_false(hop.live);
	assert_null(hop.resolved);
	assert_int_equal(hop.nexthop, gateway);
	assert_int_equal(hop.out->kind, AM_INTERFACE_PORT);
	am_model_route_hop(m, info.route, 1, &hop);
	assert_int_equal(hop.nexthop, AM_NO_ID);
	assert_int_equal(hop.out->kind, AM_INTERFACE_TUNNEL);
	am_model_retire(am_model_resolve(m, gateway, true, 1, &src, &dst, 0));
	am_model_route_hop(m, info.route, 0, &hop);
	assert_true(hop.live);
	assert_memory_equal(hop.resolved->head, dst.bytes, sizeof dst.bytes);
	am_model_waiting(m, gateway, &waiting);
	assert_int_equal(waiting.prefixes, 1);
	assert_int_equal(waiting.paths, 0);
	assert_int_equal(waiting.first.len, 16);
	am_model_waiting(m, remote, &waiting);
	assert_int_equal(waiting.paths, 1);
	assert_int_equal(waiting.prefixes, 0);
	am_model_free(m);
}

static void neighbours_and_sizes(void **state)
{
	struct am_model *m = made();
	struct am_ip ip = test_ip("192.0.2.77"), nowhere = test_ip("172.16.0.1");
	struct am_mac mac = test_mac("02:00:00:00:00:77");
	const struct am_roots *roots = am_model_roots(m);
	struct am_neighbour_info n;
	struct am_route_info info;
	struct am_route_hop hop;
	struct am_vrf_size size;
	uint32_t at = 0;

	(void)state;
	am_model_retire(am_model_neighbour(m, roots->ports[1].l3->id, &ip, &mac));
	assert_true(am_model_next_neighbour(m, &at, &n));
	assert_true(n.in_fib);
	assert_int_equal(n.vrf, AM_VRF_DEFAULT);
	assert_false(am_model_next_neighbour(m, &at, &n));
	assert_true(am_model_route_match(m, AM_VRF_DEFAULT, &ip, &info));
	assert_int_equal(info.origin, AM_ORIGIN_NEIGHBOUR);
	am_model_route_hop(m, info.route, 0, &hop);
	assert_true(hop.live);
	assert_memory_equal(hop.resolved->head, mac.bytes, sizeof mac.bytes);
	assert_false(am_model_route_match(m, AM_VRF_DEFAULT, &nowhere, &info));
	am_model_vrf_size(m, AM_VRF_DEFAULT, &size);
	assert_int_equal(size.prefixes[0], 8);
	assert_int_equal(size.by_origin[0][AM_ORIGIN_STATIC], 4);
	assert_int_equal(size.by_origin[0][AM_ORIGIN_LOCAL], 2);
	assert_int_equal(size.by_origin[0][AM_ORIGIN_NEIGHBOUR], 1);
	assert_int_equal(size.by_origin[1][AM_ORIGIN_CONNECTED], 1);
	assert_int_not_equal(size.octets[0], 0);
	assert_int_not_equal(am_model_fib_room(m), 0);
	am_model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(in_order), cmocka_unit_test(next_hops),
		cmocka_unit_test(neighbours_and_sizes)};

	return cmocka_run_group_tests_name("model/route_view", tests, NULL, NULL);
}
