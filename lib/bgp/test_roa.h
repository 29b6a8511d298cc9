/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_TEST_ROA_H
#define BGP_TEST_ROA_H
/* A ROA table beside the plainest one there is: a list. What octets say is done to both, and both must answer alike. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "bgp/roa.h"

enum { MODEL_ROOM = 4096, MODEL_SOURCES = 2 };

struct model_row {
	struct am_bgp_roa roa;
	bool said[MODEL_SOURCES], stale[MODEL_SOURCES];
};

struct model {
	struct am_bgp_roa_table *table;
	size_t n;
	struct model_row rows[MODEL_ROOM];
};

static void model_fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

static struct model_row *model_find(struct model *m, const struct am_bgp_roa *roa)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct am_bgp_roa *r = &m->rows[i].roa;

		if (!memcmp(&r->prefix, &roa->prefix, sizeof r->prefix) && r->as == roa->as &&
			r->max_len == roa->max_len)
			return &m->rows[i];
	}
	return NULL;
}

static bool model_has(const struct model_row *row)
{
	return row->said[0] || row->said[1];
}

/* RFC 6811 2, word by word. */
static enum am_bgp_roa_state model_validate(const struct model *m, const struct am_prefix *p, uint32_t origin)
{
	enum am_bgp_roa_state state = AM_BGP_ROA_NOT_FOUND;

	for (size_t i = 0; i < m->n; i++) {
		const struct am_bgp_roa *r = &m->rows[i].roa;

		if (!model_has(&m->rows[i]) || r->prefix.len > p->len ||
			!am_prefix_contains(&r->prefix, &p->ip))
			continue;
		if (origin && r->as == origin && p->len <= r->max_len)
			return AM_BGP_ROA_VALID;
		state = AM_BGP_ROA_INVALID;
	}
	return state;
}

/* Short keys, so that prefixes meet: the first octet and the last bits vary. */
static struct am_prefix model_prefix(struct am_reader *r)
{
	uint8_t how = am_take8(r), bits = am_take8(r);
	struct am_ip ip = {.family = how & 1 ? AM_IPV6 : AM_IPV4};
	uint8_t most = how & 1 ? 128 : 32, len = (uint8_t)(how & 2 ? bits % 8 : most - bits % 8);

	ip.bytes[0] = am_take8(r);
	ip.bytes[most / 8 - 1] = (uint8_t)(how & 0xfc);
	return am_prefix_around(&ip, len);
}

static void model_agree(const struct model *m, const struct am_prefix *p)
{
	for (uint32_t origin = 0; origin < 4; origin++) {
		if (am_bgp_roa_validate(m->table, p, origin) != model_validate(m, p, origin))
			model_fail("the table and the list disagree");
	}
}

/* What stands there now: who returned 0 changed nothing, and who returned 1 only what is in its prefix. */
struct model_probe {
	struct am_prefix prefix;
	enum am_bgp_roa_state state[4];
};

static struct model_probe model_look(const struct model *m, const struct am_prefix *p)
{
	struct model_probe probe = {.prefix = *p};

	for (uint32_t origin = 0; origin < 4; origin++)
		probe.state[origin] = am_bgp_roa_validate(m->table, p, origin);
	return probe;
}

static void model_changed(
	const struct model *m, const struct model_probe *before, const struct am_prefix *where)
{
	struct model_probe now = model_look(m, &before->prefix);
	bool inside =
		where && where->len <= before->prefix.len && am_prefix_contains(where, &before->prefix.ip);

	if (!inside && memcmp(now.state, before->state, sizeof now.state))
		model_fail("a state changed that was said not to");
}

static void model_sweep(struct model *m, unsigned source, const struct model_probe *probe)
{
	struct model_probe before = *probe;
	struct am_bgp_roa roa;
	int rc;

	while ((rc = am_bgp_roa_sweep(m->table, source, &roa))) {
		model_changed(m, &before, rc == 1 ? &roa.prefix : NULL);
		before = model_look(m, &before.prefix);
	}
	for (size_t i = 0; i < m->n; i++) {
		if (m->rows[i].stale[source])
			m->rows[i].said[source] = m->rows[i].stale[source] = false;
	}
}

static void model_set(struct model *m, unsigned source, const struct am_bgp_roa *roa, bool add,
	const struct model_probe *probe)
{
	struct model_row *row = model_find(m, roa);
	int rc;

	if (!row && m->n == MODEL_ROOM)
		return;
	if (!row && add) {
		row = &m->rows[m->n++];
		*row = (struct model_row){.roa = *roa};
	}
	if (row) {
		row->said[source] = add;
		row->stale[source] = false;
	}
	rc = add ? am_bgp_roa_add(m->table, source, roa) : am_bgp_roa_remove(m->table, source, roa);
	if (rc < 0)
		model_fail("a right entry was refused");
	model_changed(m, probe, rc ? &roa->prefix : NULL);
}

static void model_count(const struct model *m)
{
	size_t n[2] = {0, 0};

	for (size_t i = 0; i < m->n; i++)
		n[m->rows[i].roa.prefix.ip.family == AM_IPV6] += model_has(&m->rows[i]);
	if (am_bgp_roa_count(m->table, AM_IPV4) != n[0] || am_bgp_roa_count(m->table, AM_IPV6) != n[1])
		model_fail("the table holds another number than the list");
}

/* Do what the octets say. */
static void model_run(struct model *m, struct am_reader *r)
{
	m->table = am_bgp_roa_create();
	m->n = 0;
	while (am_reader_left(r)) {
		uint8_t what = am_take8(r);
		unsigned source = what & 1;
		struct am_prefix route = model_prefix(r);
		struct model_probe probe = model_look(m, &route);
		struct am_bgp_roa roa = {.prefix = model_prefix(r)};

		roa.as = what >> 1 & 3;
		roa.max_len = (uint8_t)(roa.prefix.len +
					(am_ip_len(&roa.prefix.ip) * 8 - roa.prefix.len) * (what >> 3 & 1));
		if (what >> 4 == 15) {
			am_bgp_roa_refill(m->table, source);
			for (size_t i = 0; i < m->n; i++)
				m->rows[i].stale[source] = m->rows[i].said[source];
		} else if (what >> 4 == 14) {
			model_sweep(m, source, &probe);
		} else {
			model_set(m, source, &roa, what >> 4 < 9, &probe);
		}
		model_agree(m, &route);
		model_agree(m, &roa.prefix);
	}
	model_count(m);
	am_bgp_roa_free(m->table);
}

#endif
