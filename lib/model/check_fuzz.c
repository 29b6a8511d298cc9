/* SPDX-License-Identifier: BSD-3-Clause */
/* The checks of a configuration that has errors, and of one that has none, which the model then takes or refuses. */
#include <stdio.h>
#include <stdlib.h>

#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FDB_SIZE = 16, PATHS_MAX = 256 };

static void demand(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void prepare(struct am_config *config)
{
	struct am_model *m = am_model_create(FDB_SIZE, 1, 1, PATHS_MAX);
	struct am_config_errors errors = {0};
	struct am_plan *plan = am_model_prepare(m, config, NULL, &errors);

	demand((plan == NULL) == (errors.n > 0), "refused without a reason, or taken in spite of one");
	if (plan)
		am_plan_free(plan);
	else
		am_config_free(config);
	am_config_errors_free(&errors);
	am_model_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct am_config_errors errors = {0};
	struct am_config *config = am_config_load_checked((const char *)data, size, am_model_check, &errors);

	demand((config == NULL) == (errors.n > 0), "an error without a reason, or a reason without an error");
	if (config)
		prepare(config);
	am_config_errors_free(&errors);
	return 0;
}
