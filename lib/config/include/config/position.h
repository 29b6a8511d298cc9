/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONFIG_POSITION_H
#define CONFIG_POSITION_H
/*
 * Where each JSON value stands in its file: path to line and column. jansson keeps no positions, so this
 * walks the text a second time by itself; it accepts exactly what jansson accepts, takes the last of values
 * with one name as jansson does, and a fuzzer holds it to that. Paths: $.tunnels.to-b.local[0]; a key that is not [A-Za-z0-9_-]+ is written
 * as ["..."] with JSON escapes.
 */
#include <stdbool.h>
#include <stddef.h>

struct am_position;

/* NULL where the text is not JSON or memory is short. */
struct am_position *am_position_index(const char *text, size_t len);
void am_position_free(struct am_position *index);

/*
 * Line and column of the value at path, from 1. 0, or -ENOENT (then those of the nearest parent that exists).
 */
int am_position_find(const struct am_position *index, const char *path, unsigned *line, unsigned *column);

/* A name that stands twice in one object: where the second is, and the first one's line. */
struct am_position_twin {
	char path[192];
	unsigned line, column;
	unsigned first_line;
};

/* The i-th of them; false where there are no more. */
bool am_position_twin(const struct am_position *index, size_t i, struct am_position_twin *out);

/*
 * Append a key to path, which has room octets, in the form that am_position_find reads. What does not fit is
 * cut off.
 */
void am_position_join(char *path, size_t room, const char *key);

#endif
