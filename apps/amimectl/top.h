/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMECTL_TOP_H
#define AMIMECTL_TOP_H
/* The box at a glance: rates of interfaces, drops by reason, load of workers, memory. Made of what `show` answers, twice. */
#include <stdio.h>

#include <jansson.h>

/* What one look needs; each as `show` answers it, or NULL. */
struct am_top_look {
	json_t *version, *ports, *tunnels, *bridges, *routed, *drops, *workers; /* routed: VLANs, IRB, VRFs */
	double at_s;                                                            /* when, by any clock */
};

void am_top_look_free(struct am_top_look *look);

/* Rates between two looks, as JSON: interfaces, drops, workers, memory. NULL: no memory. */
json_t *am_top_rates(const struct am_top_look *before, const struct am_top_look *now);
/* The same as tables; lines: at most so many, 0 is no end. */
void am_top_view(const json_t *rates, int lines, FILE *out);

#endif
