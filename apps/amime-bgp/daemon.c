/* SPDX-License-Identifier: BSD-3-Clause */
/* What is started in which order, the loop's events, and what the speaker has to say. */
#include "daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announce.h"
#include "base/hash.h"
#include "bmp.h"
#include "control.h"
#include "discovery.h"
#include "dump.h"
#include "feed.h"
#include "message_log.h"
#include "observe.h"
#include "policy.h"
#include "rpki.h"
#include "transport.h"

static const char *name_of(const struct am_bgpd *d, unsigned peer)
{
	return d->of_peer[peer] ? d->of_peer[peer]->conf.name : "a removed neighbour";
}

struct am_bgpd_neighbor *am_bgpd_find(const struct am_bgpd *d, const char *name)
{
	for (unsigned i = 0; i < AM_BGP_SPEAKER_PEERS; i++) {
		if (d->of_peer[i] && !strcmp(d->of_peer[i]->conf.name, name))
			return d->of_peer[i];
	}
	return NULL;
}

/* ---- events ---- */

static void log_down(const struct am_bgpd *d, const struct am_bgp_speaker_event *e)
{
	static const char *const by[] = {
		[AM_BGP_BY_US] = "we ended it",
		[AM_BGP_BY_PEER] = "the peer ended it",
		[AM_BGP_BY_TRANSPORT] = "the connection",
		[AM_BGP_BY_COLLISION] = "collision",
	};
	const struct am_bgp_end *end = e->end;
	enum am_log_level level = end->was_up || end->code ? AM_LOG_WARN : AM_LOG_DEBUG;

	if (end->by == AM_BGP_BY_COLLISION)
		level = AM_LOG_DEBUG;
	if (end->code)
		am_log(&d->log, level, "%s: down from %s, %s: %s (%u/%u %s, %s)%s%.*s",
			name_of(d, e->link.peer), am_bgp_state_name(end->state), by[end->by], end->why,
			end->code, end->subcode, am_bgp_error_name(end->code),
			am_bgp_error_subname(end->code, end->subcode), end->text_len ? "; its words: " : "",
			(int)end->text_len, (const char *)end->text);
	else
		am_log(&d->log, level, "%s: down from %s: %s", name_of(d, e->link.peer),
			am_bgp_state_name(end->state), end->why);
}

static void log_fault(const struct am_bgpd *d, const struct am_bgp_speaker_event *e)
{
	struct am_bgpd_neighbor *n = d->of_peer[e->link.peer];
	char others[32] = "";
	unsigned more = 0;

	if (n && !am_bgpd_pace_due(&n->fault_lines, am_clock_monotonic(), &more))
		return;
	if (more)
		snprintf(others, sizeof others, "; and %u more", more);
	am_log(&d->log, AM_LOG_WARN, "%s: an UPDATE is wrong (%s: %s): %s%s", name_of(d, e->link.peer),
		am_bgp_attr_name(e->update->fault.attr), e->update->fault.error.why,
		am_bgp_class_name(e->update->class), others);
}

static void log_table(const struct am_bgpd *d, const struct am_bgp_speaker_event *e)
{
	static const char *const what[AM_BGP_RIB_EVENTS] = {
		[AM_BGP_RIB_LIMIT_IN_WARN] = "comes near its limit of prefixes",
		[AM_BGP_RIB_LIMIT_IN] = "is over its limit of prefixes: the session ends",
		[AM_BGP_RIB_LIMIT_OUT_WARN] = "is told nearly as many prefixes as it may be",
		[AM_BGP_RIB_LIMIT_OUT] = "is told as many prefixes as it may be, and no more",
		[AM_BGP_RIB_CONVERGED] = "was told everything",
	};
	const struct am_bgp_rib_event *t = &e->table;
	enum am_log_level level = t->type == AM_BGP_RIB_CONVERGED ? AM_LOG_DEBUG : AM_LOG_WARN;

	am_log(&d->log, level, "%s: %s (%s, %u of %u)", name_of(d, e->link.peer), what[t->type],
		am_bgp_family_name(t->family), t->count, t->max);
}

static void handle(struct am_bgpd *d, const struct am_bgp_speaker_event *e)
{
	am_bgpd_bmp_event(d->bmp, e);
	switch (e->type) {
	case AM_BGP_SPEAKER_CONNECT:
		am_bgpd_transport_connect(d->transport, e->link);
		break;
	case AM_BGP_SPEAKER_OUTPUT:
		am_bgpd_transport_output(d->transport, e->link);
		break;
	case AM_BGP_SPEAKER_CLOSE:
		am_bgpd_transport_close_link(d->transport, e->link);
		break;
	case AM_BGP_SPEAKER_UP:
		am_log(&d->log, AM_LOG_INFO, "%s: Established with AS %u, hold time %u s",
			name_of(d, e->link.peer), e->session->open.as, e->session->hold_time);
		break;
	case AM_BGP_SPEAKER_DOWN:
		log_down(d, e);
		break;
	case AM_BGP_SPEAKER_UPDATE:
		if (e->update->class != AM_BGP_OK)
			log_fault(d, e);
		break;
	case AM_BGP_SPEAKER_TABLE:
		log_table(d, e);
		break;
	}
}

static void on_timer(uv_timer_t *timer)
{
	struct am_bgpd *d = timer->data;

	am_bgp_speaker_run(d->speaker, am_clock_monotonic());
	am_bgpd_pump(d);
}

static void on_busy(uv_idle_t *idle)
{
	on_timer(&((struct am_bgpd *)idle->data)->timer);
}

/* What is due now is done between two looks at the sockets: a timer of 0 ms would run again and again before the loop looks. */
static void set_timer(struct am_bgpd *d)
{
	am_time due = am_bgp_speaker_deadline(d->speaker), now = am_clock_monotonic();
	uint64_t ns = am_time_since(due, now);

	uv_timer_stop(&d->timer);
	uv_idle_stop(&d->busy);
	if (!ns) {
		uv_idle_start(&d->busy, on_busy);
		return;
	}
	uv_update_time(&d->loop);
	if (due.ns != UINT64_MAX)
		uv_timer_start(&d->timer, on_timer, (ns + AM_MS - 1) / AM_MS, 0);
}

void am_bgpd_pump(struct am_bgpd *d)
{
	struct am_bgp_speaker_event event;

	while (am_bgp_speaker_next_event(d->speaker, &event, am_clock_monotonic()))
		handle(d, &event);
	set_timer(d);
}

/* ---- signals ---- */

static void on_hup(uv_signal_t *signal, int number)
{
	const char *fixed[AM_BGPCONF_FIXED + 1];
	struct am_bgpd *d = signal->data;
	struct am_err err;

	(void)number;
	if (am_bgpd_reload(d, fixed, &err))
		am_log(&d->log, AM_LOG_ERROR, "the running configuration stays: %s", err.text);
}

static void on_end(uv_signal_t *signal, int number)
{
	struct am_bgpd *d = signal->data;

	am_log(&d->log, AM_LOG_INFO, "ending: %s", strsignal(number));
	d->stopping = true;
	uv_stop(&d->loop);
}

static void watch_signals(struct am_bgpd *d)
{
	uv_signal_init(&d->loop, &d->on_hup);
	uv_signal_init(&d->loop, &d->on_term);
	uv_signal_init(&d->loop, &d->on_int);
	d->on_hup.data = d->on_term.data = d->on_int.data = d;
	uv_signal_start(&d->on_hup, on_hup, SIGHUP);
	uv_signal_start(&d->on_term, on_end, SIGTERM);
	uv_signal_start(&d->on_int, on_end, SIGINT);
}

/* ---- begin and end ---- */

static int load(struct am_bgpd *d, struct am_err *err)
{
	struct am_config_errors errors = {0};

	d->config = am_bgpconf_load_file(d->config_path, &errors);
	for (size_t i = 0; i < errors.n; i++)
		am_log(&d->log, AM_LOG_ERROR, "%s:%u: %s: %s", d->config_path, errors.items[i].line,
			errors.items[i].path, errors.items[i].text);
	if (!d->config)
		am_fail(err, EINVAL, "%zu error%s in %s", errors.n, errors.n == 1 ? "" : "s", d->config_path);
	am_config_errors_free(&errors);
	return d->config ? 0 : -EINVAL;
}

static int make_speaker(struct am_bgpd *d, struct am_err *err)
{
	struct am_bgp_speaker_config config = {
		.as = d->config->as,
		.id = am_load32(d->config->router_id.bytes),
		.rib.multipath = (uint16_t)d->config->multipath,
		.rib.decision = {.default_local_pref = d->config->default_local_pref,
			.always_compare_med = d->config->always_compare_med,
			.missing_med_is_worst = d->config->missing_med_is_worst,
			.multipath_relax = d->config->multipath_relax},
	};
	int rc;

	am_random(&config.seed, sizeof config.seed);
	rc = am_bgp_speaker_create(&config, &d->speaker);
	return rc ? am_fail(err, -rc, "cannot make a speaker: %s", strerror(-rc)) : 0;
}

int am_bgpd_start(struct am_bgpd *d, struct am_err *err)
{
	int rc = load(d, err);

	if (rc)
		return rc;
	uv_loop_init(&d->loop);
	uv_timer_init(&d->loop, &d->timer);
	uv_idle_init(&d->loop, &d->busy);
	d->timer.data = d->busy.data = d;
	d->started = am_clock_monotonic();
	watch_signals(d);
	rc = am_bgpd_transport_check(d->config, err);
	if (!rc)
		rc = make_speaker(d, err);
	if (rc)
		return rc;
	d->control = am_bgpd_control_open(d, err);
	if (!d->control)
		return -EIO;
	d->transport = am_bgpd_transport_open(d, err);
	if (!d->transport)
		return -EIO;
	d->feeds = am_bgpd_feeds_open(d, err);
	if (!d->feeds)
		return -EIO;
	d->rpki = am_bgpd_rpki_open(d, err);
	if (!d->rpki)
		return -ENOMEM;
	d->dumps = am_bgpd_dumps_open(d, err);
	if (!d->dumps)
		return -ENOMEM;
	d->message_log = am_bgpd_message_log_open(d, err);
	if (!d->message_log)
		return -ENOMEM;
	d->bmp = am_bgpd_bmp_open(d, err);
	if (!d->bmp)
		return -ENOMEM;
	am_bgpd_observe(d);
	rc = am_bgpd_announce(d, NULL, err);
	if (!rc)
		rc = am_bgpd_policies_take(d, err);
	if (!rc)
		rc = am_bgpd_add_all(d, err);
	if (!rc)
		rc = am_bgpd_rpki_take(d->rpki, err);
	if (!rc)
		am_bgpd_pump(d);
	return rc;
}

void am_bgpd_run(struct am_bgpd *d)
{
	am_log(&d->log, AM_LOG_INFO, "AS %u, %u neighbours", d->config->as, d->config->n_neighbors);
	uv_run(&d->loop, UV_RUN_DEFAULT);
}

static void say_goodbye(struct am_bgpd *d)
{
	for (unsigned i = 0; i < AM_BGP_SPEAKER_PEERS; i++) {
		if (!d->of_peer[i])
			continue;
		if (d->of_peer[i]->discovery)
			am_bgpd_discovery_close(d->of_peer[i]->discovery);
		am_bgp_speaker_stop(d->speaker, i, AM_BGP_CEASE_SHUTDOWN, NULL, am_clock_monotonic());
	}
	am_bgpd_pump(d);
}

static void close_handle(uv_handle_t *handle, void *unused)
{
	(void)unused;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

void am_bgpd_stop(struct am_bgpd *d)
{
	if (!d->config)
		return;
	if (d->transport) {
		say_goodbye(d);
		am_bgpd_transport_close(d->transport);
	}
	if (d->feeds)
		am_bgpd_feeds_close(d->feeds);
	if (d->rpki)
		am_bgpd_rpki_close(d->rpki);
	if (d->dumps)
		am_bgpd_dumps_close(d->dumps);
	if (d->bmp)
		am_bgpd_bmp_close(d->bmp);
	if (d->message_log)
		am_bgpd_message_log_close(d->message_log);
	if (d->control)
		am_bgpd_control_close(d->control);
	close_handle((uv_handle_t *)&d->timer, NULL);
	close_handle((uv_handle_t *)&d->busy, NULL);
	close_handle((uv_handle_t *)&d->on_hup, NULL);
	close_handle((uv_handle_t *)&d->on_term, NULL);
	close_handle((uv_handle_t *)&d->on_int, NULL);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	uv_loop_close(&d->loop);
	am_bgpd_transport_free(d->transport);
	am_bgpd_feeds_free(d->feeds);
	am_bgpd_control_free(d->control);
	am_bgpd_dumps_free(d->dumps);
	am_bgpd_message_log_free(d->message_log);
	am_bgpd_bmp_free(d->bmp);
	for (unsigned i = 0; i < AM_BGP_SPEAKER_PEERS; i++) {
		if (d->of_peer[i])
			am_bgpd_observed_free(d, d->of_peer[i]);
		free(d->of_peer[i]);
	}
	am_bgp_speaker_free(d->speaker);
	am_bgpd_policies_free(d);
	am_bgpd_rpki_free(d->rpki);
	am_bgpconf_free(d->config);
}
