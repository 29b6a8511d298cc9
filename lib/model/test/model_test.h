/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MODEL_TEST_H
#define MODEL_TEST_H
/* What the model's tests share: configurations as text with ' for ", and a model that takes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

enum { TEST_FDB = 1024, TEST_PATHS = 256 };

static inline struct am_model *test_model(void)
{
	struct am_model *m = am_model_create(TEST_FDB, 2, 0x5eed, TEST_PATHS);

	assert_non_null(m);
	return m;
}

/* The configuration that text means; prints what is wrong where there is something. */
static inline struct am_config *test_config(const char *text)
{
	struct am_config_errors errors = {0};
	struct am_config *config;
	size_t len = strlen(text);
	char *json = malloc(len + 1);

	assert_non_null(json);
	for (size_t i = 0; i <= len; i++)
		json[i] = text[i] == '\'' ? '"' : text[i];
	config = am_config_load(json, len, &errors);
	for (size_t i = 0; i < errors.n; i++)
		print_error("%s: %s\n", errors.items[i].path, errors.items[i].text);
	free(json);
	am_config_errors_free(&errors);
	assert_non_null(config);
	return config;
}

static inline struct am_plan *test_plan(
	struct am_model *m, const char *text, const struct am_port_limits *limits)
{
	struct am_config_errors errors = {0};
	struct am_plan *plan = am_model_prepare(m, test_config(text), limits, &errors);

	for (size_t i = 0; i < errors.n; i++)
		print_error("%s: %s\n", errors.items[i].path, errors.items[i].text);
	am_config_errors_free(&errors);
	assert_non_null(plan);
	return plan;
}

static inline const struct am_roots *test_commit(struct am_model *m, const char *text)
{
	am_model_retire(am_model_commit(m, test_plan(m, text, NULL)));
	assert_non_null(am_model_roots(m));
	return am_model_roots(m);
}

/* text is refused with exactly one complaint, which has this path and says this. */
static inline void test_refused(
	const char *text, const struct am_port_limits *limits, const char *path, const char *says)
{
	struct am_config_errors errors = {0};
	struct am_config *config = test_config(text);
	struct am_model *m = test_model();

	assert_null(am_model_prepare(m, config, limits, &errors));
	for (size_t i = 1; i < errors.n; i++)
		print_error("%s: %s\n", errors.items[i].path, errors.items[i].text);
	assert_int_equal(errors.n, 1);
	assert_string_equal(errors.items[0].path, path);
	assert_int_not_equal(errors.items[0].line, 0);
	if (!strstr(errors.items[0].text, says))
		fail_msg("\"%s\" is not in \"%s\"", says, errors.items[0].text);
	am_config_errors_free(&errors);
	am_config_free(config);
	am_model_free(m);
}

static inline struct am_ip test_ip(const char *text)
{
	struct am_ip ip;

	assert_int_equal(am_ip_parse_text(text, &ip), 0);
	return ip;
}

static inline struct am_mac test_mac(const char *text)
{
	struct am_mac mac;

	assert_int_equal(am_mac_parse_text(text, &mac), 0);
	return mac;
}

/* The id of the member whose text this is, in the running configuration; AM_NO_ID where there is none. */
static inline uint16_t test_member(const struct am_model *m, const char *bridge, const char *text)
{
	const struct am_roots *roots = am_model_roots(m);
	char buf[96];

	for (uint16_t i = 0; i < roots->n_members; i++) {
		if (!roots->members[i] ||
			strcmp(am_model_bridge_name(m, roots->members[i]->bridge), bridge) != 0)
			continue;
		am_model_member_text(m, i, buf, sizeof buf);
		if (strcmp(buf, text) == 0)
			return i;
	}
	return AM_NO_ID;
}

static inline uint16_t test_iface(const struct am_model *m, enum am_iface_kind kind, const char *name)
{
	for (uint16_t i = 0; i < am_model_ifaces(m); i++) {
		const struct am_iface_info *info = am_model_iface(m, i);

		if (info && info->kind == kind && strcmp(info->name, name) == 0)
			return i;
	}
	return AM_NO_ID;
}

#endif
