/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_test.h"
#include "table/mac_ip.h"

#define CONFIG(bridge)                                                                                       \
	"{'ports': {'p0': {'driver': 'mem'}, 'p1': {'driver': 'mem'}},"                                      \
	" 'bridges': {'a': {" bridge " 'members': [{'port': 'p0'}, {'port': 'p1'}]}}}"
#define SUPPRESS "'arp_nd': {'suppress': true}, "
#define HOST     "'hosts': [{'ip': '10.0.0.9', 'mac': '02:00:00:00:00:09', 'router': true}], "
#define OWN      "'mac': '02:00:00:00:00:fe', 'addresses': ['10.0.0.254/24'], "

static struct am_learn_pair_in report(struct am_model *m, const char *ip, unsigned mac)
{
	struct am_learn_pair_in in = {.member = test_member(m, "a", "port p0"),
		.flags = AM_MAC_IP_OVERRIDE,
		.mac = {{2, 0, 0, 0, (uint8_t)(mac >> 8), (uint8_t)mac}}};

	assert_int_equal(am_ip_parse_text(ip, &in.ip), 0);
	return in;
}

static enum am_pair_news learn(struct am_model *m, const char *ip, unsigned mac, uint64_t now_s)
{
	const struct am_learn_pair_in in = report(m, ip, mac);
	struct am_mac before;

	return am_model_learn_pair(m, &in, now_s, &before);
}

static bool find(struct am_model *m, const char *text, struct am_pair *out)
{
	struct am_ip ip;

	am_ip_parse_text(text, &ip);
	for (uint32_t at = 0; am_model_next_pair(m, &at, out);)
		if (am_ip_equal(&out->ip, &ip))
			return true;
	return false;
}

static struct am_pair_stats stats(const struct am_model *m)
{
	struct am_bridge_stats out;

	am_model_bridge_stats(m, 0, &out);
	return out.pairs;
}

static void learns_moves_and_ages(void **state)
{
	struct am_model *m = test_model();
	struct am_pair p;

	(void)state;
	test_commit(m, CONFIG(SUPPRESS));
	assert_int_equal(learn(m, "10.0.0.1", 1, 10), AM_PAIR_LEARNT);
	assert_int_equal(learn(m, "10.0.0.1", 1, 11), AM_PAIR_NOTHING);
	assert_int_equal(learn(m, "10.0.0.1", 2, 12), AM_PAIR_MOVED);
	assert_true(find(m, "10.0.0.1", &p) && p.mac.bytes[5] == 2 && p.origin == AM_PAIR_LOCAL);
	am_model_age(m, 12 + 1200);
	assert_true(find(m, "10.0.0.1", &p) && p.age_s == 1200);
	am_model_age(m, 12 + 1201);
	assert_false(find(m, "10.0.0.1", &p));
	assert_int_equal(stats(m).learnt, 1);
	assert_int_equal(stats(m).moved, 1);
	assert_int_equal(stats(m).aged, 1);
	assert_int_equal(stats(m).known, 0);
	am_model_free(m);
}

static void a_bridge_that_floods_learns_nothing(void **state)
{
	struct am_model *m = test_model();

	(void)state;
	test_commit(m, CONFIG(HOST));
	assert_int_equal(learn(m, "10.0.0.1", 1, 10), AM_PAIR_NOTHING);
	assert_int_equal(stats(m).known, 0);
	am_model_free(m);
}

static void a_flood_of_strangers_has_an_end(void **state)
{
	struct am_model *m = test_model();
	char ip[32];

	(void)state;
	test_commit(m, CONFIG("'arp_nd': {'suppress': true, 'limit': 100}, " HOST));
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(ip, sizeof ip, "10.1.%u.%u", i / 250, i % 250 + 1);
		assert_int_equal(learn(m, ip, i, 10), i < 100 ? AM_PAIR_LEARNT : AM_PAIR_REFUSED);
	}
	assert_int_equal(stats(m).refused, 900);
	assert_int_equal(stats(m).known, 101);
	am_model_free(m);
}

/* Where the bridge has addresses, hosts are of its networks, or link-local. */
static void strangers_are_not_learnt(void **state)
{
	struct am_model *m = test_model();

	(void)state;
	test_commit(m, CONFIG(SUPPRESS OWN));
	assert_int_equal(learn(m, "10.0.0.1", 1, 10), AM_PAIR_LEARNT);
	assert_int_equal(learn(m, "8.8.8.8", 2, 10), AM_PAIR_NOTHING);
	assert_int_equal(learn(m, "10.0.1.1", 2, 10), AM_PAIR_NOTHING);
	assert_int_equal(
		learn(m, "2001:db8::1", 3, 10), AM_PAIR_LEARNT); /* of IPv6 it has none to compare with */
	assert_int_equal(learn(m, "fe80::1", 3, 10), AM_PAIR_LEARNT);
	assert_int_equal(stats(m).refused, 2);
	test_commit(m, CONFIG(SUPPRESS "'mac': '02:00:00:00:00:fe', 'addresses': ['2001:db8:1::1/64'], "));
	assert_int_equal(learn(m, "2001:db8:2::1", 3, 20), AM_PAIR_NOTHING);
	assert_int_equal(learn(m, "2001:db8:1::7", 3, 20), AM_PAIR_LEARNT);
	assert_int_equal(learn(m, "fe80::2", 3, 20), AM_PAIR_LEARNT);
	am_model_free(m);
}

/* RFC 9161 3.7: an address that two MACs claim in turns is nobody's for a while, then it is learnt anew. */
static void duplicates_are_held(void **state)
{
	struct am_model *m = test_model();
	struct am_pair p;

	(void)state;
	test_commit(m, CONFIG(SUPPRESS));
	learn(m, "10.0.0.1", 1, 1000);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(learn(m, "10.0.0.1", 2 - i % 2, 1000 + i), AM_PAIR_MOVED);
	assert_int_equal(learn(m, "10.0.0.1", 2, 1004), AM_PAIR_DOUBLE);
	assert_true(find(m, "10.0.0.1", &p) && p.flags & AM_MAC_IP_HELD);
	assert_int_equal(learn(m, "10.0.0.1", 1, 1005), AM_PAIR_NOTHING);
	am_model_age(m, 1004 + 179);
	assert_true(find(m, "10.0.0.1", &p));
	am_model_age(m, 1004 + 180);
	assert_false(find(m, "10.0.0.1", &p));
	assert_int_equal(learn(m, "10.0.0.1", 1, 1200), AM_PAIR_LEARNT);
	/* Moves that lie far apart are moves. */
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(learn(m, "10.0.0.1", 2 - i % 2, 1400 + 181 * i), AM_PAIR_MOVED);
	assert_int_equal(stats(m).doubled, 1);
	am_model_free(m);
}

/* Neither the file's hosts nor our own address can be learnt away, and that somebody tries is said now and then. */
static void what_the_file_says_stays(void **state)
{
	struct am_model *m = test_model();
	struct am_pair p;

	(void)state;
	test_commit(m, CONFIG(SUPPRESS HOST OWN));
	assert_int_equal(stats(m).known, 2);
	assert_true(find(m, "10.0.0.254", &p) && p.origin == AM_PAIR_OWN && p.flags & AM_MAC_IP_ROUTER);
	assert_true(p.mac.bytes[5] == 0xfe);
	assert_int_equal(learn(m, "10.0.0.254", 7, 10), AM_PAIR_FIXED);
	assert_int_equal(learn(m, "10.0.0.254", 7, 11), AM_PAIR_NOTHING);
	assert_int_equal(learn(m, "10.0.0.9", 7, 12), AM_PAIR_FIXED);
	assert_int_equal(learn(m, "10.0.0.9", 9, 12), AM_PAIR_NOTHING);
	assert_int_equal(learn(m, "10.0.0.254", 7, 10 + 181), AM_PAIR_FIXED);
	assert_int_equal(stats(m).fixed, 4);
	am_model_age(m, 100000);
	assert_true(find(m, "10.0.0.9", &p) && p.mac.bytes[5] == 9 && p.flags & AM_MAC_IP_ROUTER);
	am_model_free(m);
}

static void a_reload_changes_what_differs(void **state)
{
	struct am_model *m = test_model();
	struct am_pair p;

	(void)state;
	test_commit(m, CONFIG(SUPPRESS HOST OWN));
	learn(m, "10.0.0.1", 1, 10);
	test_commit(m, CONFIG(SUPPRESS "'mac': '02:00:00:00:00:fd', 'addresses': ['10.0.0.254/24'], "));
	assert_false(find(m, "10.0.0.9", &p));
	assert_true(find(m, "10.0.0.254", &p) && p.mac.bytes[5] == 0xfd);
	assert_true(find(m, "10.0.0.1", &p));
	/* A host that was learnt, and now stands in the file. */
	test_commit(m, CONFIG(SUPPRESS "'hosts': [{'ip': '10.0.0.1', 'mac': '02:00:00:00:00:03'}], "));
	assert_true(find(m, "10.0.0.1", &p) && p.mac.bytes[5] == 3 && p.origin == AM_PAIR_CONFIGURED);
	assert_int_equal(stats(m).known, 1);
	test_commit(m, CONFIG(""));
	assert_int_equal(stats(m).known, 0);
	assert_int_equal(am_mac_ips_count(am_model_roots(m)->mac_ips), 0);
	am_model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(learns_moves_and_ages),
		cmocka_unit_test(a_bridge_that_floods_learns_nothing),
		cmocka_unit_test(a_flood_of_strangers_has_an_end),
		cmocka_unit_test(strangers_are_not_learnt),
		cmocka_unit_test(duplicates_are_held),
		cmocka_unit_test(what_the_file_says_stays),
		cmocka_unit_test(a_reload_changes_what_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
