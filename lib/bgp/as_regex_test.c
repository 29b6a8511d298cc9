/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "bgp/as_path.h"
#include "bgp/as_regex.h"

/* A path from its print. */
struct path {
	uint8_t bytes[256];
	size_t len;
};

static uint8_t type_of(char c)
{
	return c == '{'   ? AM_BGP_AS_SET
	       : c == '(' ? AM_BGP_CONFED_SEQUENCE
	       : c == '[' ? AM_BGP_CONFED_SET
			  : AM_BGP_AS_SEQUENCE;
}

static struct path path_of(const char *text)
{
	struct path p = {.len = 0};
	struct am_writer w = am_writer(p.bytes, sizeof p.bytes);

	while (*text) {
		uint8_t *head = am_put(&w, 2);
		char *end;

		head[0] = type_of(*text);
		text += head[0] != AM_BGP_AS_SEQUENCE;
		do {
			am_put32(&w, (uint32_t)strtoul(text, &end, 10));
			head[1]++;
			text = end + (*end != 0);
		} while (*end && (*end == ',' || (*end == ' ' && *text >= '0' && *text <= '9')));
		text += *end && *end != ' ' && *text == ' ';
	}
	p.len = am_writer_len(&w);
	return p;
}

/* The C library's form: "_" written out, and what we take as characters escaped. */
static void posix_form(const char *text, char *out)
{
	bool braced = false;

	for (char before = '_'; *text; before = *text++) {
		if (*text == '_') {
			out += sprintf(out, "%s", "(^|[],{}() []|$)");
			continue;
		}
		if (*text == '{')
			braced = strchr("0123456789]).", before);
		if ((*text == '{' || *text == '}') && !braced)
			*out++ = '\\';
		*out++ = *text;
	}
	*out = 0;
}

static bool by_posix(const char *text, const char *path)
{
	char form[512];
	regex_t regex;
	bool fits;

	posix_form(text, form);
	if (regcomp(&regex, form, REG_EXTENDED | REG_NOSUB))
		fail_msg("the C library refuses %s", form);
	fits = !regexec(&regex, path, 0, NULL, 0);
	regfree(&regex);
	return fits;
}

static struct am_bgp_as_regex *compiled(const char *text)
{
	struct am_bgp_as_regex_error err;
	struct am_bgp_as_regex *regex = NULL;

	if (am_bgp_as_regex_compile(text, strlen(text), &regex, &err))
		fail_msg("%s: at %zu: %s", text, err.at, err.why);
	return regex;
}

static const char *const paths[] = {
	"",
	"1",
	"64500",
	"64500 64501",
	"64501 64500",
	"164500",
	"64500 64500 64500",
	"1 2 3 4 5",
	"4200000000 64500",
	"64500 {64501,64502}",
	"{64501}",
	"{1,2} 3 {4}",
	"(64512 64513) 64500",
	"(64512) [64514,64515] 64500 {1}",
	"6450 64500 64",
	"12 123 1234 12345",
	"0 0",
};

static const char *const expressions[] = {
	"",
	"^$",
	"^",
	"$",
	".",
	".*",
	"^.+$",
	"_64500_",
	"^64500",
	"64500$",
	"^64500$",
	"^64500_",
	"_64500$",
	"64500",
	"^64500(_64500)*$",
	"^[0-9]+$",
	"^[0-9]+_[0-9]+$",
	"_(64500|64501)_",
	"(^|_)64501(_|$)",
	"_645[0-9][0-9]_",
	"^[0-9]{5}$",
	"^([0-9]+ ){2,3}[0-9]+$",
	"^(..)*$",
	"[^0-9]",
	"{64501",
	"_{64501,64502}",
	"{.*}$",
	"^\\(64512",
	"\\[64514,",
	"__",
	"^_",
	"_$",
	"^^64500$$",
	"$^",
	"(^$|_1_)",
	"1?2?3?$",
	"[1-3]+ [1-3]+",
	"[^ ,{}]+",
	"(1|2|3|4|5)( (1|2|3|4|5))*$",
	"_1(_2(_3)?)?_",
	"[]]",
	"[^]]",
	"^.{5}$",
	"^.{0,3}$",
	"(_64500){3}",
	"4{0}2",
	"()",
	"(|1)_2",
	"(1*)*2",
};

static void same_as_posix(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof expressions / sizeof expressions[0]; i++) {
		struct am_bgp_as_regex *regex = compiled(expressions[i]);

		for (size_t k = 0; k < sizeof paths / sizeof paths[0]; k++) {
			struct path p = path_of(paths[k]);
			bool fits = am_bgp_as_regex_match(regex, (struct am_bgp_span){p.bytes, p.len});

			if (fits != by_posix(expressions[i], paths[k]))
				fail_msg(
					"%s %s %s", expressions[i], fits ? "fits" : "does not fit", paths[k]);
		}
		am_bgp_as_regex_free(regex);
	}
}

static const struct {
	const char *text;
	int rc;
	size_t at;
	const char *why;
} refused[] = {
	{"^64500_a", -EINVAL, 7, "no AS path has this character"},
	{"*", -EINVAL, 0, "nothing before it to repeat"},
	{"1(+2)", -EINVAL, 2, "nothing before it to repeat"},
	{"(1", -EINVAL, 0, "not closed"},
	{"1 (2|(3)", -EINVAL, 2, "not closed"},
	{"1)", -EINVAL, 1, "no ( before it"},
	{"1[2", -EINVAL, 1, "not closed"},
	{"[2-1]", -EINVAL, 1, "a range goes"},
	{"[a-z]", -EINVAL, 1, "a range goes"},
	{"[x]", -EINVAL, 1, "no AS path has this character"},
	{"1{3,2}", -EINVAL, 1, "repetitions go up"},
	{"1\\", -EINVAL, 2, "no AS path has this character"},
	{"((((((((((((((((((((((((((((((((((1", -EINVAL, 32, "too many parentheses"},
	{"(.{200}){200}", -E2BIG, 0, "too long"},
	{"1.{20}", -E2BIG, 0, "too large an automaton"},
};

static void errors_say_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		struct am_bgp_as_regex *regex = NULL;
		struct am_bgp_as_regex_error err;
		int rc = am_bgp_as_regex_compile(refused[i].text, strlen(refused[i].text), &regex, &err);

		if (rc != refused[i].rc || err.at != refused[i].at || !strstr(err.why, refused[i].why))
			fail_msg("%s: %d at %zu: %s", refused[i].text, rc, err.at, rc ? err.why : "");
	}
}

/* What bgpq4 -f writes of a large AS-SET, in one line. */
static void a_long_list(void **state)
{
	char text[1024] = "^64500(_[0-9]+)*_(";
	struct am_bgp_as_regex *regex;
	struct path yes = path_of("64500 3 65017"), no = path_of("64500 3 65099");

	(void)state;
	for (int i = 0; i < 60; i++)
		sprintf(text + strlen(text), "%s%d", i ? "|" : "", 65000 + i);
	strcat(text, ")$");
	regex = compiled(text);
	assert_true(am_bgp_as_regex_match(regex, (struct am_bgp_span){yes.bytes, yes.len}));
	assert_false(am_bgp_as_regex_match(regex, (struct am_bgp_span){no.bytes, no.len}));
	assert_string_equal(am_bgp_as_regex_text(regex), text);
	assert_in_range(am_bgp_as_regex_states(regex), 10, 400);
	am_bgp_as_regex_free(regex);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_posix),
		cmocka_unit_test(errors_say_where),
		cmocka_unit_test(a_long_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
