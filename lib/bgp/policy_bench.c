/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a policy costs a route, in nanoseconds of one core: look-ups in prefix lists, expressions over AS paths, and whole policies of 10 and
 * of 1,000 rules, each with a prefix list of 100,000 entries in all. Each line is the best of several rounds. With an argument, JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bgp/as_path.h"
#include "bgp/policy.h"

enum { ROUTES = 1 << 16, ROUNDS = 7, ENTRIES = 100000, RULES_MAX = 1000 };

struct route {
	struct am_bgp_nlri nlri;
	uint8_t as_path[2 + 4 * 5];
	uint8_t communities[16];
};

struct world {
	struct route *routes;
	struct am_bgp_prefix_list *lists[RULES_MAX];
	struct am_bgp_as_regex *regex;
	struct am_bgp_community_pattern communities[4];
	struct am_bgp_condition conditions[RULES_MAX];
	struct am_bgp_policy_rule rules[RULES_MAX];
	struct am_bgp_action action;
	struct am_bgp_policy policy;
	uint32_t seed;
};

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static uint32_t draw(struct world *w)
{
	w->seed = w->seed * 1664525 + 1013904223;
	return w->seed >> 4;
}

/* Of lengths as a full table has them; wide: IPv6. */
static struct am_prefix draw_prefix(struct world *w, bool wide)
{
	struct am_ip ip = {.family = wide ? AM_IPV6 : AM_IPV4};

	for (unsigned i = 0; i < 6; i++)
		ip.bytes[i] = (uint8_t)draw(w);
	if (wide)
		ip.bytes[0] = 0x20;
	return am_prefix_around(&ip, (uint8_t)(wide ? 29 + draw(w) % 20 : 16 + draw(w) % 9));
}

/* Every second route is in the list, as a longer one. */
static struct am_bgp_prefix_list *make_list(struct world *w, size_t n, bool wide)
{
	struct am_bgp_prefix_entry *entries = calloc(n, sizeof *entries);
	struct am_bgp_prefix_list *list;

	for (size_t i = 0; i < n; i++) {
		struct am_prefix p = i % 2 ? draw_prefix(w, wide) : w->routes[draw(w) % ROUTES].nlri.prefix;

		if ((p.ip.family == AM_IPV6) != wide)
			p = draw_prefix(w, wide);
		entries[i] = (struct am_bgp_prefix_entry){p, p.len, wide ? 48 : 24, true, (uint32_t)i + 1};
	}
	if (am_bgp_prefix_list_create(entries, n, &list))
		abort();
	free(entries);
	return list;
}

static void fill_routes(struct world *w, bool wide)
{
	for (unsigned i = 0; i < ROUTES; i++) {
		struct route *r = &w->routes[i];

		r->nlri.family = wide ? AM_BGP_IPV6_UNICAST : AM_BGP_IPV4_UNICAST;
		r->nlri.prefix = draw_prefix(w, wide);
		r->as_path[0] = 2;
		r->as_path[1] = 5;
		for (unsigned k = 0; k < 5; k++)
			am_store32(r->as_path + 2 + 4 * k, 1000 + draw(w) % 60000);
		for (unsigned k = 0; k < 4; k++)
			am_store32(r->communities + 4 * k, draw(w));
	}
}

static struct am_bgp_path path_of(const struct route *r, const struct am_bgp_neighbour *from)
{
	struct am_bgp_path path = {.nlri = &r->nlri, .from = from, .next_hop = {4, {192, 0, 2, 1}}};

	path.attrs.has = AM_BGP_HAS(1) | AM_BGP_HAS(2) | AM_BGP_HAS(8);
	path.attrs.as_path = (struct am_bgp_span){r->as_path, sizeof r->as_path};
	path.attrs.communities = (struct am_bgp_span){r->communities, sizeof r->communities};
	return path;
}

typedef unsigned one(struct world *w, const struct route *r);

static double best(struct world *w, one *f)
{
	double least = 1e18;
	unsigned sum = 0;

	for (int round = 0; round < ROUNDS; round++) {
		double begin = now_ns(), took;

		for (unsigned i = 0; i < ROUTES; i++)
			sum += f(w, &w->routes[i]);
		took = now_ns() - begin;
		least = took < least ? took : least;
	}
	__asm__ volatile("" ::"r"(sum));
	return least / ROUTES;
}

static unsigned look_up(struct world *w, const struct route *r)
{
	return am_bgp_prefix_list_permits(w->lists[0], &r->nlri.prefix);
}

static unsigned match(struct world *w, const struct route *r)
{
	return am_bgp_as_regex_match(w->regex, (struct am_bgp_span){r->as_path, sizeof r->as_path});
}

static unsigned run(struct world *w, const struct route *r)
{
	static uint8_t room[AM_BGP_FILTER_ROOM];
	static const struct am_bgp_neighbour from = {.as = 1};
	const struct am_bgp_policy_use use = {.policy = &w->policy, .local_as = 65000};
	struct am_bgp_path path = path_of(r, &from);
	struct am_writer scratch = am_writer(room, sizeof room);

	return am_bgp_policy_run(&use, &path, &scratch);
}

static void compile(struct world *w, const char *text)
{
	struct am_bgp_as_regex_error err;

	am_bgp_as_regex_free(w->regex);
	if (am_bgp_as_regex_compile(text, strlen(text), &w->regex, &err))
		abort();
}

/* n rules that each reject what is not in a list of its own share; so a route walks all of them where it is in none. */
static void make_policy(struct world *w, unsigned n, const struct am_bgp_action *action)
{
	for (unsigned i = 0; i < n; i++) {
		w->lists[i] = make_list(w, ENTRIES / n, false);
		w->conditions[i] = (struct am_bgp_condition){.type = AM_BGP_IF_PREFIX,
			.n = 1,
			.lists = (const struct am_bgp_prefix_list *const *)&w->lists[i]};
		w->rules[i] = (struct am_bgp_policy_rule){
			"", "", 1, action != NULL, &w->conditions[i], action, AM_BGP_POLICY_NEXT};
	}
	w->policy = (struct am_bgp_policy){"p", (uint16_t)n, w->rules, true, ""};
}

static void drop_policy(struct world *w)
{
	for (unsigned i = 0; i < w->policy.n; i++)
		am_bgp_prefix_list_free(w->lists[i]);
}

static void say(bool json, bool first, const char *what, double ns)
{
	if (json)
		printf("%s{\"what\": \"%s\", \"ns\": %.1f}\n", first ? "" : ",", what, ns);
	else
		printf("%-60s %10.1f ns\n", what, ns);
}

static void list_lines(struct world *w, bool json)
{
	fill_routes(w, false);
	w->lists[0] = make_list(w, ENTRIES, false);
	say(json, true, "IPv4 prefix in a list of 100,000", best(w, look_up));
	am_bgp_prefix_list_free(w->lists[0]);
	fill_routes(w, true);
	w->lists[0] = make_list(w, ENTRIES, true);
	say(json, false, "IPv6 prefix in a list of 100,000", best(w, look_up));
	am_bgp_prefix_list_free(w->lists[0]);
	fill_routes(w, false);
}

static void path_lines(struct world *w, bool json)
{
	compile(w, "_(64512|64513)_");
	say(json, false, "five ASes, _(64512|64513)_", best(w, match));
	compile(w, "^1500_");
	say(json, false, "five ASes, ^1500_", best(w, match));
}

static void policy_lines(struct world *w, bool json)
{
	const struct am_bgp_community_pattern tag = {
		.kind = AM_BGP_COMMUNITY_STANDARD, .parts = {{65000, 65000}, {1, 1}}};
	const struct am_bgp_action add = {.type = AM_BGP_ADD_COMMUNITIES, .n = 1, .patterns = &tag};

	make_policy(w, 10, NULL);
	say(json, false, "10 rules, lists of 100,000 entries in all", best(w, run));
	drop_policy(w);
	make_policy(w, 10, &add);
	say(json, false, "the same, and a community is added", best(w, run));
	drop_policy(w);
	make_policy(w, RULES_MAX, NULL);
	say(json, false, "1,000 rules, lists of 100,000 entries in all", best(w, run));
	drop_policy(w);
}

int main(int argc, char **argv)
{
	static struct world w = {.seed = 1};
	bool json = argc > 1;

	(void)argv;
	w.routes = calloc(ROUTES, sizeof *w.routes);
	if (json)
		puts("[");
	list_lines(&w, json);
	path_lines(&w, json);
	policy_lines(&w, json);
	if (json)
		puts("]");
	am_bgp_as_regex_free(w.regex);
	free(w.routes);
	return 0;
}
