/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- the question ---- */

static bool read_number(const char *text, unsigned long most, json_int_t *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*out = (json_int_t)n;
	return *text >= '0' && *text <= '9' && !*end && n <= most;
}

static bool read_protocol(const char *text, json_int_t *out)
{
	static const struct {
		const char *word;
		json_int_t number;
	} words[] = {{"icmp", 1}, {"tcp", 6}, {"udp", 17}, {"icmp6", 58}};

	for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
		*out = words[i].number;
		if (strcmp(text, words[i].word) == 0)
			return true;
	}
	return read_number(text, 255, out);
}

json_t *am_packet_request(char *const *words, int n, struct am_err *err)
{
	static const char *const keys[] = {"length", "protocol", "sport", "dport"};
	json_t *o = json_pack("{s:s, s:s, s:s, s:s}", "method", "explain", "interface", words[0], "from",
		words[1], "to", words[2]);
	json_int_t value;

	for (int i = 3; i < n; i++) {
		bool right = i == 4 ? read_protocol(words[i], &value) : read_number(words[i], 65535, &value);

		if (!right) {
			json_decref(o);
			am_fail(err, EINVAL, "%s: no %s", words[i], keys[i - 3]);
			return NULL;
		}
		json_object_set_new(o, keys[i - 3], json_integer(value));
	}
	return o;
}

/* ---- the answer ---- */

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static long long number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void acl(const char *label, const json_t *o, FILE *out)
{
	if (o)
		fprintf(out, "%s: rule %lld %s\n", label, number(o, "rule"),
			json_is_true(json_object_get(o, "permits")) ? "permits it" : "does not permit it");
}

static void urpf(const json_t *o, FILE *out)
{
	if (!o || strcmp(text(o, "mode"), "off") == 0)
		return;
	fprintf(out, "source (uRPF %s): %s, %s\n", text(o, "mode"),
		json_is_true(json_object_get(o, "passes")) ? "passes" : "does not pass",
		*text(o, "route") ? text(o, "route") : "no route leads there");
}

static void route(const json_t *answer, FILE *out)
{
	const json_t *o = json_object_get(answer, "route");

	if (!o)
		return;
	fprintf(out, "route: %s, %s, class %lld", text(o, "prefix"), text(o, "kind"), number(o, "class"));
	if (number(o, "as"))
		fprintf(out, ", AS %lld", number(o, "as"));
	if (number(o, "hops"))
		fprintf(out, ", %lld of %lld next hops live", number(o, "live"), number(o, "hops"));
	fputc('\n', out);
	if (json_object_get(answer, "hop"))
		fprintf(out, "next hop: number %lld of them, by the flow's hash %08llx\n",
			number(answer, "hop"), number(answer, "hash"));
}

static void outer(const json_t *o, FILE *out)
{
	const json_t *layer, *packet;
	size_t i;

	json_array_foreach(json_object_get(o, "layers"), i, layer)
	{
		fprintf(out, "  %s, %lld octets\n", text(layer, "name"), number(layer, "octets"));
	}
	json_array_foreach(json_object_get(o, "packets"), i, packet)
	{
		fprintf(out, "  outer packet of %lld octets\n", (long long)json_integer_value(packet));
	}
}

static void way(const json_t *o, FILE *out)
{
	if (!o)
		return;
	fprintf(out, "out: %s", text(o, "interface"));
	if (*text(o, "port"))
		fprintf(out, ", port %s", text(o, "port"));
	if (*text(o, "mac"))
		fprintf(out, ", to %s", text(o, "mac"));
	fprintf(out, ", MTU %lld\n", number(o, "mtu"));
	if (number(o, "fragments"))
		fprintf(out, "  cut into %lld fragments\n", number(o, "fragments"));
	outer(o, out);
}

void am_packet_view(const json_t *o, FILE *out)
{
	fprintf(out, "%lld octets by %s, VRF %s\n", number(o, "length"), text(o, "interface"),
		text(o, "vrf"));
	acl("access list in", json_object_get(o, "acl_in"), out);
	urpf(json_object_get(o, "urpf"), out);
	route(o, out);
	acl("access list out", json_object_get(o, "acl_out"), out);
	way(json_object_get(o, "out"), out);
	fprintf(out, "%s: %s\n", text(o, "verdict"), text(o, "text"));
	if (*text(o, "icmp"))
		fprintf(out, "its sender is told, by ICMP: %s\n", text(o, "icmp"));
}
