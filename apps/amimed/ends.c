/* SPDX-License-Identifier: BSD-3-Clause */
#include "ends.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "daemon.h"
#include "resolver.h"
#include "source.h"

enum { BUSY_MS = 20 }; /* between two looks whether a transaction is through */

struct pair {
	struct am_ip local, remote; /* family 0: not known */
};

/* One tunnel that moves. */
struct mover {
	char name[AM_NAME_MAX];
	char local_on[AM_NAME_MAX];
	struct am_question *question; /* NULL: remote stays */
	uint8_t family;               /* of both; 0: any */
	struct pair fixed;            /* what the file says */
	struct pair chosen;           /* under the lock: control writes, prepare reads */
	struct pair refused;          /* under the lock: it was tried, or is another tunnel's */
	struct pair runs;             /* control's: committed last */
	uint64_t changes;             /* of what runs */
	am_time changed;              /* the last one */
	char why[AM_ERR_TEXT];        /* control's: what is missing; empty: nothing */
	char refusal[AM_ERR_TEXT];    /* under the lock: why refused is */
};

struct am_ends {
	uv_mutex_t lock;
	struct am_resolver *resolver;
	uv_timer_t soon;
	unsigned n;
	struct mover *movers;
	struct am_map *by_name;
};

static bool same(const struct pair *a, const struct pair *b)
{
	return am_ip_equal(&a->local, &b->local) && am_ip_equal(&a->remote, &b->remote);
}

static bool is_whole(const struct pair *p)
{
	return p->local.family && p->remote.family;
}

static struct mover *find(const struct am_ends *e, const char *name)
{
	uint32_t at;

	return e->by_name && am_map_find(e->by_name, name, &at) ? &e->movers[at] : NULL;
}

/* ---- what an end is now ---- */

/* An address that packets come to here cannot be the other end's. */
static bool is_own(const struct am_daemon *d, const struct am_ip *ip)
{
	const struct am_config *c = am_model_config(d->model);

	for (unsigned i = 0; i < d->kernel.n; i++)
		if (am_ip_equal(&d->kernel.ips[i], ip))
			return true;
	for (uint16_t i = 0; i < c->n_tunnels; i++)
		for (uint16_t k = 0; k < c->tunnels[i].n_local; k++)
			if (am_ip_equal(&c->tunnels[i].local[k], ip))
				return true;
	for (uint16_t i = 0; i < c->dflt.n_loopbacks; i++)
		if (am_ip_equal(&c->dflt.loopbacks[i], ip))
			return true;
	return false;
}

/* A port's device, or its mirror in our namespace, or whatever device of the kernel has the name. 0: none. */
static int find_device(const struct am_daemon *d, const char *name)
{
	const struct am_roots *roots = am_model_roots(d->model);
	struct am_nl *nl;
	int ifindex;

	for (uint16_t id = 0; id < roots->n_ports && id < AM_PORTS_MAX; id++) {
		const char *port = am_model_port_name(d->model, id);

		if (!port || strcmp(port, name) != 0 || !d->ports.by_id[id].port)
			continue;
		ifindex = d->ports.by_id[id].port->limits.ifindex;
		if (!ifindex && roots->ports[id].l3)
			ifindex = am_hosts_ifindex(d->hosts, roots->ports[id].l3->id, &nl);
		return ifindex;
	}
	return (int)if_nametoindex(name);
}

static bool pick_local(const struct am_daemon *d, const struct mover *m, int ifindex, uint8_t family,
	const struct am_ip *remote, struct am_ip *out)
{
	*out = m->fixed.local;
	if (!*m->local_on)
		return out->family == family;
	return am_source_pick(d->kernel.items, d->kernel.n, ifindex, family, remote, &m->chosen.local, out);
}

/* Local towards one remote; true where both are there. */
static bool try_remote(
	struct am_daemon *d, struct mover *m, int ifindex, const struct am_ip *remote, struct pair *out)
{
	char text[AM_IP_TEXT];

	if (m->family && remote->family != m->family)
		return false;
	if (m->question && is_own(d, remote)) {
		snprintf(m->why, sizeof m->why, "%s is %s, which is an address of this machine itself",
			m->question->name, am_ip_text(remote, text));
		return false;
	}
	out->remote = *remote;
	if (pick_local(d, m, ifindex, remote->family, remote, &out->local))
		return true;
	out->local = (struct am_ip){0};
	snprintf(m->why, sizeof m->why, "waits for an address of %s: %s", m->local_on,
		!ifindex                    ? "there is no such device"
		: remote->family == AM_IPV6 ? "it has no IPv6 address that can be used"
					    : "it has no IPv4 address that can be used");
	return false;
}

/* The remote that it is now comes first, as long as its name stands for it. */
static struct pair choose_named(struct am_daemon *d, struct mover *m, int ifindex)
{
	const struct am_question *q = m->question;
	struct pair out = {0}, half = {0};
	char text[AM_ERR_TEXT];

	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < q->n; i++) {
			if (am_ip_equal(&q->answers[i], &m->chosen.remote) != (pass == 0))
				continue;
			if (try_remote(d, m, ifindex, &q->answers[i], &out)) {
				*m->why = 0;
				return out;
			}
			half = half.remote.family ? half : out;
		}
	}
	if (!q->n && snprintf(m->why, sizeof m->why, "waits for an address of the name %s: %s", q->name,
			     am_question_text(q, text, sizeof text)) < 0)
		*m->why = 0;
	return half;
}

static struct pair choose(struct am_daemon *d, struct mover *m, int ifindex)
{
	struct pair out = {0};

	*m->why = 0;
	if (m->question)
		return choose_named(d, m, ifindex);
	try_remote(d, m, ifindex, &m->fixed.remote, &out);
	return out;
}

/* ---- into the running configuration ---- */

static bool wants_change(const struct mover *m)
{
	if (same(&m->chosen, &m->runs) || (!is_whole(&m->chosen) && !is_whole(&m->runs)))
		return false;
	return !*m->refusal || !same(&m->chosen, &m->refused);
}

static bool any_wants_change(const struct am_ends *e)
{
	for (unsigned i = 0; i < e->n; i++)
		if (wants_change(&e->movers[i]))
			return true;
	return false;
}

static void ask_soon(struct am_daemon *d, uint64_t ms);

/* What could not be taken is not tried again before it is something else. */
static void asked(void *ctx, const struct am_err *err)
{
	struct am_daemon *d = ctx;
	struct am_ends *e = d->ends;
	bool found = false;

	for (int all = 0; err && all < 2 && !found; all++) {
		for (unsigned i = 0; i < e->n; i++) {
			struct mover *m = &e->movers[i];

			if (!wants_change(m) || (!all && !strstr(err->text, m->name)))
				continue;
			found = true;
			uv_mutex_lock(&e->lock);
			m->refused = m->chosen;
			snprintf(m->refusal, sizeof m->refusal, "%s", err->text);
			uv_mutex_unlock(&e->lock);
		}
	}
	if (any_wants_change(e))
		ask_soon(d, 0);
}

static void on_soon(uv_timer_t *timer)
{
	static const struct am_ask again = {.change = AM_CHANGE_RUNNING, .who = "an address that changed"};
	struct am_daemon *d = timer->data;
	struct am_err err;

	if (d->reload.busy || d->reload.waits)
		ask_soon(d, BUSY_MS);
	else if (any_wants_change(d->ends))
		am_reload_ask(d, &again, asked, d, &err);
}

static void ask_soon(struct am_daemon *d, uint64_t ms)
{
	if (!d->stopping && !uv_is_active((uv_handle_t *)&d->ends->soon))
		uv_timer_start(&d->ends->soon, on_soon, ms, 0);
}

/* What a tunnel receives; no two may have the same. */
struct claim {
	struct pair ends;
	uint8_t type, has_key;
	uint32_t key;
};
_Static_assert(sizeof(struct claim) % 8 == 0, "maps take keys in words of 8");

/* The index of the tunnel that has t's claim already; t's own where nobody has. */
static uint32_t claim(struct am_map *claims, const struct am_conf_tunnel *t, uint32_t own)
{
	struct claim key = {.type = (uint8_t)t->type, .has_key = t->has_key, .key = t->has_key ? t->key : 0};

	for (uint16_t i = 0; i < t->n_local; i++) {
		uint32_t owner = own;

		key.ends = (struct pair){t->local[i], t->remote[i]};
		if (am_map_add(claims, &key, &owner) == 1 && owner != own)
			return owner;
	}
	return own;
}

static bool asks_the_same(const struct mover *m, const struct am_conf_tunnel *t)
{
	const struct pair fixed = {t->local[0], t->remote[0]};

	return !strcmp(m->local_on, t->local_on) && !m->question == !t->remote_name &&
	       (!m->question || !strcmp(m->question->name, t->remote_name)) && same(&m->fixed, &fixed) &&
	       m->family == am_config_tunnel_family(t);
}

static void fill_one(struct am_ends *e, struct am_config *c, struct am_map *claims, struct am_conf_tunnel *t)
{
	struct mover *m = find(e, t->name);
	uint32_t own = (uint32_t)(t - c->tunnels), owner;

	if (!m || !asks_the_same(m, t) || !is_whole(&m->chosen))
		return;
	/* What was refused is left as it runs. */
	if (*m->refusal && same(&m->chosen, &m->refused) && !is_whole(&m->runs))
		return;
	t->local[0] = *m->refusal && same(&m->chosen, &m->refused) ? m->runs.local : m->chosen.local;
	t->remote[0] = *m->refusal && same(&m->chosen, &m->refused) ? m->runs.remote : m->chosen.remote;
	owner = claim(claims, t, own);
	if (owner == own)
		return;
	t->local[0] = m->fixed.local;
	t->remote[0] = m->fixed.remote;
	m->refused = m->chosen;
	snprintf(m->refusal, sizeof m->refusal,
		"tunnel %s has the same local, remote and type now; give one of them another \"key\" or name",
		c->tunnels[owner].name);
}

void am_ends_fill(struct am_daemon *d, struct am_config *c)
{
	struct am_ends *e = d->ends;
	struct am_map *claims = e && e->n ? am_map_create(sizeof(struct claim)) : NULL;

	for (uint32_t i = 0; claims && i < c->n_tunnels; i++)
		if (!am_config_tunnel_moves(&c->tunnels[i]))
			claim(claims, &c->tunnels[i], i);
	if (claims)
		uv_mutex_lock(&e->lock);
	for (uint32_t i = 0; claims && i < c->n_tunnels; i++)
		if (am_config_tunnel_moves(&c->tunnels[i]))
			fill_one(e, c, claims, &c->tunnels[i]);
	if (claims)
		uv_mutex_unlock(&e->lock);
	am_map_free(claims);
}

/* ---- what runs ---- */

static void say_end(const struct am_daemon *d, const struct mover *m, const char *end, const char *by,
	const struct am_ip *old, const struct am_ip *new_)
{
	char before[AM_IP_TEXT], after[AM_IP_TEXT];

	if (am_ip_equal(old, new_))
		return;
	if (!new_->family)
		am_log(&d->log, AM_LOG_WARN, "tunnel %s: down: %s %s (%s) is gone: %s", m->name, end,
			am_ip_text(old, before), by, m->why);
	else if (!old->family)
		am_log(&d->log, AM_LOG_INFO, "tunnel %s: %s is %s (%s)", m->name, end,
			am_ip_text(new_, after), by);
	else
		am_log(&d->log, AM_LOG_INFO, "tunnel %s: %s moved from %s to %s (%s)", m->name, end,
			am_ip_text(old, before), am_ip_text(new_, after), by);
}

static void note_runs(const struct am_daemon *d, struct mover *m, const struct am_conf_tunnel *t)
{
	struct pair runs = {0}, old = m->runs;

	if (am_config_tunnel_has_ends(t))
		runs = (struct pair){t->local[0], t->remote[0]};
	if (same(&runs, &old))
		return;
	m->runs = runs;
	m->changes++;
	m->changed = am_clock_monotonic();
	if (*m->local_on)
		say_end(d, m, "local", m->local_on, &old.local, &runs.local);
	if (m->question)
		say_end(d, m, "remote", m->question->name, &old.remote, &runs.remote);
}

/* What is known of a tunnel stays as long as it asks for the same. */
static int add_mover(struct am_daemon *d, struct mover *movers, unsigned n, struct am_map *by_name,
	const struct am_conf_tunnel *t)
{
	const struct mover *old = find(d->ends, t->name);
	struct mover *m = &movers[n];
	char key[AM_NAME_MAX] = {0};
	uint32_t at = n;

	if (old)
		*m = *old;
	else
		*m = (struct mover){.changed = am_clock_monotonic()};
	memcpy(m->name, t->name, sizeof m->name);
	memcpy(m->local_on, t->local_on, sizeof m->local_on);
	m->fixed.local = *t->local_on ? (struct am_ip){0} : t->local[0];
	m->fixed.remote = t->remote_name ? (struct am_ip){0} : t->remote[0];
	m->family = t->family == AM_CONF_FAMILY_IPV4   ? AM_IPV4
		    : t->family == AM_CONF_FAMILY_IPV6 ? AM_IPV6
		    : m->fixed.local.family            ? m->fixed.local.family
						       : m->fixed.remote.family;
	m->question = NULL;
	if (t->remote_name) {
		m->question =
			am_resolver_want(d->ends->resolver, t->remote_name, m->family, t->resolve_interval);
		if (!m->question)
			return -ENOMEM;
	}
	note_runs(d, m, t);
	snprintf(key, sizeof key, "%s", t->name);
	return am_map_add(by_name, key, &at) < 0 ? -ENOMEM : 0;
}

static int add_movers(struct am_daemon *d, const struct am_config *c, struct mover *movers, unsigned *n,
	struct am_map *by_name)
{
	int rc = 0;

	for (uint16_t i = 0; i < c->n_tunnels && rc == 0; i++)
		if (am_config_tunnel_moves(&c->tunnels[i])) {
			rc = add_mover(d, movers, *n, by_name, &c->tunnels[i]);
			++*n;
		}
	return rc;
}

static void look(struct am_daemon *d);

void am_ends_follow(struct am_daemon *d)
{
	const struct am_config *c = am_model_config(d->model);
	struct am_ends *e = d->ends;
	struct am_map *by_name = am_map_create(AM_NAME_MAX);
	unsigned n = 0;
	struct mover *movers;

	for (uint16_t i = 0; i < c->n_tunnels; i++)
		n += am_config_tunnel_moves(&c->tunnels[i]);
	movers = calloc(n + 1, sizeof *movers);
	n = 0;
	am_resolver_begin(e->resolver);
	if (!movers || !by_name || add_movers(d, c, movers, &n, by_name) < 0) {
		am_log(&d->log, AM_LOG_ERROR, "no memory for tunnels that move: they stay down");
		n = 0;
	}
	free(e->movers);
	am_map_free(e->by_name);
	e->movers = movers;
	e->by_name = by_name;
	e->n = movers && by_name ? n : 0;
	am_resolver_end(e->resolver);
	look(d);
}

/* ---- looking ---- */

static void look(struct am_daemon *d)
{
	struct am_ends *e = d->ends;
	const char *device = "";
	int ifindex = 0;

	for (unsigned i = 0; i < e->n; i++) {
		struct mover *m = &e->movers[i];
		struct pair now;

		if (*m->local_on && strcmp(m->local_on, device) != 0) {
			device = m->local_on;
			ifindex = find_device(d, device);
		}
		now = choose(d, m, ifindex);
		if (same(&now, &m->chosen))
			continue;
		uv_mutex_lock(&e->lock);
		m->chosen = now;
		*m->refusal = 0;
		uv_mutex_unlock(&e->lock);
	}
	if (any_wants_change(e))
		ask_soon(d, 0);
}

void am_ends_look(struct am_daemon *d)
{
	if (d->ends && d->ends->n)
		look(d);
}

void am_ends_run(struct am_daemon *d)
{
	am_resolver_run(d->ends->resolver, am_clock_monotonic());
}

void am_ends_hurry(struct am_daemon *d)
{
	am_resolver_hurry(d->ends->resolver, am_clock_monotonic());
}

static void answers_changed(void *ctx)
{
	am_ends_look(ctx);
}

int am_ends_create(struct am_daemon *d)
{
	struct am_ends *e = calloc(1, sizeof *e);

	if (!e)
		return -ENOMEM;
	e->resolver = am_resolver_create(&d->loop, answers_changed, d);
	if (!e->resolver || uv_mutex_init(&e->lock) < 0) {
		am_resolver_free(e->resolver);
		free(e);
		return -ENOMEM;
	}
	uv_timer_init(&d->loop, &e->soon);
	e->soon.data = d;
	d->ends = e;
	return 0;
}

void am_ends_cancel(struct am_daemon *d)
{
	if (d->ends)
		am_resolver_cancel(d->ends->resolver);
}

void am_ends_free(struct am_daemon *d)
{
	struct am_ends *e = d->ends;

	if (!e)
		return;
	am_resolver_free(e->resolver);
	uv_mutex_destroy(&e->lock);
	am_map_free(e->by_name);
	free(e->movers);
	free(e);
	d->ends = NULL;
}

/* ---- telling ---- */

void am_ends_why(const struct am_daemon *d, const struct am_conf_tunnel *t, char *buf, size_t room)
{
	struct mover *m = am_config_tunnel_has_ends(t) ? NULL : find(d->ends, t->name);

	*buf = 0;
	if (!m)
		return;
	uv_mutex_lock(&d->ends->lock);
	snprintf(buf, room, "%s",
		*m->why       ? m->why
		: *m->refusal ? m->refusal
			      : "its addresses were just found and are being taken");
	uv_mutex_unlock(&d->ends->lock);
}

/* What is wrong although it runs: an answer that is old, or a newer one that cannot be taken. */
static void note_of(const struct am_daemon *d, const struct mover *m, char *buf, size_t room)
{
	char text[AM_ERR_TEXT];

	*buf = 0;
	uv_mutex_lock(&d->ends->lock);
	if (*m->refusal)
		snprintf(buf, room, "not taken: %.480s", m->refusal);
	else if (m->question && m->question->failures)
		snprintf(buf, room, "%s: %s; its address from before stays", m->question->name,
			am_question_text(m->question, text, sizeof text));
	uv_mutex_unlock(&d->ends->lock);
}

void am_ends_show(const struct am_daemon *d, const struct am_conf_tunnel *t, json_t *o)
{
	const struct mover *m = am_config_tunnel_moves(t) ? find(d->ends, t->name) : NULL;
	char note[AM_ERR_TEXT];
	json_t *moves;

	if (!m)
		return;
	moves = json_pack("{s:I, s:I}", "changes", (json_int_t)m->changes, "last_change_s_ago",
		(json_int_t)(am_time_since(am_clock_monotonic(), m->changed) / AM_S));
	if (*m->local_on)
		json_object_set_new(moves, "local_on", json_string(m->local_on));
	if (m->question) {
		json_object_set_new(moves, "remote_name", json_string(m->question->name));
		json_object_set_new(moves, "asked", json_integer((json_int_t)m->question->asked));
	}
	note_of(d, m, note, sizeof note);
	if (*note)
		json_object_set_new(moves, "note", json_string(note));
	json_object_set_new(o, "moves", moves);
}
