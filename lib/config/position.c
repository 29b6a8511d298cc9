/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/position.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum {
	DEPTH_MAX = 2048, /* jansson's: a value inside so many others is refused */
	ELEMENT = -1,     /* in place of a key's offset: the node is an array's element */
};

/* One JSON value. Its name is a key in the arena, or its number in an array. */
struct node {
	uint32_t parent;
	int32_t key_at;
	uint32_t key_len; /* or the element's number */
	uint32_t line, column;
};

/* Nodes of one name in one object. */
struct twin {
	uint32_t first, second;
};

struct arena {
	char *bytes;
	size_t n, room;
};

/* Values as a tree: node 0 is the whole document. slots is an open-addressed hash of (parent, name) to node. */
struct am_position {
	struct node *nodes;
	uint32_t n, room;
	struct twin *twins;
	uint32_t n_twins;
	struct arena keys;
	uint32_t *slots; /* node number plus one; 0 is free */
	uint32_t n_slots;
};

struct walk {
	const uint8_t *at, *end;
	uint32_t line, column;
	unsigned depth;
	struct am_position *index;
};

static bool arena_put(struct arena *a, const void *bytes, size_t n)
{
	if (n > a->room - a->n) {
		size_t room = (a->room + n) * 2;
		char *grown = room > INT32_MAX ? NULL : realloc(a->bytes, room);

		if (!grown)
			return false;
		a->bytes = grown;
		a->room = room;
	}
	memcpy(a->bytes + a->n, bytes, n);
	a->n += n;
	return true;
}

/* ---- the tree ---- */

static uint64_t name_hash(const struct node *n, const char *key)
{
	uint64_t h = am_hash64(((uint64_t)n->parent << 32) | n->key_len, 0x616d696d65ull);

	if (n->key_at == ELEMENT)
		return h;
	for (uint32_t i = 0; i < n->key_len; i++)
		h = (h ^ (uint8_t)key[i]) * 0x100000001b3ull;
	return am_hash64(h, 1);
}

static const char *node_key(const struct am_position *index, const struct node *n)
{
	return n->key_at == ELEMENT || !n->key_len ? NULL : index->keys.bytes + n->key_at;
}

/* The slot that holds a node of this parent and name, or the free one where it would go. */
static uint32_t *find_slot(const struct am_position *index, const struct node *want, const char *key)
{
	uint32_t i = (uint32_t)name_hash(want, key) & (index->n_slots - 1);

	for (; index->slots[i]; i = (i + 1) & (index->n_slots - 1)) {
		const struct node *n = &index->nodes[index->slots[i] - 1];

		if (n->parent == want->parent && n->key_len == want->key_len &&
			(n->key_at == ELEMENT) == (want->key_at == ELEMENT) &&
			(n->key_at == ELEMENT || !n->key_len || !memcmp(node_key(index, n), key, n->key_len)))
			break;
	}
	return &index->slots[i];
}

static bool grow_slots(struct am_position *index)
{
	uint32_t n_slots = index->n_slots ? index->n_slots * 2 : 64;
	uint32_t *old = index->slots;

	index->slots = calloc(n_slots, sizeof *index->slots);
	if (!index->slots) {
		index->slots = old;
		return false;
	}
	free(old);
	index->n_slots = n_slots;
	for (uint32_t i = 1; i < index->n; i++)
		*find_slot(index, &index->nodes[i], node_key(index, &index->nodes[i])) = i + 1;
	return true;
}

static bool grow_nodes(struct am_position *index)
{
	uint32_t room = index->room ? index->room * 2 : 32;
	struct node *grown = room > UINT32_MAX / 8 ? NULL : realloc(index->nodes, room * sizeof *grown);

	if (!grown)
		return false;
	index->nodes = grown;
	index->room = room;
	return true;
}

/* Of values with one name the last counts, as with jansson. */
static bool add_twin(struct am_position *index, uint32_t first, uint32_t second)
{
	struct twin *grown = index->twins;

	/* There is room up to the next power of two. */
	if (!(index->n_twins & (index->n_twins - 1)))
		grown = realloc(grown, (index->n_twins ? index->n_twins * 2 : 1) * sizeof *grown);
	if (!grown)
		return false;
	index->twins = grown;
	index->twins[index->n_twins++] = (struct twin){first, second};
	return true;
}

/* False where memory is short. */
static bool add_node(struct am_position *index, struct node n, uint32_t *id)
{
	uint32_t *slot;

	if (index->n == index->room && !grow_nodes(index))
		return false;
	if (index->n * 2 >= index->n_slots && !grow_slots(index))
		return false;
	if (index->n) { /* the document itself has no name */
		slot = find_slot(index, &n, node_key(index, &n));
		if (*slot && !add_twin(index, *slot - 1, index->n))
			return false;
		*slot = index->n + 1;
	}
	*id = index->n;
	index->nodes[index->n++] = n;
	return true;
}

/* ---- the walk ---- */

static int peek(const struct walk *w)
{
	return w->at < w->end ? *w->at : -1;
}

static void step(struct walk *w)
{
	uint8_t c = *w->at++;

	if (c == '\n') {
		w->line++;
		w->column = 1;
	} else if ((c & 0xc0) != 0x80) { /* columns are characters, not octets */
		w->column++;
	}
}

static bool take(struct walk *w, int c)
{
	if (peek(w) != c)
		return false;
	step(w);
	return true;
}

static void skip_space(struct walk *w)
{
	int c = peek(w);

	while (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
		step(w);
		c = peek(w);
	}
}

/* jansson loses one zero octet that it has looked at to see where a number or a word ends. */
static void skip_lost_zero(struct walk *w)
{
	if (peek(w) == 0)
		step(w);
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static int hex_value(int c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int32_t take_hex4(struct walk *w)
{
	int32_t v = 0;

	for (int i = 0; i < 4; i++) {
		int h = hex_value(peek(w));

		if (h < 0)
			return -1;
		step(w);
		v = v << 4 | h;
	}
	return v;
}

/* What follows \u, both halves of a surrogate pair; -1 where it is none or is zero. */
static int32_t take_unicode(struct walk *w)
{
	int32_t high = take_hex4(w), low;

	if (high <= 0 || (high >= 0xdc00 && high <= 0xdfff))
		return -1;
	if (high < 0xd800 || high > 0xdbff)
		return high;
	if (!take(w, '\\') || !take(w, 'u'))
		return -1;
	low = take_hex4(w);
	return low < 0xdc00 || low > 0xdfff ? -1 : 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static bool put_utf8(struct arena *out, uint32_t c)
{
	uint8_t b[4] = {(uint8_t)c};
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = n - 1; n > 1 && i > 0; i--, c >>= 6)
		b[i] = 0x80 | (c & 0x3f);
	if (n > 1)
		b[0] = (uint8_t)(lead[n] | c);
	return arena_put(out, b, n);
}

static bool take_escape(struct walk *w, struct arena *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	int c = peek(w);
	const char *p;
	int32_t u;

	if (take(w, 'u')) {
		u = take_unicode(w);
		return u > 0 && put_utf8(out, (uint32_t)u);
	}
	p = c > 0 ? strchr(from, c) : NULL;
	if (!p)
		return false;
	step(w);
	return arena_put(out, &to[p - from], 1);
}

/* One character of more than one octet (RFC 3629): no overlong form, no surrogate, nothing above U+10FFFF. */
static bool take_multibyte(struct walk *w, struct arena *out)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const uint8_t *p = w->at;
	size_t n = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : 2;
	uint32_t v;

	if (*p < 0xc2 || *p > 0xf4 || (size_t)(w->end - p) < n)
		return false;
	v = *p & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return false;
		v = v << 6 | (p[i] & 0x3f);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return false;
	for (size_t i = 0; i < n; i++)
		step(w);
	return arena_put(out, p, n);
}

/* A string with its quotes; its decoded octets are put behind what out holds. */
static bool take_string(struct walk *w, struct arena *out)
{
	if (!take(w, '"'))
		return false;
	for (;;) {
		int c = peek(w);
		bool ok;

		if (c < 0x20)
			return false;
		if (take(w, '"'))
			return true;
		if (take(w, '\\')) {
			ok = take_escape(w, out);
		} else if (c >= 0x80) {
			ok = take_multibyte(w, out);
		} else {
			ok = arena_put(out, w->at, 1);
			step(w);
		}
		if (!ok)
			return false;
	}
}

static bool take_digits(struct walk *w)
{
	if (!is_digit(peek(w)))
		return false;
	while (is_digit(peek(w)))
		step(w);
	return true;
}

/* Integers must fit 64 bits with their sign; reals must not overflow, though they may lose everything to zero. */
static bool number_fits(const uint8_t *from, const uint8_t *to, bool real)
{
	size_t n = (size_t)(to - from);
	char *text = malloc(n + 1), *dot;
	double v;
	bool ok;

	if (!text)
		return false;
	memcpy(text, from, n);
	text[n] = 0;
	dot = strchr(text, '.');
	if (dot)
		*dot = *localeconv()->decimal_point;
	errno = 0;
	if (real) {
		v = strtod(text, NULL);
		ok = !(errno == ERANGE && fabs(v) == HUGE_VAL);
	} else {
		strtoll(text, NULL, 10);
		ok = errno != ERANGE;
	}
	free(text);
	return ok;
}

static bool take_number(struct walk *w)
{
	const uint8_t *from = w->at;
	bool real = false;

	take(w, '-');
	if (take(w, '0')) {
		if (is_digit(peek(w)))
			return false;
	} else if (!take_digits(w)) {
		return false;
	}
	if (take(w, '.')) {
		real = true;
		if (!take_digits(w))
			return false;
	}
	if (take(w, 'e') || take(w, 'E')) {
		real = true;
		if (!take(w, '+'))
			take(w, '-');
		if (!take_digits(w))
			return false;
	}
	if (!number_fits(from, w->at, real))
		return false;
	skip_lost_zero(w);
	return true;
}

static bool take_word(struct walk *w)
{
	static const char *const words[] = {"true", "false", "null"};
	const uint8_t *from = w->at;
	size_t n;

	while ((peek(w) >= 'a' && peek(w) <= 'z') || (peek(w) >= 'A' && peek(w) <= 'Z'))
		step(w);
	n = (size_t)(w->at - from);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (n == strlen(words[i]) && !memcmp(from, words[i], n)) {
			skip_lost_zero(w);
			return true;
		}
	}
	return false;
}

static bool take_value(struct walk *w, struct node n);

static bool take_array(struct walk *w, uint32_t id)
{
	struct node n = {.parent = id, .key_at = ELEMENT};

	step(w);
	skip_space(w);
	if (take(w, ']'))
		return true;
	for (;; n.key_len++) {
		if (!take_value(w, n))
			return false;
		skip_space(w);
		if (take(w, ']'))
			return true;
		if (!take(w, ','))
			return false;
	}
}

static bool take_member(struct walk *w, uint32_t id)
{
	struct node n = {.parent = id, .key_at = (int32_t)w->index->keys.n};

	skip_space(w);
	if (!take_string(w, &w->index->keys))
		return false;
	n.key_len = (uint32_t)(w->index->keys.n - (size_t)n.key_at);
	skip_space(w);
	return take(w, ':') && take_value(w, n);
}

static bool take_object(struct walk *w, uint32_t id)
{
	step(w);
	skip_space(w);
	if (take(w, '}'))
		return true;
	for (;;) {
		if (!take_member(w, id))
			return false;
		skip_space(w);
		if (take(w, '}'))
			return true;
		if (!take(w, ','))
			return false;
	}
}

static bool take_scalar(struct walk *w)
{
	size_t n = w->index->keys.n;
	int c = peek(w);
	bool ok;

	if (c == '-' || is_digit(c))
		return take_number(w);
	if (c != '"')
		return take_word(w);
	ok = take_string(w, &w->index->keys);
	w->index->keys.n = n; /* only keys are kept */
	return ok;
}

static bool take_value(struct walk *w, struct node n)
{
	uint32_t id;
	bool ok;

	skip_space(w);
	n.line = w->line;
	n.column = w->column;
	if (++w->depth > DEPTH_MAX || !add_node(w->index, n, &id))
		return false;
	if (peek(w) == '{')
		ok = take_object(w, id);
	else if (peek(w) == '[')
		ok = take_array(w, id);
	else
		ok = take_scalar(w);
	w->depth--;
	return ok;
}

static bool take_document(struct walk *w)
{
	skip_space(w);
	if (peek(w) != '{' && peek(w) != '[')
		return false;
	if (!take_value(w, (struct node){.key_at = ELEMENT}))
		return false;
	skip_space(w);
	return w->at == w->end;
}

struct am_position *am_position_index(const char *text, size_t len)
{
	struct am_position *index = calloc(1, sizeof *index);
	struct walk w = {.at = (const uint8_t *)text, .line = 1, .column = 1, .index = index};

	if (!index)
		return NULL;
	w.end = w.at + len;
	if (!take_document(&w)) {
		am_position_free(index);
		return NULL;
	}
	return index;
}

void am_position_free(struct am_position *index)
{
	if (!index)
		return;
	free(index->nodes);
	free(index->twins);
	free(index->keys.bytes);
	free(index->slots);
	free(index);
}

/* ---- paths ---- */

static bool take_element(struct walk *path, struct node *want)
{
	uint64_t v = 0;

	if (!is_digit(peek(path)))
		return false;
	for (; is_digit(peek(path)) && v < UINT32_MAX; step(path))
		v = v * 10 + (uint64_t)(peek(path) - '0');
	want->key_at = ELEMENT;
	want->key_len = (uint32_t)v;
	return v < UINT32_MAX && take(path, ']');
}

/* One step of a path: .name, ["name"] or [number]. */
static bool take_name(struct walk *path, struct node *want, struct arena *name)
{
	name->n = 0;
	want->key_at = 0;
	if (take(path, '[')) {
		if (peek(path) != '"')
			return take_element(path, want);
		if (!take_string(path, name) || !take(path, ']'))
			return false;
	} else {
		if (!take(path, '.'))
			return false;
		for (; peek(path) >= 0 && peek(path) != '.' && peek(path) != '['; step(path)) {
			if (!arena_put(name, path->at, 1))
				return false;
		}
	}
	want->key_len = (uint32_t)name->n;
	return true;
}

int am_position_find(const struct am_position *index, const char *path, unsigned *line, unsigned *column)
{
	struct walk w = {.at = (const uint8_t *)path, .end = (const uint8_t *)path + strlen(path)};
	struct arena name = {0};
	struct node want = {0};
	uint32_t at = 0, slot;
	int r = take(&w, '$') ? 0 : -ENOENT;

	while (!r && peek(&w) >= 0) {
		want.parent = at;
		slot = take_name(&w, &want, &name) ? *find_slot(index, &want, name.bytes) : 0;
		if (slot)
			at = slot - 1;
		else
			r = -ENOENT;
	}
	free(name.bytes);
	*line = index->nodes[at].line;
	*column = index->nodes[at].column;
	return r;
}

static bool is_plain(const char *key)
{
	size_t n = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

	return n && !key[n];
}

void am_position_join(char *path, size_t room, const char *key)
{
	size_t n = strlen(path);

	if (is_plain(key)) {
		snprintf(path + n, room - n, ".%s", key);
		return;
	}
	n += (size_t)snprintf(path + n, room - n, "[\"");
	for (; *key && n < room; key++) {
		uint8_t c = (uint8_t)*key;

		n += (size_t)snprintf(path + n, room - n,
			c < 0x20                ? "\\u%04x"
			: c == '"' || c == '\\' ? "\\%c"
						: "%c",
			c);
	}
	if (n < room)
		snprintf(path + n, room - n, "\"]");
}

static void join_node(const struct am_position *index, const struct node *n, char *path, size_t room)
{
	size_t len = strlen(path);
	char key[256];

	if (n->key_at == ELEMENT) {
		snprintf(path + len, room - len, "[%u]", n->key_len);
		return;
	}
	snprintf(key, sizeof key, "%.*s", (int)n->key_len, n->key_len ? node_key(index, n) : "");
	am_position_join(path, room, key);
}

/* From the document down, though nodes know only what they lie in. */
static void node_path(const struct am_position *index, uint32_t id, char *path, size_t room)
{
	uint32_t way[DEPTH_MAX], n = 0;

	for (; id; id = index->nodes[id].parent)
		way[n++] = id;
	snprintf(path, room, "$");
	while (n)
		join_node(index, &index->nodes[way[--n]], path, room);
}

bool am_position_twin(const struct am_position *index, size_t i, struct am_position_twin *out)
{
	const struct node *first, *second;

	if (i >= index->n_twins)
		return false;
	first = &index->nodes[index->twins[i].first];
	second = &index->nodes[index->twins[i].second];
	*out = (struct am_position_twin){
		.line = second->line, .column = second->column, .first_line = first->line};
	node_path(index, index->twins[i].second, out->path, sizeof out->path);
	return true;
}
