/* SPDX-License-Identifier: BSD-3-Clause */
/* The graph as lines: each bridge, what is on it, and by what that is reached. */
#include <stdbool.h>
#include <string.h>

#include "graph.h"

enum { DEEPEST = AM_NODE_KINDS };

static void print_node(const struct am_node *n, const char *label, unsigned depth, FILE *out)
{
	fprintf(out, "%*s%s %s", (int)(2 * depth), "", am_node_word(n->kind), n->name);
	if (*n->detail)
		fprintf(out, " (%s)", n->detail);
	if (*label)
		fprintf(out, ", %s", label);
	if (n->state != AM_STATE_UNKNOWN)
		fprintf(out, ": %s", am_state_word(n->state));
	if (*n->why)
		fprintf(out, ", %s", n->why);
	fputc('\n', out);
}

/* Edges go to the right, so this ends. */
static void print_below(const struct am_graph *g, size_t node, unsigned depth, FILE *out)
{
	for (size_t i = 0; i < g->n_edges && depth < DEEPEST; i++) {
		if (g->edges[i].from != node)
			continue;
		print_node(&g->nodes[g->edges[i].to], g->edges[i].label, depth, out);
		print_below(g, g->edges[i].to, depth + 1, out);
	}
}

/* What comes to a bridge from the left. */
static void print_ports(const struct am_graph *g, size_t bridge, FILE *out)
{
	for (size_t i = 0; i < g->n_edges; i++)
		if (g->edges[i].to == bridge)
			print_node(&g->nodes[g->edges[i].from], g->edges[i].label, 1, out);
}

static bool is_reached(const struct am_graph *g, size_t node)
{
	for (size_t i = 0; i < g->n_edges; i++)
		if (g->edges[i].to == node || g->edges[i].from == node)
			return true;
	return false;
}

void am_graph_text(const struct am_graph *g, FILE *out)
{
	for (size_t i = 0; i < g->n_nodes; i++) {
		if (g->nodes[i].kind != AM_NODE_BRIDGE)
			continue;
		print_node(&g->nodes[i], "", 0, out);
		print_ports(g, i, out);
		print_below(g, i, 1, out);
	}
	for (size_t i = 0; i < g->n_nodes; i++) {
		bool vrf = g->nodes[i].kind == AM_NODE_VRF || g->nodes[i].kind == AM_NODE_TABLE;

		if (!vrf && is_reached(g, i))
			continue;
		print_node(&g->nodes[i], vrf || g->nodes[i].kind == AM_NODE_BRIDGE ? "" : "used by nothing",
			0, out);
		if (vrf)
			print_below(g, i, 1, out);
	}
}
