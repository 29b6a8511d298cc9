/* SPDX-License-Identifier: BSD-3-Clause */
#include "routes.h"

#include <stdbool.h>
#include <string.h>

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* ---- for people ---- */

/* What stands to the left of the way out. */
struct columns {
	const char *vrf, *prefix, *origin, *state;
	long long as, mtu;
};

static void number(long long n, int width, FILE *out)
{
	if (n)
		fprintf(out, "  %*lld", width, n);
	else
		fprintf(out, "  %*s", width, "-");
}

static void columns(const struct columns *c, FILE *out)
{
	fprintf(out, "%-10s  %-20s  %-9s  %-12s", c->vrf, c->prefix, c->origin, c->state);
	number(c->as, 10, out);
	number(c->mtu, 5, out);
	fputs("  ", out);
}

static void word(const char *before, const char *s, FILE *out)
{
	if (*s)
		fprintf(out, "%s%s", before, s);
}

static void way(const json_t *hop, FILE *out)
{
	if (*text(hop, "tunnel"))
		word("tunnel ", text(hop, "tunnel"), out);
	else
		word("", *text(hop, "interface") ? text(hop, "interface") : text(hop, "port"), out);
	word(" via ", text(hop, "via"), out);
	word(" at ", text(hop, "mac"), out);
	word(": ", text(hop, "why"), out);
	fputc('\n', out);
}

static void no_way(const json_t *route, FILE *out)
{
	const char *kind = text(route, "kind"), *interface = text(route, "interface");

	if (strcmp(kind, "local") == 0)
		fprintf(out, "this box%s%s\n", *interface ? ", on " : "", interface);
	else if (strcmp(kind, "glean") == 0)
		fprintf(out, "%s, each neighbor asked for\n", interface);
	else if (strcmp(kind, "blackhole") == 0)
		fputs("dropped\n", out);
	else
		fputs("refused with an ICMP error\n", out);
}

static void one(const json_t *route, FILE *out)
{
	const json_t *hops = json_object_get(route, "hops"), *hop;
	struct columns c = {.vrf = text(route, "vrf"),
		.prefix = text(route, "prefix"),
		.origin = text(route, "origin"),
		.state = text(route, "kind"),
		.as = json_integer_value(json_object_get(route, "as"))};
	size_t i;

	if (!json_array_size(hops)) {
		columns(&c, out);
		no_way(route, out);
	}
	json_array_foreach(hops, i, hop)
	{
		c.state = text(hop, "state");
		c.mtu = json_integer_value(json_object_get(hop, "mtu"));
		columns(&c, out);
		way(hop, out);
		c = (struct columns){.vrf = "", .prefix = "", .origin = ""};
	}
}

void am_routes_head(FILE *out)
{
	fprintf(out, "%-10s  %-20s  %-9s  %-12s  %10s  %5s  %s\n", "VRF", "PREFIX", "ORIGIN", "STATE", "AS",
		"MTU", "WAY");
}

void am_routes_page(const json_t *routes, FILE *out)
{
	const json_t *route;
	size_t i;

	json_array_foreach(routes, i, route)
	{
		one(route, out);
	}
}

/* ---- page after page ---- */

static json_t *request(const struct am_ctl_args *args, const char *after)
{
	json_t *o = json_pack("{s:s, s:s}", "method", "show", "what", "routes");

	if (args->vrf)
		json_object_set_new(o, "vrf", json_string(args->vrf));
	if (args->to)
		json_object_set_new(o, "to", json_string(args->to));
	if (after)
		json_object_set_new(o, "after", json_string(after));
	return o;
}

/* An array that is written as it comes; its indentation is that of other answers. */
static void json_page(const json_t *routes, bool first)
{
	const json_t *route;
	size_t i;

	json_array_foreach(routes, i, route)
	{
		fputs(first && i == 0 ? "[\n" : ",\n", stdout);
		json_dumpf(route, stdout, JSON_COMPACT);
	}
}

static void page(const struct am_ctl_args *args, const json_t *routes, bool first)
{
	if (args->json) {
		json_page(routes, first);
		return;
	}
	if (first && json_array_size(routes))
		am_routes_head(stdout);
	am_routes_page(routes, stdout);
}

static void end(const struct am_ctl_args *args, size_t n)
{
	if (args->json)
		fputs(n ? "\n]\n" : "[]\n", stdout);
	else if (!n)
		puts(args->to ? "no such route" : "there is no route");
}

int am_routes_show(const struct am_control_daemon *to, int fd, const struct am_ctl_args *args)
{
	json_t *answer = NULL, *before;
	struct am_err err;
	bool refused;
	size_t n = 0;

	do {
		before = answer;
		answer = am_control_ask(to, fd,
			request(args, json_string_value(json_object_get(before, "next"))), &refused, NULL,
			&err);
		json_decref(before);
		if (!answer) {
			fprintf(stderr, "amimectl: %s\n", err.text);
			return refused ? AM_CTL_FAILED : AM_CTL_NO_DAEMON;
		}
		page(args, json_object_get(answer, "routes"), n == 0);
		n += json_array_size(json_object_get(answer, "routes"));
	} while (json_is_string(json_object_get(answer, "next")) && !ferror(stdout));
	json_decref(answer);
	end(args, n);
	return AM_CTL_OK;
}
