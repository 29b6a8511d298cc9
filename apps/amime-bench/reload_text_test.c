/* SPDX-License-Identifier: BSD-3-Clause */
/* Every shape is a valid configuration, and differs from the plain one in what it says and in nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "config/diff.h"
#include "reload_text.h"

static struct am_config *load(const struct reload_shape *shape)
{
	struct am_config_errors errors = {0};
	size_t len;
	char *text = reload_text(shape, &len);
	struct am_config *c;

	assert_non_null(text);
	c = am_config_load(text, len, &errors);
	if (!c)
		fail_msg("%s: %s", errors.items[0].path, errors.items[0].text);
	free(text);
	return c;
}

struct row {
	struct reload_shape shape;
	enum am_diff_action action;
	enum am_diff_object object;
	const char *name;
};

static const struct row rows[] = {
	{{.more_tunnel = true}, AM_DIFF_ADD, AM_OBJ_TUNNEL, "t10"},
	{{.more_bridge = true}, AM_DIFF_ADD, AM_OBJ_BRIDGE, "b10"},
	{{.more_port = true}, AM_DIFF_ADD, AM_OBJ_PORT, "more"},
	{{.other_ttl = true}, AM_DIFF_CHANGE, AM_OBJ_TUNNEL, "t1"},
	{{.other_limit = true}, AM_DIFF_CHANGE, AM_OBJ_BRIDGE, "b1"},
	{{.other_way = true}, AM_DIFF_CHANGE, AM_OBJ_VRF, "default"},
	{{.ask_hops = true}, AM_DIFF_CHANGE, AM_OBJ_VRF, "underlay"},
	{{.churn = true}, AM_DIFF_CHANGE, AM_OBJ_BRIDGE, "b0"},
	{{.workers = 2}, AM_DIFF_CHANGE, AM_OBJ_SYSTEM, "system"},
};

static void test_each_differs_in_one_thing(void **state)
{
	const struct reload_shape plain = {.tunnels = 10};
	struct am_config *before = load(&plain);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct reload_shape shape = rows[i].shape;
		struct am_config *after;
		struct am_diff diff;

		shape.tunnels = plain.tunnels;
		after = load(&shape);
		assert_int_equal(am_config_diff(before, after, &diff), 0);
		assert_int_equal(diff.n, 1);
		assert_int_equal(diff.items[0].action, rows[i].action);
		assert_int_equal(diff.items[0].object, rows[i].object);
		assert_string_equal(diff.items[0].name, rows[i].name);
		am_diff_free(&diff);
		am_config_free(after);
	}
	am_config_free(before);
}

static void test_largest(void **state)
{
	const struct reload_shape shape = {
		.tunnels = RELOAD_OBJECTS_MAX, .more_tunnel = true, .more_bridge = true};
	struct am_config *c = load(&shape);

	(void)state;
	assert_int_equal(c->n_tunnels, RELOAD_OBJECTS_MAX + 1);
	assert_int_equal(c->n_bridges, RELOAD_BRIDGES_MAX + 1);
	am_config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_differs_in_one_thing),
		cmocka_unit_test(test_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
