/* SPDX-License-Identifier: BSD-3-Clause */
#include "hosts.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/netns.h"
#include "netlink.h"
#include "nlset.h"
#include "slow.h"

enum { SPACES = 64 };

/* A namespace that is not the daemon's own. Kept until the end: there are few, and they come back. */
struct space {
	char netns[AM_NETNS_MAX];
	struct am_nl *nl;
};

struct am_hosts {
	struct am_nl *nl;
	struct am_slow *slow;
	const struct am_log *log;
	unsigned n, n_spaces;
	bool too_many; /* said so */
	struct am_host_slot *slots[AM_HOSTS_MAX];
	struct space spaces[SPACES];
};

struct am_hosts *am_hosts_create(struct am_nl *nl, struct am_slow *slow, const struct am_log *log)
{
	struct am_hosts *h = calloc(1, sizeof *h);

	if (!h)
		return NULL;
	h->nl = nl;
	h->slow = slow;
	h->log = log;
	return h;
}

/* ---- namespaces ---- */

static struct am_nl *open_there(const char *netns, struct am_err *err)
{
	struct am_nl *nl;
	int back;

	if (am_netns_enter(netns, &back, err))
		return NULL;
	nl = am_nl_open(err);
	am_netns_leave(back);
	return nl;
}

/* NULL and err where it cannot be reached. */
static struct am_nl *netlink_of(struct am_hosts *h, const char *netns, struct am_err *err)
{
	struct space *s;

	if (!*netns)
		return h->nl;
	for (unsigned i = 0; i < h->n_spaces; i++)
		if (!strcmp(h->spaces[i].netns, netns))
			return h->spaces[i].nl;
	if (h->n_spaces == SPACES) {
		am_fail(err, E2BIG, "more than %d network namespaces", SPACES);
		return NULL;
	}
	s = &h->spaces[h->n_spaces];
	s->nl = open_there(netns, err);
	if (!s->nl)
		return NULL;
	snprintf(s->netns, sizeof s->netns, "%s", netns);
	h->n_spaces++;
	return s->nl;
}

struct am_nl *am_hosts_netlink(const struct am_hosts *h, unsigned i)
{
	return i < h->n_spaces ? h->spaces[i].nl : NULL;
}

/* ---- addresses ---- */

static bool has(const struct am_prefix *list, uint16_t n, const struct am_prefix *p)
{
	for (uint16_t i = 0; i < n; i++)
		if (list[i].len == p->len && am_ip_equal(&list[i].ip, &p->ip))
			return true;
	return false;
}

/* Nobody else can have what is on no shared link. */
static bool is_alone(const struct am_host_slot *s, const struct am_prefix *p)
{
	return s->want.mode == AM_HOST_IS_TUN || p->len == am_ip_len(&p->ip) * 8;
}

static void take_away(struct am_nl *nl, struct am_host_slot *s, uint16_t i)
{
	if (s->set_table && !am_ip_is_link_local(&s->set[i].ip))
		am_nl_set_source_rule(nl, &s->set[i].ip, s->set_table, false);
	am_nl_set_address(nl, s->ifindex, &s->set[i], false, false);
	s->set[i] = s->set[--s->n_set];
}

static int put(struct am_nl *nl, struct am_host_slot *s, const struct am_prefix *p, struct am_err *err)
{
	char text[AM_IP_TEXT];
	int rc = am_nl_set_address(nl, s->ifindex, p, is_alone(s, p), true);

	if (!rc && s->want.table && !am_ip_is_link_local(&p->ip))
		rc = am_nl_set_source_rule(nl, &p->ip, s->want.table, true);
	if (rc)
		return am_fail(
			err, -rc, "address %s/%u: %s", am_ip_text(&p->ip, text), p->len, strerror(-rc));
	s->set[s->n_set++] = *p;
	return 0;
}

static int sync_addresses(struct am_nl *nl, struct am_host_slot *s, struct am_err *err)
{
	int rc = 0;

	if (s->set_table != s->want.table)
		while (s->n_set)
			take_away(nl, s, 0);
	for (uint16_t i = s->n_set; i-- > 0;)
		if (!has(s->want.addresses, s->want.n_addresses, &s->set[i]))
			take_away(nl, s, i);
	s->set_table = s->want.table;
	for (uint16_t i = 0; i < s->want.n_addresses; i++)
		if (!has(s->set, s->n_set, &s->want.addresses[i]))
			rc = put(nl, s, &s->want.addresses[i], err) ? -EIO : rc;
	return rc;
}

static int sync_way(struct am_nl *nl, const struct am_host_slot *s, struct am_err *err)
{
	for (uint8_t family = AM_IPV4; s->want.is_way && family <= AM_IPV6; family += 2) {
		int rc = am_nl_set_default(nl, family, s->ifindex, s->want.table);

		if (rc)
			return am_fail(
				err, -rc, "the default route of table %u: %s", s->want.table, strerror(-rc));
	}
	return 0;
}

/* ---- devices ---- */

static void forget_device(struct am_hosts *h, struct am_host_slot *s)
{
	if (s->host.fd >= 0) {
		am_slow_set_host(h->slow, s->want.target, NULL);
		am_host_close(&s->host);
	}
	s->ifindex = 0;
	s->n_set = 0; /* went with it; rules of theirs are there already when it comes back */
}

static int open_device(struct am_hosts *h, struct am_host_slot *s, struct am_err *err)
{
	const struct am_host_conf conf = {
		.kind = s->want.mode == AM_HOST_IS_TUN ? AM_HOST_TUN : AM_HOST_TAP,
		.name = s->want.name,
		.netns = s->want.netns,
		.mac = &s->want.mac,
		.mtu = s->want.mtu,
	};
	int rc = am_host_open(&conf, &s->host, err);

	if (rc)
		return rc;
	s->ifindex = s->host.ifindex;
	rc = am_slow_set_host(h->slow, s->want.target, &s->host);
	if (!rc)
		return 0;
	am_host_close(&s->host);
	s->ifindex = 0;
	return am_fail(err, -rc, "host interface %s: %s", s->want.name, strerror(-rc));
}

static int sync_device(struct am_hosts *h, struct am_host_slot *s, struct am_err *err)
{
	if (s->want.mode == AM_HOST_IS_NIC) {
		int now = (int)if_nametoindex(s->want.name);

		if (now != s->ifindex)
			s->n_set = 0;
		s->ifindex = now;
		return now ? 0 : am_fail(err, ENODEV, "there is no device %s now", s->want.name);
	}
	if (s->ifindex && !am_host_is_there(&s->host))
		forget_device(h, s);
	if (!s->ifindex)
		return open_device(h, s, err);
	am_host_set_mtu(&s->host, s->want.mtu);
	am_host_set_carrier(&s->host, s->want.carrier);
	return 0;
}

/* What is wrong is said when it begins, and when it is something else. */
static void say(const struct am_hosts *h, struct am_host_slot *s, int rc, const struct am_err *err)
{
	const char *text = rc ? err->text : "";

	if (rc && strcmp(s->why, text) != 0)
		am_log(h->log, AM_LOG_WARN, "host interface of %s: %s; trying every second",
			s->want.interface, text);
	else if (!rc && s->why[0])
		am_log(h->log, AM_LOG_INFO, "host interface of %s: %s is there now", s->want.interface,
			s->want.name);
	snprintf(s->why, sizeof s->why, "%s", text);
}

static void sync_slot(struct am_hosts *h, struct am_host_slot *s)
{
	struct am_err err = {""};
	struct am_nl *nl = netlink_of(h, s->want.netns, &err);
	int rc = nl ? sync_device(h, s, &err) : -ENOENT;

	if (!rc)
		rc = sync_way(nl, s, &err);
	if (!rc)
		rc = sync_addresses(nl, s, &err);
	say(h, s, rc, &err);
}

static void close_slot(struct am_hosts *h, struct am_host_slot *s)
{
	struct am_err err;
	struct am_nl *nl = netlink_of(h, s->want.netns, &err);

	while (nl && s->ifindex && s->n_set)
		take_away(nl, s, 0);
	forget_device(h, s);
	free(s);
}

/* ---- all ---- */

/* It can go on as the same device. */
static bool is_same(const struct am_host_want *a, const struct am_host_want *b)
{
	return a->target == b->target && a->mode == b->mode && !strcmp(a->name, b->name) &&
	       !strcmp(a->netns, b->netns) && !memcmp(&a->mac, &b->mac, sizeof a->mac);
}

static struct am_host_slot *keep(struct am_hosts *h, const struct am_host_want *want)
{
	for (unsigned i = 0; i < h->n; i++) {
		struct am_host_slot *s = h->slots[i];

		if (!s || !is_same(&s->want, want))
			continue;
		h->slots[i] = NULL;
		s->want = *want;
		return s;
	}
	return NULL;
}

static struct am_host_slot *make(const struct am_host_want *want)
{
	struct am_host_slot *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->want = *want;
	s->host.fd = s->host.control = -1;
	return s;
}

static void say_too_many(struct am_hosts *h, unsigned n)
{
	if (n > AM_HOSTS_MAX && !h->too_many)
		am_log(h->log, AM_LOG_WARN,
			"%u host interfaces are wanted, and %d are possible: the last ones are missing; set \"host\" to false "
			"where the kernel needs none",
			n, AM_HOSTS_MAX);
	h->too_many = n > AM_HOSTS_MAX;
}

void am_hosts_sync(struct am_hosts *h, const struct am_host_want *wants, unsigned n)
{
	struct am_host_slot **next = calloc(n + 1, sizeof *next);
	unsigned kept = 0;

	say_too_many(h, n);
	if (!next) {
		am_log(h->log, AM_LOG_ERROR, "no memory for %u host interfaces: they stay as they were", n);
		return;
	}
	for (unsigned i = 0; i < n && i < AM_HOSTS_MAX; i++)
		next[i] = keep(h, &wants[i]);
	for (unsigned i = 0; i < h->n; i++)
		if (h->slots[i])
			close_slot(h, h->slots[i]);
	for (unsigned i = 0; i < n && i < AM_HOSTS_MAX; i++) {
		struct am_host_slot *s = next[i] ? next[i] : make(&wants[i]);

		if (s)
			h->slots[kept++] = s;
	}
	h->n = kept;
	free(next);
	for (unsigned i = 0; i < h->n; i++)
		sync_slot(h, h->slots[i]);
}

void am_hosts_free(struct am_hosts *h)
{
	if (!h)
		return;
	for (unsigned i = 0; i < h->n; i++)
		close_slot(h, h->slots[i]);
	for (unsigned i = 0; i < h->n_spaces; i++)
		am_nl_close(h->spaces[i].nl);
	free(h);
}

unsigned am_hosts_count(const struct am_hosts *h)
{
	return h->n;
}

const struct am_host_slot *am_hosts_at(const struct am_hosts *h, unsigned i)
{
	return h->slots[i];
}

int am_hosts_ifindex(const struct am_hosts *h, uint16_t target, struct am_nl **nl)
{
	struct am_err err;

	for (unsigned i = 0; i < h->n; i++) {
		if (h->slots[i]->want.target != target)
			continue;
		*nl = netlink_of((struct am_hosts *)(uintptr_t)h, h->slots[i]->want.netns, &err);
		return *nl ? h->slots[i]->ifindex : 0;
	}
	return 0;
}
