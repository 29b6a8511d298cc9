/* SPDX-License-Identifier: BSD-3-Clause */
/* The asking end, against an answering end that says what each test wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/client.h"

static const struct am_control_daemon daemon_of_test = {
	.program = "amtest", .dir = "/nonexistent", .option = "-n"};

struct end {
	int fd;
	const char *answer; /* NULL: hang up */
	char asked[256];
};

/* Read a line, and answer in two pieces. */
static void *answering(void *arg)
{
	struct end *e = arg;
	size_t used = 0, half = e->answer ? strlen(e->answer) / 2 : 0;

	while (!memchr(e->asked, '\n', used))
		used += (size_t)read(e->fd, e->asked + used, sizeof e->asked - used);
	if (e->answer && (write(e->fd, e->answer, half) < 0 ||
				 write(e->fd, e->answer + half, strlen(e->answer) - half) < 0))
		abort();
	close(e->fd);
	return NULL;
}

static json_t *ask(const char *answer, bool *refused, json_t **errors, struct am_err *err)
{
	struct end end = {.answer = answer};
	pthread_t thread;
	json_t *result;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	end.fd = fds[1];
	assert_int_equal(pthread_create(&thread, NULL, answering, &end), 0);
	result = am_control_ask(
		&daemon_of_test, fds[0], json_pack("{s:s}", "method", "show"), refused, errors, err);
	pthread_join(thread, NULL);
	close(fds[0]);
	assert_string_equal(strtok(end.asked, "\n"), "{\"method\":\"show\"}");
	return result;
}

static void an_answer(void **state)
{
	struct am_err err;
	bool refused;
	json_t *result = ask("{\"ok\": true, \"result\": [1, 2]}\n", &refused, NULL, &err);

	(void)state;
	assert_int_equal(json_array_size(result), 2);
	assert_false(refused);
	json_decref(result);
}

static void a_refusal(void **state)
{
	struct am_err err;
	json_t *errors;
	bool refused;

	(void)state;
	assert_null(ask("{\"ok\": false, \"error\": \"no\", \"errors\": [{}]}\n", &refused, &errors, &err));
	assert_true(refused);
	assert_string_equal(err.text, "no");
	assert_int_equal(json_array_size(errors), 1);
	json_decref(errors);
	assert_null(ask("{\"ok\": false}\n", &refused, &errors, &err));
	assert_string_equal(err.text, "amtest refuses and does not say why");
	assert_null(errors);
}

static void no_answer(void **state)
{
	struct am_err err;
	bool refused;

	(void)state;
	assert_null(ask(NULL, &refused, NULL, &err));
	assert_false(refused);
	assert_string_equal(err.text, "amtest hung up");
	assert_null(ask("{\"ok\": tr", &refused, NULL, &err));
	assert_string_equal(err.text, "amtest hung up");
	assert_null(ask("hello\n", &refused, NULL, &err));
	assert_non_null(strstr(err.text, "amtest answers what is not JSON"));
}

static void touch(const char *dir, const char *name)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	close(open(path, O_WRONLY | O_CREAT, 0600));
}

static void remove_in(const char *dir, const char *name)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	unlink(path);
}

static void which_one(void **state)
{
	char dir[] = "/tmp/am-control-XXXXXX", path[128], wanted[128];
	const struct am_control_daemon d = {.program = "amtest", .dir = mkdtemp(dir), .option = "-n"};
	struct am_err err;

	(void)state;
	assert_int_equal(am_control_find(&d, NULL, NULL, path, sizeof path, &err), -ENOENT);
	assert_non_null(strstr(err.text, "no amtest runs"));
	touch(dir, "a.sock");
	touch(dir, "not-one");
	snprintf(wanted, sizeof wanted, "%s/a.sock", dir);
	assert_int_equal(am_control_find(&d, NULL, NULL, path, sizeof path, &err), 0);
	assert_string_equal(path, wanted);
	touch(dir, "b.sock");
	assert_int_equal(am_control_find(&d, NULL, NULL, path, sizeof path, &err), -ENOENT);
	assert_non_null(strstr(err.text, "choose one with -n: "));
	assert_int_equal(am_control_find(&d, NULL, "a", path, sizeof path, &err), 0);
	assert_string_equal(path, wanted);
	assert_int_equal(am_control_find(&d, "/x/y", NULL, path, sizeof path, &err), 0);
	assert_string_equal(path, "/x/y");
	/* A file where nobody listens. */
	assert_true(am_control_connect(&d, wanted, &err) < 0);
	assert_non_null(strstr(err.text, "does amtest run?"));
	remove_in(dir, "a.sock");
	remove_in(dir, "b.sock");
	remove_in(dir, "not-one");
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer),
		cmocka_unit_test(a_refusal),
		cmocka_unit_test(no_answer),
		cmocka_unit_test(which_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
