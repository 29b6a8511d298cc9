/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "bmp.h"
#include "rpki.h"

static json_t *show_version(const struct am_bgpd *d)
{
	return json_pack("{s:s, s:s, s:i, s:s}", "version", AM_VERSION, "name", d->config->name, "pid",
		(int)getpid(), "config", d->config_path);
}

static json_t *show(struct am_bgpd *d, const struct am_bgp_request *request, struct am_err *err)
{
	switch (request->what) {
	case AM_BGP_SHOW_NEIGHBORS:
		return am_bgpd_show_neighbors(d, request->name, err);
	case AM_BGP_SHOW_ROUTES:
		return am_bgpd_show_routes(d, request, err);
	case AM_BGP_SHOW_POLICIES:
		return am_bgpd_show_policies(d, request->name, err);
	case AM_BGP_SHOW_RPKI:
		return am_bgpd_rpki_show(d->rpki);
	case AM_BGP_SHOW_BMP:
		return am_bgpd_bmp_show(d->bmp);
	case AM_BGP_SHOW_COUNTERS:
		return am_bgpd_show_counters(d);
	case AM_BGP_SHOW_VERSION:
	case AM_BGP_SHOWS:
		break;
	}
	return show_version(d);
}

/* RFC 2918: ask for every family that was agreed on. */
static int clear_soft(struct am_bgpd *d, const struct am_bgpd_neighbor *n, struct am_err *err)
{
	struct am_bgp_speaker_view v;

	if (am_bgp_speaker_view(d->speaker, n->peer, &v) || !v.session)
		return am_fail(err, ENOTCONN, "\"%s\" is not Established: there is nothing to ask for again",
			n->conf.name);
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		int rc = v.session->agreed.families & AM_BGP_IN(f)
				 ? am_bgp_speaker_refresh(d->speaker, n->peer, f, am_clock_monotonic())
				 : 0;

		if (rc)
			return am_fail(err, -rc, "\"%s\" cannot be asked: %s", n->conf.name,
				rc == -EOPNOTSUPP ? "it does not know route refresh" : strerror(-rc));
	}
	return 0;
}

static json_t *act(struct am_bgpd *d, const struct am_bgp_request *request, struct am_err *err)
{
	struct am_bgpd_neighbor *n = am_bgpd_find(d, request->name);
	am_time now = am_clock_monotonic();

	if (!n) {
		am_fail(err, ENOENT, "there is no neighbour \"%s\"; show neighbors names them",
			request->name);
		return NULL;
	}
	if (request->method == AM_BGP_METHOD_START) {
		n->shutdown = false;
		am_bgp_speaker_start(d->speaker, n->peer, now);
	} else if (request->method == AM_BGP_METHOD_SHUTDOWN) {
		n->shutdown = true;
		am_bgp_speaker_stop(d->speaker, n->peer, AM_BGP_CEASE_SHUTDOWN, request->text, now);
	} else if (request->soft) {
		if (clear_soft(d, n, err))
			return NULL;
	} else {
		am_bgp_speaker_stop(d->speaker, n->peer, AM_BGP_CEASE_RESET, request->text, now);
		if (!n->shutdown)
			am_bgp_speaker_start(d->speaker, n->peer, now);
	}
	am_bgpd_pump(d);
	return json_pack("{s:s}", "neighbor", n->conf.name);
}

static json_t *reload(struct am_bgpd *d, struct am_err *err)
{
	const char *fixed[AM_BGPCONF_FIXED + 1];
	json_t *sections;

	if (am_bgpd_reload(d, fixed, err))
		return NULL;
	sections = json_array();
	for (unsigned i = 0; fixed[i]; i++)
		json_array_append_new(sections, json_string(fixed[i]));
	return json_pack("{s:s, s:i, s:o}", "config", d->config_path, "neighbors", d->config->n_neighbors,
		"needs_start", sections);
}

json_t *am_bgpd_answer(struct am_bgpd *d, const struct am_bgp_request *request, struct am_err *err)
{
	switch (request->method) {
	case AM_BGP_METHOD_SHOW:
		return show(d, request, err);
	case AM_BGP_METHOD_RELOAD:
		return reload(d, err);
	case AM_BGP_METHOD_CLEAR:
	case AM_BGP_METHOD_SHUTDOWN:
	case AM_BGP_METHOD_START:
	case AM_BGP_METHOD_DUMP: /* control.c answers it when it is done */
	case AM_BGP_METHODS:
		break;
	}
	return act(d, request, err);
}
