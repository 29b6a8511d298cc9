/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * First octet even: the rest is an expression, which compiles or says where it does not. Odd: the rest draws an expression and a path, and
 * a slow matcher that follows the expression's own structure says whether they fit.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "bgp/as_path.h"
#include "bgp/as_regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT = 512, TREE = 64, PATH_TEXT = 62 };

/* Positions of a path's print, a bit each. */
typedef uint64_t places;

enum kind { CHARACTER, ANY, CLASS, BOUNDARY, FIRST, LAST, THEN, EITHER, REPEAT };

struct tree {
	enum kind kind;
	char character;
	uint8_t low, high; /* of CLASS; repetitions, high 255 without end */
	bool negated;
	struct tree *a, *b;
};

struct draw {
	struct am_reader r;
	struct tree trees[TREE];
	unsigned n;
	char text[TEXT];
	size_t len;
	char path[PATH_TEXT + 1];
	size_t path_len;
};

static void put(struct draw *d, const char *text)
{
	size_t n = strlen(text);

	if (d->len + n < TEXT) {
		memcpy(d->text + d->len, text, n + 1);
		d->len += n;
	}
}

static struct tree *draw_leaf(struct draw *d, struct tree *t)
{
	static const char characters[] = "0123456789 ,{}()[]";
	uint8_t v = am_take8(&d->r);
	char text[16];

	t->kind = v % 6;
	t->character = characters[(v / 6) % 18];
	t->low = (uint8_t)(am_take8(&d->r) % 10);
	t->high = (uint8_t)(t->low + v % (10 - t->low));
	t->negated = v & 0x80;
	if (t->kind == CHARACTER)
		snprintf(text, sizeof text, "%s%c", strchr("{}()[]", t->character) ? "\\" : "", t->character);
	else if (t->kind == CLASS)
		snprintf(text, sizeof text, "[%s%u-%u]", t->negated ? "^" : "", t->low, t->high);
	else
		snprintf(text, sizeof text, "%s",
			t->kind == ANY        ? "."
			: t->kind == BOUNDARY ? "_"
			: t->kind == FIRST    ? "^"
					      : "$");
	put(d, text);
	return t;
}

static struct tree *draw_tree(struct draw *d, unsigned depth)
{
	static const struct {
		const char *text;
		uint8_t low, high;
	} often[] = {
		{"*", 0, 255}, {"+", 1, 255}, {"?", 0, 1}, {"{2}", 2, 2}, {"{1,}", 1, 255}, {"{0,3}", 0, 3}};
	uint8_t v = am_take8(&d->r);
	struct tree *t = &d->trees[d->n++];

	if (depth == 0 || v % 4 == 0 || d->n + 2 >= TREE)
		return draw_leaf(d, t);
	t->kind = v % 4 == 1 ? THEN : v % 4 == 2 ? EITHER : REPEAT;
	put(d, "(");
	t->a = draw_tree(d, depth - 1);
	if (t->kind != REPEAT) {
		put(d, t->kind == EITHER ? "|" : "");
		if (d->n >= TREE - 1) {
			*t = *t->a;
			put(d, ")");
			return t;
		}
		t->b = draw_tree(d, depth - 1);
	}
	put(d, ")");
	if (t->kind == REPEAT) {
		t->low = often[v / 4 % 6].low;
		t->high = often[v / 4 % 6].high;
		put(d, often[v / 4 % 6].text);
	}
	return t;
}

static places step(const struct draw *d, const struct tree *t, places from)
{
	places to = 0;

	for (size_t i = 0; i < d->path_len; i++) {
		char c = d->path[i];
		bool digit = c >= '0' && c <= '9';
		bool in = digit && c - '0' >= t->low && c - '0' <= t->high;
		bool fits = t->kind == ANY || (t->kind == CHARACTER && c == t->character) ||
			    (t->kind == CLASS && in != t->negated) || (t->kind == BOUNDARY && !digit);

		if (from >> i & 1 && fits)
			to |= (places)1 << (i + 1);
	}
	return to;
}

static places ends(const struct draw *d, const struct tree *t, places from);

static places repeated(const struct draw *d, const struct tree *t, places from)
{
	places all = t->low == 0 ? from : 0, before = 0;

	for (unsigned i = 1; from && (t->high == 255 || i <= t->high); i++) {
		from = ends(d, t->a, from);
		if (i >= t->low && !(from & ~all) && all == before)
			break;
		before = all;
		all |= i >= t->low ? from : 0;
	}
	return all;
}

/* Where a match that begins at one of these places may end. */
static places ends(const struct draw *d, const struct tree *t, places from)
{
	places first = from & 1, last = from & (places)1 << d->path_len;

	switch (t->kind) {
	case THEN:
		return ends(d, t->b, ends(d, t->a, from));
	case EITHER:
		return ends(d, t->a, from) | ends(d, t->b, from);
	case FIRST:
		return first;
	case LAST:
		return last;
	case BOUNDARY:
		return first | last | step(d, t, from);
	case REPEAT:
		return repeated(d, t, from);
	default:
		return step(d, t, from);
	}
}

static void print(struct draw *d, const char *text)
{
	size_t n = strlen(text);

	memcpy(d->path + d->path_len, text, n + 1);
	d->path_len += n;
}

/* A path whose print is short enough for a word of places. */
static size_t draw_path(struct draw *d, uint8_t *bytes, size_t room)
{
	static const uint32_t numbers[] = {1, 2, 12, 23, 120, 64500, 1012, 9};
	static const char *const open[] = {"", "{", "", "(", "["}, *const close[] = {"", "}", "", ")", "]"};
	struct am_writer w = am_writer(bytes, room);

	for (unsigned segments = am_take8(&d->r) % 4; segments; segments--) {
		uint8_t type = (uint8_t)(1 + am_take8(&d->r) % 4), count = (uint8_t)(1 + am_take8(&d->r) % 3);

		if (d->path_len + 2 + count * 6u > PATH_TEXT - 2)
			break;
		print(d, d->path_len ? " " : "");
		print(d, open[type]);
		am_put8(&w, type);
		am_put8(&w, count);
		for (unsigned i = 0; i < count; i++) {
			uint32_t number = numbers[am_take8(&d->r) % 8];
			char text[12];

			snprintf(text, sizeof text, "%s%u",
				i ? type % 3 == 1 && type == 1 ? ","
					: type == 4            ? ","
							       : " "
				  : "",
				number);
			print(d, text);
			am_put32(&w, number);
		}
		print(d, close[type]);
	}
	return am_writer_len(&w);
}

static void compare(const uint8_t *data, size_t size)
{
	static struct draw d;
	struct am_bgp_as_regex_error err;
	struct am_bgp_as_regex *regex;
	uint8_t bytes[256];
	struct tree *tree;
	size_t len;
	bool fits;

	memset(&d, 0, sizeof d);
	d.r = am_reader(data, size);
	len = draw_path(&d, bytes, sizeof bytes);
	tree = draw_tree(&d, 4);
	if (am_bgp_as_regex_compile(d.text, d.len, &regex, &err)) {
		if (err.why && !strstr(err.why, "too l")) {
			fprintf(stderr, "%s: at %zu: %s\n", d.text, err.at, err.why);
			abort();
		}
		return;
	}
	fits = am_bgp_as_regex_match(regex, (struct am_bgp_span){bytes, len});
	if (fits != (ends(&d, tree, ((places)2 << d.path_len) - 1) != 0)) {
		fprintf(stderr, "\"%s\" %s \"%s\"\n", d.text, fits ? "fits" : "does not fit", d.path);
		abort();
	}
	am_bgp_as_regex_free(regex);
}

static void compile(const char *text, size_t len)
{
	static const uint8_t path[] = {2, 2, 0, 0, 251, 244, 0, 0, 0, 1, 1, 1, 0, 0, 0, 2};
	struct am_bgp_as_regex_error err;
	struct am_bgp_as_regex *regex;

	if (am_bgp_as_regex_compile(text, len, &regex, &err)) {
		if (!err.why || err.at > len)
			abort();
		return;
	}
	am_bgp_as_regex_match(regex, (struct am_bgp_span){path, sizeof path});
	if (am_bgp_as_regex_states(regex) > AM_BGP_AS_REGEX_STATES)
		abort();
	am_bgp_as_regex_free(regex);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && data[0] & 1)
		compare(data + 1, size - 1);
	else if (size)
		compile((const char *)data + 1, size - 1);
	return 0;
}
