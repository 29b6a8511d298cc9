/* SPDX-License-Identifier: BSD-3-Clause */
#include "setup.h"

#include <stdio.h>
#include <stdlib.h>

#include "net/ip.h"

enum { FDB_LEAST = 16384, REASM = 4096 };

/* Address n of network net: 10.net.x.y or 2001:db8:net::n. */
static void put_address(FILE *f, uint8_t family, unsigned net, unsigned n)
{
	if (family == AM_IPV4)
		fprintf(f, "\"10.%u.%u.%u\"", net, n >> 8, n & 0xff);
	else
		fprintf(f, "\"2001:db8:%x::%x\"", net, n);
}

enum {
	NET_OURS = 1,
	NET_VTEPS = 2,
	NET_REMOTES = 16, /* and up, one for each stripe */
};

static void put_ports(FILE *f, const struct setup *s, unsigned lans)
{
	unsigned queues = s->handoff || !s->workers ? 1 : s->workers;

	fprintf(f, "\"ports\":{\"wan\":{\"driver\":\"mem\",\"vrf\":\"%s\",\"mac\":\"02:00:00:00:00:02\",",
		s->kind == AM_TUNNEL_NONE ? "default" : "underlay");
	fprintf(f, "\"mtu\":%u,\"queues\":%u}", s->kind == AM_TUNNEL_NONE ? 1600 : 1500, queues);
	for (unsigned i = 0; i < lans; i++)
		fprintf(f, ",\"lan%u\":{\"driver\":\"mem\",\"queues\":%u}", i, queues);
	fprintf(f, "}");
}

static void put_stripes(FILE *f, const struct setup *s, bool ours, unsigned tunnel)
{
	unsigned n = s->stripes ? s->stripes : 1;

	fprintf(f, "[");
	for (unsigned i = 0; i < n; i++) {
		fprintf(f, "%s", i ? "," : "");
		if (ours)
			put_address(f, s->family, NET_OURS, (i + 1) << 8 | 1);
		else
			put_address(f, s->family, NET_REMOTES + i, tunnel + 1);
	}
	fprintf(f, "]");
}

static void put_tunnels(FILE *f, const struct setup *s)
{
	static const char *const types[] = {
		[AM_TUNNEL_ETHERIP] = "etherip", [AM_TUNNEL_GRE] = "gre", [AM_TUNNEL_GRETAP] = "gretap"};

	if (s->kind == AM_TUNNEL_NONE)
		return;
	fprintf(f, ",\"tunnels\":{");
	for (unsigned i = 0; i < s->tunnels; i++) {
		fprintf(f, "%s\"t%u\":{\"type\":\"%s\",\"local\":", i ? "," : "", i, types[s->kind]);
		put_stripes(f, s, true, i);
		fprintf(f, ",\"remote\":");
		put_stripes(f, s, false, i);
		fprintf(f, ",\"split\":\"%s\"%s}", s->split == AM_SPLIT_FILL ? "fill" : "floor",
			s->everything ? ",\"tcp_mss\":\"fit\"" : "");
	}
	fprintf(f, "}");
}

static void put_vtep_route(FILE *f, const struct setup *s, unsigned i)
{
	fprintf(f, "%s{\"prefix\":", i ? "," : "");
	if (s->vtep_family == AM_IPV4)
		fprintf(f, "\"10.%u.%u.%u/32\"", NET_VTEPS, (i + 1) >> 8, (i + 1) & 0xff);
	else
		fprintf(f, "\"2001:db8:%x::%x/128\"", NET_VTEPS, i + 1);
	if (s->kind == AM_TUNNEL_NONE)
		fprintf(f, ",\"port\":\"wan\",\"mac\":\"02:00:00:00:00:01\"}");
	else if (s->kind == AM_TUNNEL_GRE)
		fprintf(f, ",\"tunnel\":\"t%u\"}", i);
	else
		fprintf(f, ",\"tunnel\":\"t%u\",\"mac\":\"02:00:00:01:%02x:%02x\"}", i, i >> 8, i & 0xff);
}

static void put_vrfs(FILE *f, const struct setup *s)
{
	fprintf(f, ",\"vrfs\":{");
	if (s->kind != AM_TUNNEL_NONE) {
		fprintf(f, "\"underlay\":{\"routes\":[{\"prefix\":\"%s\",\"port\":\"wan\",\"via\":\"%s\",",
			s->family == AM_IPV4 ? "0.0.0.0/0" : "::/0",
			s->family == AM_IPV4 ? "10.0.0.1" : "2001:db8::1");
		fprintf(f, "\"mac\":\"02:00:00:00:00:01\"}]}%s", s->vtep_family ? "," : "");
	}
	if (s->vtep_family) {
		fprintf(f, "\"default\":{\"loopbacks\":[");
		put_address(f, s->vtep_family, NET_OURS, 99);
		fprintf(f, "],\"routes\":[");
		for (unsigned i = 0; i < s->tunnels; i++)
			put_vtep_route(f, s, i);
		fprintf(f, "]}");
	}
	fprintf(f, "}");
}

static void put_members(FILE *f, const struct setup *s, unsigned bridge, bool vlans)
{
	fprintf(f, "\"members\":[{\"port\":\"lan%u\"", vlans ? 0 : bridge);
	if (vlans)
		fprintf(f, ",\"vlan\":%u", bridge + 1);
	if (s->everything)
		fprintf(f, ",\"storm\":{\"broadcast\":1000000,\"multicast\":1000000,\"unknown\":1000000}");
	fprintf(f, "}");
	/* Where there are fewer tunnels than bridges, they carry several each. */
	for (unsigned i = bridge % s->tunnels; i < s->tunnels; i += s->bridges) {
		if (!s->vtep_family) {
			fprintf(f, ",{\"tunnel\":\"t%u\"}", i);
			continue;
		}
		fprintf(f, ",{\"vtep\":");
		put_address(f, s->vtep_family, NET_VTEPS, i + 1);
		fprintf(f, "}");
	}
	fprintf(f, "]");
}

static void put_bridges(FILE *f, const struct setup *s, bool vlans)
{
	fprintf(f, ",\"bridges\":{");
	for (unsigned i = 0; i < s->bridges; i++) {
		fprintf(f, "%s\"b%u\":{\"mac_limit\":0,", i ? "," : "", i);
		if (s->vtep_family)
			fprintf(f, "\"vni\":%u,", 1000 + i * 7);
		put_members(f, s, i, vlans);
		fprintf(f, "}");
	}
	fprintf(f, "}");
}

char *setup_config(const struct setup *s)
{
	bool vlans = s->vlans || s->bridges > SETUP_LANS_MAX;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	fprintf(f, "{\"system\":{\"name\":\"bench\",\"idle\":\"spin\",\"workers\":%u,\"handoff\":\"%s\",",
		s->workers ? s->workers : 1, s->handoff ? "on" : "off");
	fprintf(f, "\"fdb_size\":%u,\"reassembly\":{\"datagrams\":%u}},",
		s->macs > FDB_LEAST ? s->macs : FDB_LEAST, REASM);
	put_ports(f, s, vlans ? 1 : s->bridges);
	put_tunnels(f, s);
	put_vrfs(f, s);
	put_bridges(f, s, vlans);
	fprintf(f, "}");
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}
