/* SPDX-License-Identifier: BSD-3-Clause */
#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_MIN = 1 << 16 };

static bool make_room(struct am_metrics *m, size_t n)
{
	size_t room = 2 * (m->len + n) > ROOM_MIN ? 2 * (m->len + n) : ROOM_MIN;
	char *more;

	if (m->len + n <= m->room)
		return true;
	more = realloc(m->text, room);
	m->failed |= !more;
	if (!more)
		return false;
	m->text = more;
	m->room = room;
	return true;
}

static void put(struct am_metrics *m, const char *text, size_t n)
{
	if (m->failed || !make_room(m, n + 1))
		return;
	memcpy(m->text + m->len, text, n);
	m->len += n;
	m->text[m->len] = 0;
}

static void puts_to(struct am_metrics *m, const char *text)
{
	put(m, text, strlen(text));
}

/* A backslash, a line's end, and in a label's value a quotation mark too, are written with a backslash. */
static void put_escaped(struct am_metrics *m, const char *text, bool value)
{
	for (; *text; text++) {
		if (*text == '\n')
			puts_to(m, "\\n");
		else if (*text == '\\' || (value && *text == '"'))
			put(m, (const char[]){'\\', *text}, 2);
		else
			put(m, text, 1);
	}
}

/* The name as every sample has it. */
static void put_name(struct am_metrics *m)
{
	puts_to(m, "amime_");
	puts_to(m, m->name);
	if (m->counter)
		puts_to(m, "_total");
}

void am_metrics_family(struct am_metrics *m, enum am_metric_type type, const char *name, const char *help)
{
	m->name = name;
	m->counter = type == AM_METRIC_COUNTER;
	puts_to(m, "# HELP ");
	put_name(m);
	puts_to(m, " ");
	put_escaped(m, help, false);
	puts_to(m, "\n# TYPE ");
	put_name(m);
	puts_to(m, m->counter ? " counter\n" : " gauge\n");
}

void am_metrics_sample(struct am_metrics *m, const struct am_label *labels, uint64_t value)
{
	char number[24];

	put_name(m);
	for (unsigned i = 0; labels && labels[i].name; i++) {
		puts_to(m, i ? "," : "{");
		puts_to(m, labels[i].name);
		puts_to(m, "=\"");
		put_escaped(m, labels[i].value, true);
		puts_to(m, "\"");
	}
	if (labels && labels[0].name)
		puts_to(m, "}");
	snprintf(number, sizeof number, " %" PRIu64 "\n", value);
	puts_to(m, number);
}
