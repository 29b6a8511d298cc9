/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMECTL_GRAPH_H
#define AMIMECTL_GRAPH_H
/*
 * The topology of a configuration: what hangs on what, from the LAN's ports on the left to the far ends on the right. The same
 * configuration makes the same graph.
 */
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

/* Columns from left to right. */
enum am_node_kind {
	AM_NODE_PORT, /* of a bridge */
	AM_NODE_BRIDGE,
	AM_NODE_VTEP,  /* a remote one */
	AM_NODE_TABLE, /* a VRF that routes */
	AM_NODE_TUNNEL,
	AM_NODE_VRF,    /* the underlay */
	AM_NODE_UPLINK, /* a port with an IP identity */
	AM_NODE_KINDS,
};

enum am_node_state { AM_STATE_UNKNOWN, AM_STATE_UP, AM_STATE_DOWN };

struct am_node {
	enum am_node_kind kind;
	enum am_node_state state;
	char name[64];
	char detail[128];
	char why[300]; /* where it is down */
};

struct am_edge {
	size_t from, to; /* nodes; from is further left */
	char label[64];
};

struct am_graph {
	struct am_node *nodes;
	struct am_edge *edges;
	size_t n_nodes, n_edges;
};

/*
 * config as `show config` has it; tunnels and ports as `show` answers, for what is up and down, or NULL. Whatever stands in
 * them: what is not as expected is left out. NULL: no memory.
 */
struct am_graph *am_graph_make(const json_t *config, const json_t *tunnels, const json_t *ports);
void am_graph_free(struct am_graph *g);

void am_graph_text(const struct am_graph *g, FILE *out);
void am_graph_svg(const struct am_graph *g, const char *title, FILE *out);
json_t *am_graph_json(const struct am_graph *g);

const char *am_node_word(enum am_node_kind kind);
const char *am_state_word(enum am_node_state state);

#endif
