/* SPDX-License-Identifier: BSD-3-Clause */
/* What a reload keeps, what it moves and what it lets go. */
#include "model_test.h"
#include "state.h"

#define PORTS                                                                                                \
	"'ports': {'wan': {'driver': 'mem', 'vrf': 'underlay'}, 'lan': {'driver': 'mem'}, 'lan2': "          \
	"{'driver': 'mem'}}"
#define TUNNEL(name, n)                                                                                      \
	"'" name "': {'type': 'gre', 'sequence': true, 'local': '192.0.2.1', 'remote': '192.0.2." n "'}"
#define ROUTE(n, name) "{'prefix': '10.255.0." n "/32', 'tunnel': '" name "'}"
#define VRFS(routes)   "'vrfs': {'default': {'loopbacks': ['10.255.0.1'], 'routes': [" routes "]}}"

static const char two[] = "{" PORTS ", 'tunnels': {" TUNNEL("b", "2") ", " TUNNEL(
	"c", "3") "}," VRFS(ROUTE("2", "b") "," ROUTE("3",
	"c")) ","
	      "'bridges': {'one': {'vni': 1, 'members': [{'port': 'lan'}, {'vtep': '10.255.0.2'}]},"
	      "            'two': {'vni': 2, 'members': [{'port': 'lan2'}, {'vtep': '10.255.0.3'}]}}}";

/* The first of each is gone, and something new stands before the rest. */
static const char later[] = "{" PORTS ", 'tunnels': {" TUNNEL("a", "9") ", " TUNNEL(
	"c", "3") "}," VRFS(ROUTE("9", "a") "," ROUTE("3",
	"c")) ","
	      "'bridges': {'new': {'vni': 3, 'members': [{'port': 'lan'}, {'vtep': '10.255.0.9'}]},"
	      "            'two': {'vni': 2, 'members': [{'port': 'lan2'}, {'vtep': '10.255.0.3'}]}}}";

static uint16_t bridge_of(const struct am_model *m, const char *name)
{
	for (uint16_t i = 0; i < am_model_roots(m)->n_bridges; i++)
		if (am_model_bridge_name(m, i) && strcmp(am_model_bridge_name(m, i), name) == 0)
			return i;
	return AM_NO_ID;
}

static void learn(struct am_model *m, const char *mac, const char *bridge, const char *member)
{
	struct am_learn_in in = {.member = test_member(m, bridge, member)};

	in.key = am_fdb_make_key(test_mac(mac).bytes, bridge_of(m, bridge));
	assert_true(am_model_learn(m, &in, 1));
}

static uint32_t found(struct am_model *m, const char *mac, const char *bridge)
{
	uint32_t slot;

	return am_fdb_lookup(
		am_model_fdb(m), am_fdb_make_key(test_mac(mac).bytes, bridge_of(m, bridge)), &slot);
}

static void what_stays_keeps_its_numbers(void **state)
{
	struct am_model *m = test_model();
	const struct am_roots *roots = test_commit(m, two);
	uint16_t member = test_member(m, "two", "vtep 10.255.0.3"), bridge = bridge_of(m, "two");
	uint16_t tunnel = (uint16_t)roots->members[member]->tunnel,
		 iface = test_iface(m, AM_IFACE_TUNNEL, "c");
	uint32_t path = roots->members[member]->paths->first_path;
	_Atomic uint32_t *seq = roots->tunnels[tunnel]->tx_seq;

	(void)state;
	*seq = 77;
	roots = test_commit(m, later);
	assert_int_equal(roots->generation, 2);
	assert_int_equal(test_member(m, "two", "vtep 10.255.0.3"), member);
	assert_int_equal(bridge_of(m, "two"), bridge);
	assert_int_equal(roots->members[member]->tunnel, tunnel);
	assert_int_equal(roots->members[member]->paths->first_path, path);
	assert_int_equal(test_iface(m, AM_IFACE_TUNNEL, "c"), iface);
	assert_ptr_equal(roots->tunnels[tunnel]->tx_seq, seq);
	assert_int_equal(*roots->tunnels[tunnel]->tx_seq, 77);
	am_model_free(m);
}

static void numbers_wait_for_the_retire(void **state)
{
	struct am_model *m = test_model();
	const struct am_roots *roots = test_commit(m, two);
	uint16_t gone_iface = test_iface(m, AM_IFACE_TUNNEL, "b"),
		 gone = test_member(m, "one", "vtep 10.255.0.2");
	struct am_retired *old = am_model_commit(m, test_plan(m, later, NULL));

	(void)state;
	(void)roots;
	assert_null(am_model_iface(m, gone_iface));
	assert_int_not_equal(test_iface(m, AM_IFACE_TUNNEL, "a"), gone_iface);
	assert_int_not_equal(test_member(m, "new", "vtep 10.255.0.9"), gone);
	am_model_retire(old);
	/* Now they are free. */
	test_commit(m, two);
	assert_int_equal(test_iface(m, AM_IFACE_TUNNEL, "b"), gone_iface);
	assert_int_equal(test_member(m, "one", "vtep 10.255.0.2"), gone);
	am_model_free(m);
}

static void who_leaves_is_told(void **state)
{
	struct am_model *m = test_model();
	uint32_t at = 0, peer, gone, n = 0;
	uint16_t iface, gone_iface;
	struct am_retired *old;
	const struct am_ip b = test_ip("192.0.2.2"), local = test_ip("192.0.2.1");
	const struct am_roots *roots = test_commit(m, two);

	(void)state;
	gone_iface = test_iface(m, AM_IFACE_TUNNEL, "b");
	assert_int_equal(am_peers_find(roots->peers, AM_VRF_UNDERLAY, AM_IPV4, b.bytes, local.bytes, &gone),
		AM_PEER_FOUND);
	old = am_model_commit(m, test_plan(m, later, NULL));
	assert_true(am_retired_next_peer(old, &at, &peer));
	assert_int_equal(peer, gone);
	assert_true(am_retired_next_peer(old, &at, &peer)); /* the VTEP behind it */
	assert_false(am_retired_next_peer(old, &at, &peer));
	for (at = 0; am_retired_next_iface(old, &at, &iface); n++)
		assert_true(iface == gone_iface || !am_model_iface(m, iface));
	assert_int_equal(n, 2); /* tunnel b, bridge one */
	am_model_retire(old);
	am_model_free(m);
}

static void macs_go_with_their_member(void **state)
{
	struct am_model *m = test_model();
	struct am_bridge_stats stats;

	(void)state;
	test_commit(m, two);
	learn(m, "02:00:00:00:00:01", "one", "port lan");
	learn(m, "02:00:00:00:00:02", "two", "port lan2");
	learn(m, "02:00:00:00:00:03", "two", "vtep 10.255.0.3");
	assert_int_equal(am_fdb_count(am_model_fdb(m)), 3);
	test_commit(m, later);
	assert_int_equal(am_fdb_count(am_model_fdb(m)), 2);
	assert_int_equal(found(m, "02:00:00:00:00:02", "two"), test_member(m, "two", "port lan2"));
	assert_int_equal(found(m, "02:00:00:00:00:03", "two"), test_member(m, "two", "vtep 10.255.0.3"));
	am_model_bridge_stats(m, bridge_of(m, "two"), &stats);
	assert_int_equal(stats.macs, 2);
	am_model_bridge_stats(m, bridge_of(m, "new"), &stats);
	assert_int_equal(stats.macs, 0);
	assert_int_equal(stats.learnt, 0);
	am_model_free(m);
}

static void another_far_end_counts_anew(void **state)
{
	static const char text[] = "{" PORTS ", 'tunnels': {" TUNNEL("b", "%s") "}}";
	struct am_model *m = test_model();
	const struct am_roots *roots;
	char config[512];

	(void)state;
	snprintf(config, sizeof config, text, "2");
	roots = test_commit(m, config);
	*roots->tunnels[0]->rx_seq = 1000;
	roots = test_commit(m, config);
	assert_int_equal(*roots->tunnels[0]->rx_seq, 1000);
	snprintf(config, sizeof config, text, "3");
	roots = test_commit(m, config);
	assert_int_equal(*roots->tunnels[0]->rx_seq, 0);
	am_model_free(m);
}

/* A member's frames leave by the head of the string that alone is live, else as its list says. */
static void assert_exit(const struct am_roots *roots, const struct am_member *m, bool by_string)
{
	const struct am_exit *exit = atomic_load(&roots->exits[m->id]);

	assert_ptr_equal(exit, by_string ? &atomic_load(&m->paths->encap[0])->exit : &m->exit);
	assert_int_equal(exit->kind, by_string ? AM_EXIT_PATH : AM_EXIT_LIST);
	assert_int_equal(exit->face, m->exit.face);
	assert_int_equal(exit->member, m->id);
	if (!by_string)
		return;
	assert_int_equal(exit->path, m->paths->first_path);
	assert_int_equal(exit->port, m->paths->port[0]);
}

static void next_hops_stay_resolved(void **state)
{
	const struct am_mac src = test_mac("02:00:00:00:00:01"), dst = test_mac("02:00:00:00:00:02");
	const struct am_mac moved = test_mac("02:00:00:00:00:03");
	struct am_model *m = test_model();
	const struct am_member *member;
	const struct am_path_list *paths;
	const struct am_roots *roots = test_commit(m, two);
	struct am_retired *old;

	(void)state;
	member = roots->members[test_member(m, "two", "vtep 10.255.0.3")];
	paths = member->paths;
	assert_int_equal(paths->live, 0);
	assert_exit(roots, member, false);
	am_model_retire(am_model_resolve(m, 1, true, 0, &src, &dst, 0));
	assert_int_equal(paths->live, 1);
	assert_exit(roots, member, true);
	assert_int_equal(roots->members[test_member(m, "one", "vtep 10.255.0.2")]->paths->live, 0);
	assert_null(am_model_resolve(m, 1, true, 0, &src, &dst, 0)); /* nothing new */

	roots = test_commit(m, later);
	member = roots->members[test_member(m, "two", "vtep 10.255.0.3")];
	paths = member->paths;
	assert_int_equal(paths->live, 1);
	assert_int_equal(paths->port[0], 0);
	assert_exit(roots, member, true);
	assert_memory_equal(am_encap_bytes(paths->encap[0]), dst.bytes, 6);
	assert_int_equal(roots->members[test_member(m, "new", "vtep 10.255.0.9")]->paths->live, 0);

	old = am_model_resolve(m, 1, true, 0, &src, &moved, 0);
	assert_non_null(old);
	assert_memory_equal(am_encap_bytes(paths->encap[0]), moved.bytes, 6);
	assert_exit(roots, member, true);
	am_model_retire(old);
	old = am_model_resolve(m, 1, false, 0, NULL, NULL, 0);
	assert_non_null(old);
	assert_int_equal(paths->live, 0);
	assert_exit(roots, member, false);
	am_model_retire(old);
	assert_null(am_model_resolve(m, 1, false, 0, NULL, NULL, 0));
	assert_null(am_model_resolve(m, 99, true, 0, &src, &dst, 0));
	am_model_free(m);
}

/* A reload that gives the port to another VRF takes it from the tunnels at once, and nobody can report it back. */
static void next_hops_keep_to_their_vrf(void **state)
{
	static const char moved[] =
		"{'ports': {'wan': {'driver': 'mem', 'vrf': 'default', 'vlans': {'7': {'vrf': 'default'}}}, "
		"'lan': {'driver': 'mem', 'vrf': 'underlay'}}, 'tunnels': {" TUNNEL("b", "2") "}, " VRFS(
			ROUTE("2", "b")) "}";
	const struct am_mac src = test_mac("02:00:00:00:00:01"), dst = test_mac("02:00:00:00:00:02");
	struct am_model *m = test_model();

	(void)state;
	test_commit(m, two);
	am_model_retire(am_model_resolve(m, 0, true, 0, &src, &dst, 0));
	assert_true(am_model_nexthop(m, 0)->resolved);
	assert_null(am_model_resolve(m, 1, true, 1, &src, &dst, 0)); /* lan has no VRF */
	assert_int_equal(am_model_port_vrf(m, 1, 0), AM_NO_ID);

	test_commit(m, moved);
	assert_false(am_model_nexthop(m, 0)->resolved);
	assert_int_equal(am_model_port_vrf(m, 0, 0), AM_VRF_DEFAULT);
	assert_int_equal(am_model_port_vrf(m, 0, 7), AM_VRF_DEFAULT);
	assert_null(am_model_resolve(m, 0, true, 0, &src, &dst, 0));
	assert_null(am_model_resolve(m, 0, true, 0, &src, &dst, 7));
	am_model_retire(am_model_resolve(m, 0, true, 1, &src, &dst, 0));
	assert_true(am_model_nexthop(m, 0)->resolved);
	am_model_free(m);
}

/* Two equal ways into tunnels: each is there as long as its tunnel's own next hop is. */
static void ways_follow_their_tunnels(void **state)
{
	static const char text[] = "{" PORTS ", 'tunnels': {" TUNNEL("b", "2") ", " TUNNEL("c", "3") "}, " VRFS(
		"{'prefix': '10.1.0.0/16', 'tunnel': 'b'}, {'prefix': '10.1.0.0/16', 'tunnel': 'c'}") "}";
	const struct am_mac src = test_mac("02:00:00:00:00:01"), dst = test_mac("02:00:00:00:00:02");
	struct am_model *m = test_model();
	const struct am_prefix prefix = {test_ip("10.1.0.0"), 16};

	(void)state;
	for (int again = 0; again < 2; again++) {
		const struct am_roots *roots = test_commit(m, text);
		uint32_t value = am_fib_get(roots->vrfs[AM_VRF_DEFAULT]->fib4, &prefix);
		const struct am_route *route = am_route_of(roots->routes, value);

		assert_int_equal(am_model_nexthops(m), 2);
		assert_int_equal(route->live, again ? 2 : 0);
		am_model_retire(am_model_resolve(m, 0, true, 0, &src, &dst, 0));
		assert_int_equal(route->live, again ? 3 : 1);
		am_model_retire(am_model_resolve(m, 1, true, 0, &src, &dst, 0));
		assert_int_equal(route->live, 3);
		am_model_retire(am_model_resolve(m, 0, false, 0, NULL, NULL, 0));
		assert_int_equal(route->live, 2);
	}
	am_model_free(m);
}

/* Blackholes for 11.0.0.0/24 and so many more. */
static char *many_routes(unsigned n)
{
	size_t room = 256 + n * 64u, len;
	char *text = malloc(room);

	assert_non_null(text);
	len = (size_t)snprintf(text, room,
		"{'ports':{'p':{'driver':'mem','vrf':'default','addresses':['192.0.2.1/24']}},"
		"'vrfs':{'default':{'routes':[{'prefix':'10.0.0.0/8','unreachable':true}");
	for (unsigned i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, room - len,
			",{'prefix':'11.%u.%u.0/24','blackhole':true}", i >> 8, i & 255);
	snprintf(text + len, room - len, "]}}}");
	return text;
}

static uint32_t value_of(const struct am_roots *roots, const char *ip, uint8_t len)
{
	const struct am_prefix prefix = {test_ip(ip), len};

	return am_fib_get(roots->vrfs[AM_VRF_DEFAULT]->fib4, &prefix);
}

/* With many routes the direct table is large, whether they come first or later; neighbours go along. */
static void a_table_grows(void **state)
{
	enum { MANY = 4096, LARGE_OCTETS = 4 << 20 };
	char *few = many_routes(3), *many = many_routes(MANY);
	const struct am_mac mac = test_mac("02:00:00:00:00:02");
	struct am_model *m = test_model();
	const struct am_ip host = test_ip("192.0.2.2");
	const struct am_roots *roots = test_commit(m, few);
	const struct am_fib *small = roots->vrfs[AM_VRF_DEFAULT]->fib4;
	uint32_t before = value_of(roots, "10.0.0.0", 8), neighbour;

	(void)state;
	assert_in_range(am_fib_memory(small), 1, LARGE_OCTETS / 8);
	assert_null(am_model_neighbour(m, 0, &host, &mac));
	neighbour = value_of(roots, "192.0.2.2", 32);
	assert_int_not_equal(neighbour, 0);
	am_plan_free(test_plan(m, many, NULL)); /* leaves nothing */
	for (int i = 0; i < 2; i++) {
		roots = test_commit(m, i ? few : many); /* large it stays */
		assert_in_range(
			am_fib_memory(roots->vrfs[AM_VRF_DEFAULT]->fib4), LARGE_OCTETS, 2 * LARGE_OCTETS);
		assert_int_equal(value_of(roots, "10.0.0.0", 8), before);
		assert_int_equal(value_of(roots, "192.0.2.2", 32), neighbour);
		assert_int_equal(am_fib_count(roots->vrfs[AM_VRF_DEFAULT]->fib4), 4 + (i ? 3 : MANY));
	}
	am_model_free(m);
	m = test_model();
	roots = test_commit(m, many);
	assert_in_range(am_fib_memory(roots->vrfs[AM_VRF_DEFAULT]->fib4), LARGE_OCTETS, 2 * LARGE_OCTETS);
	assert_in_range(am_fib_memory(roots->vrfs[AM_VRF_DEFAULT]->fib6), 1, LARGE_OCTETS / 8);
	am_model_free(m);
	free(few);
	free(many);
}

/* Routes that find no memory are counted, and the others are there. */
static void routes_without_memory_are_counted(void **state)
{
	enum { MANY = 4000, ROOM = 64 };
	char *text = many_routes(MANY);
	struct am_model *m = test_model();
	const struct am_roots *roots;

	(void)state;
	am_fib_room_destroy(m->room);
	m->room = am_fib_room_create(ROOM, ROOM);
	assert_non_null(m->room);
	roots = test_commit(m, text);
	assert_in_range(am_model_fib_failures(m), MANY / 2, MANY);
	assert_int_equal(
		am_fib_count(roots->vrfs[AM_VRF_DEFAULT]->fib4) + am_model_fib_failures(m), MANY + 3);
	assert_int_not_equal(value_of(roots, "10.0.0.0", 8), 0);
	am_model_free(m);
	free(text);
}

static void a_plan_that_is_dropped_leaves_nothing(void **state)
{
	struct am_model *m = test_model();
	uint16_t iface;

	(void)state;
	test_commit(m, two);
	am_plan_free(test_plan(m, later, NULL));
	assert_int_equal(am_model_roots(m)->generation, 1);
	iface = test_iface(m, AM_IFACE_BRIDGE, "two");
	am_plan_free(test_plan(m, later, NULL));
	test_commit(m, two);
	assert_int_equal(test_iface(m, AM_IFACE_BRIDGE, "two"), iface);
	assert_int_equal(am_model_ifaces(m), 8);
	am_model_free(m);
}

static void the_diff_names_what_changed(void **state)
{
	struct am_model *m = test_model();
	struct am_plan *plan;
	bool added = false, removed = false;

	(void)state;
	test_commit(m, two);
	plan = test_plan(m, two, NULL);
	assert_int_equal(am_plan_diff(plan)->n, 0);
	am_plan_free(plan);
	plan = test_plan(m, later, NULL);
	for (size_t i = 0; i < am_plan_diff(plan)->n; i++) {
		const struct am_diff_item *item = &am_plan_diff(plan)->items[i];

		added |= item->object == AM_OBJ_TUNNEL && item->action == AM_DIFF_ADD &&
			 !strcmp(item->name, "a");
		removed |= item->object == AM_OBJ_TUNNEL && item->action == AM_DIFF_REMOVE &&
			   !strcmp(item->name, "b");
		assert_false(item->object == AM_OBJ_TUNNEL && !strcmp(item->name, "c"));
	}
	assert_true(added && removed);
	am_plan_free(plan);
	am_model_free(m);
}

/* Workers may read the old snapshot while the FDB names members of the new one. */
static void old_roots_have_room_for_new_members(void **state)
{
	struct am_model *m = test_model();
	struct am_retired *old;
	const struct am_roots *before = test_commit(m, two);
	uint16_t member;

	(void)state;
	old = am_model_commit(m, test_plan(m, later, NULL));
	member = test_member(m, "new", "vtep 10.255.0.9");
	assert_true(member >= before->n_members);
	assert_null(before->members[member]);
	am_model_retire(old);
	am_model_free(m);
}

enum { THINGS = 12, ROUNDS = 300, WAITING = 3 };

/* Some of the things that can be configured, by bits. */
static void random_config(unsigned bits, char *text, size_t room)
{
	size_t at = (size_t)snprintf(text, room, "{" PORTS ", 'tunnels': {");

	for (unsigned i = 0; i < THINGS; i++)
		if (bits >> i & 1)
			at += (size_t)snprintf(text + at, room - at,
				"%s'%c': {'type': 'gretap', 'key': %u, 'local': '192.0.2.1', 'remote': '192.0.2.%u'}",
				text[at - 1] == '{' ? "" : ",", 'a' + i, i, 2 + i / 2);
	at += (size_t)snprintf(text + at, room - at, "}, 'bridges': {");
	for (unsigned i = 0; i < THINGS; i++)
		if (bits >> i & 1)
			at += (size_t)snprintf(text + at, room - at,
				"%s'%c': {'members': [{'port': 'lan', 'vlan': %u}, {'tunnel': '%c'}]}",
				text[at - 1] == '{' ? "" : ",", 'a' + i, i + 1, 'a' + i);
	snprintf(text + at, room - at, "}}");
}

static uint32_t draw(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* Everything that is there says the same of itself as its index does, and nobody shares one. */
static void assert_sound(const struct am_model *m)
{
	const struct am_roots *roots = am_model_roots(m);
	uint8_t used[64] = {0};

	for (uint16_t i = 0; i < roots->n_tunnels; i++) {
		if (!roots->tunnels[i])
			continue;
		assert_int_equal(roots->tunnels[i]->id, i);
		assert_true(am_model_iface(m, roots->tunnels[i]->iface)->kind == AM_IFACE_TUNNEL);
		assert_int_equal(used[roots->tunnels[i]->iface]++, 0);
	}
	for (uint16_t i = 0; i < roots->n_bridges; i++) {
		const struct am_bridge *bridge = roots->bridges[i];

		for (uint16_t k = 0; bridge && k < bridge->n_members; k++) {
			assert_int_equal(roots->members[bridge->members[k]]->id, bridge->members[k]);
			assert_int_equal(roots->members[bridge->members[k]]->bridge, i);
		}
	}
}

/* What a name was numbered last time, it is numbered now, where it was there last time as well. */
static void assert_same_numbers(const struct am_model *m, unsigned kept, uint16_t numbers[THINGS])
{
	char name[2] = "a";

	for (unsigned i = 0; i < THINGS; i++) {
		uint16_t now;

		name[0] = (char)('a' + i);
		now = test_iface(m, AM_IFACE_TUNNEL, name);
		if (kept >> i & 1)
			assert_int_equal(now, numbers[i]);
		numbers[i] = now;
	}
}

static void random_reloads(void **state)
{
	struct am_retired *waiting[WAITING] = {NULL};
	uint16_t numbers[THINGS] = {0};
	struct am_model *m = test_model();
	unsigned before = 0, bits;
	uint32_t seed = 20261123;
	char text[8192];

	(void)state;
	print_message("seed %u\n", seed);
	for (unsigned round = 0; round < ROUNDS; round++) {
		bits = draw(&seed) & ((1u << THINGS) - 1);
		random_config(bits, text, sizeof text);
		am_model_retire(waiting[round % WAITING]); /* the grace period takes some reloads */
		waiting[round % WAITING] = am_model_commit(m, test_plan(m, text, NULL));
		assert_sound(m);
		assert_same_numbers(m, before & bits, numbers);
		before = bits;
	}
	for (unsigned i = 0; i < WAITING; i++)
		am_model_retire(waiting[i]);
	am_model_free(m);
}

static void too_many_interfaces_are_refused(void **state)
{
	struct am_model *m = test_model();
	struct am_config *config = test_config(two);
	struct am_config_errors errors = {0};

	(void)state;
	am_model_limit_ifaces(m, 4); /* several do not fit, one complaint says so */
	assert_null(am_model_prepare(m, config, NULL, &errors));
	assert_int_equal(errors.n, 1);
	assert_non_null(strstr(errors.items[0].text, "at most 4 interfaces are possible"));
	am_config_errors_free(&errors);
	am_config_free(config);
	am_model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stays_keeps_its_numbers),
		cmocka_unit_test(numbers_wait_for_the_retire),
		cmocka_unit_test(who_leaves_is_told),
		cmocka_unit_test(macs_go_with_their_member),
		cmocka_unit_test(another_far_end_counts_anew),
		cmocka_unit_test(next_hops_stay_resolved),
		cmocka_unit_test(next_hops_keep_to_their_vrf),
		cmocka_unit_test(ways_follow_their_tunnels),
		cmocka_unit_test(a_table_grows),
		cmocka_unit_test(routes_without_memory_are_counted),
		cmocka_unit_test(a_plan_that_is_dropped_leaves_nothing),
		cmocka_unit_test(the_diff_names_what_changed),
		cmocka_unit_test(old_roots_have_room_for_new_members),
		cmocka_unit_test(random_reloads),
		cmocka_unit_test(too_many_interfaces_are_refused),
	};

	return cmocka_run_group_tests_name("model/reload", tests, NULL, NULL);
}
