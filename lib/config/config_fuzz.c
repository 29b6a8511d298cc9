/* SPDX-License-Identifier: BSD-3-Clause */
/* What loads, prints; what it prints, loads again and is the same; what does not load, says why. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/diff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void check_round(const struct am_config *config)
{
	struct am_config_errors errors = {0};
	char *text = am_config_print(config);
	struct am_config *again = am_config_load(text, strlen(text), &errors);
	struct am_diff diff;

	if (!again)
		fprintf(stderr, "%s: %s\n%s\n", errors.items[0].path, errors.items[0].text, text);
	demand(again != NULL, "what was printed does not load");
	demand(again->hash == config->hash, "what was printed loads as something else");
	demand(!am_config_diff(config, again, &diff) && !diff.n, "a configuration differs from itself");
	am_diff_free(&diff);
	am_config_free(again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct am_config_errors errors = {0};
	struct am_config *config = am_config_load((const char *)data, size, &errors);

	demand((config == NULL) == (errors.n > 0), "an error without a reason, or a reason without an error");
	for (size_t i = 0; i < errors.n; i++)
		demand(*errors.items[i].path == '$' && *errors.items[i].text, "an error that says nothing");
	if (config)
		check_round(config);
	am_config_free(config);
	am_config_errors_free(&errors);
	return 0;
}
