/* SPDX-License-Identifier: BSD-3-Clause */
#include "show_acls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "show.h"

struct text {
	char at[1024];
	size_t n;
};

static void put(struct text *t, const char *s)
{
	int n = snprintf(t->at + t->n, sizeof t->at - t->n, "%s", s);

	t->n = t->n + (size_t)n < sizeof t->at ? t->n + (size_t)n : sizeof t->at - 1;
}

/* A number, a word, true, or several of them. */
static void put_value(struct text *t, const json_t *value)
{
	const json_t *one;
	char number[24];
	size_t i;

	json_array_foreach(value, i, one)
	{
		put(t, i ? "," : "");
		put_value(t, one);
	}
	snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
	if (json_is_string(value))
		put(t, json_string_value(value));
	else if (json_is_integer(value))
		put(t, number);
}

/* As it stands in the file, but in one line: "permit protocol tcp dst_port 80,443". */
static json_t *text_of(const json_t *rule)
{
	struct text t = {.n = 0};
	const char *key;
	json_t *value;

	put_value(&t, json_object_get(rule, "action"));
	json_object_foreach((json_t *)(uintptr_t)rule, key, value)
	{
		if (strcmp(key, "action") == 0 || strcmp(key, "name") == 0)
			continue;
		put(&t, " ");
		put(&t, key);
		put(&t, json_is_true(value) ? "" : " ");
		put_value(&t, value);
	}
	return json_string(t.at);
}

/* "wan in", "wan.100 out" */
static json_t *users_of(const struct am_daemon *d, const char *acl)
{
	const struct am_roots *roots = am_model_roots(d->model);
	json_t *out = json_array();

	for (uint16_t i = 0; i < roots->n_interfaces; i++) {
		const struct am_conf_l3 *l3 = am_model_interface_conf(d->model, i);
		const struct am_iface_info *info =
			roots->interfaces[i] ? am_model_iface(d->model, roots->interfaces[i]->iface) : NULL;

		if (!l3 || !info)
			continue;
		if (strcmp(l3->acl_in, acl) == 0)
			json_array_append_new(out, json_sprintf("%s in", info->name));
		if (strcmp(l3->acl_out, acl) == 0)
			json_array_append_new(out, json_sprintf("%s out", info->name));
	}
	return out;
}

static void add(json_t *out, const struct am_daemon *d, const char *acl, json_t *users, uint32_t row,
	json_int_t number, json_t *text, const char *name)
{
	struct am_acl_counters c;

	am_plane_acl(d->plane, row, &c);
	json_array_append_new(out, json_pack("{s:s, s:O, s:I, s:I, s:I, s:o, s:s}", "acl", acl, "interfaces",
					   users, "rule", number, "packets", (json_int_t)c.packets, "bytes",
					   (json_int_t)c.bytes, "text", text, "name", name));
}

static void add_acl(json_t *out, const struct am_daemon *d, uint16_t i, const char *acl, const json_t *rules)
{
	uint32_t row = am_model_acl_row(d->model, i);
	json_t *users = users_of(d, acl);
	const json_t *rule;
	size_t k;

	json_array_foreach(rules, k, rule)
	{
		const char *name = json_string_value(json_object_get(rule, "name"));

		add(out, d, acl, users, row + (uint32_t)k, (json_int_t)k, text_of(rule), name ? name : "");
	}
	add(out, d, acl, users, row + (uint32_t)k, (json_int_t)k, json_string("deny"),
		"what no rule matches");
	json_decref(users);
}

json_t *am_show_acls(const struct am_daemon *d)
{
	const struct am_config *config = am_model_config(d->model);
	char *text = am_config_print(config);
	json_t *printed = text ? json_loads(text, 0, NULL) : NULL, *out = json_array();
	const json_t *acls = json_object_get(printed, "acls");

	for (uint16_t i = 0; i < config->n_acls; i++)
		add_acl(out, d, i, config->acls[i].name, json_object_get(acls, config->acls[i].name));
	json_decref(printed);
	free(text);
	return out;
}
