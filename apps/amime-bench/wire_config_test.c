/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <glob.h>

#include "config/field.h"
#include "wire_config.h"

/* JSON with ' for ", so that it can be read here. */
#define PORTS "'ports':{'a':{'driver':'af_packet'},'b':{}}"
#define ALLOW                                                                                                \
	"'allow':{'macs':['02:00:00:00:00:01','02:00:00:00:00:02'],'prefixes':['198.18.0.0/15','2001:2::/48']}"
#define MACS   "'src_mac':'02:00:00:00:00:01','dst_mac':'02:00:00:00:00:02'"
#define IPS    "'src_ip':'198.18.0.1','dst_ip':'198.19.0.1'"
#define ENDS   "'from':'a','to':'b'"
#define STREAM "'streams':{'s':{" ENDS "," MACS "," IPS "}}"
#define RATE   "'max_rate':1000"
#define ALL(x) "{" PORTS "," ALLOW "," RATE "," STREAM x "}"
#define ONE(x) "{" PORTS "," ALLOW "," RATE ",'streams':{'s':{" x "}}}"

struct row {
	const char *json;
	const char *path;
	unsigned line;
	const char *says;
};

static const struct row rows[] = {
	{"{", "$", 1, "not JSON"},
	{"[]", "$", 1, "expected an object"},
	{ALL(",\n'max_rat':1"), "$.max_rat", 2, "did you mean \"max_rate\"?"},
	{ALL(",\n'max_rate':2"), "$.max_rate", 2, "twice"},
	{"{" PORTS "," ALLOW "," STREAM "}", "$", 1, "key \"max_rate\" is missing"},
	{"{" PORTS "," ALLOW "," STREAM ",\n'max_rate':0}", "$.max_rate", 2, "out of range"},
	{"{" PORTS "," ALLOW "," RATE "}", "$.streams", 1, "there is none: add one"},
	{"{\n'ports':{'a':{'driver':'mem'},'b':{}}," ALLOW "," RATE "," STREAM "}", "$.ports.a.driver", 2,
		"a tester's port needs a wire"},
	{"{'ports':{'a':{'device':'x'},\n'b':{'device':'x'}}," ALLOW "," RATE "," STREAM "}",
		"$.ports.b.device", 2, "is port \"a\" already"},
	{"{" PORTS "," RATE "," STREAM "}", "$.streams.s.dst_mac", 1,
		"nothing is sent to 02:00:00:00:00:02: list it in \"allow\""},
	{"{" PORTS "," RATE "," STREAM "}", "$.streams.s.src_mac", 1, "nothing is sent to 02:00:00:00:00:01"},
	{"{" PORTS "," RATE "," STREAM "}", "$.streams.s.dst_ip", 1,
		"nothing is sent to 198.19.0.1: list a prefix"},
	{"{" PORTS "," RATE "," STREAM "}", "$.streams.s.src_ip", 1, "nothing is sent to 198.18.0.1"},
	{"{" PORTS ",'allow':{'macs':['ff:ff:ff:ff:ff:ff']}," RATE "," STREAM "}", "$.allow.macs[0]", 1,
		"no station's address"},
	{"{" PORTS ",'allow':{'prefixes':['198.18.0.1/15']}," RATE "," STREAM "}", "$.allow.prefixes[0]", 1,
		"has host bits"},
	{"{" PORTS ",'allow':{'devices':[1]}," RATE "," STREAM "}", "$.allow.devices[0]", 1,
		"expected a string"},
	{"{" PORTS ",'allow':{'devices':'eth0'}," RATE "," STREAM "}", "$.allow.devices", 1,
		"expected an array"},
	{ONE(MACS "," IPS), "$.streams.s", 1, "key \"from\" is missing"},
	{ONE("'from':'a'," MACS "," IPS), "$.streams.s", 1, "key \"to\" is missing"},
	{ONE(ENDS "," IPS), "$.streams.s", 1, "key \"src_mac\" is missing"},
	{ONE(ENDS "," MACS), "$.streams.s", 1, "key \"dst_ip\" is missing"},
	{ONE("'from':'c','to':'b'," MACS "," IPS), "$.streams.s.from", 1, "there is no port \"c\""},
	{ONE("'from':'a','to':'c'," MACS "," IPS), "$.streams.s.to", 1, "there is no port \"c\""},
	{ONE("'from':'a','to':'a'," MACS "," IPS), "$.streams.s.to", 1, "between two ports"},
	{ONE(ENDS "," MACS ",'src_ip':'198.18.0.1','dst_ip':'2001:2::1'"), "$.streams.s.dst_ip", 1,
		"the families differ"},
	{ONE(ENDS "," MACS ",'src_ip':'198.18.0.1','dst_ip':'224.0.0.1'"), "$.streams.s.dst_ip", 1,
		"224.0.0.1 is no single host's address"},
	{ONE(ENDS "," MACS "," IPS ",'flows':4096,'src_port':65000"), "$.streams.s.flows", 1,
		"they go beyond port 65535"},
	{ONE(ENDS "," MACS "," IPS ",'flows':4097"), "$.streams.s.flows", 1, "out of range, use 1 to 4096"},
	{ONE(ENDS "," MACS "," IPS ",'vlan':4095"), "$.streams.s.vlan", 1, "out of range"},
	{ALL(",'frames':{'sizes':[63]}"), "$.frames.sizes[0]", 1, "63 is out of range, use 64 to 3000"},
	{ALL(",'frames':{'sizes':['imixx']}"), "$.frames.sizes[0]", 1, "did you mean \"imix\"?"},
	{ALL(",'frames':{'sizes':[64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,64]}"), "$.frames.sizes", 1,
		"17 are too many, at most 16"},
	{ONE(ENDS "," MACS ",'src_ip':'2001:2::1','dst_ip':'2001:2::2'},\n't':{" ENDS "," MACS "," IPS
		  "}},'frames':{'sizes':[64],'imix':[{'size':64}]},'latency':{'x':{"),
		"$.frames.sizes[0]", 2, "are too few for the headers of stream \"s\""},
	{ALL(",'frames':{'imix':[{'size':64,'weight':0}]}"), "$.frames.imix[0].weight", 1, "out of range"},
	{ALL(",'latency':{'load_percent':[0]}"), "$.latency.load_percent[0]", 1,
		"out of range, use 1 to 200"},
	{ALL(",'loss':{'load_percent':{}}"), "$.loss.load_percent", 1, "expected an array"},
	{ALL(",'trial':{'duration_ms':5}"), "$.trial.duration_ms", 1, "out of range"},
	{ALL(",'throughput':{'loss_ppm':1000001}"), "$.throughput.loss_ppm", 1, "out of range"},
	{ALL(",'back_to_back':{'frames':1}"), "$.back_to_back.frames", 1, "out of range"},
	{ALL(",'soak':{'load_percent':101}"), "$.soak.load_percent", 1, "out of range"},
	{ALL(",'system':{'buffers':1}"), "$.system.buffers", 1, "out of range"},
};

static struct wire_config *load(const char *text, struct am_config_errors *errors)
{
	char *json = strdup(text);
	struct wire_config *c;

	assert_non_null(json);
	for (char *p = json; *p; p++)
		if (*p == '\'')
			*p = '"';
	c = wire_config_load(json, strlen(json), errors);
	free(json);
	return c;
}

static bool has(const struct am_config_errors *errors, const struct row *row)
{
	for (size_t i = 0; i < errors->n; i++)
		if (!strcmp(errors->items[i].path, row->path) && errors->items[i].line == row->line &&
			strstr(errors->items[i].text, row->says))
			return true;
	return false;
}

static void test_every_complaint(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct am_config_errors errors = {0};

		assert_null(load(rows[i].json, &errors));
		if (!has(&errors, &rows[i])) {
			for (size_t k = 0; k < errors.n; k++)
				print_error("%s:%u: %s\n", errors.items[k].path, errors.items[k].line,
					errors.items[k].text);
			fail_msg("row %zu: no \"%s\" at %s", i, rows[i].says, rows[i].path);
		}
		am_config_errors_free(&errors);
	}
}

static void test_defaults(void **state)
{
	struct am_config_errors errors = {0};
	struct wire_config *c = load(ALL(), &errors);

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->n_sizes, 8);
	assert_int_equal(c->sizes[0], 64);
	assert_int_equal(c->sizes[7], WIRE_IMIX);
	assert_int_equal(c->n_mix, 3);
	assert_int_equal(c->duration_ms, 10000);
	assert_int_equal(c->latency.n, 3);
	assert_int_equal(c->loss.n, 10);
	assert_int_equal(c->streams[0].flows, 1);
	assert_int_equal(c->streams[0].from_port, 0);
	assert_int_equal(c->streams[0].to_port, 1);
	assert_string_equal(c->base.ports[1].device, "b");
	wire_config_free(c);
}

/* 64 octets do not hold IPv6 and a probe: the default sizes know that. */
static void test_default_sizes_hold_the_headers(void **state)
{
	struct am_config_errors errors = {0};
	struct wire_config *c =
		load(ONE(ENDS "," MACS ",'src_ip':'2001:2::1','dst_ip':'2001:2::2','vlan':7"), &errors);

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->sizes[0], 88);
	assert_int_equal(c->mix[0].size, 88);
	assert_int_equal(c->sizes[1], 128);
	wire_config_free(c);
}

static void test_examples_load(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(glob(SOURCE_ROOT "/config/wire/*.json", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct am_config_errors errors = {0};
		struct wire_config *c = wire_config_load_file(found.gl_pathv[i], &errors);

		if (!c)
			fail_msg("%s: %s: %s", found.gl_pathv[i], errors.items[0].path, errors.items[0].text);
		wire_config_free(c);
	}
	globfree(&found);
}

static char *read_text(const char *path)
{
	struct am_config_errors errors = {0};
	size_t len;
	char *text = conf_read_file(path, &len, &errors);
	char *copy = text ? strndup(text, len) : NULL;

	free(text);
	assert_non_null(copy);
	return copy;
}

/* Every key below path has a row of the table; returns how many there are. */
static unsigned find_rows(const char *doc, const char *path, const struct fields *fields)
{
	unsigned n = 0;

	for (size_t i = 0; i < fields->n; i++) {
		const struct field *f = &fields->items[i];
		bool map = !strcmp(f->name, "streams"), list = !strcmp(f->name, "imix");
		char below[128], row[160];

		if (!*path && (!strcmp(f->name, "system") || !strcmp(f->name, "ports")))
			continue; /* config.md has them */
		snprintf(below, sizeof below, "%s%s%s%s", path, *path ? "." : "", f->name,
			map    ? ".NAME"
			: list ? "[]"
			       : "");
		if (f->sub) {
			n += find_rows(doc, below, f->sub);
			continue;
		}
		snprintf(row, sizeof row, "\n| `%s` | ", below);
		if (!strstr(doc, row))
			fail_msg("doc/wire.md has no row for %s", below);
		n++;
	}
	return n;
}

static void test_document_has_every_key_and_no_other(void **state)
{
	char *doc = read_text(SOURCE_ROOT "/doc/wire.md");
	unsigned keys = find_rows(doc, "", &wire_fields), found = 0;

	(void)state;
	for (const char *at = doc; (at = strstr(at, "\n| `")); at++)
		found++;
	assert_int_equal(found, keys);
	free(doc);
}

static void test_document_s_example_loads(void **state)
{
	char *doc = read_text(SOURCE_ROOT "/doc/wire.md");
	struct am_config_errors errors = {0};
	char *begin = strstr(doc, "```json\n"), *end;
	struct wire_config *c;

	(void)state;
	assert_non_null(begin);
	begin += strlen("```json\n");
	end = strstr(begin, "```");
	assert_non_null(end);
	c = wire_config_load(begin, (size_t)(end - begin), &errors);
	assert_non_null(c);
	wire_config_free(c);
	free(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_complaint),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_default_sizes_hold_the_headers),
		cmocka_unit_test(test_examples_load),
		cmocka_unit_test(test_document_has_every_key_and_no_other),
		cmocka_unit_test(test_document_s_example_loads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
