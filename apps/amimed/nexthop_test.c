/* SPDX-License-Identifier: BSD-3-Clause */
/* The next hop state machine against a kernel that the test plays. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "nexthop.h"
#include "table/roots.h"

enum { WAN = 4, FOREIGN = 8, VLAN_ON_WAN = 9, MIRROR = 11, WAN_PORT = 2, ABSENT_PORT = 7 };

struct world {
	int route_rc;
	struct am_kroute route;
	int neigh_rc;
	struct am_kneigh neigh;
	unsigned probes, reports, news;
	uint16_t port_vrf, vlan_vrf;
	bool up;
	struct am_hop last;
	struct am_hops *hops;
	am_time now;
};

static int world_route(void *ctx, const struct am_ip *to, struct am_kroute *out)
{
	struct world *w = ctx;

	(void)to;
	*out = w->route;
	return w->route_rc;
}

static int world_neigh(void *ctx, int ifindex, const struct am_ip *ip, struct am_kneigh *out)
{
	struct world *w = ctx;

	*out = w->neigh;
	out->ifindex = ifindex;
	out->ip = *ip;
	return w->neigh_rc;
}

static int world_probe(void *ctx, int ifindex, const struct am_ip *ip)
{
	struct world *w = ctx;

	(void)ifindex;
	(void)ip;
	w->probes++;
	return 0;
}

static int world_link(void *ctx, int ifindex, struct am_klink *out)
{
	(void)ctx;
	*out = (struct am_klink){.ifindex = ifindex, .name = "eth9"};
	if (ifindex == VLAN_ON_WAN) {
		out->parent = WAN;
		out->vlan = 100;
	}
	return 0;
}

static bool world_is_mirror(void *ctx, int ifindex)
{
	(void)ctx;
	return ifindex == MIRROR;
}

static bool world_port_of(void *ctx, int ifindex, uint16_t *port)
{
	(void)ctx;
	*port = WAN_PORT;
	return ifindex == WAN;
}

static bool world_in_vrf(void *ctx, uint16_t port, uint16_t vlan, uint16_t vrf, char *text, size_t room)
{
	struct world *w = ctx;

	assert_int_equal(port, WAN_PORT);
	snprintf(text, room, "%s", w->port_vrf == vrf ? "" : "VRF default's, not underlay's");
	return (vlan ? w->vlan_vrf : w->port_vrf) == vrf;
}

static int world_ifindex_of(void *ctx, uint16_t port)
{
	(void)ctx;
	if (port == ABSENT_PORT)
		return AM_HOP_NO_DEVICE;
	return port == WAN_PORT ? WAN : 0;
}

static void world_report(void *ctx, uint16_t i, const struct am_hop *hop, bool up, bool news)
{
	struct world *w = ctx;

	(void)i;
	w->reports++;
	w->news += news;
	w->up = up;
	w->last = *hop;
}

static struct am_ip ip4(uint8_t last)
{
	return am_ip4((const uint8_t[]){192, 0, 2, last});
}

static struct am_hop_want want_remote(void)
{
	return (struct am_hop_want){.port = AM_NO_ID, .remote = ip4(1)};
}

static void set_up(struct world *w, const struct am_hop_want *want)
{
	const struct am_hops_env env = {w, world_route, world_neigh, world_probe, world_link, world_is_mirror,
		world_port_of, world_in_vrf, world_ifindex_of, world_report};

	*w = (struct world){
		.route = {.type = AM_KROUTE_UNICAST, .oif = WAN, .gateway = ip4(254)},
		.neigh = {.usable = true, .mac = {{2, 0, 0, 0, 0, 1}}},
		.now = {100 * AM_S},
	};
	w->hops = am_hops_create(&env);
	assert_non_null(w->hops);
	assert_int_equal(am_hops_want(w->hops, want, 1), 0);
}

static void run(struct world *w)
{
	assert_false(am_hops_run(w->hops, w->now, 64));
}

static const struct am_hop *hop(const struct world *w)
{
	return am_hops_at(w->hops, 0);
}

static void kernel_says(struct world *w)
{
	struct am_kneigh about = {.ifindex = hop(w)->ifindex, .ip = hop(w)->neighbour};

	am_hops_neigh(w->hops, &about);
	run(w);
}

static void comes_up(void **state)
{
	struct am_ip gateway = ip4(254);
	struct am_hop_want want = want_remote();
	struct world w;

	(void)state;
	set_up(&w, &want);
	run(&w);
	assert_true(w.up);
	assert_int_equal(w.reports, 1);
	assert_int_equal(w.last.port, WAN_PORT);
	assert_true(am_ip_equal(&w.last.neighbour, &gateway));
	am_hops_free(w.hops);
}

static void waits_and_heals(void **state)
{
	struct am_hop_want want = want_remote();
	struct world w;

	(void)state;
	set_up(&w, &want);
	w.neigh_rc = -ENOENT;
	run(&w);
	assert_int_equal(hop(&w)->state, AM_HOP_NO_NEIGHBOUR);
	assert_int_equal(w.probes, 1);
	run(&w);
	assert_int_equal(w.probes, 1); /* not before a second is over */
	w.now = am_time_add(w.now, AM_S);
	run(&w);
	assert_int_equal(w.probes, 2);
	assert_int_equal(w.reports, 1);
	w.neigh_rc = 0;
	kernel_says(&w);
	assert_true(w.up);
	am_hops_free(w.hops);
}

static void verifies_while_in_use(void **state)
{
	struct am_hop_want want = want_remote();
	unsigned before;
	struct world w;

	(void)state;
	set_up(&w, &want);
	run(&w);
	before = w.probes;
	for (unsigned s = 0; s < 60; s++) {
		w.now = am_time_add(w.now, AM_S);
		run(&w);
	}
	assert_in_range(w.probes - before, 2, 3);
	assert_int_equal(w.reports, 1);
	am_hops_free(w.hops);
}

static void forgotten_is_not_failed(void **state)
{
	struct am_hop_want want = want_remote();
	struct world w;

	(void)state;
	set_up(&w, &want);
	run(&w);
	w.neigh_rc = -ENOENT;
	kernel_says(&w);
	assert_int_equal(hop(&w)->state, AM_HOP_UP);
	w.neigh_rc = 0;
	w.neigh = (struct am_kneigh){0}; /* asked, no answer yet */
	kernel_says(&w);
	assert_int_equal(hop(&w)->state, AM_HOP_UP);
	w.neigh.failed = true;
	kernel_says(&w);
	assert_int_equal(hop(&w)->state, AM_HOP_NO_NEIGHBOUR);
	assert_false(w.up);
	am_hops_free(w.hops);
}

static void mac_moves(void **state)
{
	struct am_hop_want want = want_remote();
	struct world w;

	(void)state;
	set_up(&w, &want);
	run(&w);
	w.neigh.mac.bytes[5] = 7;
	kernel_says(&w);
	assert_int_equal(w.reports, 2);
	assert_int_equal(w.last.mac.bytes[5], 7);
	am_hops_free(w.hops);
}

static void down_says_why(void **state)
{
	static const struct {
		int rc;
		struct am_kroute route;
		enum am_hop_state state;
		const char *word;
	} cases[] = {
		{-ENETUNREACH, {0}, AM_HOP_NO_ROUTE, "no route"},
		{0, {.type = AM_KROUTE_REFUSED}, AM_HOP_NO_ROUTE, "no route"},
		{0, {.type = AM_KROUTE_LOCAL, .oif = 1}, AM_HOP_LOCAL, "this machine"},
		{0, {.type = AM_KROUTE_UNICAST, .oif = FOREIGN}, AM_HOP_FOREIGN, "eth9"},
		{0, {.type = AM_KROUTE_UNICAST, .oif = MIRROR}, AM_HOP_INSIDE, "nothing runs through itself"},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct am_hop_want want = want_remote();
		char text[256];
		struct world w;

		set_up(&w, &want);
		w.route_rc = cases[i].rc;
		w.route = cases[i].route;
		run(&w);
		assert_false(w.up);
		assert_int_equal(hop(&w)->state, cases[i].state);
		assert_non_null(strstr(am_hop_text(hop(&w), text, sizeof text), cases[i].word));
		am_hops_free(w.hops);
	}
}

static void by_vlan_device(void **state)
{
	struct am_hop_want want = want_remote();
	struct world w;

	(void)state;
	set_up(&w, &want);
	w.route.oif = VLAN_ON_WAN;
	run(&w);
	assert_true(w.up);
	assert_int_equal(w.last.port, WAN_PORT);
	assert_int_equal(w.last.vlan, 100);
	am_hops_free(w.hops);
}

/* The kernel has one table for all VRFs; what is sent in one must not leave in another. */
static void only_in_its_vrf(void **state)
{
	struct am_hop_want want = want_remote();
	char text[256];
	struct world w;

	(void)state;
	set_up(&w, &want);
	run(&w);
	assert_true(w.up);
	w.port_vrf = AM_VRF_DEFAULT;
	am_hops_all_dirty(w.hops);
	run(&w);
	assert_false(w.up);
	assert_int_equal(hop(&w)->state, AM_HOP_OTHER_VRF);
	am_hop_text(hop(&w), text, sizeof text);
	assert_non_null(strstr(text, "192.0.2.1 leaves by eth9, which is VRF default's, not underlay's"));
	w.route.oif = VLAN_ON_WAN; /* a tag on the same port may be the underlay's */
	am_hops_all_dirty(w.hops);
	run(&w);
	assert_true(w.up);
	w.vlan_vrf = AM_VRF_DEFAULT;
	am_hops_all_dirty(w.hops);
	run(&w);
	assert_int_equal(hop(&w)->state, AM_HOP_OTHER_VRF);
	am_hops_free(w.hops);
}

static void configured_port(void **state)
{
	struct am_hop_want want = {.port = WAN_PORT, .remote = ip4(1), .via = ip4(77)};
	struct am_ip via = ip4(77);
	struct world w;

	(void)state;
	set_up(&w, &want);
	w.route_rc = -ENETUNREACH; /* nobody asks for a route */
	run(&w);
	assert_true(w.up);
	assert_true(am_ip_equal(&w.last.neighbour, &via));
	am_hops_free(w.hops);
	want.port = WAN_PORT + 1;
	set_up(&w, &want);
	run(&w);
	assert_int_equal(hop(&w)->state, AM_HOP_NOT_KERNELS);
	am_hops_free(w.hops);
}

static void device_is_gone(void **state)
{
	struct am_hop_want want = {.port = ABSENT_PORT, .remote = ip4(1)};
	char text[200];
	struct world w;

	(void)state;
	set_up(&w, &want);
	run(&w);
	assert_int_equal(hop(&w)->state, AM_HOP_ABSENT);
	assert_false(am_hop_is_up(hop(&w)));
	assert_non_null(strstr(am_hop_text(hop(&w), text, sizeof text), "gone"));
	am_hops_free(w.hops);
}

/* A reload keeps what is known of the same next hop, and tells the new model at once. */
static void survives_reload(void **state)
{
	struct am_hop_want want = want_remote();
	struct world w;

	(void)state;
	set_up(&w, &want);
	run(&w);
	assert_int_equal(am_hops_want(w.hops, &want, 1), 0);
	assert_int_equal(w.reports, 2);
	assert_int_equal(w.news, 1);
	assert_true(w.up);
	am_hops_free(w.hops);
}

static void static_is_left_alone(void **state)
{
	struct am_hop_want want = {.port = AM_NO_ID, .remote = ip4(1), .is_static = true};
	struct world w;

	(void)state;
	set_up(&w, &want);
	am_hops_all_dirty(w.hops);
	run(&w);
	assert_true(am_hop_is_up(hop(&w)));
	assert_int_equal(w.reports + w.probes, 0);
	am_hops_free(w.hops);
}

/* Many next hops: a step does no more than its budget, and all of them get their turn. */
static void budget(void **state)
{
	struct am_hop_want want[10];
	unsigned steps = 1;
	struct world w;

	(void)state;
	want[0] = want_remote();
	set_up(&w, want);
	for (uint8_t i = 0; i < 10; i++) {
		want[i] = want_remote();
		want[i].remote = ip4((uint8_t)(i + 1));
	}
	assert_int_equal(am_hops_want(w.hops, want, 10), 0);
	for (; am_hops_run(w.hops, w.now, 3); steps++)
		;
	assert_int_equal(steps, 4);
	for (uint16_t i = 0; i < 10; i++)
		assert_int_equal(am_hops_at(w.hops, i)->state, AM_HOP_UP);
	am_hops_free(w.hops);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_up),
		cmocka_unit_test(waits_and_heals),
		cmocka_unit_test(verifies_while_in_use),
		cmocka_unit_test(forgotten_is_not_failed),
		cmocka_unit_test(mac_moves),
		cmocka_unit_test(down_says_why),
		cmocka_unit_test(by_vlan_device),
		cmocka_unit_test(only_in_its_vrf),
		cmocka_unit_test(configured_port),
		cmocka_unit_test(device_is_gone),
		cmocka_unit_test(survives_reload),
		cmocka_unit_test(static_is_left_alone),
		cmocka_unit_test(budget),
	};

	return cmocka_run_group_tests_name("amimed/nexthop", tests, NULL, NULL);
}
