/* SPDX-License-Identifier: BSD-3-Clause */
/* The position index against jansson: both accept or both refuse, and each value that jansson found is found by its path. */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/position.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATH_ROOM = 1 << 16 };

struct input {
	const char *text;
	size_t len;
	const struct am_position *index;
	char path[PATH_ROOM];
};

/* The octet at a line and column, both from 1; columns count characters. */
static int octet_at(const struct input *in, unsigned line, unsigned column)
{
	const uint8_t *p = (const uint8_t *)in->text, *end = p + in->len;

	for (; line > 1 && p < end; p++)
		line -= *p == '\n';
	for (; column > 1 && p < end; column--) {
		for (p++; p < end && (*p & 0xc0) == 0x80;)
			p++;
	}
	return p < end ? *p : -1;
}

static int begins(const json_t *value, int c)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return c == '{';
	case JSON_ARRAY:
		return c == '[';
	case JSON_STRING:
		return c == '"';
	case JSON_TRUE:
		return c == 't';
	case JSON_FALSE:
		return c == 'f';
	case JSON_NULL:
		return c == 'n';
	default:
		return c == '-' || (c >= '0' && c <= '9');
	}
}

static void check(struct input *in, const json_t *value)
{
	size_t n = strlen(in->path), i;
	unsigned line, column;
	const char *key;
	json_t *inner;

	if (n > PATH_ROOM / 2)
		return;
	if (am_position_find(in->index, in->path, &line, &column) ||
		!begins(value, octet_at(in, line, column))) {
		fprintf(stderr, "%s: not found, or not at %u:%u\n", in->path, line, column);
		abort();
	}
	json_object_foreach((json_t *)(uintptr_t)value, key, inner)
	{
		am_position_join(in->path, sizeof in->path, key);
		check(in, inner);
		in->path[n] = 0;
	}
	json_array_foreach(value, i, inner)
	{
		snprintf(in->path + n, sizeof in->path - n, "[%zu]", i);
		check(in, inner);
		in->path[n] = 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct input in;
	struct am_position_twin twin;
	json_t *json = json_loadb((const char *)data, size, 0, NULL);
	json_t *strict = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	struct am_position *index = am_position_index((const char *)data, size);

	if (!json != !index) {
		fprintf(stderr, "jansson %s, the index %s\n", json ? "accepts" : "refuses",
			index ? "accepts" : "refuses");
		abort();
	}
	if (json && am_position_twin(index, 0, &twin) == (strict != NULL)) {
		fprintf(stderr, "jansson %s a name twice, the index %s\n", strict ? "sees no" : "sees",
			strict ? "does" : "does not");
		abort();
	}
	if (json) {
		in.text = (const char *)data;
		in.len = size;
		in.index = index;
		strcpy(in.path, "$");
		check(&in, json);
	}
	json_decref(json);
	json_decref(strict);
	am_position_free(index);
	return 0;
}
