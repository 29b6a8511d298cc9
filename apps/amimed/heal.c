/* SPDX-License-Identifier: BSD-3-Clause */
#include "heal.h"

#include <string.h>

#include "daemon.h"
#include "drivers/driver.h"

void am_heal_note_gone(struct am_daemon *d, int ifindex)
{
	if (d->reload.busy) {
		d->gone[d->n_gone < AM_PORTS_MAX ? d->n_gone++ : 0] = ifindex;
		return;
	}
	for (uint16_t id = 0; id < AM_PORTS_MAX; id++)
		if (am_port_live(&d->ports.by_id[id]) && d->ports.by_id[id].port->limits.ifindex == ifindex)
			d->ports.by_id[id].deleted = true;
}

void am_heal_note_late(struct am_daemon *d)
{
	unsigned n = d->n_gone;

	d->n_gone = 0;
	for (unsigned i = 0; i < n; i++)
		am_heal_note_gone(d, d->gone[i]);
}

static void lose(struct am_daemon *d, uint16_t id)
{
	struct am_open_port *open = &d->ports.by_id[id];

	am_workers_park(d->workers);
	am_plane_set_port(d->plane, id, NULL);
	am_workers_resume(d->workers);
	am_slow_set_port(d->slow, id, NULL);
	if (am_port_lose(open) < 0)
		return;
	am_hops_all_dirty(d->hops);
	am_log(&d->log, AM_LOG_WARN,
		"port %s: device %s is gone (deleted, renamed or moved away); what would leave there is dropped as "
		"port_down; the port is opened again when there is a device of that name",
		open->conf.name, open->conf.device);
}

void am_heal_find_lost(struct am_daemon *d)
{
	for (uint16_t id = 0; d->workers && id < AM_PORTS_MAX; id++)
		if (am_port_is_lost(&d->ports.by_id[id]))
			lose(d, id);
}

/* It is tried every second, and said once. */
static void say_why(struct am_daemon *d, struct am_open_port *open, const struct am_err *err)
{
	if (strcmp(open->why, err->text) == 0)
		return;
	memcpy(open->why, err->text, sizeof open->why);
	am_log(&d->log, AM_LOG_WARN,
		"port %s: device %s is there again and cannot be opened: %s; trying every second",
		open->conf.name, open->conf.device, err->text);
}

/* The running configuration once more has made ports of them, or not. */
static void reopened(void *ctx, const struct am_err *err)
{
	struct am_daemon *d = ctx;

	for (uint16_t id = 0; id < AM_PORTS_MAX; id++) {
		struct am_open_port *open = &d->ports.by_id[id];

		if (!d->reopening[id] || !open->port)
			continue;
		if (err)
			say_why(d, open, err);
		if (!open->absent)
			am_log(&d->log, AM_LOG_INFO, "port %s: device %s is there again: opened",
				open->conf.name, open->conf.device);
	}
	memset(d->reopening, 0, sizeof d->reopening);
}

static void reopen(struct am_daemon *d)
{
	static const struct am_ask again = {.change = AM_CHANGE_RUNNING, .who = "a device that came back"};
	bool any = false;
	struct am_err err;

	for (uint16_t id = 0; id < AM_PORTS_MAX; id++) {
		struct am_open_port *open = &d->ports.by_id[id];

		if (!am_port_may_return(open))
			continue;
		d->reopening[id] = am_port_reopen(&d->ports, open, &err) == 0;
		any |= d->reopening[id];
		if (!d->reopening[id])
			say_why(d, open, &err);
	}
	if (any)
		am_reload_ask(d, &again, reopened, d, &err);
}

static void say_troubles(struct am_daemon *d, struct am_open_port *open, uint32_t troubles)
{
	char text[AM_ERR_TEXT];

	for (unsigned t = 0; t < AM_TROUBLES; t++)
		if (troubles >> t & 1 && !(open->troubles >> t & 1))
			am_log(&d->log, AM_LOG_WARN, "port %s: %s", open->conf.name,
				am_port_trouble_text(t, open->conf.device, text, sizeof text));
	open->troubles = troubles;
}

static void say_changes(struct am_daemon *d, struct am_open_port *open)
{
	struct am_port_stats stats;

	am_port_stats(open, &stats);
	if (stats.rx_gso && !open->gso_seen)
		am_log(&d->log, AM_LOG_WARN,
			"port %s: GSO frames longer than the MTU come in and are dropped as port_gso; on their sender: "
			"ethtool -K DEV tso off gso off; if they are merged here: ethtool -K %s gro off lro off; or use "
			"the driver af_xdp",
			open->conf.name, open->conf.device);
	open->gso_seen = stats.rx_gso;
	say_troubles(d, open, stats.troubles);
	if (open->link_down == stats.link_up)
		am_log(&d->log, stats.link_up ? AM_LOG_INFO : AM_LOG_WARN, "port %s: link %s",
			open->conf.name,
			stats.link_up ? "up" : "down: set down or no carrier; see: amimectl show ports");
	open->link_down = !stats.link_up;
}

void am_heal_run(struct am_daemon *d)
{
	if (d->reload.busy)
		return; /* the ports are being looked at; the next second comes soon */
	am_heal_find_lost(d);
	reopen(d);
	for (uint16_t id = 0; id < AM_PORTS_MAX; id++)
		if (am_port_live(&d->ports.by_id[id]))
			say_changes(d, &d->ports.by_id[id]);
}
