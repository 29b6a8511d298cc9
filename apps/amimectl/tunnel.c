/* SPDX-License-Identifier: BSD-3-Clause */
#include "tunnel.h"

#include <string.h>

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static const json_t *by_name(const json_t *list, const char *name)
{
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		if (strcmp(text(o, "name"), name) == 0)
			return o;
	}
	return NULL;
}

/* A sentence "what; do this" in two. */
static void add_problem(json_t *problems, const char *sentence)
{
	const char *cut = strstr(sentence, "; ");
	size_t len = cut ? (size_t)(cut - sentence) : strlen(sentence);

	json_array_append_new(problems, json_pack("{s:s%, s:s}", "what", sentence, len, "do",
						cut ? cut + 2 : "wait; it heals by itself"));
}

static long long counter(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(json_object_get(o, "counters"), key));
}

/* A port that is down, with a tunnel that is down too. */
static void add_port(json_t *problems, const json_t *port)
{
	char sentence[300];

	if (strcmp(text(port, "link"), "down") != 0)
		return;
	snprintf(sentence, sizeof sentence, "port %s is down: %s", text(port, "name"), text(port, "why"));
	add_problem(problems, sentence);
}

/* It is up and sends, and nothing comes: nobody here can know why, but where to look. */
static void add_silence(json_t *problems, const json_t *tunnel)
{
	if (strcmp(text(tunnel, "state"), "up") == 0 && counter(tunnel, "tx_packets") > 0 &&
		counter(tunnel, "rx_packets") == 0)
		add_problem(problems,
			"it sends, and nothing was ever received by it; look at the other side: is it up, are "
			"type, key and addresses the same there, does a firewall between pass the "
			"protocol? amimectl show drops says what came and was refused");
}

json_t *am_tunnel_diagnose(const json_t *tunnels, const json_t *ports, const char *name)
{
	const json_t *tunnel = by_name(tunnels, name), *path, *port;
	json_t *problems;
	size_t i;

	if (!tunnel)
		return NULL;
	problems = json_array();
	json_array_foreach(json_object_get(tunnel, "paths"), i, path)
	{
		if (!json_is_true(json_object_get(path, "up")) && *text(path, "why"))
			add_problem(problems, text(path, "why"));
		if (*text(path, "note"))
			add_problem(problems, text(path, "note"));
	}
	json_array_foreach(ports, i, port)
	{
		if (strcmp(text(tunnel, "state"), "down") == 0)
			add_port(problems, port);
	}
	add_silence(problems, tunnel);
	return json_pack("{s:O, s:o}", "tunnel", tunnel, "problems", problems);
}

void am_tunnel_view(const json_t *o, FILE *out)
{
	const json_t *tunnel = json_object_get(o, "tunnel"), *path, *problem;
	size_t i;

	fprintf(out, "tunnel %s, %s, MTU %lld: %s\n", text(tunnel, "name"), text(tunnel, "type"),
		(long long)json_integer_value(json_object_get(tunnel, "mtu")), text(tunnel, "state"));
	json_array_foreach(json_object_get(tunnel, "paths"), i, path)
	{
		fprintf(out, "  path to %s: %s%s%s\n", text(path, "remote"),
			json_is_true(json_object_get(path, "up")) ? "up" : "down",
			*text(path, "port") ? ", by port " : "", text(path, "port"));
	}
	fprintf(out, "  received %lld packets, sent %lld\n", counter(tunnel, "rx_packets"),
		counter(tunnel, "tx_packets"));
	json_array_foreach(json_object_get(o, "problems"), i, problem)
	{
		fprintf(out, "\n  %s\n    %s\n", text(problem, "what"), text(problem, "do"));
	}
	if (json_array_size(json_object_get(o, "problems")) == 0)
		fprintf(out, "  nothing is missing\n");
}
