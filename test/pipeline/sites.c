/* SPDX-License-Identifier: BSD-3-Clause */
#include "sites.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct text {
	char *at;
	size_t left;
};

static void add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(t->at, t->left, fmt, args);
	va_end(args);
	assert_true(n >= 0 && (size_t)n < t->left);
	t->at += n;
	t->left -= (size_t)n;
}

static void add_outer(struct text *t, const struct site_kind *kind, int side)
{
	add(t, "[");
	for (unsigned i = 0; i < kind->stripes; i++)
		add(t, kind->family == 4 ? "%s\"192.0.2.%u\"" : "%s\"2001:db8::%u\"", i ? "," : "",
			(unsigned)(side + 1) * 10 + i);
	add(t, "]");
}

static const char *vtep(const struct site_kind *kind, int side)
{
	if (kind->vxlan == 4)
		return side ? "10.255.0.2" : "10.255.0.1";
	return side ? "fd00::2" : "fd00::1";
}

static void add_default_vrf(struct text *t, const struct site_kind *kind, int side)
{
	add(t, "\"default\":{\"loopbacks\":[\"%s\"],\"routes\":[{\"prefix\":\"%s/%d\",", vtep(kind, side),
		vtep(kind, !side), kind->vxlan == 4 ? 32 : 128);
	if (!kind->type)
		add(t, "\"port\":\"wan\",\"mac\":\"02:ff:00:00:00:0%d\"", !side + 1);
	else if (strcmp(kind->type, "gre") == 0)
		add(t, "\"tunnel\":\"t\"");
	else
		add(t, "\"tunnel\":\"t\",\"mac\":\"02:ee:00:00:00:0%d\"", !side + 1);
	add(t, "}]}");
}

static void add_underlay_vrf(struct text *t, const struct site_kind *kind, int side)
{
	add(t, "%s\"underlay\":{\"routes\":[{\"prefix\":\"%s\",\"port\":\"wan\",", kind->vxlan ? "," : "",
		kind->family == 4 ? "0.0.0.0/0" : "::/0");
	add(t, "\"mac\":\"02:ff:00:00:00:0%d\"}]}", !side + 1);
}

const char *site_config(const struct site_kind *kind, int side, const char *system, char *buf, size_t room)
{
	struct text t = {buf, room};

	add(&t, "{\"system\":{\"name\":\"s%d\"%s},", side, system);
	add(&t,
		"\"ports\":{\"wan\":{\"driver\":\"mem\",\"vrf\":\"%s\",\"mac\":\"02:ff:00:00:00:0%d\","
		"\"mtu\":%d},",
		kind->type ? "underlay" : "default", side + 1, kind->type ? 1500 : 1600);
	add(&t, "\"lan\":{\"driver\":\"mem\"}},");
	if (kind->type) {
		add(&t, "\"tunnels\":{\"t\":{\"type\":\"%s\",\"local\":", kind->type);
		add_outer(&t, kind, side);
		add(&t, ",\"remote\":");
		add_outer(&t, kind, !side);
		if (strcmp(kind->type, "gre") != 0 && kind->vxlan)
			add(&t, ",\"mac\":\"02:ee:00:00:00:0%d\"", side + 1);
		add(&t, "%s}},", kind->extra);
	}
	add(&t, "\"vrfs\":{");
	if (kind->vxlan)
		add_default_vrf(&t, kind, side);
	if (kind->type)
		add_underlay_vrf(&t, kind, side);
	add(&t, "},");
	add(&t, "\"bridges\":{\"lan\":{");
	if (kind->vxlan)
		add(&t,
			"\"vni\":10100,\"inner_vlan\":true,\"members\":[{\"port\":\"lan\"},{\"vtep\":\"%s\"}]"
			"}}}",
			vtep(kind, !side));
	else
		add(&t, "\"members\":[{\"port\":\"lan\"},{\"tunnel\":\"t\"}]}}}");
	return buf;
}
