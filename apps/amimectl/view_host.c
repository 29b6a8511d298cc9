/* SPDX-License-Identifier: BSD-3-Clause */
#include "view_host.h"

#include "control/table.h"

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s && *s ? s : "-";
}

static long long number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static struct am_table *table_of(unsigned n, const char *const heads[], unsigned first_right)
{
	struct am_table *t = am_table_new();

	for (unsigned i = 0; i < n; i++)
		am_table_column(t, heads[i], i >= first_right ? AM_RIGHT : AM_LEFT);
	return t;
}

static void join(const json_t *list, char *buf, size_t room)
{
	size_t used = 0, i;
	const json_t *value;

	snprintf(buf, room, "-");
	json_array_foreach(list, i, value)
	{
		const char *s = json_string_value(value);

		if (used < room)
			used += (size_t)snprintf(buf + used, room - used, "%s%s", i ? " " : "", s ? s : "?");
	}
}

static void interfaces(const json_t *list, FILE *out)
{
	static const char *const heads[] = {"INTERFACE", "DEVICE", "KIND", "NETNS", "STATE", "ADDRESSES",
		"TO KERNEL", "FROM KERNEL", "REFUSED", "LOST"};
	struct am_table *t = table_of(10, heads, 6);
	char addresses[512];
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		join(json_object_get(o, "addresses"), addresses, sizeof addresses);
		am_table_cell(t, "%s", text(o, "interface"));
		am_table_cell(t, "%s", text(o, "device"));
		am_table_cell(t, "%s", text(o, "kind"));
		am_table_cell(t, "%s", text(o, "netns"));
		am_table_cell(t, "%s", text(o, "state"));
		am_table_cell(t, "%s", addresses);
		am_table_cell(t, "%lld", number(o, "to_kernel"));
		am_table_cell(t, "%lld", number(o, "from_kernel"));
		am_table_cell(t, "%lld", number(o, "refused"));
		am_table_cell(t, "%lld", number(o, "lost"));
	}
	if (json_array_size(list))
		am_table_print(t, out, 0);
	else
		fprintf(out, "no host interfaces\n");
	am_table_free(t);
	json_array_foreach(list, i, o)
	{
		const char *why = json_string_value(json_object_get(o, "why"));

		if (why && *why)
			fprintf(out, "%s: %s\n", text(o, "interface"), why);
	}
}

static void punt(const json_t *list, FILE *out)
{
	static const char *const heads[] = {"TO THE BOX", "A SECOND AT MOST", "HANDED TO THE KERNEL"};
	struct am_table *t = table_of(3, heads, 1);
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		am_table_cell(t, "%s", text(o, "class"));
		am_table_cell(t, "%lld", number(o, "rate"));
		am_table_cell(t, "%lld", number(o, "passed"));
	}
	fprintf(out, "\n");
	am_table_print(t, out, 0);
	am_table_free(t);
}

static void steering(const json_t *port, FILE *out)
{
	static const char *const heads[] = {"RULE", "FRAMES", "MEANING"};
	struct am_table *t = am_table_new();
	const json_t *rule, *trouble;
	size_t i;

	for (unsigned c = 0; c < 3; c++)
		am_table_column(t, heads[c], c == 1 ? AM_RIGHT : AM_LEFT);
	json_array_foreach(json_object_get(port, "rules"), i, rule)
	{
		am_table_cell(t, "%s", text(rule, "rule"));
		am_table_cell(t, "%lld", number(rule, "frames"));
		am_table_cell(t, "%s", text(rule, "text"));
	}
	fprintf(out, "\nport %s, device %s, %lld given back to the kernel\n", text(port, "port"),
		text(port, "device"), number(port, "given_back"));
	am_table_print(t, out, 2);
	am_table_free(t);
	json_array_foreach(json_object_get(port, "troubles"), i, trouble)
		fprintf(out, "  %s\n", json_string_value(trouble) ? json_string_value(trouble) : "?");
}

void am_view_host(const json_t *result, FILE *out)
{
	const json_t *port;
	size_t i;

	interfaces(json_object_get(result, "interfaces"), out);
	punt(json_object_get(result, "punt"), out);
	json_array_foreach(json_object_get(result, "steering"), i, port) steering(port, out);
}
