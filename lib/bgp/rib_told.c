/* SPDX-License-Identifier: BSD-3-Clause */
/* Adj-out of a group: 6 octets a prefix where one path is told; with add-path, a list. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rib_state.h"

static struct am_bgp_page *page_of(const struct am_bgp_group *g, uint32_t node)
{
	uint32_t number = node / AM_BGP_PAGE;

	return number < g->n_pages ? g->pages[number] : NULL;
}

unsigned am_bgp_told_get(const struct am_bgp_group *g, uint32_t node, struct am_bgp_told_path *paths)
{
	const struct am_bgp_page *page = page_of(g, node);
	uint32_t told = page ? page->told[node % AM_BGP_PAGE] : 0;
	unsigned n = 0;

	if (!told)
		return 0;
	if (!g->rules.path_ids) {
		paths[0] = (struct am_bgp_told_path){.set = told, .from = page->from[node % AM_BGP_PAGE]};
		return 1;
	}
	for (; told; n++) {
		paths[n] = *(const struct am_bgp_told_path *)am_bgp_pool_at(&g->paths, told);
		told = paths[n].next;
	}
	return n;
}

static bool page_make(struct am_bgp_group *g, uint32_t node)
{
	struct am_bgp_page **page = &g->pages[node / AM_BGP_PAGE];

	if (!*page)
		*page = calloc(1, sizeof **page);
	return *page;
}

static void page_drop(struct am_bgp_group *g, uint32_t node)
{
	struct am_bgp_page **page = &g->pages[node / AM_BGP_PAGE];

	if (*page && !(*page)->live) {
		free(*page);
		*page = NULL;
	}
}

static void list_free(struct am_bgp_group *g, uint32_t first)
{
	while (first) {
		uint32_t next = ((struct am_bgp_told_path *)am_bgp_pool_at(&g->paths, first))->next;

		am_bgp_pool_free(&g->paths, first);
		first = next;
	}
}

/* A list of these paths. 0: no memory, or none. */
static uint32_t list_make(struct am_bgp_group *g, const struct am_bgp_told_path *paths, unsigned n)
{
	uint32_t first = 0;

	while (n--) {
		uint32_t id = am_bgp_pool_alloc(&g->paths);
		struct am_bgp_told_path *path;

		if (!id) {
			list_free(g, first);
			return 0;
		}
		path = am_bgp_pool_at(&g->paths, id);
		*path = paths[n];
		path->next = first;
		first = id;
	}
	return first;
}

static unsigned in_force(const struct am_bgp_told_path *paths, unsigned n)
{
	unsigned sum = 0;

	while (n--)
		sum += paths[n].set != 0;
	return sum;
}

/* Without add-path there is at most one, and none without a set. */
static int set_one(
	struct am_bgp_rib *rib, struct am_bgp_group *g, uint32_t node, const struct am_bgp_told_path *path)
{
	uint32_t told = path ? path->set : 0, *place;
	struct am_bgp_page *page;

	if (!page_make(g, node))
		return -ENOMEM;
	page = page_of(g, node);
	place = &page->told[node % AM_BGP_PAGE];
	am_bgp_store_release(rib->store, *place, 1);
	page->live += (told != 0) - (*place != 0);
	g->advertised += (told != 0) - (*place != 0);
	*place = told;
	page->from[node % AM_BGP_PAGE] = path ? path->from : 0;
	page_drop(g, node);
	return 0;
}

static int set_list(struct am_bgp_rib *rib, struct am_bgp_group *g, uint32_t node,
	const struct am_bgp_told_path *paths, unsigned n)
{
	struct am_bgp_told_path old[AM_BGP_RIB_MULTIPATH];
	unsigned before = am_bgp_told_get(g, node, old);
	uint32_t told, *place;
	struct am_bgp_page *page;

	if (!page_make(g, node))
		return -ENOMEM;
	page = page_of(g, node);
	place = &page->told[node % AM_BGP_PAGE];
	told = list_make(g, paths, n);
	if (n && !told) {
		page_drop(g, node);
		return -ENOMEM;
	}
	list_free(g, *place);
	page->live += (told != 0) - (*place != 0);
	*place = told;
	for (unsigned i = 0; i < before; i++)
		am_bgp_store_release(rib->store, old[i].set, 1);
	g->advertised += (in_force(paths, n) != 0) - (in_force(old, before) != 0);
	page_drop(g, node);
	return 0;
}

int am_bgp_told_set(struct am_bgp_rib *rib, struct am_bgp_group *g, uint32_t node,
	const struct am_bgp_told_path *paths, unsigned n)
{
	if (!n && !am_bgp_told_any(g, node))
		return 0;
	return g->rules.path_ids ? set_list(rib, g, node, paths, n) : set_one(rib, g, node, n ? paths : NULL);
}
