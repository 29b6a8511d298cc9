/* SPDX-License-Identifier: BSD-3-Clause */
#include "acl.h"
#include "route.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 64 };

struct am_block {
	struct am_block *next;
} __attribute__((aligned(ALIGN)));

struct am_snapshot *am_snapshot_new(uint64_t serial)
{
	struct am_snapshot *s = calloc(1, sizeof *s);

	if (s)
		s->serial = serial;
	return s;
}

bool am_snapshot_free_some(struct am_snapshot *s, unsigned budget)
{
	struct am_block *b;

	for (; s->n_paths && budget; budget--)
		free(s->paths[--s->n_paths].string);
	for (; s->n_holds && budget; budget--) {
		s->n_holds--;
		am_ids_drop(s->holds[s->n_holds].ids, s->holds[s->n_holds].index);
	}
	for (; s->n_acls && budget; budget--)
		am_acl_drop(s->acls[--s->n_acls].entry);
	while (!s->n_paths && !s->n_holds && !s->n_acls && s->blocks && budget) {
		b = s->blocks;
		s->blocks = b->next;
		free(b);
		budget--;
	}
	if (s->n_paths || s->n_holds || s->n_acls || s->blocks)
		return true;
	am_peers_free(s->peers);
	am_map_free(s->nexthop_ids);
	am_map_free(s->static_macs);
	am_map_free(s->route_ids);
	am_grown_free(s->grown, s->n_grown);
	for (uint32_t i = 0; i < s->n_hops; i++)
		free(s->hops[i].adjacency);
	free(s->hops);
	free(s->routes);
	free(s->notes);
	free(s->wanted);
	free(s->roots.members);
	free(s->roots.exits);
	am_config_free(s->config);
	free(s->holds);
	free(s);
	return false;
}

void am_snapshot_free(struct am_snapshot *s)
{
	while (s && am_snapshot_free_some(s, UINT_MAX))
		;
}

void *am_snapshot_alloc(struct am_snapshot *s, size_t count, size_t size)
{
	size_t octets = (sizeof(struct am_block) + count * size + ALIGN - 1) / ALIGN * ALIGN;
	struct am_block *b = aligned_alloc(ALIGN, octets);

	if (!b)
		return NULL;
	memset(b, 0, octets);
	b->next = s->blocks;
	s->blocks = b;
	s->octets += octets;
	return b + 1;
}

int am_snapshot_take(
	struct am_snapshot *s, struct am_ids *ids, const char *name, uint32_t span, uint32_t *index)
{
	struct am_hold *holds;
	uint32_t room;
	int rc;

	if (s->n_holds == s->room_holds) {
		room = s->room_holds ? s->room_holds * 2 : 64;
		holds = realloc(s->holds, room * sizeof *holds);
		if (!holds)
			return -ENOMEM;
		s->holds = holds;
		s->room_holds = room;
	}
	rc = am_ids_take(ids, name, span, s->serial, index);
	if (rc == 0)
		s->holds[s->n_holds++] = (struct am_hold){ids, *index};
	return rc < 0 ? rc : 0;
}
