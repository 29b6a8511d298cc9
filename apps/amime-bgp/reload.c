/* SPDX-License-Identifier: BSD-3-Clause */
/* From one configuration to another: by neighbour, and what did not change is left alone. */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "announce.h"
#include "bmp.h"
#include "daemon.h"
#include "discovery.h"
#include "dump.h"
#include "message_log.h"
#include "observe.h"
#include "policy.h"
#include "rpki.h"
#include "transport.h"

static uint32_t interface_of(const struct am_bgpconf_session *s)
{
	bool scoped = !s->address.family || am_ip_is_link_local(&s->address);

	return scoped && *s->interface ? if_nametoindex(s->interface) : 0;
}

/* What the table is told of a neighbour. */
static void set_routes(
	const struct am_bgpd *d, const struct am_bgpconf_neighbor *conf, struct am_bgp_speaker_peer *peer)
{
	struct am_bgp_rib_peer *r = &peer->routes;

	r->import = am_bgpd_filter(d, conf->import);
	r->export = am_bgpd_filter(d, conf->export);
	r->enforce_first_as = conf->enforce_first_as && conf->next_hop != AM_BGPCONF_NEXT_HOP_KEEP;
	r->own_as[0] = d->config->as;
	r->own_as[1] = d->config->confederation.identifier;
	r->allow_own_as = conf->allow_own_as;
	r->mrai = conf->advertisement_interval * AM_S;
	r->reflector_client = conf->reflector_client;
	r->cluster_id = d->config->cluster_id.family ? am_load32(d->config->cluster_id.bytes) : 0;
	r->transparent = conf->transparent;
	r->next_hop_self = conf->next_hop == AM_BGPCONF_NEXT_HOP_SELF;
	peer->next_hop_keep = conf->next_hop == AM_BGPCONF_NEXT_HOP_KEEP;
	peer->sink = conf->session.sink;
	peer->limit_restart = conf->max_restart;
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		r->limit_in[f].max = conf->max_prefixes[f];
		r->limit_out[f].max = conf->max_advertised[f];
		r->limit_in[f].warn = r->limit_out[f].warn = (uint8_t)conf->max_warn;
		peer->stale_time[f] = conf->session.stale_time;
		if (conf->max_send[f] > r->add_path_send)
			r->add_path_send = (uint16_t)conf->max_send[f];
	}
}

static struct am_bgp_speaker_peer peer_of(const struct am_bgpd *d, const struct am_bgpconf_neighbor *conf)
{
	struct am_bgp_speaker_peer peer;

	memset(&peer, 0, sizeof peer);
	peer.session = am_bgpconf_session_config(d->config, conf);
	peer.address = conf->session.address;
	peer.interface = interface_of(&conf->session);
	set_routes(d, conf, &peer);
	return peer;
}

/* What of it can be compared as bytes, and cannot be changed while its session goes on. */
static void without_filters(const struct am_bgp_speaker_peer *peer, struct am_bgp_rib_peer *out)
{
	memcpy(out, &peer->routes, sizeof *out);
	memset(&out->import, 0, sizeof out->import);
	memset(&out->export, 0, sizeof out->export);
}

static int add(struct am_bgpd *d, const struct am_bgpconf_neighbor *conf, struct am_err *err)
{
	struct am_bgp_speaker_peer peer = peer_of(d, conf);
	struct am_bgpd_neighbor *n = calloc(1, sizeof *n);
	int number = -ENOMEM;

	if (n) {
		n->conf = *conf;
		d->adding = n;
		number = am_bgp_speaker_add(d->speaker, &peer, am_clock_monotonic());
		d->adding = NULL;
	}
	if (number < 0) {
		free(n);
		return am_fail(err, -number, "neighbour \"%s\": %s", conf->name, strerror(-number));
	}
	n->peer = (unsigned)number;
	n->import = peer.routes.import;
	n->export = peer.routes.export;
	without_filters(&peer, &n->routes);
	n->limit_restart = peer.limit_restart;
	n->shutdown = conf->shutdown;
	free(d->of_peer[number]);
	d->of_peer[number] = n;
	am_bgpd_transport_keys(d->transport, &conf->session.address, &conf->session, true);
	if (n->shutdown)
		am_bgp_speaker_stop(d->speaker, n->peer, AM_BGP_CEASE_SHUTDOWN, conf->shutdown_text,
			am_clock_monotonic());
	if (conf->session.address.family)
		return 0;
	n->discovery = am_bgpd_discovery_open(d, n, err);
	return n->discovery ? 0 : -ENOMEM;
}

int am_bgpd_add_all(struct am_bgpd *d, struct am_err *err)
{
	int rc = 0;

	for (uint16_t i = 0; i < d->config->n_neighbors && !rc; i++) {
		if (!am_bgpd_find(d, d->config->neighbors[i].name))
			rc = add(d, &d->config->neighbors[i], err);
	}
	return rc;
}

static void forget(struct am_bgpd *d, struct am_bgpd_neighbor *n, uint8_t subcode)
{
	am_log(&d->log, AM_LOG_INFO, "%s: %s", n->conf.name,
		subcode == AM_BGP_CEASE_DECONFIGURED ? "removed" : "changed, its session begins anew");
	if (n->discovery)
		am_bgpd_discovery_close(n->discovery);
	/* Its policies may be gone before the last of its routes is. */
	am_bgp_speaker_set_filters(
		d->speaker, n->peer, am_bgpd_filter(d, ""), am_bgpd_filter(d, ""), am_clock_monotonic());
	am_bgp_speaker_remove(d->speaker, n->peer, subcode, NULL, am_clock_monotonic());
	am_bgpd_transport_keys(d->transport, &n->conf.session.address, &n->conf.session, false);
	/* What the speaker still has to say about it is done before its number is used again. */
	am_bgpd_pump(d);
	d->of_peer[n->peer] = NULL;
	am_bgpd_observed_free(d, n);
	free(n);
}

static bool same_filter(struct am_bgp_filter a, struct am_bgp_filter b)
{
	return a.run == b.run && a.policy == b.policy;
}

/* A policy that says what it said before is the same filter, and judges no route again. */
static void set_policies(
	struct am_bgpd *d, struct am_bgpd_neighbor *n, const struct am_bgpconf_neighbor *conf)
{
	struct am_bgp_filter import = am_bgpd_filter(d, conf->import),
			     export = am_bgpd_filter(d, conf->export);

	if (same_filter(import, n->import) && same_filter(export, n->export))
		return;
	n->import = import;
	n->export = export;
	am_bgp_speaker_set_filters(d->speaker, n->peer, import, export, am_clock_monotonic());
}

/* What can be changed while the session goes on. */
static void adjust(struct am_bgpd *d, struct am_bgpd_neighbor *n, const struct am_bgpconf_neighbor *conf)
{
	bool was = n->conf.shutdown;

	n->conf = *conf;
	set_policies(d, n, conf);
	if (was == conf->shutdown)
		return;
	n->shutdown = conf->shutdown;
	if (conf->shutdown)
		am_bgp_speaker_stop(d->speaker, n->peer, AM_BGP_CEASE_SHUTDOWN, conf->shutdown_text,
			am_clock_monotonic());
	else
		am_bgp_speaker_start(d->speaker, n->peer, am_clock_monotonic());
}

/* Can it become this one without a new session? */
static bool is_same(
	const struct am_bgpd *d, const struct am_bgpd_neighbor *n, const struct am_bgpconf_neighbor *conf)
{
	struct am_bgp_speaker_peer peer = peer_of(d, conf);
	struct am_bgp_rib_peer routes;

	without_filters(&peer, &routes);
	return !memcmp(&conf->session, &n->conf.session, sizeof conf->session) &&
	       !memcmp(&routes, &n->routes, sizeof routes) && peer.limit_restart == n->limit_restart &&
	       conf->next_hop == n->conf.next_hop;
}

static void update(struct am_bgpd *d, struct am_bgpd_neighbor *n, bool all_anew)
{
	const struct am_bgpconf_neighbor *conf = am_bgpconf_neighbor(d->config, n->conf.name);

	if (!conf)
		forget(d, n, AM_BGP_CEASE_DECONFIGURED);
	else if (all_anew || !is_same(d, n, conf))
		forget(d, n, AM_BGP_CEASE_OTHER_CHANGE);
	else
		adjust(d, n, conf);
}

static struct am_bgpconf *load(struct am_bgpd *d, struct am_err *err)
{
	struct am_config_errors errors = {0};
	struct am_bgpconf *c = am_bgpconf_load_file(d->config_path, &errors);

	for (size_t i = 0; i < errors.n; i++)
		am_log(&d->log, AM_LOG_ERROR, "%s:%u:%u: %s: %s", d->config_path, errors.items[i].line,
			errors.items[i].column, errors.items[i].path, errors.items[i].text);
	if (!c)
		am_fail(err, EINVAL, "%s:%u:%u: %s: %s%s", d->config_path, errors.items[0].line,
			errors.items[0].column, errors.items[0].path, errors.items[0].text,
			errors.n > 1 ? " (and more: see the log)" : "");
	am_config_errors_free(&errors);
	return c;
}

int am_bgpd_reload(struct am_bgpd *d, const char *fixed[AM_BGPCONF_FIXED + 1], struct am_err *err)
{
	struct am_bgpconf *c = load(d, err), *old = d->config;
	bool all_anew;
	int rc;

	if (!c)
		return -EINVAL;
	if (am_bgpd_transport_check(c, err)) {
		am_bgpconf_free(c);
		return -EOPNOTSUPP;
	}
	am_bgpconf_keep_fixed(c, old, fixed);
	for (unsigned i = 0; fixed[i]; i++)
		am_log(&d->log, AM_LOG_WARN, "%s: what changed there needs a new start", fixed[i]);
	all_anew = c->as != old->as || !am_ip_equal(&c->router_id, &old->router_id);
	d->config = c;
	rc = am_bgpd_policies_take(d, err);
	for (unsigned i = 0; i < AM_BGP_SPEAKER_PEERS; i++) {
		if (d->of_peer[i])
			update(d, d->of_peer[i], all_anew);
	}
	if (!rc)
		rc = am_bgpd_announce(d, old, err);
	am_bgpd_policies_sweep(d);
	am_bgpconf_free(old);
	if (!rc)
		rc = am_bgpd_add_all(d, err);
	if (!rc)
		rc = am_bgpd_rpki_take(d->rpki, err);
	am_bgpd_dumps_take(d->dumps);
	am_bgpd_message_log_take(d->message_log);
	am_bgpd_bmp_take(d->bmp);
	am_bgpd_pump(d);
	if (!rc)
		am_log(&d->log, AM_LOG_INFO, "reloaded %s", d->config_path);
	return rc;
}
