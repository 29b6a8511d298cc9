/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_PORTS_H
#define AMIMED_PORTS_H
/*
 * The open ports. A port stays open over a reload as long as its device stays in the configuration, under whatever name;
 * what else changes about it (queues, MTU, MAC) waits for a restart.
 *
 * A device may go while its port is open (deleted, renamed, moved to another namespace). Then a stand-in takes the
 * port's place, which remembers what was known of it and is not shown to the workers, until the device is there again.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "config/config.h"
#include "pipeline/worker.h"
#include "pkt/port.h"

struct rte_mempool;

struct am_open_port {
	struct am_port *port;     /* NULL: free */
	struct am_conf_port conf; /* that it was opened with; the name is the current one */
	bool absent;              /* port is a stand-in */
	bool deleted;             /* the kernel said so */
	bool link_down, gso_seen; /* what was logged */
	uint32_t troubles;        /* the same */
	struct am_port *again; /* absent: its device is there again and open, to be taken by the next plan */
	struct am_port_stats before; /* counted until it was lost */
	char why[AM_ERR_TEXT];       /* absent: why it could not be opened again */
};

struct am_ports {
	struct rte_mempool *pool;
	bool af_xdp; /* the pool can serve af_xdp ports */
	struct am_open_port by_id[AM_PORTS_MAX];
};

/* What a configuration makes of them: by index in config->ports. */
struct am_ports_plan {
	uint16_t n;
	struct am_open_port at[AM_PORTS_MAX];
	bool fresh[AM_PORTS_MAX]; /* opened for this plan */
	struct am_port_limits limits[AM_PORTS_MAX];
};

/* The buffers of the whole daemon: of the kind that the configured drivers need. */
int am_ports_pool(struct am_ports *ports, const struct am_config *config, struct am_err *err);

/* Complain about ports that this program does not open. */
void am_ports_check(const struct am_config *config, struct am_config_errors *errors);

/* Open what is new. Every port that cannot be opened is in errors; then nothing stays open that was not before. */
int am_ports_prepare(struct am_ports *ports, const struct am_config *config, struct am_ports_plan *plan,
	struct am_config_errors *errors);
void am_ports_abandon(struct am_ports_plan *plan);

/* ids[i] is the port id of config->ports[i]. Ports that are no longer wanted are put into gone; returns how many. */
unsigned am_ports_commit(
	struct am_ports *ports, const struct am_ports_plan *plan, const uint16_t *ids, struct am_port **gone);

/* True where plan and ids say that some id gets another port than it has. */
bool am_ports_differ(const struct am_ports *ports, const struct am_ports_plan *plan, const uint16_t *ids);

void am_ports_close(struct am_ports *ports);

/* Its device is not the one any more that was opened. False for ports without a kernel device. */
bool am_port_is_lost(const struct am_open_port *open);
/* Close it and put a stand-in there; the workers do not see it any more. 0 or -ENOMEM (then it stays). */
int am_port_lose(struct am_open_port *open);
/* The device of an absent port is there again: open it into again. */
bool am_port_may_return(const struct am_open_port *open);
int am_port_reopen(const struct am_ports *ports, struct am_open_port *open, struct am_err *err);

/* What the workers may use: NULL where it is absent. */
struct am_port *am_port_live(const struct am_open_port *open);
/* Since the start, over all times that it was opened. */
void am_port_stats(const struct am_open_port *open, struct am_port_stats *out);

const char *am_driver_name(enum am_driver driver);

#endif
