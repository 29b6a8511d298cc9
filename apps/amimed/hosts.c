/* SPDX-License-Identifier: BSD-3-Clause */
#include "hosts.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/netns.h"
#include "netlink.h"
#include "nlset.h"
#include "owned.h"
#include "slow.h"

enum { SPACES = 64 };

/* A namespace that is not the daemon's own. Kept until the end: there are few, and they come back. */
struct space {
	char netns[AM_NETNS_MAX];
	struct am_nl *nl;
};

/* The addresses of a namespace, by device. */
struct found {
	struct am_nl *nl;
	bool complete;
	unsigned n, room;
	struct am_kaddress *items;
};

struct am_hosts {
	struct am_nl *nl;
	struct am_slow *slow;
	const struct am_log *log;
	char file[96];
	struct am_owned *left; /* by an earlier daemon, until the first sync is done */
	unsigned n, n_spaces, n_left;
	bool is_written; /* the file says what there is, and shall be */
	bool too_many;   /* said so */
	bool look_again; /* addresses went: the kernel may have taken more than was asked for */
	struct am_host_slot *slots[AM_HOSTS_MAX];
	struct space spaces[SPACES];
	struct found found[SPACES + 1]; /* the daemon's own namespace is the first */
};

struct am_hosts *am_hosts_create(
	struct am_nl *nl, struct am_slow *slow, const char *file, const struct am_log *log)
{
	struct am_hosts *h = calloc(1, sizeof *h);

	if (!h)
		return NULL;
	h->nl = nl;
	h->slow = slow;
	h->log = log;
	snprintf(h->file, sizeof h->file, "%s", file);
	h->left = am_owned_read(file, &h->n_left);
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

/* ---- what the kernel has of them ---- */

static void find_one(void *ctx, const struct am_kaddress *address)
{
	struct found *found = ctx;
	struct am_kaddress *more;

	if (found->n == found->room) {
		more = realloc(found->items, (found->room * 2 + 64) * sizeof *more);
		found->complete &= more != NULL;
		if (!more)
			return;
		found->items = more;
		found->room = found->room * 2 + 64;
	}
	found->items[found->n++] = *address;
}

static int by_device(const void *a, const void *b)
{
	const struct am_kaddress *x = a, *y = b;

	return (x->ifindex > y->ifindex) - (x->ifindex < y->ifindex);
}

static void find(struct am_nl *nl, struct found *found)
{
	found->nl = nl;
	found->n = 0;
	found->complete = true;
	found->complete &= am_nl_addresses(nl, find_one, found) == 0;
	if (found->n)
		qsort(found->items, found->n, sizeof *found->items, by_device);
}

static void find_all(struct am_hosts *h)
{
	find(h->nl, &h->found[0]);
	for (unsigned i = 0; i < h->n_spaces; i++)
		find(h->spaces[i].nl, &h->found[i + 1]);
}

/* NULL where that is not known. */
static const struct found *found_of(const struct am_hosts *h, const struct am_nl *nl)
{
	for (unsigned i = 0; i <= h->n_spaces; i++)
		if (h->found[i].nl == nl)
			return h->found[i].complete ? &h->found[i] : NULL;
	return NULL;
}

static bool is_found(const struct found *found, int ifindex, const struct am_prefix *p)
{
	unsigned first = 0, end = found->n;

	while (first < end) {
		unsigned middle = first + (end - first) / 2;

		if (found->items[middle].ifindex < ifindex)
			first = middle + 1;
		else
			end = middle;
	}
	for (; first < found->n && found->items[first].ifindex == ifindex; first++)
		if (found->items[first].len == p->len && am_ip_equal(&found->items[first].ip, &p->ip))
			return true;
	return false;
}

static void forget_lost(struct am_hosts *h, const struct am_nl *nl, struct am_host_slot *s)
{
	const struct found *found = found_of(h, nl);
	char text[AM_PREFIX_TEXT];

	for (uint16_t i = found ? s->n_set : 0; i-- > 0;) {
		if (is_found(found, s->ifindex, &s->set[i]))
			continue;
		if (!h->look_again && has(s->want.addresses, s->want.n_addresses, &s->set[i]))
			am_log(h->log, AM_LOG_WARN,
				"host interface of %s: somebody took %s from %s; it is put back",
				s->want.interface, am_prefix_text(&s->set[i], text), s->want.name);
		s->set[i] = s->set[--s->n_set];
	}
}

/* ---- and shall have ---- */

/* The rule of an address that is wanted with another length stays. */
static bool rule_goes(const struct am_host_slot *s, const struct am_ip *ip)
{
	for (uint16_t i = 0; i < s->want.n_addresses; i++)
		if (am_ip_equal(&s->want.addresses[i].ip, ip))
			return false;
	return s->set_table && !am_ip_is_link_local(ip);
}

/* One that the kernel does not let go stays known as ours. */
static int take_away(
	struct am_hosts *h, struct am_nl *nl, struct am_host_slot *s, uint16_t i, struct am_err *err)
{
	const struct am_prefix p = s->set[i];
	char text[AM_PREFIX_TEXT];
	int rc = p.ip.family == AM_IPV4 ? am_nl_keep_secondaries(nl, s->ifindex) : 0;

	h->look_again = true;
	if (!rc || rc == -ENODEV)
		rc = am_nl_set_address(nl, s->ifindex, &p, false, false);
	if (rc)
		return am_fail(err, -rc, "address %s cannot be taken away: %s", am_prefix_text(&p, text),
			strerror(-rc));
	if (rule_goes(s, &p.ip))
		am_nl_set_source_rule(nl, &p.ip, s->set_table, false);
	s->set[i] = s->set[--s->n_set];
	return 0;
}

static int put(struct am_nl *nl, struct am_host_slot *s, const struct am_prefix *p, struct am_err *err)
{
	char text[AM_PREFIX_TEXT];
	int rc = am_nl_set_address(nl, s->ifindex, p, is_alone(s, p), true);

	if (!rc && s->want.table && !am_ip_is_link_local(&p->ip))
		rc = am_nl_set_source_rule(nl, &p->ip, s->want.table, true);
	if (rc)
		return am_fail(err, -rc, "address %s: %s", am_prefix_text(p, text), strerror(-rc));
	s->set[s->n_set++] = *p;
	return 0;
}

static void move_rules(struct am_nl *nl, struct am_host_slot *s)
{
	for (uint16_t i = 0; s->set_table != s->want.table && i < s->n_set; i++) {
		const struct am_ip *ip = &s->set[i].ip;

		if (am_ip_is_link_local(ip))
			continue;
		if (s->set_table)
			am_nl_set_source_rule(nl, ip, s->set_table, false);
		am_nl_set_source_rule(nl, ip, s->want.table, true);
	}
	s->set_table = s->want.table;
}

/* New ones come before old ones go: sessions and routes of a network that has both live on. */
static int sync_addresses(struct am_hosts *h, struct am_nl *nl, struct am_host_slot *s, struct am_err *err)
{
	int rc = 0;

	forget_lost(h, nl, s);
	move_rules(nl, s);
	for (uint16_t i = 0; i < s->want.n_addresses; i++)
		if (!has(s->set, s->n_set, &s->want.addresses[i]))
			rc = put(nl, s, &s->want.addresses[i], err) ? -EIO : rc;
	for (uint16_t i = s->n_set; i-- > 0;)
		if (!has(s->want.addresses, s->want.n_addresses, &s->set[i]))
			rc = take_away(h, nl, s, i, err) ? -EIO : rc;
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

/* The file says that it is up. */
static int keep_up(const struct am_hosts *h, struct am_host_slot *s, struct am_err *err)
{
	bool down = !am_host_is_up(&s->host);
	int rc = down ? am_host_raise(&s->host) : 0;

	if (down && !s->was_down)
		am_log(h->log, AM_LOG_WARN, "host interface of %s: somebody set %s down; it is raised again",
			s->want.interface, s->want.name);
	s->was_down = down;
	return rc ? am_fail(err, -rc, "%s is down, and cannot be raised: %s", s->want.name, strerror(-rc))
		  : 0;
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
	return keep_up(h, s, err);
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
		rc = sync_addresses(h, nl, s, &err);
	say(h, s, rc, &err);
}

static void close_slot(struct am_hosts *h, struct am_host_slot *s)
{
	struct am_err err;
	struct am_nl *nl = netlink_of(h, s->want.netns, &err);

	h->is_written = false;
	s->want.n_addresses = 0;
	for (uint16_t i = nl && s->ifindex ? s->n_set : 0; i-- > 0;)
		if (take_away(h, nl, s, i, &err))
			am_log(h->log, AM_LOG_WARN, "host interface of %s: %s", s->want.interface, err.text);
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

static bool has_same_addresses(const struct am_host_want *a, const struct am_host_want *b)
{
	return a->table == b->table && a->n_addresses == b->n_addresses &&
	       !memcmp(a->addresses, b->addresses, a->n_addresses * sizeof *a->addresses);
}

static struct am_host_slot *keep(struct am_hosts *h, const struct am_host_want *want)
{
	for (unsigned i = 0; i < h->n; i++) {
		struct am_host_slot *s = h->slots[i];

		if (!s || !is_same(&s->want, want))
			continue;
		h->slots[i] = NULL;
		h->is_written &= has_same_addresses(&s->want, want);
		s->want = *want;
		return s;
	}
	return NULL;
}

static struct am_host_slot *make(struct am_hosts *h, const struct am_host_want *want)
{
	struct am_host_slot *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	h->is_written = false;
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

/* ---- what an earlier daemon left, and we may leave ---- */

static bool print_list(
	FILE *file, const struct am_host_slot *s, const struct am_prefix *list, uint16_t n, uint32_t table)
{
	struct am_owned owned = {.table = table};
	bool good = true;

	memcpy(owned.device, s->want.name, sizeof owned.device);
	memcpy(owned.netns, s->want.netns, sizeof owned.netns);
	for (uint16_t i = 0; i < n && good; i++) {
		owned.address = list[i];
		good = am_owned_print(file, &owned);
	}
	return good;
}

static bool print_all(FILE *file, const void *ctx)
{
	const struct am_hosts *h = ctx;
	bool good = true;

	for (unsigned i = 0; i < h->n_left && good; i++)
		good = am_owned_print(file, &h->left[i]);
	for (unsigned i = 0; i < h->n && good; i++) {
		const struct am_host_slot *s = h->slots[i];

		good = print_list(file, s, s->want.addresses, s->want.n_addresses, s->want.table) &&
		       print_list(file, s, s->set, s->n_set, s->set_table);
	}
	return good;
}

/* Tried once for each change: what is missing is said, and addresses matter more. */
static void write_file(struct am_hosts *h)
{
	struct am_err err;

	if (am_owned_write(h->file, print_all, h, &err))
		am_log(h->log, AM_LOG_WARN, "%s", err.text);
	h->is_written = true;
}

/* Who wants this address now, by whatever length; NULL: nobody. */
static const struct am_host_slot *heir_of(const struct am_hosts *h, const struct am_owned *left)
{
	for (unsigned i = 0; i < h->n; i++) {
		const struct am_host_want *want = &h->slots[i]->want;

		if (strcmp(want->netns, left->netns) != 0)
			continue;
		for (uint16_t k = 0; k < want->n_addresses; k++)
			if (am_ip_equal(&want->addresses[k].ip, &left->address.ip))
				return h->slots[i];
	}
	return NULL;
}

static void clean_one(struct am_hosts *h, struct am_nl *nl, const struct am_owned *left)
{
	const struct am_host_slot *heir = heir_of(h, left);
	const struct found *found = found_of(h, nl);
	const struct am_ip *ip = &left->address.ip;
	int ifindex = am_nl_index(nl, left->device);
	bool stays = heir && !strcmp(heir->want.name, left->device) &&
		     has(heir->want.addresses, heir->want.n_addresses, &left->address);
	char text[AM_PREFIX_TEXT];

	if (ifindex && !stays && (!found || is_found(found, ifindex, &left->address))) {
		if (ip->family == AM_IPV4)
			am_nl_keep_secondaries(nl, ifindex);
		am_nl_set_address(nl, ifindex, &left->address, false, false);
		am_log(h->log, AM_LOG_INFO, "%s on %s was left by an earlier run, and is no longer wanted",
			am_prefix_text(&left->address, text), left->device);
	}
	if (am_ip_is_link_local(ip) || !left->table || (heir && heir->want.table == left->table))
		return;
	am_nl_set_source_rule(nl, ip, left->table, false);
	if (heir && heir->want.table)
		am_nl_set_source_rule(nl, ip, heir->want.table, true);
}

static void clean(struct am_hosts *h)
{
	struct am_err err;

	for (unsigned i = 0; i < h->n_left; i++) {
		struct am_nl *nl = netlink_of(h, h->left[i].netns, &err);

		if (nl) /* else the namespace went, and all with it */
			clean_one(h, nl, &h->left[i]);
	}
	h->look_again |= h->n_left != 0;
	free(h->left);
	h->left = NULL;
	h->n_left = 0;
}

/* What was put is there when the kernel says so; where something went, it is looked at once more. */
static void sync_slots(struct am_hosts *h)
{
	bool changed;

	if (!h->is_written)
		write_file(h);
	for (unsigned pass = 0; pass == 0 || (pass == 1 && h->look_again); pass++) {
		find_all(h);
		for (unsigned i = 0; i < h->n; i++)
			sync_slot(h, h->slots[i]);
		clean(h);
	}
	changed = h->look_again;
	h->look_again = false;
	if (changed)
		write_file(h);
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
		struct am_host_slot *s = next[i] ? next[i] : make(h, &wants[i]);

		if (s)
			h->slots[kept++] = s;
	}
	h->n = kept;
	free(next);
	sync_slots(h);
}

void am_hosts_free(struct am_hosts *h)
{
	if (!h)
		return;
	for (unsigned i = 0; i < h->n; i++)
		close_slot(h, h->slots[i]);
	for (unsigned i = 0; i < h->n_spaces; i++)
		am_nl_close(h->spaces[i].nl);
	for (unsigned i = 0; i <= h->n_spaces; i++)
		free(h->found[i].items);
	unlink(h->file);
	free(h->left);
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

const char *am_host_state(const struct am_host_slot *slot)
{
	if (!slot->ifindex)
		return "missing";
	return slot->want.mode == AM_HOST_IS_NIC || am_host_is_up(&slot->host) ? "up" : "down";
}

bool am_host_has(const struct am_host_slot *slot, const struct am_prefix *address)
{
	return slot->ifindex && has(slot->set, slot->n_set, address);
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
