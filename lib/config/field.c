/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/field.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"
#include "suggest.h"

/* ---- places and complaints ---- */

void conf_place_path(const struct place *at, char *path, size_t room)
{
	size_t n;

	if (!at->up) {
		snprintf(path, room, "$");
		return;
	}
	conf_place_path(at->up, path, room);
	n = strlen(path);
	if (at->key)
		am_position_join(path, room, at->key);
	else
		snprintf(path + n, room - n, "[%zu]", at->index);
}

void conf_complain(const struct place *at, const char *fmt, ...)
{
	char path[1024], text[AM_ERR_TEXT];
	struct source at_file = {0};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	conf_place_path(at, path, sizeof path);
	if (at->load->sources)
		at_file = conf_sources_find(at->load->sources, path);
	else if (at->load->positions)
		am_position_find(at->load->positions, path, &at_file.line, &at_file.column);
	conf_errors_add(at->load->errors, path, &at_file, text);
}

struct place conf_place_member(const struct place *object, const char *key)
{
	return (struct place){
		.load = object->load, .up = object, .key = key, .json = json_object_get(object->json, key)};
}

struct place conf_place_element(const struct place *array, size_t i)
{
	return (struct place){
		.load = array->load, .up = array, .index = i, .json = json_array_get(array->json, i)};
}

struct where conf_where(const char *section, const char *name, const char *fmt, ...)
{
	struct where w;
	size_t n;
	va_list ap;

	snprintf(w.path, sizeof w.path, "$.%s", section);
	am_position_join(w.path, sizeof w.path, name);
	n = strlen(w.path);
	va_start(ap, fmt);
	vsnprintf(w.path + n, sizeof w.path - n, fmt, ap);
	va_end(ap);
	return w;
}

/* ---- one value ---- */

static const char *type_text(const json_t *json)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",
		[JSON_INTEGER] = "a number",
		[JSON_REAL] = "a fraction",
		[JSON_TRUE] = "true",
		[JSON_FALSE] = "false",
		[JSON_NULL] = "null",
	};
	return names[json_typeof(json)];
}

bool conf_want_object(const struct place *at)
{
	if (json_is_object(at->json))
		return true;
	conf_complain(at, "expected an object { ... }, got %s", type_text(at->json));
	return false;
}

bool conf_want_array(const struct place *at)
{
	if (json_is_array(at->json))
		return true;
	conf_complain(at, "expected an array [ ... ], got %s", type_text(at->json));
	return false;
}

bool conf_want_text(const struct place *at)
{
	if (json_is_string(at->json))
		return true;
	conf_complain(at, "expected a string, got %s", type_text(at->json));
	return false;
}

bool conf_is_word(const struct place *at)
{
	const char *text = json_string_value(at->json);

	return text && (!*text || text[strspn(text, "0123456789")]);
}

static bool want_number(const struct place *at)
{
	if (json_is_integer(at->json))
		return true;
	if (json_is_string(at->json) && !conf_is_word(at))
		conf_complain(at, "expected a number, got a string: write %.60s without the quotes",
			json_string_value(at->json));
	else if (json_is_real(at->json))
		conf_complain(at, "expected a whole number, got a fraction");
	else
		conf_complain(at, "expected a number, got %s", type_text(at->json));
	return false;
}

bool conf_read_uint(const struct place *at, uint32_t min, uint32_t max, const char *hint, uint32_t *out)
{
	json_int_t v;

	if (!want_number(at))
		return false;
	v = json_integer_value(at->json);
	if (v < (json_int_t)min || v > (json_int_t)max) {
		conf_complain(at, "%" JSON_INTEGER_FORMAT " is out of range, use %u to %u%s%s", v, min, max,
			hint ? ": " : "", hint ? hint : "");
		return false;
	}
	*out = (uint32_t)v;
	return true;
}

static void list_words(const char *const *words, char *text, size_t room)
{
	size_t n = 0;

	text[0] = 0;
	for (; *words && n < room; words++) {
		if (**words)
			n += (size_t)snprintf(text + n, room - n, "%s\"%s\"", n ? ", " : "", *words);
	}
}

bool conf_read_word(const struct place *at, const char *const *words, unsigned *out)
{
	const char *text = json_string_value(at->json);
	struct suggestion s;
	char list[256];

	if (!conf_want_text(at))
		return false;
	for (unsigned i = 0; words[i]; i++) {
		if (*text && !strcmp(words[i], text)) {
			*out = i;
			return true;
		}
	}
	s = conf_suggest_for(text);
	for (unsigned i = 0; words[i]; i++)
		conf_suggest_offer(&s, text, words[i]);
	list_words(words, list, sizeof list);
	if (s.word)
		conf_complain(
			at, "unknown value \"%.60s\", did you mean \"%s\"? One of %s", text, s.word, list);
	else
		conf_complain(at, "unknown value \"%.60s\", use one of %s", text, list);
	return false;
}

bool conf_read_text(const struct place *at, char *out, size_t room)
{
	const char *text = json_string_value(at->json), *control;

	if (!conf_want_text(at))
		return false;
	control = conf_find_control(text);
	if (control) {
		conf_complain(at,
			"octet %zu begins a control character, which a terminal would obey: leave it away",
			(size_t)(control - text) + 1);
		return false;
	}
	if (strlen(text) >= room) {
		conf_complain(at, "%zu octets is too long, at most %zu fit", strlen(text), room - 1);
		return false;
	}
	strcpy(out, text);
	return true;
}

bool conf_name_is_good(const char *name)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

	return n && !name[n] && n < AM_NAME_MAX;
}

bool conf_read_name(const struct place *at, char out[AM_NAME_MAX])
{
	const char *text = json_string_value(at->json);

	if (!conf_want_text(at))
		return false;
	if (!conf_name_is_good(text)) {
		conf_complain(
			at, "\"%.60s\" is no name: use 1 to 31 of the characters A-Z a-z 0-9 _ . -", text);
		return false;
	}
	strcpy(out, text);
	return true;
}

bool conf_read_ip(const struct place *at, struct am_ip *out)
{
	const char *text = json_string_value(at->json);

	if (!conf_want_text(at))
		return false;
	if (!am_ip_parse_text(text, out))
		return true;
	if (strchr(text, '/'))
		conf_complain(at, "\"%.60s\" is no IP address: leave the prefix length away", text);
	else
		conf_complain(at, "\"%.60s\" is no IP address: write it like 192.0.2.1 or 2001:db8::1", text);
	return false;
}

/* The prefix that was meant where only host bits are wrong, or the length is missing. */
static bool guess_prefix(const char *text, struct am_prefix *out)
{
	size_t n = strcspn(text, "/");
	char address[AM_IP_TEXT], *end;
	struct am_ip ip;
	unsigned long len;

	if (n >= sizeof address)
		return false;
	memcpy(address, text, n);
	address[n] = 0;
	if (am_ip_parse_text(address, &ip))
		return false;
	len = text[n] ? strtoul(text + n + 1, &end, 10) : am_ip_len(&ip) * 8;
	if (text[n] && (end == text + n + 1 || *end || len > am_ip_len(&ip) * 8))
		return false;
	*out = am_prefix_around(&ip, (uint8_t)len);
	return true;
}

bool conf_read_prefix(const struct place *at, struct am_prefix *out)
{
	const char *text = json_string_value(at->json);
	char meant[AM_PREFIX_TEXT];
	struct am_prefix guess;

	if (!conf_want_text(at))
		return false;
	if (!am_prefix_parse_text(text, out))
		return true;
	if (!guess_prefix(text, &guess))
		conf_complain(
			at, "\"%.60s\" is no prefix: write it like 10.255.0.2/32 or 2001:db8::/64", text);
	else if (strchr(text, '/'))
		conf_complain(at,
			"\"%.60s\" has host bits behind its length: write %s, or make it longer for fewer "
			"addresses",
			text, am_prefix_text(&guess, meant));
	else
		conf_complain(at, "\"%.60s\" has no length: write %s for this one address", text,
			am_prefix_text(&guess, meant));
	return false;
}

bool conf_read_mac(const struct place *at, struct am_mac *out)
{
	static const struct am_mac zero;
	const char *text = json_string_value(at->json);
	struct am_mac mac;

	if (!conf_want_text(at))
		return false;
	if (am_mac_parse_text(text, &mac)) {
		conf_complain(at, "\"%.60s\" is no MAC address: write it like 02:00:00:00:00:01", text);
		return false;
	}
	if (am_mac_is_group(mac.bytes) || !memcmp(&mac, &zero, sizeof mac)) {
		conf_complain(at,
			"%.60s is no station's address: it is %s; use one whose first octet is even", text,
			am_mac_is_group(mac.bytes) ? "a group address" : "all zero");
		return false;
	}
	*out = mac;
	return true;
}

/* ---- fields ---- */

static void store(const struct field *f, void *object, uint32_t v)
{
	uint8_t *p = (uint8_t *)object + f->at;

	if (f->size == 1)
		*p = (uint8_t)v;
	else if (f->size == 2)
		memcpy(p, &(uint16_t){(uint16_t)v}, 2);
	else
		memcpy(p, &v, 4);
}

static uint32_t fetch(const struct field *f, const void *object)
{
	const uint8_t *p = (const uint8_t *)object + f->at;
	uint16_t v2;
	uint32_t v4;

	if (f->size == 1)
		return *p;
	if (f->size == 2) {
		memcpy(&v2, p, 2);
		return v2;
	}
	memcpy(&v4, p, 4);
	return v4;
}

void conf_fields_default(const struct fields *fields, void *object)
{
	for (size_t i = 0; i < fields->n; i++) {
		const struct field *f = &fields->items[i];

		if (f->kind == FIELD_GROUP)
			conf_fields_default(f->sub, object);
		else if (f->kind == FIELD_BOOL || f->kind == FIELD_UINT || f->kind == FIELD_WORD)
			store(f, object, f->fallback);
		else if (f->text)
			strcpy((char *)object + f->at, f->text);
	}
}

static void read_number(const struct place *at, const struct field *f, void *object)
{
	uint32_t v;

	if (conf_read_uint(at, f->min, f->max, f->hint, &v))
		store(f, object, v);
}

static void read_bool(const struct place *at, const struct field *f, void *object)
{
	if (json_is_boolean(at->json))
		store(f, object, json_is_true(at->json));
	else
		conf_complain(at, "expected true or false, got %s", type_text(at->json));
}

static void read_value(const struct place *at, const struct field *f, void *object)
{
	void *to = (uint8_t *)object + f->at;
	unsigned word;

	switch (f->kind) {
	case FIELD_BOOL:
		read_bool(at, f, object);
		break;
	case FIELD_UINT:
		read_number(at, f, object);
		break;
	case FIELD_WORD:
		if (conf_read_word(at, f->words, &word))
			store(f, object, word);
		break;
	case FIELD_TEXT:
		conf_read_text(at, to, f->size);
		break;
	case FIELD_NAME:
		conf_read_name(at, to);
		break;
	case FIELD_MAC:
		conf_read_mac(at, to);
		break;
	case FIELD_IP:
		conf_read_ip(at, to);
		break;
	case FIELD_PREFIX:
		conf_read_prefix(at, to);
		break;
	case FIELD_GROUP:
		if (conf_want_object(at))
			conf_read_fields(at, f->sub, object);
		break;
	case FIELD_OTHER:
		f->read(at, to);
		break;
	}
}

static void read_field(const struct place *at, const struct field *f, void *object)
{
	bool optional = f->flag || f->kind == FIELD_IP;

	if (optional && json_is_null(at->json))
		return;
	read_value(at, f, object);
	if (f->flag) /* also where the value is wrong: nobody is to be told that it is missing */
		*((bool *)object + f->flag) = true;
}

static void list_keys(const struct fields *fields, char *text, size_t room)
{
	size_t n = 0;

	text[0] = 0;
	for (size_t i = 0; i < fields->n && n < room; i++)
		n += (size_t)snprintf(text + n, room - n, "%s%s", i ? ", " : "", fields->items[i].name);
}

static void complain_key(const struct place *at, const struct fields *fields)
{
	struct suggestion s = conf_suggest_for(at->key);
	char list[320];

	for (size_t i = 0; i < fields->n; i++)
		conf_suggest_offer(&s, at->key, fields->items[i].name);
	list_keys(fields, list, sizeof list);
	if (s.word)
		conf_complain(at, "unknown key \"%.60s\", did you mean \"%s\"?", at->key, s.word);
	else
		conf_complain(at, "unknown key \"%.60s\"; known here: %s", at->key, list);
}

static const struct field *find_field(const struct place *at, const struct fields *fields)
{
	for (size_t i = 0; i < fields->n; i++) {
		if (!strcmp(fields->items[i].name, at->key))
			return &fields->items[i];
	}
	complain_key(at, fields);
	return NULL;
}

void conf_read_fields(const struct place *at, const struct fields *fields, void *object)
{
	const char *key;
	json_t *value;

	conf_fields_default(fields, object);
	json_object_foreach((json_t *)(uintptr_t)at->json, key, value)
	{
		struct place member = {.load = at->load, .up = at, .key = key, .json = value};
		const struct field *f = find_field(&member, fields);

		if (f)
			read_field(&member, f, object);
	}
	for (size_t i = 0; i < fields->n; i++) {
		if (fields->items[i].required && !json_object_get(at->json, fields->items[i].name))
			conf_complain(at, "key \"%s\" is missing: add it", fields->items[i].name);
	}
}

/* ---- lists and maps ---- */

/*
 * Room for all of them at once, zeroed. More than max are complained about, but read as long as they can be counted, so
 * that nobody is told of names that are not there.
 */
static bool reserve(const struct place *at, void **items, uint16_t n, size_t more, size_t size, size_t max)
{
	uint8_t *grown;

	if (n + more > max)
		conf_complain(at,
			"%zu are too many, at most %zu are possible: remove some, or spread them over several "
			"instances",
			n + more, max);
	if (n + more > UINT16_MAX)
		return false;
	grown = realloc(*items, (n + more + 1) * size);
	if (!grown) {
		conf_complain(at, "out of memory");
		return false;
	}
	memset(grown + n * size, 0, (more + 1) * size);
	*items = grown;
	return true;
}

/* What each member has to be, and how that is written. */
struct member_kind {
	bool (*want)(const struct place *at);
	const char *example;
};

static void read_members(const struct place *at, void **items, uint16_t *n, size_t size, size_t max,
	const struct member_kind *kind, read_item read)
{
	const char *key;
	json_t *value;

	if (!json_is_object(at->json)) {
		conf_complain(at, "expected an object { \"name\": %s, ... }, got %s", kind->example,
			type_text(at->json));
		return;
	}
	if (!reserve(at, items, *n, json_object_size(at->json), size, max))
		return;
	json_object_foreach((json_t *)(uintptr_t)at->json, key, value)
	{
		struct place member = {.load = at->load, .up = at, .key = key, .json = value};
		char *item = (char *)*items + *n * size;

		if (!conf_name_is_good(key)) {
			conf_complain(&member,
				"\"%.60s\" is no name: use 1 to 31 of the characters A-Z a-z 0-9 _ . -", key);
			continue;
		}
		++*n;
		strcpy(item, key); /* every named object begins with its name */
		if (kind->want(&member))
			read(&member, item);
	}
}

void conf_read_map(const struct place *at, void **items, uint16_t *n, size_t size, size_t max, read_item read)
{
	read_members(at, items, n, size, max, &(struct member_kind){conf_want_object, "{ ... }"}, read);
}

void conf_read_lists(
	const struct place *at, void **items, uint16_t *n, size_t size, size_t max, read_item read)
{
	read_members(at, items, n, size, max, &(struct member_kind){conf_want_array, "[ ... ]"}, read);
}

void conf_read_list(
	const struct place *at, void **items, uint16_t *n, size_t size, size_t max, read_item read)
{
	if (!conf_want_array(at) || !reserve(at, items, *n, json_array_size(at->json), size, max))
		return;
	for (size_t i = 0; i < json_array_size(at->json); i++) {
		struct place element = conf_place_element(at, i);

		read(&element, (char *)*items + (*n)++ * size);
	}
}

/* ---- printing ---- */

json_t *conf_print_ip(const struct am_ip *ip)
{
	char text[AM_IP_TEXT];

	return ip->family == AM_AF_NONE ? json_null() : json_string(am_ip_text(ip, text));
}

json_t *conf_print_mac(const struct am_mac *mac)
{
	char text[AM_MAC_TEXT];

	return json_string(am_mac_text(mac, text));
}

static json_t *print_field(const struct field *f, const void *object)
{
	const void *from = (const uint8_t *)object + f->at;
	char text[AM_PREFIX_TEXT];

	if (f->flag && !*((const bool *)object + f->flag))
		return json_null();
	switch (f->kind) {
	case FIELD_BOOL:
		return json_boolean(fetch(f, object));
	case FIELD_UINT:
		return json_integer(fetch(f, object));
	case FIELD_WORD:
		return json_string(f->words[fetch(f, object)]);
	case FIELD_TEXT:
	case FIELD_NAME:
		return json_string(from);
	case FIELD_MAC:
		return conf_print_mac(from);
	case FIELD_IP:
		return conf_print_ip(from);
	case FIELD_PREFIX:
		return json_string(am_prefix_text(from, text));
	case FIELD_GROUP:
		return conf_print_fields(f->sub, object);
	case FIELD_OTHER:
		return f->print(from);
	}
	return NULL;
}

json_t *conf_print_fields(const struct fields *fields, const void *object)
{
	json_t *out = json_object();

	for (size_t i = 0; i < fields->n; i++) {
		json_t *value = print_field(&fields->items[i], object);

		if (value)
			json_object_set_new(out, fields->items[i].name, value);
	}
	return out;
}
