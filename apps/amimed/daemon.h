/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_DAEMON_H
#define AMIMED_DAEMON_H
/*
 * The daemon: one value that main() makes. Everything in it belongs to the control thread; the workers see the plane
 * alone, the telemetry threads only what control hands them.
 */
#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "archive.h"
#include "base/clock.h"
#include "base/journal.h"
#include "base/log.h"
#include "eal.h"
#include "export.h"
#include "hosts.h"
#include "model/model.h"
#include "netlink.h"
#include "nexthop.h"
#include "pipeline/worker.h"
#include "ports.h"
#include "reload.h"
#include "retire.h"
#include "rpc.h"
#include "slow.h"
#include "steps.h"
#include "watch.h"
#include "workers.h"

struct am_capture;

enum { AM_SPACES = 64 };

/* A namespace of host interfaces that is not the daemon's own. */
struct am_space_watch {
	struct am_daemon *d;
	struct am_nl *nl;
	uv_poll_t poll;
};

/* What the kernel has, as a list, and its addresses alone. */
struct am_kaddresses {
	struct am_kaddress *items;
	struct am_ip *ips;
	unsigned n, room;
};

struct am_ends;
struct am_reports;

struct am_daemon {
	const char *config_path;
	const char *state_base; /* the archive's */
	struct am_log log;
	struct am_journal journal; /* what log sends to, where systemd started us */
	char name[AM_NAME_MAX];    /* of the instance, fixed at start */
	am_time started;

	struct am_eal eal;
	struct am_ports ports;
	struct am_model *model;
	struct am_plane *plane;
	struct am_workers *workers;
	struct am_retire retire;
	struct am_reload reload;
	struct am_archive archive; /* not while a transaction is prepared or settles, but for reading */
	struct am_err archive_err; /* why nothing can be kept there; else empty */
	struct am_slow *slow;
	struct am_hosts *hosts;
	struct am_kaddresses kernel; /* of the daemon's namespace */
	struct am_ends *ends;        /* of tunnels that move */
	struct am_reports *reports;  /* NULL: none yet */
	struct am_nl *nl;
	struct am_hops *hops;
	struct am_rpc *rpc;
	struct am_export export;
	struct am_capture *capture; /* NULL: nobody looks at packets */
	struct am_steps steps;      /* of the control thread */

	uv_loop_t loop;
	uv_signal_t on_hup, on_term, on_int;
	uv_poll_t on_learn, on_netlink, on_glean;
	struct am_space_watch spaces[AM_SPACES];
	unsigned n_spaces;
	uv_timer_t every_second, hop_timer, age_timer, learn_timer;
	struct am_watch watch;
	int learn_fd; /* eventfd: workers write, control reads */
	bool loop_made;
	bool telemetry;
	bool handoff; /* between workers, made at start */
	bool stopping;
	bool reopening[AM_PORTS_MAX]; /* by port: its device is there again, and was opened */
	int gone[AM_PORTS_MAX];       /* interfaces that went while a transaction was under way */
	unsigned n_gone;
	bool addresses_changed; /* the same */
	bool links_changed;     /* to be looked at with the next hops */
};

/* Everything from the configuration file to the loop. 0, or -errno and err; am_daemon_stop in either case. */
int am_daemon_start(struct am_daemon *d, struct am_err *err);
void am_daemon_run(struct am_daemon *d);
void am_daemon_stop(struct am_daemon *d);

/* After a commit: next hops, the file watch. */
void am_daemon_committed(struct am_daemon *d);

#endif
