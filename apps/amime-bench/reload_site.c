/* SPDX-License-Identifier: BSD-3-Clause */
#include "reload_site.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "config/config.h"
#include "drivers/driver.h"
#include "plane.h"

enum {
	SEED = 20261128,
	PATHS = 32768,
	LEARN_BATCH = 64,
};

static uint64_t now_ns(void)
{
	return am_clock_monotonic().ns;
}

/* Of this thread: what it computes takes as long on a busy machine. */
static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * AM_S + (uint64_t)ts.tv_nsec;
}

/* ---- ports ---- */

/* Of the configuration's ports, by name; the third is opened when it is first wanted. */
static struct am_port *find_port(struct site *s, const char *name, struct am_err *err)
{
	const struct am_port_conf conf = {
		.name = name, .pool = s->conf.pool, .queues = (uint16_t)s->conf.workers};

	if (!strcmp(name, "lan"))
		return s->lanes.lan;
	if (!strcmp(name, "wan"))
		return s->lanes.wan;
	if (!s->more && am_mem_open(&conf, &s->more, err))
		s->more = NULL;
	return s->more;
}

struct wanted {
	struct am_port *port[SITE_PORTS_MAX]; /* as in the configuration */
	struct am_port_limits limits[SITE_PORTS_MAX];
};

static int find_ports(struct site *s, const struct am_config *config, struct wanted *w, struct am_err *err)
{
	if (config->n_ports > SITE_PORTS_MAX)
		return am_fail(err, E2BIG, "%u ports are too many", config->n_ports);
	for (uint16_t i = 0; i < config->n_ports; i++) {
		w->port[i] = find_port(s, config->ports[i].name, err);
		if (!w->port[i])
			return -ENOMEM;
		w->limits[i] = w->port[i]->limits;
	}
	return 0;
}

/* Workers stand still only where the ports are others. */
static void swap(struct site *s, struct am_port *const ports[SITE_PORTS_MAX])
{
	bool differ = memcmp(s->open, ports, sizeof s->open) != 0;

	if (differ && s->workers)
		am_workers_park(s->workers);
	for (uint16_t id = 0; differ && id < SITE_PORTS_MAX; id++)
		am_plane_set_port(s->plane, id, ports[id]);
	am_plane_swap_roots(s->plane, am_model_roots(s->model));
	if (differ && s->workers)
		am_workers_resume(s->workers);
	memcpy(s->open, ports, sizeof s->open);
}

/* ---- one configuration after the other ---- */

/* Reassembly state and counters are the workers' own, so they stand still while those of what left are cleared. */
static void clear(struct site *s, const struct am_retired *old)
{
	uint32_t at = 0, peer;
	uint16_t iface;
	bool parked = false;

	while (am_retired_next_peer(old, &at, &peer)) {
		if (!parked && s->workers)
			am_workers_park(s->workers);
		parked = true;
		am_plane_forget_peer(s->plane, peer);
	}
	for (at = 0; am_retired_next_iface(old, &at, &iface);) {
		if (!parked && s->workers)
			am_workers_park(s->workers);
		parked = true;
		am_plane_clear_iface(s->plane, iface);
	}
	if (parked && s->workers)
		am_workers_resume(s->workers);
}

void site_retire(struct site *s, struct am_retired *old)
{
	uint64_t token;

	if (!old)
		return;
	token = am_plane_token(s->plane);
	while (s->workers && !am_plane_passed(s->plane, token))
		sched_yield();
	clear(s, old);
	am_model_retire(old);
}

static void free_oldest(struct site *s)
{
	struct am_retired *old = s->retiring[s->retired++ % SITE_RETIRING].old;

	clear(s, old);
	am_model_retire(old);
}

void site_retire_later(struct site *s, struct am_retired *old)
{
	while (s->retired != s->unlinked &&
		(!s->workers || am_plane_passed(s->plane, s->retiring[s->retired % SITE_RETIRING].token)))
		free_oldest(s);
	if (!old)
		return;
	while (s->unlinked - s->retired == SITE_RETIRING)
		if (am_plane_passed(s->plane, s->retiring[s->retired % SITE_RETIRING].token))
			free_oldest(s);
		else
			sched_yield();
	s->retiring[s->unlinked % SITE_RETIRING].old = old;
	s->retiring[s->unlinked++ % SITE_RETIRING].token = am_plane_token(s->plane);
}

static void commit(struct site *s, struct am_plan *plan, const struct wanted *w, struct site_times *times)
{
	struct am_port *by_id[SITE_PORTS_MAX] = {NULL};
	struct am_retired *old;
	uint64_t began = now_ns();

	for (uint16_t i = 0; i < SITE_PORTS_MAX && w->port[i]; i++)
		by_id[am_plan_port_id(plan, i)] = w->port[i];
	old = am_model_commit(s->model, plan);
	swap(s, by_id);
	times->commit = now_ns() - began;
	began = now_ns();
	site_retire(s, old);
	times->retire = now_ns() - began;
}

int site_apply(struct site *s, const char *text, size_t len, struct site_times *times, struct am_err *err)
{
	struct am_config_errors errors = {0};
	uint64_t began = cpu_ns();
	struct am_config *config = am_config_load(text, len, &errors);
	struct am_plan *plan = NULL;
	struct wanted w = {{NULL}, {{0}}};
	int ret = config ? find_ports(s, config, &w, err) : -EINVAL;

	times->load = cpu_ns() - began;
	began = cpu_ns();
	if (!ret)
		plan = am_model_prepare(s->model, config, w.limits, &errors);
	times->prepare = cpu_ns() - began;
	if (plan)
		commit(s, plan, &w, times);
	else
		am_config_free(config);
	if (!plan && errors.n)
		ret = am_fail(err, EINVAL, "%s: %s", errors.items[0].path, errors.items[0].text);
	am_config_errors_free(&errors);
	return plan ? 0 : ret;
}

unsigned site_learn(struct site *s)
{
	uint64_t now_s = now_ns() / AM_S;
	struct am_learn reports[LEARN_BATCH];
	unsigned all = 0, n;

	for (unsigned i = 0; i < s->conf.workers; i++) {
		n = am_plane_learned(s->plane, i, reports, LEARN_BATCH);
		for (unsigned k = 0; k < n; k++)
			am_model_learn(s->model,
				&(struct am_learn_in){.key = reports[k].key, .member = reports[k].member},
				now_s);
		all += n;
	}
	return all;
}

/* ---- making and taking apart ---- */

static int make_plane(struct site *s, const struct am_config *config, struct am_err *err)
{
	struct am_plane_conf conf = {
		.workers = s->conf.workers,
		.pool = s->conf.pool,
		.fdb = am_model_fdb(s->model),
		.reasm = am_plane_reasm(config, PATHS, SEED),
		.paths = PATHS,
		.ifaces = AM_IFACES_MAX,
		.seed = SEED,
		.learn_fd = -1,
	};

	s->plane = am_plane_create(&conf, err);
	return s->plane ? 0 : -ENOMEM;
}

static int start_workers(struct site *s, struct am_err *err)
{
	struct am_config conf = {.workers = (uint16_t)s->conf.workers, .idle = AM_IDLE_SPIN};

	if (s->conf.pinned) {
		conf.n_cpus = conf.workers;
		memcpy(conf.cpus, s->conf.cpus, sizeof s->conf.cpus);
	}
	s->workers = am_workers_start(s->plane, &conf, err);
	return s->workers ? 0 : -EAGAIN;
}

static int make(struct site *s, const char *text, size_t len, struct am_err *err)
{
	struct am_config_errors errors = {0};
	struct am_config *config = am_config_load(text, len, &errors);
	struct site_times times;
	int ret = 0;

	if (!config)
		ret = am_fail(err, EINVAL, "%s: %s", errors.items[0].path, errors.items[0].text);
	s->model = am_model_create(s->conf.fdb_size, s->conf.workers, SEED, PATHS);
	if (!ret && !s->model)
		ret = am_fail(err, ENOMEM, "no memory for the tables");
	if (!ret)
		ret = make_plane(s, config, err);
	if (!ret && lanes_open(&s->lanes, s->conf.pool, s->conf.workers))
		ret = am_fail(err, ENOMEM, "no memory for ports");
	if (!ret)
		ret = site_apply(s, text, len, &times, err);
	if (!ret)
		ret = start_workers(s, err);
	am_config_free(config);
	am_config_errors_free(&errors);
	return ret;
}

int site_open(struct site *s, const struct site_conf *conf, const char *text, size_t len, struct am_err *err)
{
	int ret;

	*s = (struct site){.conf = *conf};
	ret = make(s, text, len, err);
	if (ret)
		site_close(s);
	return ret;
}

void site_close(struct site *s)
{
	am_workers_stop(s->workers);
	s->workers = NULL;
	site_retire_later(s, NULL);
	if (s->plane)
		am_plane_free(s->plane);
	if (s->model)
		am_model_free(s->model);
	if (s->more)
		s->more->ops->close(s->more);
	lanes_close(&s->lanes);
	*s = (struct site){.conf = s->conf};
}
