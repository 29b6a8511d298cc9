/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text to a nondeterministic automaton (Thompson's construction), that to a deterministic one (sets of its nodes), both of bounded size.
 */
#include "bgp/as_regex.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/as_path.h"

enum {
	SYMBOLS = 18, /* all that a printed path is made of */
	WORDS = AM_BGP_AS_REGEX_NODES / 64,
	SLOTS = 2 * AM_BGP_AS_REGEX_STATES,
	REPEAT_MAX = 255,
	NOWHERE = UINT16_MAX,
};

static const char symbols[SYMBOLS + 1] = "0123456789 ,{}()[]";
enum { DIGITS = 10, SPACE = 10, COMMA = 11, BRACE = 12, PAREN = 14, BRACKET = 16 };
enum { ALL = (1 << SYMBOLS) - 1, NO_DIGIT = ALL & ~((1 << DIGITS) - 1) };

enum node_kind { CHARS, SPLIT, EMPTY, BEGIN, END, ACCEPT };

struct node {
	uint8_t kind;
	uint16_t out, other; /* other: of SPLIT */
	uint32_t chars;      /* of CHARS, a bit a symbol */
};

/* A piece of the automaton: entered at start, left through out of end. */
struct piece {
	uint16_t start, end;
};

struct compiler {
	const char *text;
	size_t at, len;
	unsigned depth;
	struct am_bgp_as_regex_error *err;
	int rc;
	unsigned n;
	struct node nodes[AM_BGP_AS_REGEX_NODES];
};

struct am_bgp_as_regex {
	uint16_t n;
	uint16_t (*next)[SYMBOLS];
	uint8_t *flags; /* of a state */
	char text[];
};

enum {
	FITS = 1,    /* where the path ends here, it fits */
	SETTLED = 2, /* nothing that follows makes a difference */
};

/* ---- text to nodes ---- */

static void refuse(struct compiler *c, int rc, size_t at, const char *why)
{
	if (c->rc)
		return;
	c->rc = rc;
	*c->err = (struct am_bgp_as_regex_error){at, why};
}

/* A complaint leaves node 0 in the place of what could not be made: nobody uses it. */
static uint16_t add(struct compiler *c, enum node_kind kind, uint32_t chars)
{
	if (c->n == AM_BGP_AS_REGEX_NODES) {
		refuse(c, -E2BIG, 0,
			"it is too long: write it shorter, or as several that are tried in turn");
		return 0;
	}
	c->nodes[c->n] = (struct node){(uint8_t)kind, NOWHERE, NOWHERE, chars};
	return (uint16_t)c->n++;
}

static struct piece single(struct compiler *c, enum node_kind kind, uint32_t chars)
{
	uint16_t n = add(c, kind, chars);

	return (struct piece){n, n};
}

static struct piece then(struct compiler *c, struct piece a, struct piece b)
{
	c->nodes[a.end].out = b.start;
	return (struct piece){a.start, b.end};
}

static struct piece either(struct compiler *c, struct piece a, struct piece b)
{
	uint16_t split = add(c, SPLIT, 0), end = add(c, EMPTY, 0);

	c->nodes[split].out = a.start;
	c->nodes[split].other = b.start;
	c->nodes[a.end].out = end;
	c->nodes[b.end].out = end;
	return (struct piece){split, end};
}

static struct piece star(struct compiler *c, struct piece a)
{
	uint16_t split = add(c, SPLIT, 0);

	c->nodes[split].other = a.start;
	c->nodes[a.end].out = split;
	return (struct piece){split, split};
}

static struct piece plus(struct compiler *c, struct piece a)
{
	struct piece s = star(c, a);

	return (struct piece){a.start, s.end};
}

static struct piece optional(struct compiler *c, struct piece a)
{
	return either(c, a, single(c, EMPTY, 0));
}

/* "_": zero width at both ends of the path, else one character that is no digit. */
static struct piece boundary(struct compiler *c)
{
	struct piece ends = either(c, single(c, BEGIN, 0), single(c, END, 0));

	return either(c, single(c, CHARS, NO_DIGIT), ends);
}

static int peek(const struct compiler *c)
{
	return c->at < c->len ? (uint8_t)c->text[c->at] : -1;
}

static uint32_t symbol_of(int ch)
{
	for (unsigned i = 0; i < SYMBOLS; i++) {
		if (symbols[i] == ch)
			return 1u << i;
	}
	return 0;
}

static uint32_t wanted_symbol(struct compiler *c, size_t at, int ch)
{
	uint32_t symbol = symbol_of(ch);

	if (!symbol)
		refuse(c, -EINVAL, at,
			"no AS path has this character: it is made of digits, spaces, and , { } ( ) [ ]");
	return symbol;
}

/* Behind the [ up to the ]. A ] in the first place stands for itself, as does a - at either end. */
static uint32_t bracket(struct compiler *c, size_t begin)
{
	bool negated = peek(c) == '^';
	uint32_t set = 0;

	c->at += negated;
	for (size_t first = c->at; peek(c) != ']' || c->at == first; c->at++) {
		int low = peek(c), high = low;

		if (low < 0) {
			refuse(c, -EINVAL, begin, "this [ is not closed: add a ]");
			return 0;
		}
		if (c->at + 2 < c->len && c->text[c->at + 1] == '-' && c->text[c->at + 2] != ']') {
			high = (uint8_t)c->text[c->at + 2];
			if (high < '0' || high > '9' || low < '0' || low > high)
				refuse(c, -EINVAL, c->at,
					"a range goes from one digit up to another, like 0-9");
			c->at += 2;
		}
		for (; low <= high && !c->rc; low++)
			set |= wanted_symbol(c, c->at, low);
	}
	c->at++;
	return negated ? ALL & ~set : set;
}

static struct piece alternatives(struct compiler *c);

static struct piece group(struct compiler *c, size_t begin)
{
	struct piece inner;

	if (++c->depth > AM_BGP_AS_REGEX_DEPTH) {
		refuse(c, -EINVAL, begin, "too many parentheses lie in each other: at most 32 may");
		return single(c, EMPTY, 0);
	}
	inner = alternatives(c);
	c->depth--;
	if (peek(c) == ')')
		c->at++;
	else
		refuse(c, -EINVAL, begin, "this ( is not closed: add a ), or write \\( for the character");
	return inner;
}

/* Whatever can be repeated. */
static struct piece atom(struct compiler *c)
{
	size_t begin = c->at;
	int ch = peek(c);

	c->at++;
	switch (ch) {
	case '(':
		return group(c, begin);
	case '[':
		return single(c, CHARS, bracket(c, begin));
	case '.':
		return single(c, CHARS, ALL);
	case '_':
		return boundary(c);
	case '^':
		return single(c, BEGIN, 0);
	case '$':
		return single(c, END, 0);
	case '*':
	case '+':
	case '?':
		refuse(c, -EINVAL, begin, "there is nothing before it to repeat: perhaps .* is meant");
		return single(c, EMPTY, 0);
	case '\\':
		begin = c->at;
		ch = peek(c);
		c->at += ch >= 0;
		break;
	}
	return single(c, CHARS, wanted_symbol(c, begin, ch));
}

static int small_number(const struct compiler *c, size_t *at)
{
	int v = -1;

	for (unsigned i = 0; i < 3 && *at < c->len && c->text[*at] >= '0' && c->text[*at] <= '9'; i++, ++*at)
		v = (v < 0 ? 0 : v * 10) + (c->text[*at] - '0');
	return v;
}

/* May a repetition stand here? A set is never printed directly behind these. */
static bool may_repeat(const struct compiler *c)
{
	char before = c->text[c->at - 1];

	return peek(c) == '{' &&
	       ((before >= '0' && before <= '9') || before == ']' || before == ')' || before == '.');
}

/* {n}, {n,} or {n,m} here? Else a { is the character. max -1: without end. */
static bool interval(struct compiler *c, int *min, int *max)
{
	size_t at = c->at + 1;

	if (!may_repeat(c))
		return false;
	*min = *max = small_number(c, &at);
	if (at < c->len && c->text[at] == ',') {
		at++;
		*max = small_number(c, &at);
	}
	if (*min < 0 || at >= c->len || c->text[at] != '}')
		return false;
	if (*min > REPEAT_MAX || *max > REPEAT_MAX || (*max >= 0 && *max < *min))
		refuse(c, -EINVAL, c->at, "repetitions go up, and to 255 at most; write \\{ for an AS_SET");
	c->at = at + 1;
	return true;
}

/* The atom at `begin` is read again for each copy. */
static struct piece repeat(struct compiler *c, size_t begin, struct piece first, int min, int max)
{
	size_t end = c->at;
	struct piece all = single(c, EMPTY, 0);
	unsigned depth = c->depth;

	for (int i = 0; (i < min || i < max) && !c->rc; i++) {
		struct piece copy = first;

		c->at = begin;
		if (i)
			copy = atom(c);
		all = then(c, all, i < min ? copy : optional(c, copy));
	}
	if (max < 0 && !c->rc) {
		c->at = begin;
		all = then(c, all, star(c, min ? atom(c) : first));
	}
	c->depth = depth;
	c->at = end;
	return all;
}

static struct piece repeated(struct compiler *c)
{
	size_t begin = c->at;
	struct piece p = atom(c);
	int min, max;

	if (!c->rc && interval(c, &min, &max))
		p = repeat(c, begin, p, min, max);
	for (;;) {
		switch (peek(c)) {
		case '*':
			p = star(c, p);
			break;
		case '+':
			p = plus(c, p);
			break;
		case '?':
			p = optional(c, p);
			break;
		default:
			return p;
		}
		c->at++;
	}
}

static struct piece sequence(struct compiler *c)
{
	struct piece p = single(c, EMPTY, 0);

	while (!c->rc && peek(c) >= 0 && peek(c) != '|' && peek(c) != ')')
		p = then(c, p, repeated(c));
	return p;
}

static struct piece alternatives(struct compiler *c)
{
	struct piece p = sequence(c);

	while (!c->rc && peek(c) == '|') {
		c->at++;
		p = either(c, p, sequence(c));
	}
	return p;
}

/* Where the automaton begins. */
static uint16_t parse(struct compiler *c)
{
	struct piece p = alternatives(c);

	if (!c->rc && c->at < c->len)
		refuse(c, -EINVAL, c->at,
			"this ) has no ( before it: remove it, or write \\) for the character");
	return then(c, p, single(c, ACCEPT, 0)).start;
}

/* ---- nodes to states ---- */

struct set {
	uint64_t words[WORDS];
};

struct builder {
	const struct compiler *c;
	uint16_t start;
	struct am_bgp_as_regex *regex;
	struct set sets[AM_BGP_AS_REGEX_STATES];
	uint16_t slots[SLOTS]; /* state number plus one; 0 is free */
	uint16_t stack[2 * AM_BGP_AS_REGEX_NODES];
};

enum { AT_BEGIN = 1, AT_END = 2 };

/* A node and all that is reached from it without a character; of these only the ones that matter are kept. */
static void reach(struct builder *b, struct set *seen, struct set *kept, uint16_t from, unsigned where)
{
	unsigned n = 0;

	b->stack[n++] = from;
	while (n) {
		uint16_t at = b->stack[--n];
		const struct node *node = &b->c->nodes[at];
		uint64_t bit = (uint64_t)1 << at % 64;

		if (seen->words[at / 64] & bit)
			continue;
		seen->words[at / 64] |= bit;
		if (node->kind == CHARS || node->kind == END || node->kind == ACCEPT)
			kept->words[at / 64] |= bit;
		if (node->kind == EMPTY || node->kind == SPLIT || (node->kind == BEGIN && where & AT_BEGIN) ||
			(node->kind == END && where & AT_END))
			b->stack[n++] = node->out;
		if (node->kind == SPLIT)
			b->stack[n++] = node->other;
	}
}

static bool accepts(const struct builder *b, const struct set *set)
{
	unsigned accept = b->c->n - 1; /* made last */

	return set->words[accept / 64] >> accept % 64 & 1;
}

/* Does a path that ends in this state fit? */
static bool fits(struct builder *b, const struct set *set, unsigned where)
{
	struct set seen = {{0}}, end = {{0}};

	for (unsigned w = 0; w < WORDS; w++) {
		for (uint64_t left = set->words[w]; left; left &= left - 1)
			reach(b, &seen, &end, (uint16_t)(w * 64 + (unsigned)__builtin_ctzll(left)),
				where | AT_END);
	}
	return accepts(b, &end);
}

/* The number of this set's state, made where it is new; NOWHERE where there is no room. */
static uint16_t state_of(struct builder *b, const struct set *set)
{
	struct am_bgp_as_regex *regex = b->regex;
	uint64_t hash = 0;
	unsigned slot;

	for (unsigned w = 0; w < WORDS; w++)
		hash = (hash ^ set->words[w]) * 0x9e3779b97f4a7c15ull;
	for (slot = (unsigned)(hash >> 40) % SLOTS; b->slots[slot]; slot = (slot + 1) % SLOTS) {
		if (!memcmp(&b->sets[b->slots[slot] - 1], set, sizeof *set))
			return b->slots[slot] - 1;
	}
	if (regex->n == AM_BGP_AS_REGEX_STATES)
		return NOWHERE;
	b->sets[regex->n] = *set;
	b->slots[slot] = regex->n + 1;
	regex->flags[regex->n] = fits(b, set, 0) ? FITS : 0;
	return regex->n++;
}

/* Once a part of the path fits, all is said: such states are one. */
static uint16_t follow(struct builder *b, const struct set *from, unsigned symbol)
{
	struct set seen = {{0}}, to = {{0}};

	for (unsigned w = 0; w < WORDS; w++) {
		for (uint64_t left = from->words[w]; left; left &= left - 1) {
			const struct node *node = &b->c->nodes[w * 64 + (unsigned)__builtin_ctzll(left)];

			if (node->kind == CHARS && node->chars >> symbol & 1)
				reach(b, &seen, &to, node->out, 0);
		}
	}
	reach(b, &seen, &to, b->start, 0);
	if (accepts(b, &to) || accepts(b, from)) {
		unsigned accept = b->c->n - 1;

		to = (struct set){{0}};
		to.words[accept / 64] |= (uint64_t)1 << accept % 64;
	}
	return state_of(b, &to);
}

static void settle(struct am_bgp_as_regex *regex)
{
	for (unsigned s = 0; s < regex->n; s++) {
		bool stays = true;

		for (unsigned i = 0; i < SYMBOLS; i++)
			stays &= regex->next[s][i] == s;
		if (stays)
			regex->flags[s] |= SETTLED;
	}
}

/* The first state is like no other: only there is a path at its begin. */
static int build(struct builder *b)
{
	struct am_bgp_as_regex *regex = b->regex;
	struct set seen = {{0}};

	reach(b, &seen, &b->sets[0], b->start, AT_BEGIN);
	regex->flags[0] = fits(b, &b->sets[0], AT_BEGIN) ? FITS : 0;
	regex->n = 1;
	for (unsigned s = 0; s < regex->n; s++) {
		for (unsigned i = 0; i < SYMBOLS; i++) {
			regex->next[s][i] = follow(b, &b->sets[s], i);
			if (regex->next[s][i] == NOWHERE)
				return -E2BIG;
		}
	}
	settle(regex);
	return 0;
}

/* ---- the whole ---- */

static struct am_bgp_as_regex *allocate(const char *text, size_t len, size_t states)
{
	struct am_bgp_as_regex *regex = calloc(1, sizeof *regex + len + 1);

	if (!regex)
		return NULL;
	if (len)
		memcpy(regex->text, text, len);
	regex->next = calloc(states, sizeof *regex->next);
	regex->flags = calloc(states, 1);
	if (regex->next && regex->flags)
		return regex;
	am_bgp_as_regex_free(regex);
	return NULL;
}

/* The states alone, once it is known how many there are. */
static int shrink(const struct am_bgp_as_regex *built, size_t len, struct am_bgp_as_regex **out)
{
	struct am_bgp_as_regex *regex = allocate(built->text, len, built->n);

	if (!regex)
		return -ENOMEM;
	regex->n = built->n;
	memcpy(regex->next, built->next, built->n * sizeof *regex->next);
	memcpy(regex->flags, built->flags, built->n);
	*out = regex;
	return 0;
}

static int determine(const struct compiler *c, uint16_t start, struct am_bgp_as_regex **out)
{
	struct builder *b = calloc(1, sizeof *b);
	int rc = -ENOMEM;

	if (!b)
		return rc;
	b->c = c;
	b->start = start;
	b->regex = allocate(c->text, c->len, AM_BGP_AS_REGEX_STATES);
	if (b->regex)
		rc = build(b);
	if (rc == -E2BIG)
		*c->err = (struct am_bgp_as_regex_error){0,
			"it needs too large an automaton: repeat less of it, "
			"or write it as several that are tried in turn"};
	if (!rc)
		rc = shrink(b->regex, c->len, out);
	am_bgp_as_regex_free(b->regex);
	free(b);
	return rc;
}

int am_bgp_as_regex_compile(
	const char *text, size_t len, struct am_bgp_as_regex **out, struct am_bgp_as_regex_error *err)
{
	struct compiler *c = calloc(1, sizeof *c);
	uint16_t start;
	int rc;

	*err = (struct am_bgp_as_regex_error){0};
	if (!c)
		return -ENOMEM;
	c->text = text;
	c->len = len;
	c->err = err;
	start = parse(c);
	rc = c->rc ? c->rc : determine(c, start, out);
	free(c);
	return rc;
}

void am_bgp_as_regex_free(struct am_bgp_as_regex *regex)
{
	if (!regex)
		return;
	free(regex->next);
	free(regex->flags);
	free(regex);
}

const char *am_bgp_as_regex_text(const struct am_bgp_as_regex *regex)
{
	return regex->text;
}

size_t am_bgp_as_regex_states(const struct am_bgp_as_regex *regex)
{
	return regex->n;
}

/* ---- matching ---- */

static uint16_t step_number(const struct am_bgp_as_regex *regex, uint16_t state, uint32_t number)
{
	uint8_t digits[10];
	unsigned n = 0;

	do {
		digits[n++] = (uint8_t)(number % 10);
		number /= 10;
	} while (number);
	while (n)
		state = regex->next[state][digits[--n]];
	return state;
}

/* By segment type: what opens it (what closes it is the next symbol), and what stands between its numbers. */
static const struct {
	uint8_t open, between;
} forms[] = {
	[AM_BGP_AS_SET] = {BRACE, COMMA},
	[AM_BGP_AS_SEQUENCE] = {0, SPACE},
	[AM_BGP_CONFED_SEQUENCE] = {PAREN, SPACE},
	[AM_BGP_CONFED_SET] = {BRACKET, COMMA},
};

static uint16_t step_segment(
	const struct am_bgp_as_regex *regex, uint16_t state, const struct am_bgp_segment *segment)
{
	uint8_t open = forms[segment->type].open;
	uint8_t between = forms[segment->type].between;

	if (open)
		state = regex->next[state][open];
	for (unsigned i = 0; i < segment->count && !(regex->flags[state] & SETTLED); i++) {
		if (i)
			state = regex->next[state][between];
		state = step_number(regex, state, am_load32(segment->numbers + 4 * i));
	}
	return open ? regex->next[state][open + 1] : state;
}

bool am_bgp_as_regex_match(const struct am_bgp_as_regex *regex, struct am_bgp_span path)
{
	struct am_reader r = am_reader(path.bytes, path.len);
	struct am_bgp_segment segment;
	uint16_t state = 0;

	for (bool first = true; !(regex->flags[state] & SETTLED) && am_bgp_segment_next(&r, &segment);
		first = false) {
		if (!first)
			state = regex->next[state][SPACE];
		state = step_segment(regex, state, &segment);
	}
	return regex->flags[state] & FITS;
}
