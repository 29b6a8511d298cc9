/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONFIG_FIELD_H
#define CONFIG_FIELD_H
/*
 * Keys as rows of a table: one row reads a key into its struct, prints it with its default, and is what the schema and
 * the difference of two configurations are held against.
 *
 * Reading goes on after an error: every complaint is collected, and the struct then holds the default.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "config/position.h"

/* One load: where complaints go and where values stand. */
struct load {
	struct am_config_errors *errors;
	const struct am_position *positions;
	const struct am_sources *sources; /* where files were included; else NULL */
};

/* A JSON value and the way to it from the document's root. */
struct place {
	struct load *load;
	const struct place *up;
	const char *key; /* NULL: element number index of an array */
	size_t index;
	const json_t *json;
};

enum field_kind {
	FIELD_BOOL,
	FIELD_UINT,
	FIELD_WORD, /* one of words, an enum */
	FIELD_TEXT,
	FIELD_NAME, /* text that names an object of the configuration */
	FIELD_MAC,
	FIELD_IP,
	FIELD_PREFIX,
	FIELD_GROUP, /* keys of sub in an object of their own, into the same struct */
	FIELD_OTHER, /* read and print do it; sub are the keys of the objects inside, if any */
};

struct fields;

struct field {
	const char *name;
	enum field_kind kind;
	bool required;
	uint16_t at;   /* offset in the struct; of FIELD_OTHER: of what read and print get */
	uint16_t size; /* octets there */
	uint16_t
		flag; /* offset of the bool that says whether it is set; 0: it always is. Unset is null in JSON. */
	uint32_t min, max, fallback;
	const char *text;         /* fallback of a text */
	const char *const *words; /* NULL ends; "" is a value that has no word */
	const char *hint;         /* what to do about a value out of range */
	const struct fields *sub;
	void (*read)(const struct place *at, void *object);
	json_t *(*print)(const void *object); /* NULL returned: the key does not apply to this object */
};

struct fields {
	const struct field *items;
	size_t n;
};

#define FIELDS(table)                                                                                        \
	{                                                                                                    \
		(table), sizeof(table) / sizeof((table)[0])                                                  \
	}

#define AT(type, member) .at = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define BOOL(key, type, m, value)                                                                            \
	{                                                                                                    \
		.name = (key), .kind = FIELD_BOOL, AT(type, m), .fallback = (value)                          \
	}
#define UINT(key, type, m, lo, hi, value)                                                                    \
	{                                                                                                    \
		.name = (key), .kind = FIELD_UINT, AT(type, m), .min = (lo), .max = (hi),                    \
		.fallback = (value)                                                                          \
	}
#define WORD(key, type, m, list, value)                                                                      \
	{                                                                                                    \
		.name = (key), .kind = FIELD_WORD, AT(type, m), .words = (list), .fallback = (value)         \
	}
#define TEXT(key, type, m)                                                                                   \
	{                                                                                                    \
		.name = (key), .kind = FIELD_TEXT, AT(type, m)                                               \
	}
#define MAC(key, type, m, has)                                                                               \
	{                                                                                                    \
		.name = (key), .kind = FIELD_MAC, AT(type, m), .flag = offsetof(type, has)                   \
	}
#define OTHER(key, reader, printer, keys)                                                                    \
	{                                                                                                    \
		.name = (key), .kind = FIELD_OTHER, .read = (reader), .print = (printer), .sub = (keys)      \
	}

/* ---- reading ---- */

void conf_complain(const struct place *at, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void conf_place_path(const struct place *at, char *path, size_t room);
struct place conf_place_member(const struct place *object, const char *key);
struct place conf_place_element(const struct place *array, size_t i);

/* False, and a complaint, where the value is of another type. */
bool conf_want_object(const struct place *at);
bool conf_want_array(const struct place *at);
bool conf_want_text(const struct place *at);
/* A string that is not a number in quotes, where a number or a word may stand. No complaint. */
bool conf_is_word(const struct place *at);

/* Defaults first, then what the object at `at` says. Complains about unknown and missing keys. */
void conf_read_fields(const struct place *at, const struct fields *fields, void *object);
void conf_fields_default(const struct fields *fields, void *object);

/* One value each. False, and a complaint, where it is none; *out is untouched then. */
bool conf_read_uint(const struct place *at, uint32_t min, uint32_t max, const char *hint, uint32_t *out);
bool conf_read_word(const struct place *at, const char *const *words, unsigned *out);
/* Without control characters, since it is shown to people. */
bool conf_read_text(const struct place *at, char *out, size_t room);
/* The first of them in UTF-8; NULL: there is none. */
const char *conf_find_control(const char *text);
bool conf_read_name(const struct place *at, char out[AM_NAME_MAX]);
bool conf_read_ip(const struct place *at, struct am_ip *out);
bool conf_read_prefix(const struct place *at, struct am_prefix *out);
bool conf_read_mac(const struct place *at, struct am_mac *out);

/* [A-Za-z0-9_.-]{1,31} */
bool conf_name_is_good(const char *name);

/* Each member of a map of named objects, or each element of a list: read is called for an appended, zeroed object. */
typedef void (*read_item)(const struct place *at, void *item);
void conf_read_map(
	const struct place *at, void **items, uint16_t *n, size_t size, size_t max, read_item read);
/* The same of a map of named lists. */
void conf_read_lists(
	const struct place *at, void **items, uint16_t *n, size_t size, size_t max, read_item read);
void conf_read_list(
	const struct place *at, void **items, uint16_t *n, size_t size, size_t max, read_item read);

/* ---- printing ---- */

json_t *conf_print_fields(const struct fields *fields, const void *object);
json_t *conf_print_ip(const struct am_ip *ip);
json_t *conf_print_mac(const struct am_mac *mac);

/* ---- cross references, after reading ---- */

/* $.section.name and what the format appends. */
struct where {
	char path[256];
};
struct where conf_where(const char *section, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- the whole file ---- */

/*
 * The text as JSON, and where its values stand. NULL, and a complaint, where it is none, or memory is short. Names that
 * stand twice in an object are left to the caller (am_position_twin).
 */
json_t *conf_parse(
	const char *text, size_t len, struct am_position **positions, struct am_config_errors *errors);
/* A file of at most 16 MiB; NULL, and a complaint, where it cannot be read. Caller frees. */
char *conf_read_file(const char *path, size_t *len, struct am_config_errors *errors);
/* Those from number `from` on, in the order of the file. */
void conf_sort_errors(struct am_config_errors *errors, size_t from);

/* ---- sections that files of other programs have too; the object begins with a struct am_config ---- */

extern const struct fields conf_system_fields, conf_port_fields;
void conf_settle_system(struct am_config *config);
void conf_check_system(const struct am_config *config, struct am_config_errors *errors);
void conf_read_ports(const struct place *at, void *object);
void conf_free_ports(struct am_config *config);
json_t *conf_print_ports(const void *object);
void conf_check_ports(const struct am_config *config, struct am_config_errors *errors);

#endif
