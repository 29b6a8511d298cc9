/* SPDX-License-Identifier: BSD-3-Clause */
#include "given.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bed.h"
#include "config/field.h"
#include "net/ip.h"

enum { WORKERS_MAX = 2, TUNNELS = 64, BRIDGES = 16 };

static bool print_errors(const char *file, struct am_config_errors *errors)
{
	bool any = errors->n > 0;

	am_config_errors_print(errors, file, stderr);
	am_config_errors_free(errors);
	*errors = (struct am_config_errors){0};
	return any;
}

static void check(const struct am_config *c, struct am_config_errors *errors)
{
	am_model_check(c, errors);
	bed_check(c, errors);
	if (c->workers > WORKERS_MAX)
		am_config_complain(c, errors, "$.system.workers",
			"at most %d workers are measured here: use 1 or 2, and amime-bench scale for what more "
			"of them would do",
			WORKERS_MAX);
}

static bool load_config(struct given *g, const char *file)
{
	struct am_config_errors errors = {0};
	struct am_config *c = NULL;
	size_t len = 0;

	g->text = conf_read_file(file, &len, &errors);
	if (g->text)
		c = am_config_load_checked(g->text, len, check, &errors);
	if (print_errors(file, &errors) || !c)
		return false;
	g->args[GIVEN_CASE].beside = c->workers > 1 ? BESIDE_WORKER : BESIDE_NOTHING;
	am_config_free(c);
	g->text[len] = 0; /* there is room: it was read with an octet to spare */
	return true;
}

static bool load_traffic(struct given *g, const char *file)
{
	static const char nothing[] = "{}";
	struct am_config_errors errors = {0};
	struct traffic *t = &g->args[GIVEN_CASE].traffic;

	if (file)
		traffic_load_file(file, t, &errors);
	else
		traffic_load(nothing, strlen(nothing), t, &errors);
	return !print_errors(file ? file : "traffic", &errors);
}

bool given_load(struct given *g, const char *config, const char *traffic)
{
	struct pipeline_arg *arg = &g->args[GIVEN_CASE];
	bool good = true;

	*g = (struct given){0};
	arg->setup = (struct setup){.kind = AM_TUNNEL_GRE,
		.family = AM_IPV4,
		.vtep_family = AM_IPV4,
		.split = AM_SPLIT_FLOOR,
		.tunnels = TUNNELS,
		.bridges = BRIDGES};
	if (config)
		good = load_config(g, config);
	good &= load_traffic(g, traffic);
	if (!good)
		return false;
	arg->config = g->text;
	arg->setup.macs = 2 * arg->traffic.mac_pairs;
	g->args[GIVEN_NULL] = *arg;
	g->args[GIVEN_NULL].null = true;
	g->args[GIVEN_NULL].beside = BESIDE_NOTHING;
	g->cases[GIVEN_NULL] = (struct bench_case){
		.name = "null/given", .per = "packet", .about = "the ports alone, with the given traffic"};
	g->cases[GIVEN_CASE] = (struct bench_case){.name = "given",
		.per = "packet",
		.about = "the given configuration and traffic",
		.null = "null/given"};
	for (unsigned i = 0; i < GIVEN_CASES; i++)
		pipeline_case(&g->cases[i], &g->args[i]);
	return true;
}

void given_free(struct given *g)
{
	free(g->text);
	*g = (struct given){0};
}
