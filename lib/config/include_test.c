/* SPDX-License-Identifier: BSD-3-Clause */
/* Folders of files: what is merged, in which order, and that each error names the file and the line that it is in. */
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"

static char base[] = "/tmp/include-test-XXXXXX";

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int make_base(void **state)
{
	(void)state;
	strcpy(base + strlen(base) - 6, "XXXXXX");
	return mkdtemp(base) ? 0 : -1;
}

static int remove_base(void **state)
{
	(void)state;
	return nftw(base, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *name, const char *quoted)
{
	char path[256], *slash;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", base, name);
	slash = strrchr(path + strlen(base) + 1, '/');
	if (slash) {
		*slash = 0;
		assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
		*slash = '/';
	}
	f = fopen(path, "w");
	assert_non_null(f);
	for (; *quoted; quoted++)
		fputc(*quoted == '\'' ? '"' : *quoted, f);
	fclose(f);
}

#define TO(last) "{'type':'gre','local':'192.0.2.1','remote':'198.51.100." last "'}"

static const char main_file[] =
	"{'include':'conf.d',\n"
	"'ports':{'wan':{'vrf':'underlay'}},\n"
	"'tunnels':{'own':" TO(
		"9") "},\n"
		     "'vrfs':{'default':{'loopbacks':['10.0.0.1'],'routes':[{'prefix':'10.9.0.0/16','tunnel':'own'}]}}}\n";

static struct am_config *load(struct am_config_errors *errors)
{
	char path[256];

	snprintf(path, sizeof path, "%s/main.json", base);
	*errors = (struct am_config_errors){0};
	return am_config_load_file(path, errors);
}

static void check_ip(const struct am_ip *ip, const char *want)
{
	char text[AM_IP_TEXT];

	assert_string_equal(am_ip_text(ip, text), want);
}

static void merges_in_order(void **state)
{
	struct am_config_errors errors;
	struct am_config *c, *again;
	char *text;

	(void)state;
	put("main.json", main_file);
	put("conf.d/20-c.json",
		"{'tunnels':{'c':" TO(
			"3") "},'vrfs':{'default':{'routes':[{'prefix':'10.3.0.0/16','tunnel':'c'}]}}}");
	put("conf.d/10-b.json",
		"{'tunnels':{'b':" TO(
			"2") "},'vrfs':{'default':{'routes':[{'prefix':'10.2.0.0/16','tunnel':'b'}]}}}");
	put("conf.d/30-over.json", "{'override':true,'tunnels':{'c':" TO("33") "}}");
	put("conf.d/.hidden.json", "nothing");
	put("conf.d/README", "nothing");
	c = load(&errors);
	for (size_t i = 0; i < errors.n; i++)
		print_error("%s:%u %s: %s\n", errors.items[i].file, errors.items[i].line,
			errors.items[i].path, errors.items[i].text);
	assert_non_null(c);
	assert_int_equal(c->n_tunnels, 3);
	assert_string_equal(c->tunnels[1].name, "b"); /* 10 before 20 */
	check_ip(&am_config_tunnel(c, "c")->remote[0], "198.51.100.33");
	assert_int_equal(c->dflt.n_routes, 3);
	assert_string_equal(c->dflt.routes[1].tunnel, "b");
	assert_int_equal(c->n_watched, 1);
	assert_non_null(strstr(c->watched[0], "/conf.d"));
	/* What is kept is one file, which is the same. */
	text = am_config_print(c);
	assert_null(strstr(text, "include"));
	again = am_config_load(text, strlen(text), &errors);
	assert_non_null(again);
	assert_int_equal(again->hash, c->hash);
	am_config_free(again);
	am_config_free(c);
	free(text);
}

static const struct {
	const char *name, *text;
	struct {
		const char *file, *path, *words;
		unsigned line;
	} want;
} wrong[] = {
	{"a.json",
		"{'tunnels':{\n'x':{'type':'gre','local':'192.0.2.1','remote':'198.51.100.2',\n'mtu':70000}}}",
		{"conf.d/a.json", "$.tunnels.x.mtu", "out of range", 3}},
	{"a.json", "{'tunnels':{\n'own':" TO("4") "}}",
		{"conf.d/a.json", "$.tunnels.own", "in the main file, line 3", 2}},
	{"a.json",
		"{'vrfs':{'default':{'routes':[\n{'prefix':'10.1.0.0/16','tunnel':'own'},\n{'prefix':'10.5.0.0/16','tunnel':'nobody'}]}}}",
		{"conf.d/a.json", "$.vrfs.default.routes[2].tunnel", "no tunnel \"nobody\"", 3}},
	{"a.json", "{\n'system':{'workers':2}}", {"conf.d/a.json", "$.system", "main file", 2}},
	{"a.json", "{\n'include':'more.d'}", {"conf.d/a.json", "$.include", "cannot include", 2}},
	{"a.json", "{\n'tunels':{}}", {"conf.d/a.json", "$.tunels", "unknown key", 2}},
	{"a.json", "{'tunnels':{},\n'tunnels':{}}", {"conf.d/a.json", "$.tunnels", "stands twice", 2}},
	{"a.json", "{\n'override':1}", {"conf.d/a.json", "$.override", "true or false", 2}},
	{"a.json", "{\n'tunnels':", {"conf.d/a.json", "$", "not JSON", 2}},
	{"a.json", "[]", {"conf.d/a.json", "$", "expected an object", 1}},
	{"a.json", "{\n'tunnels':7}", {"conf.d/a.json", "$.tunnels", "in the main file", 2}},
};

static void errors_name_the_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct am_config_errors errors;
		const struct am_config_error *e;
		char name[64];

		put("main.json", main_file);
		snprintf(name, sizeof name, "conf.d/%s", wrong[i].name);
		put(name, wrong[i].text);
		assert_null(load(&errors));
		assert_true(errors.n > 0);
		e = &errors.items[0];
		if (errors.n != 1 || !strstr(e->file, wrong[i].want.file) ||
			strcmp(e->path, wrong[i].want.path) || !strstr(e->text, wrong[i].want.words) ||
			e->line != wrong[i].want.line)
			fail_msg("%s: %zu errors: %s:%u: %s: %s", wrong[i].text, errors.n, e->file, e->line,
				e->path, e->text);
		am_config_errors_free(&errors);
	}
}

static void two_files_with_one_name(void **state)
{
	struct am_config_errors errors;

	(void)state;
	put("main.json", main_file);
	put("conf.d/a.json", "{'tunnels':{'x':" TO("2") "}}");
	put("conf.d/b.json", "{'tunnels':{\n\n'x':" TO("3") "}}");
	assert_null(load(&errors));
	assert_int_equal(errors.n, 1);
	assert_non_null(strstr(errors.items[0].file, "/conf.d/b.json"));
	assert_int_equal(errors.items[0].line, 3);
	assert_non_null(strstr(errors.items[0].text, "/conf.d/a.json"));
	assert_string_equal(am_config_error_file(&errors.items[0], "main"), errors.items[0].file);
	am_config_errors_free(&errors);
}

static void folders_that_are_not_there(void **state)
{
	struct am_config_errors errors;

	(void)state;
	put("conf.d/a.json", "{}");
	put("main.json", "{\n'include':['conf.d',\n'nowhere.d',\n7,'a\\u001bb']}");
	assert_null(load(&errors));
	assert_int_equal(errors.n, 3);
	assert_string_equal(errors.items[0].path, "$.include[1]");
	assert_int_equal(errors.items[0].line, 3);
	assert_string_equal(errors.items[1].path, "$.include[2]");
	assert_string_equal(errors.items[1].file, "");
	assert_non_null(strstr(errors.items[2].text, "octet 2 begins a control character"));
	am_config_errors_free(&errors);
}

static void make_socket(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", base, name);
	assert_return_code(bind(fd, (struct sockaddr *)&address, sizeof address), errno);
	close(fd);
}

/* Nobody writes into the pipe: who waited for it would hang here. */
static void reads_regular_files_only(void **state)
{
	struct am_config_errors errors = {0};
	char pipe_path[256];

	(void)state;
	put("main.json", main_file);
	put("conf.d/good.json", "{}");
	snprintf(pipe_path, sizeof pipe_path, "%s/conf.d/a.json", base);
	assert_return_code(mkfifo(pipe_path, 0600), errno);
	make_socket("conf.d/b.json");
	alarm(10);
	assert_null(load(&errors));
	assert_int_equal(errors.n, 2);
	assert_non_null(strstr(errors.items[0].file, "/conf.d/a.json"));
	assert_non_null(strstr(errors.items[1].file, "/conf.d/b.json"));
	for (size_t i = 0; i < errors.n; i++)
		assert_non_null(strstr(errors.items[i].text, "not a regular file"));
	am_config_errors_free(&errors);
	assert_null(am_config_load_file(pipe_path, &errors));
	assert_non_null(strstr(errors.items[0].text, "/conf.d/a.json: it is a pipe"));
	am_config_errors_free(&errors);
	assert_null(am_config_load_file("/dev/zero", &errors));
	assert_non_null(strstr(errors.items[0].text, "/dev/zero: it is a pipe, a socket or a device"));
	am_config_errors_free(&errors);
	alarm(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(merges_in_order, make_base, remove_base),
		cmocka_unit_test_setup_teardown(errors_name_the_file, make_base, remove_base),
		cmocka_unit_test_setup_teardown(two_files_with_one_name, make_base, remove_base),
		cmocka_unit_test_setup_teardown(folders_that_are_not_there, make_base, remove_base),
		cmocka_unit_test_setup_teardown(reads_regular_files_only, make_base, remove_base),
	};

	return cmocka_run_group_tests_name("config/include", tests, NULL, NULL);
}
