/* SPDX-License-Identifier: BSD-3-Clause */
/* A traffic that loads is one that can be made; one that does not says why. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "traffic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void check(const struct traffic *t)
{
	demand(t->encap || t->decap, "nothing goes either way");
	demand(t->n_sizes >= 1 && t->n_sizes <= TRAFFIC_SIZES_MAX, "no size, or too many");
	for (unsigned i = 0; i < t->n_sizes; i++)
		demand(t->sizes[i].octets >= traffic_least(t, t->sizes[i].is) && t->sizes[i].weight,
			"a frame that cannot be made");
	demand(t->flows >= t->mac_pairs && t->flows <= TRAFFIC_FLOWS_MAX, "flows");
	demand(t->window >= 1 && t->window <= TRAFFIC_WINDOW_MAX, "window");
	demand(t->burst >= 1 && t->burst <= TRAFFIC_BURST_MAX, "burst");
	demand(traffic_datagrams(t) >= t->burst && traffic_datagrams(t) <= TRAFFIC_WINDOW_MAX, "datagrams");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct am_config_errors errors = {0};
	struct traffic t;
	bool good = traffic_load((const char *)data, size, &t, &errors);

	demand(good == (errors.n == 0), "an error that is none, or none that is one");
	if (good)
		check(&t);
	am_config_errors_free(&errors);
	return 0;
}
