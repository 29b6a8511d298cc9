/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/prefix_file.h"

/* Entries, or complaints, as lines of text. */
struct heard {
	char text[4096];
};

static void hear(void *to, unsigned line, unsigned column, const char *text)
{
	struct heard *h = to;
	size_t n = strlen(h->text);

	snprintf(h->text + n, sizeof h->text - n, "%u:%u %s\n", line, column, text);
}

static void tell(struct heard *h, const struct am_bgp_prefix_file *file)
{
	char prefix[AM_PREFIX_TEXT];

	for (size_t i = 0; i < file->n; i++) {
		const struct am_bgp_prefix_entry *e = &file->entries[i];
		size_t n = strlen(h->text);

		snprintf(h->text + n, sizeof h->text - n, "%u %s %s %u-%u\n", e->seq,
			e->permit ? "permit" : "deny", am_prefix_text(&e->prefix, prefix), e->ge, e->le);
	}
}

static int parse(const char *text, const char *name, struct heard *h)
{
	struct am_bgp_prefix_file file;
	int rc;

	*h = (struct heard){{0}};
	rc = am_bgp_prefix_file_parse(text, strlen(text), name, hear, h, &file);
	if (rc)
		return rc;
	tell(h, &file);
	am_bgp_prefix_file_free(&file);
	return 0;
}

/* bgpq4's four formats of one AS-SET, and what people write. */
static const struct {
	const char *what, *name, *text, *entries;
} good[] = {
	{"bgpq4 -l AS-A", NULL,
		"no ip prefix-list AS-A\n"
		"ip prefix-list AS-A permit 192.0.2.0/24\n"
		"ip prefix-list AS-A permit 198.51.100.0/22 le 24\n"
		"ip prefix-list AS-A permit 203.0.112.0/20 ge 22 le 24\n",
		"5 permit 192.0.2.0/24 24-24\n10 permit 198.51.100.0/22 22-24\n15 permit 203.0.112.0/20 22-24\n"},
	{"bgpq4 -6 -l AS-A", NULL,
		"no ipv6 prefix-list AS-A\nipv6 prefix-list AS-A permit 2001:db8::/32 le 48\n",
		"5 permit 2001:db8::/32 32-48\n"},
	{"bgpq4, nothing found", NULL,
		"no ip prefix-list NN\n! generated prefix-list NN is empty\nip prefix-list NN deny 0.0.0.0/0\n",
		"5 deny 0.0.0.0/0 0-0\n"},
	{"bgpq4 -b", NULL,
		"NN = [\n    192.0.2.0/24,\n    198.51.100.0/22{22,24},\n    203.0.112.0/20{22,24}\n];\n",
		"5 permit 192.0.2.0/24 24-24\n10 permit 198.51.100.0/22 22-24\n15 permit 203.0.112.0/20 22-24\n"},
	{"bgpq4 -b, nothing found", NULL, "NN = [\n];\n", ""},
	{"BIRD by hand", NULL,
		"# ours\ndefine OURS = [ 192.0.2.0/24+, 2001:db8::/32{32,48} ]; // and of IPv6\n",
		"5 permit 192.0.2.0/24 24-32\n5 permit 2001:db8::/32 32-48\n"},
	{"bgpq4 -j", NULL,
		"{ \"NN\": [\n    { \"prefix\": \"192.0.2.0\\/24\", \"exact\": true },\n"
		"    { \"prefix\": \"198.51.100.0\\/22\", \"exact\": false, \"less-equal\": 24 },\n"
		"    { \"prefix\": \"203.0.112.0\\/20\", \"exact\": false,\n      \"greater-equal\": 22, \"less-equal\": 24 }\n"
		"] }\n",
		"5 permit 192.0.2.0/24 24-24\n10 permit 198.51.100.0/22 22-24\n15 permit 203.0.112.0/20 22-24\n"},
	{"bgpq4 -j, nothing found", NULL, "{ \"NN\": [\n] }\n", ""},
	{"bgpq4 -F '%n/%l\\n'", NULL, "192.0.2.0/24\n2001:db8::/32\n",
		"5 permit 192.0.2.0/24 24-24\n5 permit 2001:db8::/32 32-32\n"},
	{"plain by hand", NULL,
		"/* ours,\n   and theirs */ 192.0.2.0/24 le 28 # short\r\ndeny 10.0.0.0/8 ge 9;\n198.51.100.0/24{25,26},",
		"5 permit 192.0.2.0/24 24-28\n10 deny 10.0.0.0/8 9-32\n15 permit 198.51.100.0/24 25-26\n"},
	{"FRR by hand", "IN",
		"ip prefix-list IN description all but ours, really\n"
		"ip prefix-list OUT seq 5 permit 192.0.2.0/24\n"
		"ip prefix-list IN seq 20 permit any\n"
		"ip prefix-list IN deny 10.0.0.0/8 le 32\n"
		"ipv6 prefix-list IN permit any\n",
		"20 permit 0.0.0.0/0 0-32\n25 deny 10.0.0.0/8 8-32\n5 permit ::/0 0-128\n"},
	{"one of several", "B", "A = [ 192.0.2.0/24 ];\nB = [ 198.51.100.0/24 ];",
		"5 permit 198.51.100.0/24 24-24\n"},
	{"written anew", NULL,
		"ip prefix-list A permit 192.0.2.0/24\nno ip prefix-list A\nip prefix-list A permit 198.51.100.0/24",
		"5 permit 198.51.100.0/24 24-24\n"},
	{"nothing", NULL, "", ""},
};

static void what_bgpq4_writes(void **state)
{
	struct heard h;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		if (parse(good[i].text, good[i].name, &h))
			fail_msg("%s: %s", good[i].what, h.text);
		if (strcmp(h.text, good[i].entries))
			fail_msg("%s:\n%s", good[i].what, h.text);
	}
}

static const struct {
	const char *name, *text, *complaints;
} bad[] = {
	{NULL, "192.0.2.0/24\n192.0.2.1/24\nhello\n198.51.100.0/33 le 40\n",
		"2:1 \"192.0.2.1/24\" has host bits behind its length: write 192.0.2.0/24\n"
		"3:1 \"hello\" stands where a prefix, \"ip prefix-list\" or \"NAME = [\" is expected\n"
		"4:1 \"198.51.100.0/33\" is no prefix: write it like 203.0.113.0/24 or 2001:db8::/32\n"},
	{NULL, "192.0.2.0/24 le 23",
		"1:1 lengths 24 to 23 make no sense with 192.0.2.0/24: they go up, from its length to 32\n"},
	{NULL, "  192.0.2.0/24 le x", "1:19 \"x\" stands where a length of 1 to 32 is expected\n"},
	{NULL, "ip prefix-list A allow 192.0.2.0/24\n",
		"1:18 \"allow\" stands where permit or deny is expected\n"},
	{NULL, "ip prefix-list A permit 2001:db8::/32\n",
		"1:25 \"2001:db8::/32\" is no IPv4 prefix: begin its line with \"ipv6 prefix-list\"\n"},
	{NULL, "A = [ 192.0.2.0/24\n198.51.100.0/24\n];\n",
		"2:1 \"198.51.100.0/24\" stands where a comma or a ] is expected\n"},
	{NULL, "A = [\n192.0.2.0/24,\n192.0.2/24,\n198.51.100.0/24-,\n];",
		"3:1 \"192.0.2/24\" is no prefix: write it like 203.0.113.0/24 or 2001:db8::/32\n"
		"4:1 \"198.51.100.0/24-\" means all shorter prefixes around it: write each of them that is wanted\n"},
	{NULL, "A = [ 192.0.2.0/24 ",
		"1:20 the file ends, and a comma or a ] is missing: is it all there?\n"},
	{NULL, "A = [ 192.0.2.0/24 ]; B = [ 192.0.2.0/24 ];",
		"1:23 the file has a list \"B\" and before it one \"A\": say which of them is meant\n"},
	{"C", "A = [ 192.0.2.0/24 ];",
		"1:22 the file has no list \"C\": is it another file, or another name?\n"},
	{NULL, "{ \"A\": [ { \"prefix\": \"192.0.2.0/24\", \"lesser\": 3 } ] }",
		"1:38 \"lesser\" stands where prefix, exact, greater-equal or less-equal is expected\n"},
	{NULL, "{ \"A\": [ { \"exact\": true } ] }",
		"1:10 \"{\" stands where an object with \"prefix\" is expected\n"},
	{NULL, "{ \"A\": [ ] } x", "1:14 \"x\" stands where the end of the file is expected\n"},
};

static void what_is_wrong(void **state)
{
	struct heard h;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (parse(bad[i].text, bad[i].name, &h) != -EINVAL || strcmp(h.text, bad[i].complaints))
			fail_msg("%s:\n%s", bad[i].text, h.text);
	}
}

static void enough_is_enough(void **state)
{
	char text[1000] = "";
	struct heard h;
	unsigned lines = 0;

	(void)state;
	for (int i = 0; i < 40; i++)
		strcat(text, "192.0.2.1/24\n");
	assert_int_equal(parse(text, NULL, &h), -EINVAL);
	for (const char *at = h.text; *at; at++)
		lines += *at == '\n';
	assert_int_equal(lines, AM_BGP_PREFIX_COMPLAINTS);
}

static void one_entry(void **state)
{
	struct am_bgp_prefix_entry e;
	struct am_err err;

	(void)state;
	assert_int_equal(am_bgp_prefix_entry_parse("deny 2001:db8::/32 ge 48 le 64", &e, &err), 0);
	assert_false(e.permit);
	assert_int_equal(e.ge, 48);
	assert_int_equal(e.le, 64);
	assert_int_equal(am_bgp_prefix_entry_parse("10.0.0.0/8 10.0.0.0/8", &e, &err), -EINVAL);
	assert_string_equal(err.text, "\"10.0.0.0/8\" stands where \"ge\", \"le\" or the end is expected");
	assert_int_equal(am_bgp_prefix_entry_parse("", &e, &err), -EINVAL);
	assert_string_equal(err.text, "the text ends, and a prefix is missing");
	assert_int_equal(am_bgp_prefix_entry_parse("10.0.0.0/8 le", &e, &err), -EINVAL);
	assert_string_equal(err.text, "the text ends, and a length of 1 to 32 is missing");
	assert_int_equal(am_bgp_prefix_entry_parse("2001:db8::/32 ge x", &e, &err), -EINVAL);
	assert_string_equal(err.text, "\"x\" stands where a length of 1 to 128 is expected");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_bgpq4_writes),
		cmocka_unit_test(what_is_wrong),
		cmocka_unit_test(enough_is_enough),
		cmocka_unit_test(one_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
