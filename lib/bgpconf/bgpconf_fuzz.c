/* SPDX-License-Identifier: BSD-3-Clause */
/* Either a configuration that sessions can be made of, or complaints that say something. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "bgpconf/bgpconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void make_sessions(const struct am_bgpconf *c)
{
	for (uint16_t i = 0; i < c->n_neighbors && i < 8; i++) {
		struct am_bgp_session_config config = am_bgpconf_session_config(c, &c->neighbors[i]);
		struct am_bgp_session *session;

		demand(am_bgp_session_create(&config, &session) == 0,
			"a neighbour that no session can be made for");
		am_bgp_session_free(session);
	}
}

static void make_clients(const struct am_bgpconf *c)
{
	const struct am_bgp_rtr_config config = am_bgpconf_rtr_config(c, 1);
	struct am_bgp_rtr *rtr;

	demand(c->rpki.n <= AM_BGP_ROA_SOURCES, "more caches than a table has sources");
	demand(am_bgp_rtr_create(&config, &rtr) == 0, "timers that no client can be made with");
	am_bgp_rtr_free(rtr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct am_config_errors errors = {0};
	struct am_bgpconf *c = am_bgpconf_load((const char *)data, size, &errors);

	demand((c == NULL) == (errors.n > 0), "an error without a reason, or a reason without an error");
	for (size_t i = 0; i < errors.n; i++)
		demand(*errors.items[i].path == '$' && *errors.items[i].text, "an error that says nothing");
	if (c) {
		make_sessions(c);
		make_clients(c);
	}
	am_bgpconf_free(c);
	am_config_errors_free(&errors);
	return 0;
}
