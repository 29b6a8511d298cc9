/* SPDX-License-Identifier: BSD-3-Clause */
/* A main file and one or two that it includes, separated by zero octets: whatever is merged loads, or errors say why. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include.h"
#include "parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void merge(struct include *in, const char *text, size_t size)
{
	const char *end;

	for (int i = 0; i < 2 && size; i++) {
		end = memchr(text, 0, size);
		conf_include_text(in, i ? "b.json" : "a.json", text, end ? (size_t)(end - text) : size);
		size = end ? size - (size_t)(end - text) - 1 : 0;
		text = end ? end + 1 : text;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct am_config_errors errors = {0};
	const char *text = (const char *)data, *end = memchr(text, 0, size);
	struct am_position *positions;
	struct include in = {.errors = &errors};

	if (!end)
		return 0;
	in.root = conf_parse(text, (size_t)(end - text), &positions, &errors);
	if (in.root && json_is_object(in.root)) {
		in.sources = conf_sources_create(positions);
		merge(&in, end + 1, size - (size_t)(end - text) - 1);
		for (size_t i = 0; i < errors.n; i++)
			demand(*errors.items[i].path == '$' && *errors.items[i].text && *errors.items[i].file,
				"an error that does not say where");
		conf_sources_find(in.sources, "$.tunnels.t.local");
		conf_sources_free(in.sources);
	}
	json_decref(in.root);
	am_position_free(positions);
	am_config_errors_free(&errors);
	return 0;
}
