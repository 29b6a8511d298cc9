/* SPDX-License-Identifier: BSD-3-Clause */
/* Four times as many objects take about four times as long: nothing compares all with all. */
#include "model_test.h"

#include "base/clock.h"

/* A sanitizer makes all of it many times slower, and the smaller sizes show the same. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum {
	SMALL = SANITIZED ? 250 : 1000,
	LARGE = 4 * SMALL,
	RUNS_MIN = 3,
	RUNS_MAX = 12,
	LIMIT = 10, /* times as long: about 4 and what larger tables cost in cache misses; quadratic would be 16 */
	OBJECT_TEXT = 512,
};

struct text {
	char *at;
	size_t n, room;
};

static void put(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t->n += (size_t)vsnprintf(t->at + t->n, t->room - t->n, fmt, ap);
	va_end(ap);
	assert_true(t->n < t->room);
}

static void put_tunnels(struct text *t, unsigned n)
{
	put(t, "\"tunnels\":{");
	for (unsigned i = 0; i < n; i++)
		put(t,
			"%s\"t%u\":{\"type\":\"gre\",\"local\":\"192.0.%u.%u\",\"remote\":\"198.18.%u.%u\"},"
			"\"e%u\":{\"type\":\"etherip\",\"local\":\"192.0.2.1\",\"remote\":\"198.19.%u.%u\"}",
			i ? "," : "", i, i >> 8, i & 255, i >> 8, i & 255, i, i >> 8, i & 255);
	put(t, "},");
}

static void put_vrfs(struct text *t, unsigned n)
{
	put(t, "\"vrfs\":{\"default\":{\"loopbacks\":[\"10.255.0.1\"],\"routes\":[");
	for (unsigned i = 0; i < n; i++)
		put(t, "%s{\"prefix\":\"10.0.%u.%u/32\",\"tunnel\":\"t%u\"}", i ? "," : "", i >> 8, i & 255,
			i);
	put(t, "]}},");
}

static void put_bridges(struct text *t, unsigned n)
{
	put(t, "\"bridges\":{");
	for (unsigned i = 0; i < n; i++)
		put(t,
			"%s\"b%u\":{\"vni\":%u,\"members\":[{\"port\":\"lan\",\"vlan\":%u},{\"tunnel\":\"e%u\"},"
			"{\"vtep\":\"10.0.%u.%u\"}],"
			"\"static\":[{\"mac\":\"02:00:00:00:%02x:%02x\",\"member\":0}]}",
			i ? "," : "", i, i + 1, i + 1, i, i >> 8, i & 255, i >> 8, i & 255);
	put(t, "}");
}

/* n of everything: L3 tunnels with a route each, Ethernet tunnels, bridges with a VLAN, a tunnel and a VTEP. */
static struct text configuration(unsigned n)
{
	struct text t = {.room = 4096 + (size_t)n * 2 * OBJECT_TEXT};

	t.at = malloc(t.room);
	assert_non_null(t.at);
	put(&t, "{\"ports\":{\"wan\":{\"driver\":\"mem\",\"vrf\":\"underlay\"},\"lan\":{\"driver\":\"mem\"}},");
	put_tunnels(&t, n);
	put_vrfs(&t, n);
	put_bridges(&t, n);
	put(&t, "}");
	return t;
}

struct times {
	uint64_t load, prepare, commit, resolve;
};

/* Of this thread's CPU: others on the machine do not count. */
static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * AM_S + (uint64_t)ts.tv_nsec;
}

static uint64_t since(uint64_t began)
{
	return now() - began;
}

static void resolve_all(struct am_model *m)
{
	static const struct am_mac src = {{2, 0, 0, 0, 0, 1}}, dst = {{2, 0, 0, 0, 0, 2}};

	for (uint16_t i = 0; i < am_model_nexthops(m); i++) {
		struct am_retired *old = am_model_resolve(m, i, true, 0, &src, &dst, 0);

		assert_non_null(old);
		am_model_retire(old);
	}
}

static struct times run(unsigned n)
{
	struct am_model *m = am_model_create(65536, 1, 0x5eed, 65535);
	struct am_config_errors errors = {0};
	struct text text = configuration(n);
	struct times t;
	struct am_config *config;
	struct am_plan *plan;
	uint64_t began = now();

	assert_non_null(m);
	config = am_config_load(text.at, text.n, &errors);
	t.load = since(began);
	assert_non_null(config);
	began = now();
	plan = am_model_prepare(m, config, NULL, &errors);
	t.prepare = since(began);
	assert_non_null(plan);
	began = now();
	am_model_retire(am_model_commit(m, plan));
	t.commit = since(began);
	began = now();
	resolve_all(m);
	t.resolve = since(began);
	am_model_free(m);
	free(text.at);
	return t;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void keep_least(struct times *best, struct times t)
{
	best->load = least(best->load, t.load);
	best->prepare = least(best->prepare, t.prepare);
	best->commit = least(best->commit, t.commit);
	best->resolve = least(best->resolve, t.resolve);
}

static bool in_proportion(const struct times *small, const struct times *large)
{
	return large->load < LIMIT * small->load && large->prepare < LIMIT * small->prepare &&
	       large->commit < LIMIT * small->commit && large->resolve < LIMIT * small->resolve;
}

static void report(const char *what, uint64_t small, uint64_t large)
{
	print_message("%s: %d in %ju us, %d in %ju us, %.1f times as long\n", what, SMALL,
		(uintmax_t)small / 1000, LARGE, (uintmax_t)large / 1000, (double)large / (double)small);
}

/*
 * The least of several runs: what caches, page faults and neighbours on the machine add is not the code's. Both sizes take
 * turns, so that a busy moment meets both. More runs only lower the least ones; they help where the large one was disturbed
 * each time, and never make code look better than it can be.
 */
static void time_grows_with_size(void **state)
{
	struct times small = run(SMALL), large = run(LARGE);

	(void)state;
	for (unsigned i = 1; i < RUNS_MIN || (i < RUNS_MAX && !in_proportion(&small, &large)); i++) {
		keep_least(&small, run(SMALL));
		keep_least(&large, run(LARGE));
	}
	report("load", small.load, large.load);
	report("prepare", small.prepare, large.prepare);
	report("commit", small.commit, large.commit);
	report("resolve", small.resolve, large.resolve);
	assert_true(in_proportion(&small, &large));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_grows_with_size),
	};

	return cmocka_run_group_tests_name("model/scale", tests, NULL, NULL);
}
