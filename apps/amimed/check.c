/* SPDX-License-Identifier: BSD-3-Clause */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "boot.h"
#include "drivers/netns.h"
#include "model/model.h"
#include "plane.h"
#include "ports.h"

static void print_errors(const char *path, const struct am_config_errors *errors)
{
	for (size_t i = 0; i < errors->n; i++) {
		const struct am_config_error *e = &errors->items[i];

		const char *file = am_config_error_file(e, path);

		if (e->line)
			fprintf(stderr, "%s:%u:%u: %s: %s\n", file, e->line, e->column, e->path, e->text);
		else
			fprintf(stderr, "%s: %s: %s\n", file, e->path, e->text);
	}
	if (errors->n > 1)
		fprintf(stderr, "%s: %zu errors\n", path, errors->n);
}

/* What only the model knows: whether the bytes fit and the tunnels can be told apart. Takes config over. */
static void check_model(struct am_config *config, struct am_config_errors *errors)
{
	struct am_model *model = am_model_create(config->fdb_size, config->workers, 0, AM_PLANE_PATHS);
	struct am_plan *plan = NULL;

	if (model) {
		am_model_limit_ifaces(model, AM_PLANE_IFACES);
		plan = am_model_prepare(model, config, NULL, errors);
	} else {
		am_config_errors_add(errors, "$", 0, 0, "no memory to check it");
	}
	if (plan)
		am_plan_free(plan);
	else
		am_config_free(config);
	am_model_free(model);
}

/* One namespace has many names: what this machine says of those that are there. */
static bool is_one_space(const struct am_conf_vrf *a, const struct am_conf_vrf *b)
{
	struct stat x, y;

	return !am_config_netns_equal(a->netns, b->netns) && am_netns_stat(a->netns, &x) == 0 &&
	       am_netns_stat(b->netns, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static void check_spaces(const struct am_config *c, struct am_config_errors *errors)
{
	const struct am_conf_vrf *v, *other;

	for (unsigned i = 0; (v = am_config_vrf(c, i)) != NULL; i++) {
		bool found = !am_config_vrf_has_mirrors(c, v);

		for (unsigned k = 0; k < i && !found; k++) {
			other = am_config_vrf(c, k);
			found = am_config_vrf_has_mirrors(c, other) && is_one_space(v, other);
			if (found)
				am_config_complain_netns(c, errors, v, other);
		}
	}
}

void am_check_config(const struct am_config *config, struct am_config_errors *errors)
{
	am_ports_check(config, errors);
	check_spaces(config, errors);
	am_model_check(config, errors);
}

int am_check_file(const char *path, const char *state_base)
{
	struct am_boot boot;
	int status = AM_CHECK_FINE;

	am_boot_choose(state_base, path, &boot);
	if (boot.config && !boot.instead) {
		check_model(boot.config, &boot.errors);
		boot.config = NULL;
	}
	print_errors(path, &boot.errors);
	if (boot.errors.n)
		status = AM_CHECK_WRONG;
	else if (boot.instead)
		status = AM_CHECK_NOT_CONFIRMED;
	else
		printf("%s: fine\n", path);
	if (boot.instead)
		fprintf(stderr, "a start would not take it: %s\n", boot.why.text);
	am_config_free(boot.config);
	am_config_errors_free(&boot.errors);
	return status;
}

int am_explain_file(const char *path, const char *tunnel)
{
	struct am_config_errors errors = {0};
	struct am_config *config = am_config_load_file(path, &errors);
	struct am_err err;
	char *text = NULL;

	print_errors(path, &errors);
	if (config)
		text = am_model_explain(config, tunnel, &err);
	if (text)
		printf("%s\n", text);
	else if (config)
		fprintf(stderr, "amimed: %s\n", err.text);
	free(text);
	am_config_free(config);
	am_config_errors_free(&errors);
	return text ? 0 : 1;
}
