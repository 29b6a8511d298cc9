/* SPDX-License-Identifier: BSD-3-Clause */
/* What loads can be shown and drawn, is written as something that loads again and is written the same; what does not says why. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "load.h"
#include "plot.h"
#include "table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

struct text {
	char *bytes;
	size_t len;
};

static struct text write_report(const struct report *r)
{
	struct text t = {0};
	FILE *out = open_memstream(&t.bytes, &t.len);

	demand(out && result_print(r, out), "what loaded cannot be written");
	fclose(out);
	return t;
}

/* Through a file and back. */
static struct report *copy(const struct text *t)
{
	struct am_config_errors errors = {0};
	struct report *r = result_load(t->bytes, t->len, &errors);

	if (!r)
		result_print_errors("what was written", &errors, stderr);
	demand(r != NULL, "what was written does not load");
	return r;
}

/* The first time, samples are rounded to the digits that are written. */
static void check_round(const struct report *r)
{
	struct text rounded = write_report(r), first, second;
	struct report *once = copy(&rounded), *again;

	first = write_report(once);
	again = copy(&first);
	second = write_report(again);
	demand(first.len == second.len && !memcmp(first.bytes, second.bytes, first.len),
		"what was written is written differently");
	report_free(once);
	report_free(again);
	free(rounded.bytes);
	free(first.bytes);
	free(second.bytes);
}

static void show(const struct report *r)
{
	struct text t = {0};
	FILE *out = open_memstream(&t.bytes, &t.len);

	demand(out != NULL, "no memory");
	report_print(r, out);
	plot_bars(r, out);
	plot_stages(r, out);
	for (size_t i = 0; i < r->n_curves; i++)
		plot_curve(r, r->curves[i], out);
	fclose(out);
	demand(!t.bytes || (!strstr(t.bytes, "\"nan") && !strstr(t.bytes, "\"inf") &&
				   !strstr(t.bytes, "\"-nan")),
		"a picture has a place that is none");
	free(t.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct am_config_errors errors = {0};
	struct report *r = result_load((const char *)data, size, &errors);

	demand((r == NULL) == (errors.n > 0), "an error without a reason, or a reason without an error");
	for (size_t i = 0; i < errors.n; i++)
		demand(*errors.items[i].path == '$' && *errors.items[i].text, "an error that says nothing");
	if (r) {
		check_round(r);
		show(r);
	}
	report_free(r);
	am_config_errors_free(&errors);
	return 0;
}
