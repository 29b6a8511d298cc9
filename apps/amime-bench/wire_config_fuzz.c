/* SPDX-License-Identifier: BSD-3-Clause */
/* A tester's configuration: what loads keeps its promises, what does not says why. */
#include <stdlib.h>
#include <string.h>

#include "wire_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool held)
{
	if (!held)
		abort();
}

static void check(const struct wire_config *c)
{
	must(c->n_streams > 0 && c->n_sizes > 0 && c->n_mix > 0 && c->max_rate > 0);
	for (uint16_t i = 0; i < c->n_streams; i++) {
		const struct wire_stream *s = &c->streams[i];

		must(s->from_port < c->base.n_ports && s->to_port < c->base.n_ports);
		must(s->from_port != s->to_port && s->flows && s->src.family == s->dst.family);
		must(!am_mac_is_group(s->dst_mac.bytes) && !am_ip_is_multicast(&s->dst));
		for (uint16_t k = 0; k < c->n_sizes; k++)
			must(c->sizes[k] == WIRE_IMIX || c->sizes[k] >= wire_stream_least(s));
		for (uint16_t k = 0; k < c->n_mix; k++)
			must(c->mix[k].size >= wire_stream_least(s) && c->mix[k].weight);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct am_config_errors errors = {0};
	struct wire_config *c = wire_config_load((const char *)data, size, &errors);

	must((c == NULL) == (errors.n > 0));
	for (size_t i = 0; i < errors.n; i++)
		must(*errors.items[i].path == '$' && *errors.items[i].text);
	if (c)
		check(c);
	wire_config_free(c);
	am_config_errors_free(&errors);
	return 0;
}
