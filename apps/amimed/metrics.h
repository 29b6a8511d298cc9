/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_METRICS_H
#define AMIMED_METRICS_H
/*
 * Text in the exposition format of Prometheus (0.0.4): families, each with its help, its type and its samples. Names and
 * labels are the caller's to choose; values of labels may be any text.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct am_metrics {
	char *text; /* NULL at first; the caller frees it */
	size_t len, room;
	bool failed;      /* no memory: text is not whole */
	const char *name; /* of the family that has samples now; must live as long */
	bool counter;
};

enum am_metric_type { AM_METRIC_COUNTER, AM_METRIC_GAUGE };

struct am_label {
	const char *name, *value;
};

/* A family begins; name is "amime_" and this, for a counter with _total behind it. Its samples follow. */
void am_metrics_family(struct am_metrics *m, enum am_metric_type type, const char *name, const char *help);
/* labels end with one without a name; NULL: none. */
void am_metrics_sample(struct am_metrics *m, const struct am_label *labels, uint64_t value);

#endif
