/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_DAEMON_H
#define AMIME_BGP_DAEMON_H
/* The program around the speaker: one thread, one loop. All of it is touched by that thread alone. */
#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "base/log.h"
#include "bgp/speaker.h"
#include "bgpconf/bgpconf.h"
#include "faults.h"
#include "pace.h"

/* A configured neighbour and its number in the speaker. */
struct am_bgpd_neighbor {
	struct am_bgpconf_neighbor conf;
	unsigned peer;
	struct am_bgp_filter import, export; /* that the speaker has */
	struct am_bgp_rib_peer routes;       /* what else the speaker was told of its routes; filters are 0 */
	uint32_t limit_restart;
	bool shutdown;                       /* by configuration or by hand */
	struct am_bgpd_discovery *discovery; /* NULL unless unnumbered */
	struct am_bgpd_pace fault_lines;     /* of what the log says of wrong UPDATEs */
	struct am_bgpd_faults faults;
	struct am_bgpd_notified *notified_sent, *notified_received; /* observe.h; NULL: none */
};

struct am_bgpd {
	uv_loop_t loop;
	uv_timer_t timer; /* the speaker's deadline */
	uv_idle_t busy;   /* runs while that is now */
	uv_signal_t on_hup, on_term, on_int;
	struct am_log log;
	const char *config_path, *socket; /* socket NULL: made of the instance's name */
	struct am_bgpconf *config;
	struct am_bgpd_policy *policies; /* those in use: policy.h */
	struct am_bgp_speaker *speaker;
	struct am_bgpd_transport *transport;
	struct am_bgpd_control *control;
	struct am_bgpd_feeds *feeds;
	struct am_bgpd_rpki *rpki;
	struct am_bgpd_dumps *dumps;
	struct am_bgpd_message_log *message_log;
	struct am_bgpd_bmp *bmp;
	struct am_bgpd_neighbor *of_peer[AM_BGP_SPEAKER_PEERS]; /* by number; NULL: none */
	const struct am_bgpd_neighbor *adding;                  /* while the speaker gives it a number */
	size_t fault_octets;                                    /* that all neighbours' faults take */
	am_time started;
	bool stopping;
};

/* Read the configuration and begin; what was begun is ended by am_bgpd_stop() also after an error. */
int am_bgpd_start(struct am_bgpd *d, struct am_err *err);
void am_bgpd_run(struct am_bgpd *d);
void am_bgpd_stop(struct am_bgpd *d);

/* After every call for the speaker: do what it has to say, and wake up when it wants to. */
void am_bgpd_pump(struct am_bgpd *d);

/* NULL where there is none. */
struct am_bgpd_neighbor *am_bgpd_find(const struct am_bgpd *d, const char *name);

/*
 * Read the file again; what did not change does not flap. What was changed is logged; -EINVAL and why where it is wrong.
 * fixed: the sections that ask for what needs a new start (am_bgpconf_keep_fixed()).
 */
int am_bgpd_reload(struct am_bgpd *d, const char *fixed[AM_BGPCONF_FIXED + 1], struct am_err *err);
/* Bring the speaker's peers from none to what the configuration says. */
int am_bgpd_add_all(struct am_bgpd *d, struct am_err *err);

#endif
