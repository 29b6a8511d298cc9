/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The whole way of a packet through a worker: am_worker_turn with the tables that a configuration makes, between ports in
 * memory. Outside the clock: making packets, and looking at what came out.
 */
#include "case_pipeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_pause.h>

#include "feed.h"
#include "helper.h"
#include "net/ip.h"
#include "pipeline/stage.h"
#include "workload.h"

enum { MAC_PAIRS = 1024, TUNNELS = 64 }; /* where a case does not say */
enum { MANY_FLOWS = 10000 };

enum {
	ON_THEIR_WAY = 256, /* packets between two workers, below what their rings hold */
	PATIENCE_US = 10000,
};

/* A data plane and what one of its workers gets. */
struct line {
	struct bed bed;
	struct stock stock;
	struct feed feed;
};

struct pipeline {
	const struct pipeline_arg *arg;
	struct line line;
	struct line apart;  /* BESIDE_APART */
	struct feed second; /* BESIDE_WORKER */
	struct helper helper;
	uint64_t runs;                       /* since the sample began */
	uint64_t helper_runs, helper_cycles; /* its counts when the sample began */
};

char *pipeline_config(const void *arg)
{
	const struct pipeline_arg *a = arg;
	struct setup setup = a->setup;

	setup.tunnels = setup.tunnels ? setup.tunnels : TUNNELS;
	return a->config ? strdup(a->config) : setup_config(&setup);
}

static struct am_config *load_config(const struct pipeline_arg *arg, struct am_err *err)
{
	struct am_config_errors errors = {0};
	char *text = pipeline_config(arg);
	struct am_config *c = NULL;

	if (text)
		c = am_config_load_checked(text, strlen(text), am_model_check, &errors);
	if (!c)
		am_fail(err, EINVAL, "%s: %s", errors.n ? errors.items[0].path : "$",
			errors.n ? errors.items[0].text : "no memory for a configuration");
	am_config_errors_free(&errors);
	free(text);
	return c;
}

static void close_line(struct line *l)
{
	feed_close(&l->feed);
	stock_close(&l->stock);
	bed_close(&l->bed);
}

/* That of the first worker to which something comes: with hand-off that is not always number 0. */
static int open_feed(struct line *l, uint64_t seed, struct am_err *err)
{
	int ret = feed_open(&l->feed, &l->bed, &l->stock, 0, seed, err);

	for (unsigned w = 1; ret == 0 && !l->feed.n_schedule && w < l->bed.workers; w++) {
		feed_close(&l->feed);
		ret = feed_open(&l->feed, &l->bed, &l->stock, w, seed, err);
	}
	return ret;
}

static int open_line(
	struct line *l, const struct bench_env *env, const struct pipeline_arg *arg, struct am_err *err)
{
	struct rte_mempool *pool = arg->traffic.memory == TRAFFIC_COLD ? env->cold : env->pool;
	struct am_config *c = load_config(arg, err);
	struct traffic traffic = arg->traffic;
	int ret = c ? bed_open(&l->bed, c, pool, env->seed, err) : -EINVAL;

	if (ret)
		return ret;
	if (!traffic.flows)
		traffic.flows = traffic.mac_pairs = MAC_PAIRS;
	ret = stock_open(&l->stock, &l->bed, &traffic, err);
	if (ret == 0)
		ret = open_feed(l, env->seed, err);
	if (ret == 0 && arg->setup.everything)
		ret = bed_trace(&l->bed, err);
	if (ret)
		close_line(l);
	return ret;
}

static int start_beside(struct pipeline *p, const struct bench_env *env, struct am_err *err)
{
	struct feed *feed = p->arg->beside == BESIDE_APART ? &p->apart.feed : &p->second;
	int ret = 0;

	if (p->arg->beside == BESIDE_NOTHING)
		return 0;
	if (env->second_cpu < 0)
		return am_fail(err, ENODEV, "no second CPU to run a worker on; see nproc and taskset -p");
	if (p->arg->beside == BESIDE_APART)
		ret = open_line(&p->apart, env, p->arg, err);
	else
		ret = feed_open(
			&p->second, &p->line.bed, &p->line.stock, !p->line.feed.worker, env->seed, err);
	return ret ? ret : helper_start(&p->helper, feed, env->second_cpu, err);
}

void pipeline_close(void *state)
{
	struct pipeline *p = state;

	helper_stop(&p->helper);
	feed_close(&p->second);
	close_line(&p->apart);
	close_line(&p->line);
	free(p);
}

void *pipeline_open(const struct bench_env *env, const void *arg, struct am_err *err)
{
	struct pipeline *p = work_alloc(sizeof *p);

	if (!p) {
		am_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	p->arg = arg;
	if (!open_line(&p->line, env, arg, err) && !start_beside(p, env, err))
		return p;
	pipeline_close(p);
	return NULL;
}

/* Packets that the second worker was handed, or was to be, and did not take yet. */
static uint64_t on_their_way(const struct pipeline *p)
{
	struct am_worker_stats first, second;

	am_plane_worker_stats(p->line.bed.plane, p->line.feed.worker, &first);
	am_plane_worker_stats(p->line.bed.plane, p->second.worker, &second);
	return first.handed_out - second.handed_in;
}

/* Frames that are lost between workers cost less than those that are carried. */
static void await_helper(const struct pipeline *p)
{
	am_time start = am_clock_monotonic();

	while (on_their_way(p) > ON_THEIR_WAY &&
		am_time_since(am_clock_monotonic(), start) < PATIENCE_US * AM_US)
		rte_pause();
}

bool pipeline_arrive(void *state)
{
	struct pipeline *p = state;

	if (p->helper.started && !p->line.feed.exact)
		await_helper(p);
	return feed_arrive(&p->line.feed);
}

bool pipeline_work(void *state)
{
	return feed_work(&((struct pipeline *)state)->line.feed);
}

bool pipeline_collect(void *state)
{
	struct pipeline *p = state;

	p->runs++;
	if (!bed_read_trace(&p->line.bed))
		return false;
	return feed_collect(&p->line.feed) && !atomic_load_explicit(&p->helper.failed, memory_order_relaxed);
}

/* The helper must have worked about as much, or it was not there. With hand-off its cycles are part of the packets'. */
bool pipeline_beside(void *state, double *cycles)
{
	struct pipeline *p = state;
	uint64_t runs = atomic_load_explicit(&p->helper.runs, memory_order_relaxed);
	uint64_t spent = atomic_load_explicit(&p->helper.cycles, memory_order_relaxed);
	uint64_t mine = p->runs, its = runs - p->helper_runs;

	*cycles = 0;
	if (!p->line.feed.exact && mine)
		*cycles = (double)(spent - p->helper_cycles) / (double)(mine * p->line.feed.datagrams);
	p->runs = 0;
	p->helper_runs = runs;
	p->helper_cycles = spent;
	return 2 * its >= mine;
}

uint64_t pipeline_exchange(void *state)
{
	return helper_exchange(&((struct pipeline *)state)->helper);
}

void pipeline_stages(void *state, uint64_t cycles[BENCH_STAGES_MAX])
{
	const struct pipeline *p = state;

	_Static_assert((int)AM_STAGES <= BENCH_STAGES_MAX, "each stage has a place");
	am_plane_stages(p->line.bed.plane, p->line.feed.worker, cycles);
}

bool pipeline_arrive_null(void *state)
{
	return feed_arrive_null(&((struct pipeline *)state)->line.feed);
}

bool pipeline_work_null(void *state)
{
	return feed_work_null(&((struct pipeline *)state)->line.feed);
}

bool pipeline_collect_null(void *state)
{
	return feed_collect_null(&((struct pipeline *)state)->line.feed);
}

void pipeline_case(struct bench_case *c, const struct pipeline_arg *arg)
{
	c->arg = arg;
	c->ops = traffic_datagrams(&arg->traffic);
	c->cold = arg->traffic.memory == TRAFFIC_COLD;
	c->memory = arg->traffic.flows > MANY_FLOWS;
	c->two_cpus = arg->beside != BESIDE_NOTHING;
	c->open = pipeline_open;
	c->prepare = arg->null ? pipeline_arrive_null : pipeline_arrive;
	c->run = arg->null ? pipeline_work_null : pipeline_work;
	c->finish = arg->null ? pipeline_collect_null : pipeline_collect;
	c->stages = arg->null ? NULL : pipeline_stages;
	c->beside = c->two_cpus ? pipeline_beside : NULL;
	c->close = pipeline_close;
	c->config_text = pipeline_config;
}
