/* SPDX-License-Identifier: BSD-3-Clause */
/* The control thread: what is started in which order, and the loop's events. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_version.h>

#include "base/hash.h"
#include "boot.h"
#include "capture.h"
#include "daemon.h"
#include "ends.h"
#include "heal.h"
#include "hops.h"
#include "learn.h"
#include "mirror.h"
#include "notify.h"
#include "plane.h"
#include "reports.h"
#include "say.h"
#include "telemetry.h"

enum {
	HOPS_A_STEP = 16, /* next hops looked at in one step: two questions to the kernel each */
	SETTLE_MS = 20,   /* routes change in bursts: look when the burst is over */
	READS_A_STEP = 16,
};

/* ---- next hops ---- */

static void run_hops(uv_timer_t *timer)
{
	struct am_daemon *d = timer->data;

	if (d->retire.hold) { /* next hops are being taken over */
		uv_timer_start(timer, run_hops, 1, 0);
		return;
	}
	if (d->links_changed && !d->reload.busy) {
		am_heal_run(d);
		d->links_changed = false;
	}
	if (d->addresses_changed) {
		d->addresses_changed = false;
		am_mirror_addresses(d);
		am_ends_hurry(d);
	}
	if (am_hops_run(d->hops, am_clock_monotonic(), HOPS_A_STEP))
		uv_timer_start(timer, run_hops, 1, 0);
}

static void run_hops_soon(struct am_daemon *d, uint64_t ms)
{
	if (!uv_is_active((uv_handle_t *)&d->hop_timer))
		uv_timer_start(&d->hop_timer, run_hops, ms, 0);
}

static void kernel_changed(void *ctx, enum am_nl_event event, const struct am_kneigh *neigh)
{
	struct am_daemon *d = ctx;

	if (event == AM_NL_LINK_GONE)
		am_heal_note_gone(d, neigh->ifindex);
	if (event == AM_NL_LINK || event == AM_NL_LINK_GONE)
		d->links_changed = true;
	if (event != AM_NL_NEIGH && event != AM_NL_NEIGH_GONE) {
		d->addresses_changed = true;
		am_hops_all_dirty(d->hops);
		run_hops_soon(d, SETTLE_MS);
	} else {
		am_hops_neigh(d->hops, neigh);
		am_mirror_neighbour(d, d->nl, neigh, event == AM_NL_NEIGH_GONE);
		run_hops_soon(d, 0);
	}
}

static void on_netlink(uv_poll_t *poll, int status, int events)
{
	struct am_daemon *d = poll->data;
	int rc = 1;

	(void)status;
	(void)events;
	for (int i = 0; i < READS_A_STEP && rc > 0; i++)
		rc = am_nl_read(d->nl, kernel_changed, d);
	if (rc != -ENOBUFS)
		return;
	am_log(&d->log, AM_LOG_DEBUG, "netlink changes were lost; looking at every next hop");
	am_hops_all_dirty(d->hops);
	am_mirror_neighbours(d);
	d->links_changed = true;
	run_hops_soon(d, SETTLE_MS);
}

static void on_glean(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	am_reports_take(poll->data);
	am_mirror_gleans(poll->data);
}

/* ---- learning and ageing ---- */

static void on_learn(uv_poll_t *poll, int status, int events)
{
	struct am_daemon *d = poll->data;
	const uint64_t one = 1;
	uint64_t count;

	(void)status;
	(void)events;
	if (read(d->learn_fd, &count, sizeof count) < 0)
		return;
	if (am_learn_drain(d) && write(d->learn_fd, &one, sizeof one) < 0)
		return; /* full is readable: the loop comes back */
}

/* A slice of the walk over the FDB; the next one in another step, so that none is long. */
static void age(uv_timer_t *timer)
{
	struct am_daemon *d = timer->data;

	if (am_model_age(d->model, am_clock_monotonic().ns / AM_S))
		uv_timer_start(timer, age, 1, 0);
}

static void on_second(uv_timer_t *timer)
{
	struct am_daemon *d = timer->data;

	am_learn_drain(d);
	age(&d->age_timer);
	am_heal_run(d);
	am_mirror_sync(d);
	am_ends_run(d);
	run_hops_soon(d, 0);
	if (am_workers_advance(d->workers, d->plane))
		am_notify_watchdog();
}

/* ---- signals ---- */

static void on_hup(uv_signal_t *handle, int signum)
{
	struct am_daemon *d = handle->data;

	(void)signum;
	am_reload_soon(d, "SIGHUP");
}

static void on_end(uv_signal_t *handle, int signum)
{
	struct am_daemon *d = handle->data;

	am_log(&d->log, AM_LOG_INFO, "ending: %s", strsignal(signum));
	d->stopping = true;
	uv_stop(&d->loop);
}

void am_daemon_committed(struct am_daemon *d)
{
	am_mirror_sync(d);
	am_mirror_neighbours(d);
	am_ends_follow(d);
	am_daemon_hops_sync(d);
	run_hops_soon(d, 0);
	age(&d->age_timer);
	am_watch_adapt(&d->watch, d);
	am_export_follow(d);
	am_rpc_follow(d->rpc);
}

/* ---- start ---- */

static int make_loop(struct am_daemon *d, struct am_err *err)
{
	uv_loop_t *loop = &d->loop;

	if (uv_loop_init(loop) < 0)
		return am_fail(err, ENOMEM, "cannot make an event loop");
	d->loop_made = true;
	uv_signal_init(loop, &d->on_hup);
	uv_signal_init(loop, &d->on_term);
	uv_signal_init(loop, &d->on_int);
	uv_timer_init(loop, &d->every_second);
	uv_timer_init(loop, &d->hop_timer);
	uv_timer_init(loop, &d->age_timer);
	uv_timer_init(loop, &d->learn_timer);
	am_watch_init(&d->watch, d);
	am_export_init(d);
	if (am_steps_init(&d->steps, loop) < 0)
		return am_fail(err, EIO, "cannot watch the event loop");
	d->on_hup.data = d->on_term.data = d->on_int.data = d;
	d->every_second.data = d->hop_timer.data = d->age_timer.data = d->learn_timer.data = d;
	signal(SIGPIPE, SIG_IGN);
	uv_signal_start(&d->on_hup, on_hup, SIGHUP);
	uv_signal_start(&d->on_term, on_end, SIGTERM);
	uv_signal_start(&d->on_int, on_end, SIGINT);
	return 0;
}

static int make_plane(struct am_daemon *d, const struct am_config *config, struct am_err *err)
{
	uint64_t seed;

	am_random(&seed, sizeof seed);
	d->handoff = am_plane_wants_handoff(config);
	d->model = am_model_create(config->fdb_size, config->workers, seed, AM_PLANE_PATHS);
	if (!d->model)
		return am_fail(err, ENOMEM, "no memory for %u MAC addresses; lower system.fdb_size",
			config->fdb_size);
	am_model_limit_ifaces(d->model, AM_PLANE_IFACES);
	d->learn_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	d->plane = am_plane_create(
		&(struct am_plane_conf){
			.workers = config->workers,
			.pool = d->ports.pool,
			.fdb = am_model_fdb(d->model),
			.reasm = am_plane_reasm(config, AM_PLANE_PATHS, seed),
			.paths = AM_PLANE_PATHS,
			.ifaces = AM_PLANE_IFACES,
			.seed = seed,
			.learn_fd = d->learn_fd,
			.handoff = d->handoff,
		},
		err);
	return d->plane ? 0 : -ENOMEM;
}

static int watch_descriptors(struct am_daemon *d, struct am_err *err)
{
	if (uv_poll_init(&d->loop, &d->on_learn, d->learn_fd) < 0)
		return am_fail(err, EIO, "cannot watch the workers");
	d->on_learn.data = d;
	uv_poll_start(&d->on_learn, UV_READABLE, on_learn);
	if (uv_poll_init(&d->loop, &d->on_netlink, am_nl_fd(d->nl)) < 0)
		return am_fail(err, EIO, "cannot watch the kernel's routes");
	d->on_netlink.data = d;
	if (uv_poll_init(&d->loop, &d->on_glean, am_slow_glean_fd(d->slow)) < 0)
		return am_fail(err, EIO, "cannot watch the slow thread");
	d->on_glean.data = d;
	uv_poll_start(&d->on_glean, UV_READABLE, on_glean);
	uv_poll_start(&d->on_netlink, UV_READABLE, on_netlink);
	uv_timer_start(&d->every_second, on_second, 0, 1000);
	am_steps_start(&d->steps);
	return 0;
}

/* What does not depend on the loop's events: the machine's part. */
static int open_machine(struct am_daemon *d, const struct am_config *config, struct am_err *err)
{
	char owned[sizeof AM_SOCKET_DIR + AM_NAME_MAX + 8];
	int rc = am_eal_start(&d->eal, config, &d->log, err);

	if (rc == 0)
		rc = am_ports_pool(&d->ports, config, err);
	if (rc == 0)
		rc = make_plane(d, config, err);
	if (rc)
		return rc;
	d->slow = am_slow_start(d->plane, config->workers, d->ports.pool, err);
	d->nl = d->slow ? am_nl_open(err) : NULL;
	if (!d->nl)
		return -EIO;
	snprintf(owned, sizeof owned, AM_SOCKET_DIR "/%s.kernel", d->name);
	d->hosts = am_hosts_create(d->nl, d->slow, owned, &d->log);
	if (!d->hosts)
		return am_fail(err, ENOMEM, "no memory for host interfaces");
	if (am_ends_create(d) < 0)
		return am_fail(err, ENOMEM, "no memory for tunnels that move");
	if (am_daemon_hops_create(d) < 0 ||
		am_retire_init(&d->retire, &d->loop, d->plane, d->model, &d->workers) < 0)
		return am_fail(err, ENOMEM, "no memory for next hops");
	return 0;
}

static int go_live(struct am_daemon *d, struct am_config *config, struct am_err *err)
{
	int rc = am_reload_first(d, config, err);

	if (rc)
		return rc;
	d->workers = am_workers_start(d->plane, am_model_config(d->model), err);
	if (!d->workers)
		return -EIO;
	am_learn_adapt(d);
	rc = watch_descriptors(d, err);
	if (rc == 0) {
		d->telemetry = am_telemetry_start(d) == 0;
		am_reload_settle_first(d);
	}
	return rc;
}

/* The file's, or the one that was committed last. */
static struct am_config *choose_config(struct am_daemon *d, struct am_err *err)
{
	struct am_boot boot;

	am_boot_choose(d->state_base, d->config_path, &boot);
	if (!boot.config)
		am_say_at_start(&d->log, d->config_path, &boot.errors, err);
	else if (boot.errors.n)
		am_say_errors(&d->log, d->config_path, &boot.errors);
	if (boot.instead)
		am_log(&d->log, AM_LOG_ERROR, "%s", boot.why.text);
	d->reload.start_note = boot.why;
	d->reload.running_hash = boot.committed_hash;
	if (boot.config)
		memcpy(d->name, boot.config->name, sizeof d->name);
	am_config_errors_free(&boot.errors);
	return boot.config;
}

int am_daemon_start(struct am_daemon *d, struct am_err *err)
{
	struct am_config *config;
	int rc;

	d->started = am_clock_monotonic();
	d->learn_fd = -1;
	config = choose_config(d, err);
	if (!config)
		return -EINVAL;
	rc = make_loop(d, err);
	if (rc == 0) {
		d->rpc = am_rpc_open(d, err);
		rc = d->rpc && am_rpc_is_open(d->rpc) ? 0 : -EADDRINUSE;
	}
	if (rc == 0) {
		/* Without a place for it there is no way back, but packets go. */
		if (am_archive_open(&d->archive, d->state_base, d->name, &d->archive_err) < 0)
			am_log(&d->log, AM_LOG_WARN, "no history of configurations is kept: %s",
				d->archive_err.text);
		rc = open_machine(d, config, err);
	}
	if (rc) {
		am_config_free(config);
		return rc;
	}
	return go_live(d, config, err);
}

void am_daemon_run(struct am_daemon *d)
{
	const struct am_config *config = am_model_config(d->model);

	am_log(&d->log, AM_LOG_INFO, "%s runs %s: %u ports, %u tunnels, %u bridges, %u workers, DPDK %s, %s",
		d->name, d->config_path, config->n_ports, config->n_tunnels, config->n_bridges,
		config->workers, rte_version() + strlen("DPDK "),
		d->eal.hugepages ? "hugepages" : "no hugepages");
	printf("amimed: ready\n");
	fflush(stdout);
	am_notify_ready();
	uv_run(&d->loop, UV_RUN_DEFAULT);
	am_notify_stopping();
}

/* ---- stop ---- */

static void close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void close_loop(struct am_daemon *d)
{
	d->stopping = true;
	if (d->reload.busy)
		uv_cancel((uv_req_t *)&d->reload.work);
	if (d->rpc)
		am_rpc_close(d->rpc);
	if (d->capture)
		am_capture_abandon(d->capture);
	am_ends_cancel(d);
	uv_walk(&d->loop, close_handle, NULL);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	uv_loop_close(&d->loop);
}

void am_daemon_stop(struct am_daemon *d)
{
	if (d->telemetry)
		am_telemetry_stop();
	if (d->workers)
		am_workers_drain(d->workers);
	am_workers_stop(d->workers);
	d->workers = NULL;
	if (d->loop_made)
		close_loop(d);
	am_export_fini(d);
	am_rpc_free(d->rpc);
	am_retire_all(&d->retire);
	am_hosts_free(d->hosts);
	am_mirror_free_addresses(&d->kernel);
	am_ends_free(d);
	am_reports_free(d->reports);
	am_slow_stop(d->slow);
	am_plane_free(d->plane);
	am_model_free(d->model);
	am_ports_close(&d->ports);
	am_hops_free(d->hops);
	am_nl_close(d->nl);
	am_reload_free(&d->reload);
	if (d->learn_fd >= 0)
		close(d->learn_fd);
	am_eal_stop(&d->eal);
	am_journal_close(&d->journal);
}
