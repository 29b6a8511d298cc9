/* SPDX-License-Identifier: BSD-3-Clause */
#include "argument.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Digits alone, up to end. */
static bool read_number(const char *text, unsigned least, unsigned most, const char **end, unsigned *out)
{
	unsigned long n;
	char *after;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	n = strtoul(text, &after, 10);
	*end = after;
	*out = (unsigned)n;
	return !errno && n >= least && n <= most;
}

bool argument_number(const char *name, const char *text, unsigned least, unsigned most, unsigned *out)
{
	const char *end;

	if (read_number(text, least, most, &end, out) && !*end)
		return true;
	fprintf(stderr, "amime-bench: --%s takes a number from %u to %u, not \"%s\"\n", name, least, most,
		text);
	return false;
}

bool argument_numbers(const char *name, const char *text, unsigned least, unsigned most, unsigned room,
	unsigned *out, unsigned *n)
{
	const char *at = text, *end;

	for (*n = 0; *n < room && read_number(at, least, most, &end, &out[*n]) && (!*end || *end == ',');
		at = end + 1) {
		++*n;
		if (!*end)
			return true;
	}
	fprintf(stderr,
		"amime-bench: --%s takes up to %u numbers from %u to %u with commas between, not \"%s\"\n",
		name, room, least, most, text);
	return false;
}
