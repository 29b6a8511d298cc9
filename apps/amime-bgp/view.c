/* SPDX-License-Identifier: BSD-3-Clause */
#include "view.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/table.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "-";
}

static json_int_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void duration(const json_t *seconds, char text[32])
{
	json_int_t s = json_integer_value(seconds);

	if (!json_is_integer(seconds))
		snprintf(text, 32, "never");
	else if (s < 86400)
		snprintf(text, 32, "%02d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
	else
		snprintf(text, 32, "%lldd%02dh", (long long)(s / 86400), (int)(s / 3600 % 24));
}

static json_int_t sum(const json_t *by_family)
{
	json_int_t all = 0;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)by_family, key, value) all += json_integer_value(value);
	return all;
}

static void print_end(const json_t *n, FILE *out)
{
	const json_t *end = json_object_get(n, "last_end");
	const char *text = json_string_value(json_object_get(end, "text"));

	if (!end)
		return;
	fprintf(out, "  last end: from %s, by %s: %s", text_of(end, "state"), text_of(end, "by"),
		text_of(end, "why"));
	if (number_of(end, "code"))
		fprintf(out, " (%d/%d %s)", (int)number_of(end, "code"), (int)number_of(end, "subcode"),
			text_of(end, "notification"));
	fprintf(out, "%s%s\n", text ? "; its words: " : "", text ? text : "");
}

static void print_notified(const json_t *n, const char *key, const char *who, FILE *out)
{
	const json_t *said = json_object_get(n, key);
	const char *text = json_string_value(json_object_get(said, "text"));

	if (!json_is_object(said))
		return;
	fprintf(out, "  last NOTIFICATION %s: %lld s ago, %d/%d %s%s%s%s\n", who,
		(long long)number_of(said, "ago_s"), (int)number_of(said, "code"),
		(int)number_of(said, "subcode"), text_of(said, "notification"),
		json_is_true(json_object_get(said, "hard")) ? ", a hard reset" : "",
		text ? "; its words: " : "", text ? text : "");
}

/* UPDATEs that were wrong: how many of each class, and the last ones. */
static void print_faults(const json_t *n, FILE *out)
{
	const json_t *last = json_object_get(n, "last_faults");
	const char *class;
	json_t *value;
	size_t i;

	if (!json_array_size(last))
		return;
	fprintf(out, "  wrong UPDATEs:");
	json_object_foreach(json_object_get(n, "faults"), class, value)
		fprintf(out, " %s %lld", class, (long long)json_integer_value(value));
	fputc('\n', out);
	json_array_foreach(last, i, value) fprintf(out, "    %lld s ago, %lld routes: %s: %s, %s\n",
		(long long)number_of(value, "ago_s"), (long long)number_of(value, "routes"),
		text_of(value, "attribute"), text_of(value, "why"), text_of(value, "class"));
}

static void print_list(const json_t *object, const char *key, FILE *out)
{
	const json_t *list = json_object_get(object, key);
	json_t *value;
	size_t i;

	if (!json_array_size(list))
		return;
	fprintf(out, "  %s:", key);
	json_array_foreach(list, i, value) fprintf(out, " %s", json_string_value(value));
	fputc('\n', out);
}

static void print_agreed(const json_t *n, FILE *out)
{
	static const char *const flags[] = {
		"as4", "refresh", "enhanced_refresh", "extended_messages", "graceful_notification"};
	static const char *const lists[] = {"families", "ipv6_next_hop", "add_path_receive", "add_path_send",
		"graceful_restart", "long_lived"};
	const json_t *agreed = json_object_get(n, "agreed");

	if (!agreed)
		return;
	fprintf(out, "  remote ID %s, local address %s, hold time %d s, role of the peer: %s\n  agreed:",
		text_of(n, "remote_id"), text_of(n, "local_address"), (int)number_of(n, "hold_time"),
		text_of(agreed, "role"));
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		if (json_is_true(json_object_get(agreed, flags[i])))
			fprintf(out, " %s", flags[i]);
	}
	fputc('\n', out);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		print_list(agreed, lists[i], out);
}

static void print_neighbors(const json_t *result, FILE *out)
{
	struct am_table *t = am_table_new();
	bool details = json_array_size(result) == 1;
	char since[32];
	json_t *n;
	size_t i;

	am_table_column(t, "NAME", AM_LEFT);
	am_table_column(t, "ADDRESS", AM_LEFT);
	am_table_column(t, "AS", AM_RIGHT);
	am_table_column(t, "STATE", AM_LEFT);
	am_table_column(t, "SINCE", AM_RIGHT);
	am_table_column(t, "RECEIVED", AM_RIGHT);
	am_table_column(t, "SENT", AM_RIGHT);
	am_table_column(t, "DESCRIPTION", AM_LEFT);
	json_array_foreach(result, i, n)
	{
		bool shutdown = json_is_true(json_object_get(n, "shutdown"));

		duration(json_object_get(n, "since_s"), since);
		am_table_cell(t, "%s", text_of(n, "name"));
		am_table_cell(t, "%s%s%s", text_of(n, "address"),
			json_is_string(json_object_get(n, "interface")) ? "%" : "",
			json_is_string(json_object_get(n, "interface")) ? text_of(n, "interface") : "");
		am_table_cell(t, "%lld", (long long)number_of(n, "as"));
		am_table_cell(t, "%s", shutdown ? "shut down" : text_of(n, "state"));
		am_table_cell(t, "%s", since);
		am_table_cell(t, "%lld", (long long)sum(json_object_get(n, "received")));
		am_table_cell(t, "%lld", (long long)sum(json_object_get(n, "advertised")));
		am_table_cell(t, "%s", text_of(n, "description"));
	}
	am_table_print(t, out, 0);
	am_table_free(t);
	json_array_foreach(result, i, n)
	{
		if (!details)
			break;
		print_agreed(n, out);
		print_end(n, out);
		print_notified(n, "notification_sent", "sent", out);
		print_notified(n, "notification_received", "received", out);
		print_faults(n, out);
	}
}

/* A list on one line. */
static void put_words(struct am_table *t, const json_t *names)
{
	char text[256] = "";
	json_t *name;
	size_t i, used = 0;

	json_array_foreach(names, i, name)
	{
		int n = snprintf(
			text + used, sizeof text - used, "%s%s", used ? " " : "", json_string_value(name));

		used += n > 0 ? (size_t)n : 0;
		if (used >= sizeof text)
			break;
	}
	am_table_cell(t, "%s", used ? text : "-");
}

static void print_rules(const json_t *policy, FILE *out)
{
	struct am_table *t = am_table_new();
	json_t *rule;
	size_t i;

	am_table_column(t, "RULE", AM_RIGHT);
	am_table_column(t, "NAME", AM_LEFT);
	am_table_column(t, "CHANGES", AM_RIGHT);
	am_table_column(t, "THEN", AM_LEFT);
	am_table_column(t, "IF", AM_LEFT);
	json_array_foreach(json_object_get(policy, "rules"), i, rule)
	{
		am_table_cell(t, "%zu", i + 1);
		am_table_cell(t, "%s", text_of(rule, "name"));
		am_table_cell(t, "%lld", (long long)number_of(rule, "changes"));
		am_table_cell(t, "%s", text_of(rule, "then"));
		put_words(t, json_object_get(rule, "if"));
	}
	am_table_print(t, out, 0);
	am_table_free(t);
}

static void print_policies(const json_t *result, FILE *out)
{
	struct am_table *t = am_table_new();
	json_t *p;
	size_t i;

	am_table_column(t, "POLICY", AM_LEFT);
	am_table_column(t, "RULES", AM_RIGHT);
	am_table_column(t, "OTHERWISE", AM_LEFT);
	am_table_column(t, "IMPORT OF", AM_LEFT);
	am_table_column(t, "EXPORT OF", AM_LEFT);
	json_array_foreach(result, i, p)
	{
		am_table_cell(t, "%s", text_of(p, "name"));
		am_table_cell(t, "%zu", json_array_size(json_object_get(p, "rules")));
		am_table_cell(t, "%s", text_of(p, "otherwise"));
		put_words(t, json_object_get(p, "import"));
		put_words(t, json_object_get(p, "export"));
	}
	am_table_print(t, out, 0);
	am_table_free(t);
	if (json_array_size(result) == 1)
		print_rules(json_array_get(result, 0), out);
}

static void print_rpki(const json_t *result, FILE *out)
{
	const json_t *entries = json_object_get(result, "entries");
	struct am_table *t = am_table_new();
	char since[32];
	json_t *c;
	size_t i;

	am_table_column(t, "CACHE", AM_LEFT);
	am_table_column(t, "PORT", AM_RIGHT);
	am_table_column(t, "STATE", AM_LEFT);
	am_table_column(t, "COMPLETE", AM_RIGHT);
	am_table_column(t, "SERIAL", AM_RIGHT);
	am_table_column(t, "ANNOUNCED", AM_RIGHT);
	am_table_column(t, "WITHDRAWN", AM_RIGHT);
	am_table_column(t, "LAST FAULT", AM_LEFT);
	json_array_foreach(json_object_get(result, "caches"), i, c)
	{
		duration(json_object_get(c, "complete_s"), since);
		am_table_cell(t, "%s", text_of(c, "address"));
		am_table_cell(t, "%lld", (long long)number_of(c, "port"));
		am_table_cell(t, "%s", text_of(c, "state"));
		am_table_cell(t, "%s", since);
		am_table_cell(t, "%lld", (long long)number_of(c, "serial"));
		am_table_cell(t, "%lld", (long long)number_of(c, "announced"));
		am_table_cell(t, "%lld", (long long)number_of(c, "withdrawn"));
		am_table_cell(t, "%s", text_of(c, "last_fault"));
	}
	am_table_print(t, out, 0);
	am_table_free(t);
	fprintf(out, "entries: %lld of IPv4, %lld of IPv6\n", (long long)number_of(entries, "ipv4"),
		(long long)number_of(entries, "ipv6"));
}

static void print_bmp(const json_t *result, FILE *out)
{
	struct am_table *t = am_table_new();
	char since[32];
	json_t *s;
	size_t i;

	am_table_column(t, "STATION", AM_LEFT);
	am_table_column(t, "PORT", AM_RIGHT);
	am_table_column(t, "STATE", AM_LEFT);
	am_table_column(t, "SINCE", AM_RIGHT);
	am_table_column(t, "MESSAGES", AM_RIGHT);
	am_table_column(t, "WAITING", AM_RIGHT);
	am_table_column(t, "CUT OFF", AM_RIGHT);
	am_table_column(t, "LAST FAULT", AM_LEFT);
	json_array_foreach(json_object_get(result, "stations"), i, s)
	{
		duration(json_object_get(s, "since_s"), since);
		am_table_cell(t, "%s", text_of(s, "address"));
		am_table_cell(t, "%lld", (long long)number_of(s, "port"));
		am_table_cell(t, "%s", text_of(s, "state"));
		am_table_cell(t, "%s", since);
		am_table_cell(t, "%lld", (long long)number_of(s, "messages"));
		am_table_cell(t, "%lld", (long long)number_of(s, "waiting"));
		am_table_cell(t, "%lld", (long long)number_of(s, "cut_off"));
		am_table_cell(t, "%s", text_of(s, "last_fault"));
	}
	am_table_print(t, out, 0);
	am_table_free(t);
}

static void print_object(const json_t *result, FILE *out)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)result, key, value)
	{
		char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

		fprintf(out, "%s %s\n", key,
			json_is_string(value) ? json_string_value(value)
			: text                ? text
					      : "");
		free(text);
	}
}

/* Of a reload: what it did not take on. */
static void print_needs_start(const json_t *result, FILE *out)
{
	json_t *section;
	size_t i;

	json_array_foreach(json_object_get(result, "needs_start"), i, section) fprintf(out,
		"%s: what changed there is not in force: start amime-bgp anew\n", json_string_value(section));
}

void am_bgp_view(const char *what, const json_t *result, FILE *out)
{
	if (what && !strcmp(what, "neighbors"))
		print_neighbors(result, out);
	else if (what && !strcmp(what, "routes"))
		am_bgp_view_routes(result, out);
	else if (what && !strcmp(what, "policies"))
		print_policies(result, out);
	else if (what && !strcmp(what, "rpki"))
		print_rpki(result, out);
	else if (what && !strcmp(what, "bmp"))
		print_bmp(result, out);
	else if (what)
		print_object(result, out);
	else
		print_needs_start(result, out);
}
