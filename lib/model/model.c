/* SPDX-License-Identifier: BSD-3-Clause */
#include "model/model.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "route.h"
#include "stack.h"
#include "state.h"

bool am_slab_init(struct am_slab *slab)
{
	slab->items = calloc(AM_NO_ID, sizeof *slab->items);
	slab->n = slab->items ? AM_NO_ID : 0;
	return slab->items;
}

void *am_slab_get(struct am_slab *slab, uint32_t index, size_t size)
{
	if (index >= slab->n)
		return NULL;
	if (!slab->items[index])
		slab->items[index] = calloc(1, size);
	return slab->items[index];
}

void am_slab_free(struct am_slab *slab)
{
	for (uint32_t i = 0; i < slab->n; i++)
		free(slab->items[i]);
	free(slab->items);
}

/* ---- a model ---- */

struct am_model *am_model_create(uint32_t fdb_size, unsigned workers, uint64_t seed, uint32_t max_paths)
{
	struct am_model *m = calloc(1, sizeof *m);

	if (!m)
		return NULL;
	if (max_paths > AM_NO_ID)
		max_paths = AM_NO_ID;
	m->seed = seed;
	m->fdb = am_fdb_create(fdb_size, workers, seed);
	m->learner = am_learner_create(seed);
	m->pairs = am_pairs_create(seed);
	m->ports = am_ids_create(0, AM_MODEL_PORTS);
	m->tunnels = am_ids_create(0, AM_NO_ID);
	m->bridges = am_ids_create(0, AM_NO_ID);
	m->members = am_ids_create(1, AM_NO_ID); /* 0 in the FDB is an unknown MAC */
	m->ifaces = am_ids_create(0, AM_IFACES_MAX);
	m->peers = am_ids_create(0, max_paths);
	m->paths = am_ids_create(0, max_paths);
	m->sequences = am_ids_create(0, AM_NO_ID);
	m->vrfs = am_ids_create(AM_VRF_DEFAULT + 1, AM_VRFS_MAX);
	m->interfaces = am_ids_create(0, AM_NO_ID);
	m->route_classes = am_ids_create(1, AM_ROUTES_MAX - AM_NEIGHBOURS_MAX); /* 0 in a FIB is no route */
	m->acl_rows = am_ids_create(0, AM_ACL_ROWS);
	if (am_slab_init(&m->sequence_slab) && am_slab_init(&m->storm_slab) &&
		am_slab_init(&m->bridge_slab) && am_slab_init(&m->table_slab) && m->fdb && m->learner &&
		m->pairs && m->ports && m->tunnels && m->bridges && m->members && m->ifaces && m->peers &&
		m->paths && m->sequences && m->vrfs && m->interfaces && m->route_classes && m->acl_rows &&
		am_tables_create(m) == 0 && am_as_create(m) == 0 && am_neighbours_create(m) == 0)
		return m;
	am_model_free(m);
	return NULL;
}

void am_model_free(struct am_model *m)
{
	if (!m)
		return;
	am_snapshot_free(m->running);
	am_ids_free(m->ports);
	am_ids_free(m->tunnels);
	am_ids_free(m->bridges);
	am_ids_free(m->members);
	am_ids_free(m->ifaces);
	am_ids_free(m->peers);
	am_ids_free(m->paths);
	am_ids_free(m->sequences);
	am_ids_free(m->vrfs);
	am_ids_free(m->interfaces);
	am_ids_free(m->route_classes);
	am_ids_free(m->acl_rows);
	am_neighbours_free(m);
	am_as_free(m);
	am_tables_free(m);
	am_slab_free(&m->sequence_slab);
	am_slab_free(&m->storm_slab);
	am_slab_free(&m->bridge_slab);
	am_learner_free(m->learner);
	am_pairs_free(m->pairs);
	am_fdb_free(m->fdb);
	free(m);
}

struct am_fdb *am_model_fdb(struct am_model *m)
{
	return m->fdb;
}

void am_model_limit_ifaces(struct am_model *m, uint16_t ifaces)
{
	am_ids_set_max(m->ifaces, ifaces);
}

/* ---- prepare, commit, retire ---- */

static struct am_plan *plan_new(struct am_model *m, struct am_config *config)
{
	struct am_plan *plan = calloc(1, sizeof *plan);

	if (!plan)
		return NULL;
	plan->model = m;
	plan->snapshot = am_snapshot_new(++m->serials);
	plan->retired = calloc(1, sizeof *plan->retired);
	if (!plan->snapshot || !plan->retired) {
		am_plan_free(plan);
		return NULL;
	}
	plan->snapshot->config = config;
	return plan;
}

void am_model_check(const struct am_config *config, struct am_config_errors *errors)
{
	am_check(config, NULL, false, errors);
}

struct am_plan *am_model_prepare(struct am_model *m, struct am_config *config,
	const struct am_port_limits *limits, struct am_config_errors *errors)
{
	struct am_plan *plan = plan_new(m, config);
	size_t complaints = errors->n;
	int rc = plan ? 0 : -ENOMEM;

	if (plan) {
		am_check(config, limits, true, errors);
		if (errors->n == complaints)
			rc = am_build(m, plan->snapshot, limits, errors);
		if (rc == 0 && errors->n == complaints)
			rc = am_config_diff(am_model_config(m), config, &plan->diff);
	}
	if (rc == 0 && errors->n == complaints) {
		am_paths_link(plan->snapshot, m->running);
		am_hops_link(plan->snapshot);
		plan->answers = m->answers;
		return plan;
	}
	if (rc < 0)
		am_config_complain(config, errors, "$", "cannot be prepared: %s", strerror(-rc));
	if (plan)
		plan->snapshot->config = NULL; /* stays the caller's */
	am_plan_free(plan);
	return NULL;
}

void am_plan_free(struct am_plan *plan)
{
	if (!plan)
		return;
	am_diff_free(&plan->diff);
	am_snapshot_free(plan->snapshot);
	free(plan->retired);
	free(plan);
}

const struct am_diff *am_plan_diff(const struct am_plan *plan)
{
	return &plan->diff;
}

const struct am_roots *am_plan_roots(const struct am_plan *plan)
{
	return &plan->snapshot->roots;
}

uint16_t am_plan_port_id(const struct am_plan *plan, uint16_t i)
{
	return plan->snapshot->port_ids[i];
}

/* What the FDB says can only be wrong where a bridge has changed. */
static bool changes_members(const struct am_diff *diff)
{
	for (size_t i = 0; i < diff->n; i++)
		if (diff->items[i].object == AM_OBJ_BRIDGE || diff->items[i].object == AM_OBJ_XCONNECT)
			return true;
	return false;
}

struct am_retired *am_model_commit(struct am_model *m, struct am_plan *plan)
{
	struct am_snapshot *old = m->running;
	struct am_retired *retired = plan->retired;

	if (plan->answers != m->answers) {
		am_paths_link(plan->snapshot, old);
		am_hops_link(plan->snapshot);
	}
	plan->snapshot->roots.generation = ++m->generation;
	m->running = plan->snapshot;
	*retired = (struct am_retired){.model = m,
		.snapshot = old,
		.fibs = plan->snapshot->grown,
		.n_fibs = plan->snapshot->n_grown};
	retired->room = am_tables_commit(m, plan->snapshot, old);
	plan->snapshot->grown = NULL; /* what is in it now leaves */
	plan->snapshot->n_grown = 0;
	if (changes_members(&plan->diff)) {
		am_learn_reconcile(m);
		am_pairs_reconcile(m);
	}
	am_diff_free(&plan->diff);
	free(plan);
	return retired;
}

bool am_model_retire_some(struct am_retired *old, unsigned budget)
{
	/* Its numbers become free for others, so nothing may name them any more. */
	if (old->snapshot)
		am_learn_finish(old->model);
	if (!old->begun && old->room)
		am_tables_collect(old->model);
	if (!old->begun && old->snapshot)
		am_tables_forget(old->model, old->snapshot);
	old->begun = true;
	if (old->snapshot && am_snapshot_free_some(old->snapshot, budget))
		return true;
	for (uint32_t i = 0; i < old->n_strings; i++)
		free(old->strings[i]);
	for (uint32_t i = 0; i < old->n_adjacencies; i++)
		free(old->adjacencies[i]);
	free(old->adjacencies);
	am_grown_free(old->fibs, old->n_fibs);
	am_neighbours_retire(old->model, old->neighbours, old->n_neighbours);
	free(old->neighbours);
	free(old);
	return false;
}

void am_model_retire(struct am_retired *old)
{
	while (old && am_model_retire_some(old, UINT_MAX))
		;
}
