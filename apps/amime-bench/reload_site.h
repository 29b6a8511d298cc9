/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_RELOAD_SITE_H
#define BENCH_RELOAD_SITE_H
/*
 * What amimed is without its sockets: model, plane and worker threads, taking one configuration after the other while
 * traffic goes through. The order of steps, and where workers have to stand still, are amimed's.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/model.h"
#include "pipeline/worker.h"
#include "reload_lanes.h"
#include "workers.h"

struct rte_mempool;

enum { SITE_PORTS_MAX = 4, SITE_RETIRING = 256 };

struct site_conf {
	struct rte_mempool *pool;
	unsigned workers;
	uint16_t cpus[LANES_MAX]; /* worker i runs on it */
	bool pinned;
	uint32_t fdb_size;
};

struct site {
	struct site_conf conf;
	struct am_model *model;
	struct am_plane *plane;
	struct am_workers *workers;
	struct lanes lanes;
	struct am_port *more;                 /* comes and goes */
	struct am_port *open[SITE_PORTS_MAX]; /* by port id, as the workers have them */
	struct {
		struct am_retired *old;
		uint64_t token;
	} retiring[SITE_RETIRING];  /* a ring */
	unsigned retired, unlinked; /* ever */
};

/* How long each step of one configuration took: the first two of this thread's CPU, the others by the clock. */
struct site_times {
	uint64_t load;    /* text to configuration */
	uint64_t prepare; /* configuration to tables, nothing visible */
	uint64_t commit;  /* made the running one, workers have it */
	uint64_t retire;  /* after the grace period: what is not needed any more */
};

/* 0 or a negative errno and err; nothing is left open then. The workers run when it returns. */
int site_open(struct site *s, const struct site_conf *conf, const char *text, size_t len, struct am_err *err);
void site_close(struct site *s);

int site_apply(struct site *s, const char *text, size_t len, struct site_times *times, struct am_err *err);

/* Wait until no worker can see what was unlinked, and free it. NULL is nothing. */
void site_retire(struct site *s, struct am_retired *old);
/* The same without waiting: it is freed by a later call, or when the site is closed. */
void site_retire_later(struct site *s, struct am_retired *old);

/* Take what workers learnt; returns how many reports there were. */
unsigned site_learn(struct site *s);

#endif
