/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/prefix_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SEQ_STEP = 5 }; /* FRR's, for entries without a number */

enum kind { END, WORD, STRING, MARK };

struct token {
	enum kind kind;
	const char *text;
	size_t len;
	unsigned line, column;
};

struct parser {
	const char *at, *end, *line_start;
	unsigned line;
	bool json, alone;  /* alone: an entry by itself, of no file */
	struct token next; /* looked at, not yet taken */
	am_bgp_complain complain;
	void *to;
	unsigned complaints;
	int rc;
	const char *want; /* name of the list that is asked for, or NULL */
	struct am_bgp_prefix_file *out;
	size_t room;
	uint32_t last_seq[2]; /* IPv4, IPv6 */
	bool several;         /* a second list was complained about */
};

/* ---- tokens ---- */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

static bool is_mark(const struct parser *p, char c)
{
	return c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ';' || c == '=' ||
	       (p->json && c == ':');
}

static bool begins(const struct parser *p, const char *text)
{
	size_t n = strlen(text);

	return (size_t)(p->end - p->at) >= n && !memcmp(p->at, text, n);
}

static void step(struct parser *p)
{
	if (*p->at++ == '\n') {
		p->line++;
		p->line_start = p->at;
	}
}

static void skip_line(struct parser *p)
{
	while (p->at < p->end && *p->at != '\n')
		p->at++;
}

static void skip_block(struct parser *p)
{
	while (p->at < p->end && !begins(p, "*/"))
		step(p);
	if (p->at < p->end)
		p->at += 2;
}

static void skip_space(struct parser *p)
{
	while (p->at < p->end) {
		if (is_space(*p->at))
			step(p);
		else if (*p->at == '#' || *p->at == '!' || begins(p, "//"))
			skip_line(p);
		else if (begins(p, "/*"))
			skip_block(p);
		else
			break;
	}
}

/* A string has no escape but "\/", which bgpq4 writes, and ends in its line. */
static void scan_string(struct parser *p, struct token *t)
{
	t->kind = STRING;
	t->text = ++p->at;
	while (p->at < p->end && *p->at != '"' && *p->at != '\n')
		p->at++;
	t->len = (size_t)(p->at - t->text);
	if (p->at < p->end && *p->at == '"')
		p->at++;
}

static void scan(struct parser *p)
{
	struct token *t = &p->next;

	skip_space(p);
	*t = (struct token){END, p->at, 0, p->line, (unsigned)(p->at - p->line_start) + 1};
	if (p->at == p->end)
		return;
	if (*p->at == '"') {
		scan_string(p, t);
		return;
	}
	t->kind = is_mark(p, *p->at) ? MARK : WORD;
	p->at++;
	while (t->kind == WORD && p->at < p->end && !is_space(*p->at) && !is_mark(p, *p->at) &&
		*p->at != '"' && *p->at != '#' && *p->at != '!')
		p->at++;
	t->len = (size_t)(p->at - t->text);
}

static struct token take(struct parser *p)
{
	struct token t = p->next;

	scan(p);
	return t;
}

static bool named(const struct token *t, const char *name)
{
	return t->len == strlen(name) && !memcmp(t->text, name, t->len);
}

static bool is(const struct token *t, const char *text)
{
	return t->kind != STRING && named(t, text);
}

static bool take_if(struct parser *p, const char *text)
{
	if (!is(&p->next, text))
		return false;
	scan(p);
	return true;
}

/* ---- complaints ---- */

static bool is_over(const struct parser *p)
{
	return p->next.kind == END || p->rc == -ENOMEM || p->complaints >= AM_BGP_PREFIX_COMPLAINTS;
}

static bool complain(struct parser *p, const struct token *t, const struct am_err *err)
{
	if (p->rc != -ENOMEM)
		p->rc = -EINVAL;
	if (p->complaints++ < AM_BGP_PREFIX_COMPLAINTS)
		p->complain(p->to, t->line, t->column, err->text);
	return false;
}

static int shown(const struct token *t)
{
	return t->len > 60 ? 60 : (int)t->len;
}

/* What stands there is not what has to stand there. */
static bool unexpected(struct parser *p, const struct token *t, const char *expected)
{
	struct am_err err;

	if (t->kind == END && p->alone)
		am_fail(&err, EINVAL, "the text ends, and %s is missing", expected);
	else if (t->kind == END)
		am_fail(&err, EINVAL, "the file ends, and %s is missing: is it all there?", expected);
	else
		am_fail(&err, EINVAL, "\"%.*s\" stands where %s is expected", shown(t), t->text, expected);
	return complain(p, t, &err);
}

static bool expect(struct parser *p, const char *text, const char *expected)
{
	return take_if(p, text) || unexpected(p, &p->next, expected);
}

/* Go on behind the line that a complaint is about. */
static void next_line(struct parser *p, const struct token *t)
{
	while (p->next.kind != END && p->next.line <= t->line)
		scan(p);
}

/* ---- numbers and prefixes ---- */

static bool number_of(const char *text, size_t len, uint32_t max, uint32_t *out)
{
	uint64_t v = 0;

	if (!len || len > 10)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(text[i] - '0');
	}
	*out = (uint32_t)v;
	return v <= max;
}

static bool copy(const char *text, size_t len, char *out, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\' && i + 1 < len && text[i + 1] == '/')
			continue;
		if (n + 1 >= room)
			return false;
		out[n++] = text[i];
	}
	out[n] = 0;
	return true;
}

/* Address and length, whatever bits are behind that; the address in t's text ends before its slash. */
static bool split(const char *text, char *address, size_t room, uint32_t *len)
{
	size_t n = strlen(text), slash = 0;

	while (slash < n && text[slash] != '/')
		slash++;
	return slash < n && copy(text, slash, address, room) &&
	       number_of(text + slash + 1, n - slash - 1, 128, len);
}

static int take_prefix(const char *text, struct am_prefix *out, struct am_err *err)
{
	char address[AM_IP_TEXT], meant[AM_PREFIX_TEXT];
	uint32_t len;
	struct am_ip ip;

	if (!split(text, address, sizeof address, &len) || am_ip_parse_text(address, &ip) ||
		len > am_ip_len(&ip) * 8)
		return am_fail(err, EINVAL,
			"\"%.60s\" is no prefix: write it like 203.0.113.0/24 or 2001:db8::/32", text);
	*out = am_prefix_around(&ip, (uint8_t)len);
	if (am_ip_equal(&out->ip, &ip))
		return 0;
	return am_fail(err, EINVAL, "\"%.60s\" has host bits behind its length: write %s", text,
		am_prefix_text(out, meant));
}

/* The range of lengths in words of "ge" and "le"; 0 is none. */
static int set_range(struct am_bgp_prefix_entry *e, uint32_t ge, uint32_t le, struct am_err *err)
{
	uint32_t bits = (uint32_t)am_ip_len(&e->prefix.ip) * 8, len = e->prefix.len;
	uint32_t low = ge ? ge : len, high = le ? le : ge ? bits : len;
	char text[AM_PREFIX_TEXT];

	if (low < len || high < low || high > bits)
		return am_fail(err, EINVAL,
			"lengths %u to %u make no sense with %s: they go up, from its length to %u", low,
			high, am_prefix_text(&e->prefix, text), bits);
	e->ge = (uint8_t)low;
	e->le = (uint8_t)high;
	return 0;
}

/* ---- entries ---- */

static bool take_number(struct parser *p, uint32_t max, const char *expected, uint32_t *out)
{
	struct token t = p->next;

	if (t.kind != WORD || !number_of(t.text, t.len, max, out))
		return unexpected(p, &t, expected);
	scan(p);
	return true;
}

/* BIRD's {low,high}. */
static bool take_braces(struct parser *p, uint32_t *ge, uint32_t *le)
{
	return take_number(p, 128, "the shortest length, 0 to 128", ge) && expect(p, ",", "a comma") &&
	       take_number(p, 128, "the longest length, 0 to 128", le) && expect(p, "}", "a }");
}

static bool take_ge_le(struct parser *p, uint8_t family, uint32_t *ge, uint32_t *le)
{
	const char *expected = family == AM_IPV4 ? "a length of 1 to 32" : "a length of 1 to 128";

	for (;;) {
		bool is_ge = is(&p->next, "ge");

		if (!is_ge && !is(&p->next, "le"))
			return true;
		scan(p);
		if (!take_number(p, 128, expected, is_ge ? ge : le))
			return false;
	}
}

static bool has_colon(const char *text)
{
	while (*text && *text != ':')
		text++;
	return *text;
}

/* What BIRD appends: "+" all that are inside. "-" all that are around has no entry that would say so. */
static bool take_suffix(struct parser *p, const struct token *t, char *text, uint32_t *le)
{
	size_t n = strlen(text);
	struct am_err err;

	if (n && text[n - 1] == '+') {
		text[n - 1] = 0;
		*le = has_colon(text) ? 128 : 32;
	} else if (n && text[n - 1] == '-') {
		am_fail(&err, EINVAL,
			"\"%.60s\" means all shorter prefixes around it: write each of them that is wanted",
			text);
		return complain(p, t, &err);
	}
	return true;
}

/* A prefix and the lengths that may stand behind it. */
static bool take_entry(struct parser *p, struct am_bgp_prefix_entry *e)
{
	struct token t = take(p);
	char text[AM_PREFIX_TEXT + 2];
	uint32_t ge = 0, le = 0;
	struct am_err err;

	if ((t.kind != WORD && t.kind != STRING) || !copy(t.text, t.len, text, sizeof text))
		return unexpected(p, &t, "a prefix");
	if (!take_suffix(p, &t, text, &le))
		return false;
	if (take_prefix(text, &e->prefix, &err))
		return complain(p, &t, &err);
	if (take_if(p, "{") ? !take_braces(p, &ge, &le) : !take_ge_le(p, e->prefix.ip.family, &ge, &le))
		return false;
	return !set_range(e, ge, le, &err) || complain(p, &t, &err);
}

static bool grow(struct parser *p)
{
	size_t room = p->room ? 2 * p->room : 64;
	struct am_bgp_prefix_entry *grown = malloc(room * sizeof *grown);

	if (!grown) {
		p->rc = -ENOMEM;
		return false;
	}
	if (p->out->n)
		memcpy(grown, p->out->entries, p->out->n * sizeof *grown);
	free(p->out->entries);
	p->out->entries = grown;
	p->room = room;
	return true;
}

/* seq 0: the next free one of its family. */
static void keep(struct parser *p, struct am_bgp_prefix_entry *e)
{
	uint32_t *last = &p->last_seq[e->prefix.ip.family == AM_IPV6];

	if (!e->seq)
		e->seq = *last > UINT32_MAX - 2 * SEQ_STEP ? UINT32_MAX : (*last / SEQ_STEP + 1) * SEQ_STEP;
	if (e->seq > *last)
		*last = e->seq;
	if (p->out->n < p->room || grow(p))
		p->out->entries[p->out->n++] = *e;
}

/* Are entries of the list of this name asked for? */
static bool is_wanted(struct parser *p, const struct token *name)
{
	struct am_bgp_prefix_file *out = p->out;
	struct am_err err;

	if (!out->name_len && (!p->want || named(name, p->want))) {
		out->name = name->text;
		out->name_len = name->len;
	}
	if (out->name_len && name->len == out->name_len && !memcmp(name->text, out->name, name->len))
		return true;
	if (p->want)
		return false;
	if (!p->several) {
		am_fail(&err, EINVAL,
			"the file has a list \"%.*s\" and before it one \"%.*s\": say which of them is meant",
			shown(name), name->text, out->name_len > 60 ? 60 : (int)out->name_len, out->name);
		complain(p, name, &err);
	}
	p->several = true;
	return false;
}

/* ---- FRR ---- */

/* "no ip prefix-list NAME", before the list is written anew. */
static void drop(struct parser *p, bool ipv6)
{
	struct am_bgp_prefix_file *out = p->out;
	size_t kept = 0;

	for (size_t i = 0; i < out->n; i++) {
		if ((out->entries[i].prefix.ip.family == AM_IPV6) != ipv6)
			out->entries[kept++] = out->entries[i];
	}
	out->n = kept;
	p->last_seq[ipv6] = 0;
}

static bool take_any(struct parser *p, bool ipv6, struct am_bgp_prefix_entry *e)
{
	if (!take_if(p, "any"))
		return take_entry(p, e);
	e->prefix = (struct am_prefix){.ip.family = ipv6 ? AM_IPV6 : AM_IPV4};
	e->le = ipv6 ? 128 : 32;
	return true;
}

static bool take_action(struct parser *p, bool *permit)
{
	*permit = is(&p->next, "permit");
	if (!*permit && !is(&p->next, "deny"))
		return unexpected(p, &p->next, "permit or deny");
	scan(p);
	return true;
}

/* Behind "ip prefix-list NAME". */
static bool take_frr_entry(struct parser *p, bool ipv6, const struct token *name)
{
	struct am_bgp_prefix_entry e = {0};
	struct token at;
	struct am_err err;

	if (take_if(p, "seq") && !take_number(p, UINT32_MAX - 1, "a sequence number", &e.seq))
		return false;
	if (!take_action(p, &e.permit))
		return false;
	at = p->next;
	if (!take_any(p, ipv6, &e))
		return false;
	if ((e.prefix.ip.family == AM_IPV6) != ipv6) {
		am_fail(&err, EINVAL, "\"%.*s\" is no %s prefix: begin its line with \"%s prefix-list\"",
			shown(&at), at.text, ipv6 ? "IPv6" : "IPv4", ipv6 ? "ip" : "ipv6");
		return complain(p, &at, &err);
	}
	if (is_wanted(p, name))
		keep(p, &e);
	return true;
}

static bool take_frr(struct parser *p, bool no)
{
	struct token first = take(p), name;
	bool ipv6 = is(&first, "ipv6");

	if (!ipv6 && !is(&first, "ip"))
		return unexpected(p, &first, "ip or ipv6");
	if (!expect(p, "prefix-list", "prefix-list"))
		return false;
	name = take(p);
	if (name.kind != WORD)
		return unexpected(p, &name, "the list's name");
	if (no && is_wanted(p, &name))
		drop(p, ipv6);
	if (no || is(&p->next, "description")) {
		next_line(p, &first);
		return true;
	}
	return take_frr_entry(p, ipv6, &name);
}

/* ---- BIRD ---- */

static bool take_bird_entry(struct parser *p, bool wanted)
{
	struct am_bgp_prefix_entry e = {.permit = true};

	if (!take_entry(p, &e))
		return false;
	if (wanted)
		keep(p, &e);
	return take_if(p, ",") || is(&p->next, "]") || unexpected(p, &p->next, "a comma or a ]");
}

/* Entries up to the ], with commas between them. After a wrong one the list goes on in the next line. */
static bool take_bird_list(struct parser *p, bool wanted)
{
	bool wrong = false;

	while (!take_if(p, "]")) {
		struct token first = p->next;

		if (is_over(p))
			return !wrong && unexpected(p, &p->next, "a ]");
		wrong = !take_bird_entry(p, wanted);
		if (wrong)
			next_line(p, &first);
	}
	return true;
}

static bool take_bird(struct parser *p, const struct token *name)
{
	if (!expect(p, "=", "=") || !expect(p, "[", "a ["))
		return false;
	if (!take_bird_list(p, is_wanted(p, name)))
		return false;
	take_if(p, ";");
	return true;
}

/* ---- plain ---- */

static bool is_number_or_hex(const struct token *t)
{
	for (size_t i = 0; i < t->len; i++) {
		if (t->text[i] == '/' || t->text[i] == ':')
			return true;
	}
	return t->len && t->text[0] >= '0' && t->text[0] <= '9';
}

static bool take_plain(struct parser *p)
{
	struct am_bgp_prefix_entry e = {.permit = true};

	if ((is(&p->next, "permit") || is(&p->next, "deny")) && !take_action(p, &e.permit))
		return false;
	if (!take_entry(p, &e))
		return false;
	if (!p->want)
		keep(p, &e);
	if (!take_if(p, ","))
		take_if(p, ";");
	return true;
}

static bool take_statement(struct parser *p)
{
	struct token t;

	if (is(&p->next, "ip") || is(&p->next, "ipv6"))
		return take_frr(p, false);
	if (take_if(p, "no"))
		return take_frr(p, true);
	if (is(&p->next, "permit") || is(&p->next, "deny"))
		return take_plain(p);
	if (take_if(p, "define") || (p->next.kind == WORD && !is_number_or_hex(&p->next))) {
		t = take(p);
		if (t.kind == WORD && is(&p->next, "="))
			return take_bird(p, &t);
		return unexpected(p, &t, "a prefix, \"ip prefix-list\" or \"NAME = [\"");
	}
	t = p->next;
	return take_plain(p);
}

/* ---- JSON ---- */

static bool take_string(struct parser *p, const char *expected, struct token *out)
{
	*out = p->next;
	if (out->kind != STRING)
		return unexpected(p, out, expected);
	scan(p);
	return true;
}

struct members {
	bool has_prefix, exact;
	uint32_t ge, le;
	struct token prefix;
};

static bool take_member(struct parser *p, struct members *m)
{
	struct token key;

	if (!take_string(p, "a name in quotes", &key) || !expect(p, ":", "a colon"))
		return false;
	if (named(&key, "prefix")) {
		m->has_prefix = true;
		return take_string(p, "a prefix in quotes", &m->prefix);
	}
	if (named(&key, "exact")) {
		m->exact = is(&p->next, "true");
		return take_if(p, "true") || expect(p, "false", "true or false");
	}
	if (named(&key, "greater-equal"))
		return take_number(p, 128, "a length, 1 to 128", &m->ge);
	if (named(&key, "less-equal"))
		return take_number(p, 128, "a length, 1 to 128", &m->le);
	return unexpected(p, &key, "prefix, exact, greater-equal or less-equal");
}

static bool take_members(struct parser *p, struct members *m)
{
	do {
		if (!take_member(p, m))
			return false;
	} while (take_if(p, ","));
	return expect(p, "}", "a comma or a }");
}

/* { "prefix": ..., ... }, or a string in the plain form. */
static bool take_json_entry(struct parser *p, struct am_bgp_prefix_entry *e)
{
	struct token at = p->next;
	struct members m = {0};
	char text[AM_PREFIX_TEXT];
	struct am_err err;

	if (at.kind == STRING) {
		char plain[160];

		scan(p);
		if (!copy(at.text, at.len, plain, sizeof plain))
			return unexpected(p, &at, "a prefix");
		return !am_bgp_prefix_entry_parse(plain, e, &err) || complain(p, &at, &err);
	}
	if (!expect(p, "{", "a { or a prefix in quotes") || !take_members(p, &m))
		return false;
	if (!m.has_prefix)
		return unexpected(p, &at, "an object with \"prefix\"");
	if (!copy(m.prefix.text, m.prefix.len, text, sizeof text))
		return unexpected(p, &m.prefix, "a prefix");
	if (take_prefix(text, &e->prefix, &err) || set_range(e, m.exact ? 0 : m.ge, m.exact ? 0 : m.le, &err))
		return complain(p, &m.prefix, &err);
	return true;
}

static bool take_json_list(struct parser *p)
{
	struct token name;
	bool wanted;

	if (!take_string(p, "a list's name in quotes", &name) || !expect(p, ":", "a colon") ||
		!expect(p, "[", "a ["))
		return false;
	wanted = is_wanted(p, &name);
	if (take_if(p, "]"))
		return true;
	do {
		struct am_bgp_prefix_entry e = {.permit = true};

		if (!take_json_entry(p, &e))
			return false;
		if (wanted)
			keep(p, &e);
	} while (take_if(p, ","));
	return expect(p, "]", "a comma or a ]");
}

static void take_json(struct parser *p)
{
	scan(p);
	if (!take_if(p, "}")) {
		do {
			if (!take_json_list(p))
				return;
		} while (take_if(p, ","));
		if (!expect(p, "}", "a comma or a }"))
			return;
	}
	if (p->next.kind != END)
		unexpected(p, &p->next, "the end of the file");
}

/* ---- the whole ---- */

static struct parser begin(const char *text, size_t len, struct am_bgp_prefix_file *out)
{
	return (struct parser){
		.at = text, .end = len ? text + len : text, .line_start = text, .line = 1, .out = out};
}

/* The list that was asked for stands nowhere. An empty one is there. */
static void missing(struct parser *p)
{
	struct am_err err;

	am_fail(&err, EINVAL, "the file has no list \"%.60s\": is it another file, or another name?",
		p->want);
	complain(p, &p->next, &err);
}

int am_bgp_prefix_file_parse(const char *text, size_t len, const char *name, am_bgp_complain sink, void *to,
	struct am_bgp_prefix_file *out)
{
	struct parser p = begin(text, len, out);

	*out = (struct am_bgp_prefix_file){0};
	p.complain = sink;
	p.to = to;
	p.want = name;
	scan(&p);
	if (is(&p.next, "{")) {
		p.json = true;
		take_json(&p);
	}
	while (!p.json && !is_over(&p)) {
		struct token first = p.next;

		if (!take_statement(&p))
			next_line(&p, &first);
	}
	if (!p.rc && name && !out->name_len)
		missing(&p);
	if (p.rc)
		am_bgp_prefix_file_free(out);
	return p.rc;
}

void am_bgp_prefix_file_free(struct am_bgp_prefix_file *file)
{
	free(file->entries);
	*file = (struct am_bgp_prefix_file){0};
}

static void to_error(void *to, unsigned line, unsigned column, const char *text)
{
	struct am_err *err = to;

	(void)line;
	(void)column;
	if (!*err->text)
		am_fail(err, EINVAL, "%s", text);
}

int am_bgp_prefix_entry_parse(const char *text, struct am_bgp_prefix_entry *out, struct am_err *err)
{
	struct parser p = begin(text, strlen(text), NULL);
	struct am_bgp_prefix_entry e = {.permit = true};
	struct am_err first = {{0}};

	p.complain = to_error;
	p.to = &first;
	p.alone = true;
	scan(&p);
	if ((!is(&p.next, "permit") && !is(&p.next, "deny")) || take_action(&p, &e.permit)) {
		if (take_entry(&p, &e) && p.next.kind != END)
			unexpected(&p, &p.next, "\"ge\", \"le\" or the end");
	}
	if (p.rc)
		return am_fail(err, EINVAL, "%s", first.text);
	*out = e;
	return 0;
}
