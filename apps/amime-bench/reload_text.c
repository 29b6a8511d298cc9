/* SPDX-License-Identifier: BSD-3-Clause */
#include "reload_text.h"

#include <stdio.h>

static void put_tunnels(FILE *out, const struct reload_shape *s)
{
	unsigned n = s->tunnels + s->more_tunnel;

	fprintf(out, "\"tunnels\":{");
	for (unsigned i = 0; i < n; i++)
		fprintf(out,
			"%s\"t%u\":{\"type\":\"gre\",\"local\":\"192.0.2.1\",\"remote\":\"198.18.%u.%u\",\"ttl\":%u}",
			i ? "," : "", i, i >> 8, i & 255, i == 1 && s->other_ttl ? 32 : 64);
	fprintf(out, "},");
}

static void put_routes(FILE *out, const struct reload_shape *s)
{
	fprintf(out,
		"\"vrfs\":{\"underlay\":{\"routes\":[{\"prefix\":\"198.18.0.0/15\",\"port\":\"wan\","
		"\"via\":\"192.0.2.254\"%s}]},\"default\":{\"loopbacks\":[\"10.255.0.1\"],\"routes\":[",
		s->ask_hops ? "" : ",\"mac\":\"02:00:00:00:00:fe\"");
	for (unsigned i = 0; i < s->tunnels; i++)
		fprintf(out, "%s{\"prefix\":\"10.0.%u.%u/32\",\"tunnel\":\"t%u\"}", i ? "," : "", i >> 8,
			i & 255, i == 1 && s->other_way ? 2 : i);
	fprintf(out, "]}},");
}

/* The hosts of reload_lanes.h are where they are by configuration, so that nothing is flooded. */
static void put_bridges(FILE *out, const struct reload_shape *s)
{
	unsigned n = s->tunnels < RELOAD_BRIDGES_MAX ? s->tunnels : RELOAD_BRIDGES_MAX;

	fprintf(out, "\"bridges\":{");
	for (unsigned i = 0; i < n + s->more_bridge; i++) {
		unsigned vtep = i < s->tunnels ? i : 0;

		fprintf(out,
			"%s\"b%u\":{\"vni\":%u,%s%s\"members\":[{\"port\":\"lan\",\"vlan\":%u},"
			"{\"vtep\":\"10.0.%u.%u\"}",
			i ? "," : "", i, i + 1, i == 1 && s->other_limit ? "\"mac_limit\":1000," : "",
			s->churn && !i ? "\"mac_limit\":0,\"ageing\":2,\"loop_guard\":{\"moves\":0}," : "",
			i + 1, vtep >> 8, vtep & 255);
		if (s->churn && !i)
			fprintf(out, ",{\"port\":\"lan\",\"vlan\":%d}", RELOAD_MOVE_VLAN);
		fprintf(out, "],\"static\":[{\"mac\":\"02:00:00:01:00:00\",\"member\":0},"
			     "{\"mac\":\"02:00:00:02:00:00\",\"member\":1}]}");
	}
	fprintf(out, "}");
}

char *reload_text(const struct reload_shape *s, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	if (!out)
		return NULL;
	fprintf(out,
		"{\"system\":{\"name\":\"bench\",\"idle\":\"spin\",\"workers\":%u},\"ports\":{"
		"\"wan\":{\"driver\":\"mem\",\"vrf\":\"underlay\"},\"lan\":{\"driver\":\"mem\"}%s},",
		s->workers ? s->workers : 1, s->more_port ? ",\"more\":{\"driver\":\"mem\"}" : "");
	put_tunnels(out, s);
	put_routes(out, s);
	put_bridges(out, s);
	fprintf(out, "}");
	return fclose(out) ? NULL : text;
}
