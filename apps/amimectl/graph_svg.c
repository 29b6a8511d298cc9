/* SPDX-License-Identifier: BSD-3-Clause */
/* The graph as a picture: a column for each kind, boxes in the order of the configuration, lines between them. */
#include <stdlib.h>

#include "../amime-bench/svg.h"
#include "graph.h"

enum {
	MARGIN = 24,
	HEAD = 64,
	BOX_WIDTH = 220,
	BOX_HEIGHT = 46,
	GAP_X = 90,
	GAP_Y = 18,
	PAD = 10,
};

struct layout {
	double x[AM_NODE_KINDS]; /* of a column; those without a node take no place */
	double width, height;
	struct svg_box *boxes; /* by node */
};

static int lay_out(const struct am_graph *g, struct layout *l)
{
	size_t rows[AM_NODE_KINDS] = {0}, most = 0;
	double x = MARGIN;

	l->boxes = calloc(g->n_nodes + 1, sizeof *l->boxes);
	if (!l->boxes)
		return -1;
	for (size_t i = 0; i < g->n_nodes; i++)
		rows[g->nodes[i].kind]++;
	for (unsigned k = 0; k < AM_NODE_KINDS; k++) {
		l->x[k] = x;
		x += rows[k] ? BOX_WIDTH + GAP_X : 0;
		most = rows[k] > most ? rows[k] : most;
		rows[k] = 0;
	}
	for (size_t i = 0; i < g->n_nodes; i++) {
		enum am_node_kind k = g->nodes[i].kind;

		l->boxes[i] = (struct svg_box){
			l->x[k], HEAD + (double)rows[k]++ * (BOX_HEIGHT + GAP_Y), BOX_WIDTH, BOX_HEIGHT};
	}
	l->width = x > MARGIN ? x - GAP_X + MARGIN : 2 * MARGIN + BOX_WIDTH;
	l->height = HEAD + (double)most * (BOX_HEIGHT + GAP_Y) + MARGIN;
	return 0;
}

static void draw_edge(const struct am_graph *g, const struct layout *l, const struct am_edge *e, FILE *out)
{
	const struct svg_box *a = &l->boxes[e->from], *b = &l->boxes[e->to];
	struct svg_point from = {a->x + a->width, a->y + a->height / 2}, to = {b->x, b->y + b->height / 2};
	struct svg_point middle = {(from.x + to.x) / 2, (from.y + to.y) / 2 - 4};
	char label[80];

	(void)g;
	svg_line(out, "axis", from, to);
	svg_fit(e->label, SVG_SMALL_SIZE, GAP_X - 2, label, sizeof label);
	if (*label)
		svg_text(out, "small", SVG_MIDDLE, middle, label);
}

/* Colours by kind; what is down has the one that stands out. */
static void draw_node(const struct am_node *n, const struct svg_box *box, FILE *out)
{
	static const char *const classes[AM_NODE_KINDS] = {"c2", "c0", "c6", "c7", "c5", "c7", "c9"};
	const struct svg_box edge = {box->x, box->y, 5, box->height};
	char line[200], fit[200];

	svg_rect(out, "grid band c7", box, *n->why ? n->why : n->detail);
	svg_rect(out, n->state == AM_STATE_DOWN ? "c1" : classes[n->kind], &edge, NULL);
	snprintf(line, sizeof line, "%s %s%s%s", am_node_word(n->kind), n->name,
		n->state == AM_STATE_UNKNOWN ? "" : ": ", am_state_word(n->state));
	svg_fit(line, SVG_TEXT_SIZE, BOX_WIDTH - 2 * PAD, fit, sizeof fit);
	svg_text(out, "head", SVG_START, (struct svg_point){box->x + PAD + 4, box->y + 19}, fit);
	svg_fit(*n->why ? n->why : n->detail, SVG_SMALL_SIZE, BOX_WIDTH - 2 * PAD, fit, sizeof fit);
	svg_text(out, "small", SVG_START, (struct svg_point){box->x + PAD + 4, box->y + 36}, fit);
}

void am_graph_svg(const struct am_graph *g, const char *title, FILE *out)
{
	struct layout l;

	if (lay_out(g, &l) < 0)
		return;
	svg_begin(out, l.width, l.height, title);
	svg_text(out, "title", SVG_START, (struct svg_point){MARGIN, MARGIN + 14}, title);
	for (size_t i = 0; i < g->n_edges; i++)
		draw_edge(g, &l, &g->edges[i], out);
	for (size_t i = 0; i < g->n_nodes; i++)
		draw_node(&g->nodes[i], &l.boxes[i], out);
	svg_end(out);
	free(l.boxes);
}
