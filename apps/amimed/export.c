/* SPDX-License-Identifier: BSD-3-Clause */
#include "export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <rte_mempool.h>
#include <rte_version.h>

#include "daemon.h"
#include "links.h"
#include "metrics.h"
#include "metrics_l3.h"
#include "show.h"

enum { NUMBER_ROOM = 16 };

/* ---- what there is to say ---- */

static void add_build(struct am_metrics *m, const struct am_daemon *d)
{
	struct timespec real;

	clock_gettime(CLOCK_REALTIME, &real);
	am_metrics_family(m, AM_METRIC_GAUGE, "build_info", "Version of amimed and of DPDK; always 1.");
	am_metrics_sample(m,
		(struct am_label[]){
			{"version", AM_VERSION}, {"dpdk", rte_version()}, {"instance_name", d->name}, {0}},
		1);
	am_metrics_family(
		m, AM_METRIC_GAUGE, "start_time_seconds", "When amimed started, in seconds since 1970.");
	am_metrics_sample(
		m, NULL, (uint64_t)real.tv_sec - am_time_since(am_clock_monotonic(), d->started) / AM_S);
}

/* Labels that say which interface. */
static void label_iface(const struct am_iface_info *info, struct am_label labels[3])
{
	labels[0] = (struct am_label){"interface", info->name};
	labels[1] = (struct am_label){"kind", am_show_kind((int)info->kind)};
	labels[2] = (struct am_label){0};
}

static void add_counters(struct am_metrics *m, const struct am_daemon *d)
{
	uint16_t n = am_model_ifaces(d->model);

	for (unsigned c = 0; c < AM_COUNTERS; c++) {
		char name[64];

		snprintf(name, sizeof name, "interface_%s", am_counter_name((enum am_counter)c));
		am_metrics_family(m, AM_METRIC_COUNTER, name, am_counter_text((enum am_counter)c));
		for (uint16_t i = 0; i < n; i++) {
			const struct am_iface_info *info = am_model_iface(d->model, i);
			struct am_iface_counters counters;
			struct am_label labels[3];

			if (!info)
				continue;
			label_iface(info, labels);
			am_show_read_counters(d, info->id, &counters);
			am_metrics_sample(m, labels, counters.count[c]);
		}
	}
}

/* Those that are not zero: there are some seventy reasons for each interface. */
static void add_drops(struct am_metrics *m, const struct am_daemon *d)
{
	am_metrics_family(m, AM_METRIC_COUNTER, "dropped_packets",
		"Packets dropped, by reason (verdict); reasons that never happened are left out.");
	for (uint16_t i = 0; i < am_model_ifaces(d->model); i++) {
		const struct am_iface_info *info = am_model_iface(d->model, i);
		struct am_iface_counters counters;
		struct am_label labels[4];

		if (!info)
			continue;
		label_iface(info, labels);
		am_show_read_counters(d, info->id, &counters);
		for (unsigned v = AM_V_HELD + 1; v < AM_VERDICTS; v++) {
			labels[2] = (struct am_label){"verdict", am_verdict_name((enum am_verdict)v)};
			labels[3] = (struct am_label){0};
			if (counters.drop[v])
				am_metrics_sample(m, labels, counters.drop[v]);
		}
	}
}

enum port_value { LINK_UP, RX_LOST, TX_ERRORS, PORT_VALUES };

static uint64_t port_value(const struct am_port_stats *s, enum port_value which)
{
	switch (which) {
	case LINK_UP:
		return s->link_up;
	case RX_LOST:
		return s->rx_dropped;
	default:
		return s->tx_errors;
	}
}

static void add_ports(struct am_metrics *m, const struct am_daemon *d)
{
	static const struct {
		enum am_metric_type type;
		const char *name, *help;
	} families[PORT_VALUES] = {
		[LINK_UP] = {AM_METRIC_GAUGE, "port_link_up", "1 where the port's link is up."},
		[RX_LOST] = {AM_METRIC_COUNTER, "port_rx_lost_packets",
			"Packets that the port's driver lost before amimed saw them."},
		[TX_ERRORS] = {AM_METRIC_COUNTER, "port_tx_errors",
			"Packets that the port's driver could not send."},
	};

	for (unsigned f = 0; f < PORT_VALUES; f++) {
		am_metrics_family(m, families[f].type, families[f].name, families[f].help);
		for (uint16_t id = 0; id < AM_PORTS_MAX; id++) {
			const struct am_open_port *open = &d->ports.by_id[id];
			struct am_port_stats stats;

			if (!open->port)
				continue;
			am_port_stats(open, &stats);
			am_metrics_sample(m, (struct am_label[]){{"port", open->conf.name}, {0}},
				port_value(&stats, (enum port_value)f));
		}
	}
}

static void add_tunnels(struct am_metrics *m, const struct am_daemon *d)
{
	const struct am_config *config = am_model_config(d->model);
	char why[AM_ERR_TEXT];
	struct am_links links;

	am_links_look(&links, d);
	am_metrics_family(m, AM_METRIC_GAUGE, "tunnel_up",
		"1 where a path of the tunnel has a next hop, by a port that is up.");
	for (uint16_t i = 0; i < config->n_tunnels; i++)
		am_metrics_sample(m, (struct am_label[]){{"tunnel", config->tunnels[i].name}, {0}},
			am_links_tunnel(&links, &config->tunnels[i], why));
}

static void add_worker_family(struct am_metrics *m, const struct am_daemon *d, enum am_metric_type type,
	const char *name, const char *help, uint64_t (*value)(const struct am_worker_stats *s))
{
	am_metrics_family(m, type, name, help);
	for (unsigned i = 0; i < am_workers_count(d->workers); i++) {
		struct am_worker_stats stats;
		char number[NUMBER_ROOM];

		snprintf(number, sizeof number, "%u", i);
		am_plane_worker_stats(d->plane, i, &stats);
		am_metrics_sample(m, (struct am_label[]){{"worker", number}, {0}}, value(&stats));
	}
}

static uint64_t turns(const struct am_worker_stats *s)
{
	return s->turns;
}

static uint64_t busy_turns(const struct am_worker_stats *s)
{
	return s->busy_turns;
}

static uint64_t packets(const struct am_worker_stats *s)
{
	return s->packets;
}

static uint64_t carried(const struct am_worker_stats *s)
{
	return s->carried;
}

static uint64_t held(const struct am_worker_stats *s)
{
	return s->reasm.live;
}

static void add_workers(struct am_metrics *m, const struct am_daemon *d)
{
	add_worker_family(m, d, AM_METRIC_COUNTER, "worker_turns", "Turns of the worker's loop.", turns);
	add_worker_family(m, d, AM_METRIC_COUNTER, "worker_busy_turns",
		"Turns in which there was something to do.", busy_turns);
	add_worker_family(m, d, AM_METRIC_COUNTER, "worker_packets",
		"Packets that the worker received from ports.", packets);
	add_worker_family(m, d, AM_METRIC_COUNTER, "worker_carried_packets",
		"Frames that the worker looked up and sent.", carried);
	add_worker_family(m, d, AM_METRIC_GAUGE, "worker_reassembly_datagrams",
		"Datagrams that wait for the rest of their fragments.", held);
}

static void add_memory(struct am_metrics *m, const struct am_daemon *d)
{
	am_metrics_family(
		m, AM_METRIC_GAUGE, "resident_memory_bytes", "Memory of the process that is resident.");
	am_metrics_sample(m, NULL, am_show_resident());
	am_metrics_family(
		m, AM_METRIC_GAUGE, "table_memory_bytes", "Memory of the tables that workers read.");
	am_metrics_sample(m, NULL, am_model_memory(d->model));
	am_metrics_family(m, AM_METRIC_GAUGE, "packet_buffers", "Packet buffers, by state.");
	am_metrics_sample(
		m, (struct am_label[]){{"state", "free"}, {0}}, rte_mempool_avail_count(d->ports.pool));
	am_metrics_sample(
		m, (struct am_label[]){{"state", "used"}, {0}}, rte_mempool_in_use_count(d->ports.pool));
}

static void add_config(struct am_metrics *m, const struct am_daemon *d)
{
	am_metrics_family(m, AM_METRIC_COUNTER, "config_loads", "How often the configuration was read.");
	am_metrics_sample(m, NULL, d->reload.count);
	am_metrics_family(m, AM_METRIC_GAUGE, "config_last_load_successful",
		"1 where the configuration that was read last is the one that runs.");
	am_metrics_sample(m, NULL, d->reload.ok);
}

static void gather(const struct am_daemon *d, struct am_metrics *m)
{
	add_build(m, d);
	add_counters(m, d);
	add_drops(m, d);
	add_ports(m, d);
	add_tunnels(m, d);
	am_metrics_l3(m, d);
	add_workers(m, d);
	add_memory(m, d);
	add_config(m, d);
}

/* ---- into the file, in a thread of the work queue ---- */

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0)
			return errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

static void write_file(uv_work_t *work)
{
	struct am_export *x = &((struct am_daemon *)work->data)->export;
	char new_path[sizeof x->path + 8];
	int fd;

	snprintf(new_path, sizeof new_path, "%s.new", x->path);
	fd = open(new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	x->error = fd < 0 ? errno : write_all(fd, x->text, x->len);
	/* For whom it is there: a collector that runs as somebody else. */
	if (fd >= 0 && x->error == 0 && fchmod(fd, 0644) != 0)
		x->error = errno;
	if (fd >= 0 && close(fd) != 0 && x->error == 0)
		x->error = errno;
	if (x->error == 0 && rename(new_path, x->path) != 0)
		x->error = errno;
}

static void wrote(uv_work_t *work, int status)
{
	struct am_daemon *d = work->data;
	struct am_export *x = &d->export;

	free(x->text);
	x->text = NULL;
	x->busy = false;
	if (status < 0)
		return;
	if (x->error && !x->complained)
		am_log(&d->log, AM_LOG_WARN, "cannot write %s (system.metrics_file): %s", x->path,
			strerror(x->error));
	else if (!x->error && x->complained)
		am_log(&d->log, AM_LOG_INFO, "%s is written again", x->path);
	x->complained = x->error;
	x->written += !x->error;
}

static void on_time(uv_timer_t *timer)
{
	struct am_daemon *d = timer->data;
	struct am_export *x = &d->export;
	struct am_metrics m = {0};

	if (x->busy)
		return; /* a disk that is slower than the interval */
	gather(d, &m);
	if (m.failed) {
		free(m.text);
		return;
	}
	snprintf(x->path, sizeof x->path, "%s", am_model_config(d->model)->metrics_file);
	x->text = m.text;
	x->len = m.len;
	x->work.data = d;
	x->busy = uv_queue_work(&d->loop, &x->work, write_file, wrote) == 0;
	if (!x->busy)
		free(m.text);
}

void am_export_init(struct am_daemon *d)
{
	uv_timer_init(&d->loop, &d->export.timer);
	d->export.timer.data = d;
}

void am_export_follow(struct am_daemon *d)
{
	const struct am_config *config = am_model_config(d->model);
	uint64_t ms = config->metrics_interval_s * 1000ull;

	if (config->metrics_file[0])
		uv_timer_start(&d->export.timer, on_time, 0, ms);
	else
		uv_timer_stop(&d->export.timer);
}

void am_export_fini(struct am_daemon *d)
{
	free(d->export.text);
}
