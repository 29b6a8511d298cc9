/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rows limit/NAME: what the measuring stick (limit.h) takes for the work of row NAME, in the same run. Rows lines/NAME: what the lines
 * of that work take by themselves (limit_lines.h), less what the ports touch too.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "cases.h"
#include "feed.h"
#include "limit.h"
#include "limit_lines.h"
#include "pkt/buf.h"
#include "workload.h"

enum {
	PATHS = 64,
	PAIRS = 1024, /* where a row does not say */
	PAIRS_MANY = 50000,
	PACKETS_MAX = 256, /* in one run */
	CALL = 64,         /* packets, as a worker takes them */
	WINDOW = 128,
};

struct stick_arg {
	bool out; /* of the tunnel */
	bool interleaved;
	uint16_t len, cut; /* cut 0: one packet, otherwise two */
	unsigned datagrams;
	uint32_t pairs;                  /* of MAC addresses */
	const struct limit_touch *touch; /* NULL: all of the work */
};

struct stick {
	const struct stick_arg *arg;
	struct limit *limit;
	struct limit_lines *lines;
	struct rte_mempool *pool;
	unsigned n, groups, at; /* packets of a run; runs that take turns */
	uint64_t drawn, seed;
	struct rte_mbuf *left[PACKETS_MAX];
	unsigned n_left;
	struct rte_mbuf *
		*rest; /* a ring: what left, before it is freed, so that nothing is warm that is to be cold */
	unsigned n_rest, rest_at;
	struct rte_mbuf *in[]; /* of all groups */
};

static struct rte_mbuf **group(struct stick *s)
{
	return s->in + (size_t)s->at * s->n;
}

/* One datagram as it arrives: a frame, or what the far end makes of one. */
static bool make_datagram(struct stick *s, struct rte_mbuf *packets[2])
{
	struct rte_mbuf *m = am_buf_alloc(s->pool, AM_BUF_HEADROOM);
	unsigned n = s->arg->cut ? 2 : 1;

	if (!m)
		return false;
	limit_frame(am_buf_set_len(m, s->arg->len), s->arg->len,
		(uint32_t)(am_hash64(++s->drawn, s->seed) % s->arg->pairs));
	packets[0] = m;
	if (!s->arg->out)
		return true;
	if (limit_encap(s->limit, &m, 1, s->arg->cut, packets) != n)
		return false;
	for (unsigned i = 0; i < n; i++)
		limit_reflect(packets[i]);
	return true;
}

static bool make_group(struct stick *s)
{
	unsigned per_datagram = s->n / s->arg->datagrams;
	struct rte_mbuf **in = group(s), *packets[2];

	for (unsigned i = 0; i < s->arg->datagrams; i++) {
		if (!make_datagram(s, packets))
			return false;
		for (unsigned j = 0; j < per_datagram; j++)
			in[s->arg->interleaved ? j * s->arg->datagrams + i : i * per_datagram + j] =
				packets[j];
	}
	return true;
}

static void close_stick(void *state)
{
	struct stick *s = state;

	for (unsigned i = 0; i < s->groups * s->n; i++)
		if (s->in[i])
			am_buf_free(s->in[i]);
	for (unsigned i = 0; i < s->n_rest; i++)
		if (s->rest[i])
			am_buf_free(s->rest[i]);
	free(s->rest);
	limit_free(s->limit);
	limit_lines_free(s->lines);
	free(s);
}

static struct stick *make_stick(const struct bench_env *env, const struct stick_arg *arg)
{
	unsigned n = arg->datagrams * (arg->out && arg->cut ? 2 : 1),
		 groups = env->is_cold ? FEED_COLD / n : 1;
	struct stick *s = work_alloc(sizeof *s + (size_t)groups * n * sizeof s->in[0]);

	if (!s)
		return NULL;
	s->arg = arg;
	s->n = n;
	s->groups = groups;
	s->seed = env->seed;
	s->pool = env->is_cold ? env->cold : env->pool;
	s->n_rest = env->is_cold ? FEED_REST : 0;
	s->rest = calloc(s->n_rest + 1, sizeof(void *));
	s->limit = limit_new(arg->pairs, PATHS, s->pool, env->seed);
	s->lines = limit_lines_new(s->pool, 2 * arg->pairs, env->seed);
	return s;
}

static void *open_stick(const struct bench_env *env, const void *arg, struct am_err *err)
{
	struct stick *s = make_stick(env, arg);
	bool good = s && s->rest && s->limit && s->lines;

	for (unsigned i = 0; good && i < s->groups; i++, s->at = i % s->groups)
		good = make_group(s);
	if (good)
		return s;
	if (s)
		close_stick(s);
	am_fail(err, ENOMEM, "no memory for the measuring stick");
	return NULL;
}

static unsigned take_call(struct stick *s, struct rte_mbuf **m, unsigned n, struct rte_mbuf **out)
{
	if (s->arg->touch)
		return limit_lines_take(s->lines, s->arg->touch, m, n, out);
	if (!s->arg->out)
		return limit_encap(s->limit, m, n, s->arg->cut, out);
	return s->arg->cut ? limit_join(s->limit, m, n, out) : limit_decap(s->limit, m, n, out);
}

static bool run_stick(void *state)
{
	struct stick *s = state;

	s->n_left = 0;
	for (unsigned i = 0; i < s->n; i += CALL)
		s->n_left +=
			take_call(s, group(s) + i, s->n - i < CALL ? s->n - i : CALL, s->left + s->n_left);
	return s->n_left == s->arg->datagrams * (!s->arg->out && s->arg->cut ? 2 : 1);
}

static void put_to_rest(struct stick *s, struct rte_mbuf *m)
{
	struct rte_mbuf *old = m;

	if (s->n_rest) {
		old = s->rest[s->rest_at];
		s->rest[s->rest_at] = m;
		s->rest_at = s->rest_at + 1 == s->n_rest ? 0 : s->rest_at + 1;
	}
	if (old)
		am_buf_free(old);
}

/* What left goes, the like of what came is made for the next time that this group's turn comes. */
static bool renew_stick(void *state)
{
	struct stick *s = state;
	bool good;

	for (unsigned i = 0; i < s->n_left; i++)
		put_to_rest(s, s->left[i]);
	memset(group(s), 0, s->n * sizeof *s->in);
	good = make_group(s);
	s->at = s->at + 1 == s->groups ? 0 : s->at + 1;
	return good;
}

/* Where things are: a frame's first line with its addresses and ports, what a cut copies, headers in front of it or of the inner frame's. */
enum {
	NEAR = 8, /* where there are many lines each, and */
	FAR = 32, /* where there are few: what was found to be quickest */
	FRONT = 64,
	INNER_FRONT = LIMIT_HEADERS + 38,
	FLOOR_FROM = 1216,
	FLOOR_TAIL = 34 + WORK_FULL - FLOOR_FROM,
	FILL_FROM = 1440,
	FILL_TAIL = 34 + WORK_FULL - FILL_FROM,
	JOINT = 1290, /* where a second half's payload goes */
};

static const struct limit_touch heads = {.ahead = FAR}, heads_cut = {.ahead = NEAR, .tail = FLOOR_TAIL},
				heads_join = {.ahead = NEAR, .pairs = true},
				lines_encap = {.ahead = FAR,
					.packets = true,
					.read = {0, FRONT},
					.write = {-LIMIT_HEADERS, 0}},
				lines_floor = {.ahead = NEAR,
					.packets = true,
					.read = {0, FRONT},
					.copy = {FLOOR_FROM, WORK_FULL},
					.write = {-LIMIT_HEADERS, 0},
					.tail = FLOOR_TAIL},
				lines_fill = {.ahead = NEAR,
					.packets = true,
					.read = {0, FRONT},
					.copy = {FILL_FROM, WORK_FULL},
					.write = {-LIMIT_HEADERS, 0},
					.tail = FILL_TAIL},
				lines_decap = {.ahead = FAR, .packets = true, .read = {0, INNER_FRONT}},
				lines_join = {.ahead = NEAR,
					.packets = true,
					.pairs = true,
					.read = {0, INNER_FRONT},
					.write = {JOINT, JOINT + FLOOR_TAIL - 34},
					.read_second = {0, FLOOR_TAIL}},
				heads_interleaved = {.ahead = NEAR, .pairs = true, .window = WINDOW},
				lines_interleaved = {.ahead = NEAR,
					.packets = true,
					.pairs = true,
					.window = WINDOW,
					.read = {0, INNER_FRONT},
					.write = {JOINT, JOINT + FLOOR_TAIL - 34},
					.read_second = {0, FLOOR_TAIL}};

/* clang-format off */
#define STICK(name_, about_, per_, datagrams_, cold_, pairs_, ...) \
	{.name = "limit/" name_, .about = about_, .per = per_, .ops = datagrams_, .cold = cold_, .memory = (pairs_) > PAIRS, .open = open_stick, .run = run_stick, \
	 .finish = renew_stick, .close = close_stick, .arg = &(const struct stick_arg){__VA_ARGS__, datagrams_, pairs_, NULL}}
#define LIMIT(name, about, per, datagrams, ...) \
	LIMIT_OUT(name, about, per, datagrams, __VA_ARGS__), \
	STICK(name "-100k", about ", 100,000 MAC addresses", per, datagrams, false, PAIRS_MANY, __VA_ARGS__)
/* Hot packets for these are made right before, which looks up the same addresses: of many there is no row. */
#define LIMIT_OUT(name, about, per, datagrams, ...) \
	STICK(name, about, per, datagrams, false, PAIRS, __VA_ARGS__), \
	STICK(name "-cold", about ", cold", per, datagrams, true, PAIRS, __VA_ARGS__), \
	STICK(name "-100k-cold", about ", 100,000 MAC addresses, cold", per, datagrams, true, PAIRS_MANY, __VA_ARGS__)

#define LINES_ROW(name_, about_, per_, datagrams_, pairs_, touch_, null_, ...) \
	{.name = name_, .about = about_, .per = per_, .ops = datagrams_, .cold = true, .memory = (pairs_) > PAIRS, .null = null_, .open = open_stick, \
	 .run = run_stick, .finish = renew_stick, .close = close_stick, .arg = &(const struct stick_arg){__VA_ARGS__, datagrams_, pairs_, touch_}}
#define LINES(name, about, per, datagrams, touch, null, ...) \
	LINES_ROW("lines/" name "-cold", about ", cold", per, datagrams, PAIRS, touch, "null/lines-" null, __VA_ARGS__), \
	LINES_ROW("lines/" name "-100k-cold", about ", 100,000 MAC addresses, cold", per, datagrams, PAIRS_MANY, touch, "null/lines-" null, __VA_ARGS__)
#define LINES_NULL(name, about, per, datagrams, touch, ...) \
	LINES_ROW("null/lines-" name, about, per, datagrams, PAIRS, touch, NULL, __VA_ARGS__)

const struct bench_case bench_limit_cases[] = {
	LIMIT("encap/64", "the least that the row's work takes: two look-ups, a string, counters", "packet", BENCH_BURST, false, false, WORK_SMALL, 0),
	LIMIT("encap/1514-floor", "the same, and a cut at 1276", "packet", BENCH_BURST, false, false, WORK_FULL, LIMIT_FLOOR),
	LIMIT("encap/1514-fill", "the same, and a cut at 1500", "packet", BENCH_BURST, false, false, WORK_FULL, LIMIT_FILL),
	LIMIT_OUT("join/1514", "the least that it takes to join halves side by side, unwrap and look up", "datagram", BENCH_BURST, true, false, WORK_FULL, LIMIT_FLOOR),
	LIMIT_OUT("join/1514-interleaved", "the same, 128 firsts and then 128 seconds", "datagram", WINDOW, true, true, WORK_FULL, LIMIT_FLOOR),
	LIMIT_OUT("decap/64", "the least that it takes to check, unwrap and look up", "packet", BENCH_BURST, true, false, WORK_SMALL, 0),

	LINES_NULL("one", "heads of cold buffers alone, as the ports touch them", "packet", BENCH_BURST, &heads, false, false, WORK_SMALL, 0),
	LINES_NULL("cut", "the same, and a fresh buffer", "packet", BENCH_BURST, &heads_cut, false, false, WORK_FULL, LIMIT_FLOOR),
	LINES_NULL("join", "two buffers, of which one goes", "datagram", BENCH_BURST, &heads_join, true, false, WORK_FULL, LIMIT_FLOOR),
	LINES_NULL("join-interleaved", "the same, 128 firsts and then 128 seconds", "datagram", WINDOW, &heads_interleaved, true, true, WORK_FULL, LIMIT_FLOOR),
	LINES("encap/64", "the lines of the row's work, each touched once", "packet", BENCH_BURST, &lines_encap, "one", false, false, WORK_SMALL, 0),
	LINES("encap/1514-floor", "the same, those of a cut at 1276 too", "packet", BENCH_BURST, &lines_floor, "cut", false, false, WORK_FULL, LIMIT_FLOOR),
	LINES("encap/1514-fill", "the same, those of a cut at 1500 too", "packet", BENCH_BURST, &lines_fill, "cut", false, false, WORK_FULL, LIMIT_FILL),
	LINES("join/1514", "the lines of two headers, of what is copied and where to", "datagram", BENCH_BURST, &lines_join, "join", true, false, WORK_FULL, LIMIT_FLOOR),
	LINES("join/1514-interleaved", "the same, 128 firsts and then 128 seconds", "datagram", WINDOW, &lines_interleaved, "join-interleaved", true, true, WORK_FULL, LIMIT_FLOOR),
	LINES("decap/64", "the lines of the headers", "packet", BENCH_BURST, &lines_decap, "one", true, false, WORK_SMALL, 0),
	{.name = NULL},
};
/* clang-format on */
