/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_WORKER_H
#define PIPELINE_WORKER_H
/*
 * A worker: takes bursts from its ports' queues, runs them to completion, sends. One thread each; the caller
 * makes the thread and calls am_worker_turn in a loop, so that a test or another program can drive one by
 * hand.
 *
 * Who writes and who reads is said at each shared field. Workers own packets, control owns tables.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "pipeline/counters.h"
#include "pkt/port.h"
#include "pkt/reasm.h"
#include "table/fdb.h"
#include "table/roots.h"

struct rte_mempool;
struct am_worker;
struct am_plane;

enum {
	AM_BURST = 64,
	AM_WORKERS_MAX = 16,
	AM_PORTS_MAX = 64,
};

/* A source address that control should know of: from worker to control. */
struct am_learn {
	am_fdb_key key;
	uint16_t member;
	uint16_t old; /* member the FDB has now, or AM_NO_ID */
};

/* Who says that it has which address in a bridge (table/mac_ip.h): the same way. */
struct am_learn_pair {
	uint16_t bridge, member;
	uint8_t flags; /* AM_MAC_IP_... */
	struct am_mac mac;
	struct am_ip ip;
};

struct am_plane_conf {
	unsigned workers;
	struct rte_mempool *pool;
	struct am_fdb *fdb; /* made for as many workers, or more */
	struct am_reasm_conf reasm;
	uint32_t paths;  /* header strings at most */
	uint16_t ifaces; /* interfaces at most: rows of counters */
	uint64_t seed;
	int learn_fd; /* an eventfd that workers which are not quiet write to after they reported a MAC, or -1 */
	bool handoff; /* spread what one queue receives over all workers by flow */
};

/*
 * The data plane: the workers and what they share. NULL and err where it cannot be made.
 * roots may be NULL at first; ports are added before workers run, or while they are all parked.
 */
struct am_plane *am_plane_create(const struct am_plane_conf *conf, struct am_err *err);
void am_plane_free(struct am_plane *plane);

/*
 * Control thread, workers not running or parked. port_id is what roots->ports is indexed by; NULL removes it.
 */
int am_plane_set_port(struct am_plane *plane, uint16_t port_id, struct am_port *port);

/* Control thread, at any time: what workers use from their next burst on. Returns the old snapshot. */
const struct am_roots *am_plane_swap_roots(struct am_plane *plane, const struct am_roots *roots);

/*
 * Control thread, at any time. Quiet workers make no system call: they write to no descriptor, neither conf.learn_fd nor the one of
 * am_plane_set_punt, and whoever waits for those looks by himself, once more after he ended it. At first they are not quiet.
 */
void am_plane_set_quiet(struct am_plane *plane, bool quiet);

/*
 * Grace periods. am_plane_token after unlinking something; once am_plane_passed(token) is true no worker can
 * still see it. Never blocks.
 */
uint64_t am_plane_token(struct am_plane *plane);
bool am_plane_passed(struct am_plane *plane, uint64_t token);

struct am_worker *am_plane_worker(struct am_plane *plane, unsigned i);

/* One turn: poll all of this worker's queues once, process, send. Returns how many packets were received. */
unsigned am_worker_turn(struct am_worker *w, am_time now);

/* The same without what ports receive: what other workers handed over is sent, and drivers are asked to go on. */
unsigned am_worker_drain(struct am_worker *w, am_time now);

/* The worker's thread enters and leaves the set that grace periods wait for; a sleeping worker is outside. */
void am_worker_online(struct am_worker *w);
void am_worker_offline(struct am_worker *w);

/*
 * Descriptors to wait on before the next turn where there is nothing to do: the queues' and one for hand-off.
 * Returns how many of them, or -1 where some queue has none and must be polled. am_worker_wait_begin and _end
 * arm and disarm; begin returns false where something came in meanwhile. deadline_ns: when the worker wants a
 * turn in any case (expiry), or 0.
 */
int am_worker_wait_fds(struct am_worker *w, int *fds, int max);
bool am_worker_wait_begin(struct am_worker *w, uint64_t *deadline_ns);
void am_worker_wait_end(struct am_worker *w);

/* Control thread: take up to n reports from worker i's ring. */
unsigned am_plane_learned(struct am_plane *plane, unsigned worker, struct am_learn *out, unsigned n);
unsigned am_plane_learned_pairs(
	struct am_plane *plane, unsigned worker, struct am_learn_pair *out, unsigned n);

/* Control thread: sums over workers. */
void am_plane_counters(const struct am_plane *plane, uint16_t iface, struct am_iface_counters *out);
/* Of an AS, by its row (am_model_as). */
void am_plane_as(const struct am_plane *plane, uint32_t row, struct am_as_counters *out);
/* Of a rule of an access list, by its row (am_model_acl_row). */
void am_plane_acl(const struct am_plane *plane, uint32_t row, struct am_acl_counters *out);
/* Those of an interface, of one worker. */
void am_plane_worker_counters(
	const struct am_plane *plane, unsigned worker, uint16_t iface, struct am_iface_counters *out);

struct am_worker_stats {
	uint64_t turns, busy_turns; /* turns of the loop, and those that received something */
	uint64_t packets;           /* received from ports */
	uint64_t handed_out, handed_in;
	uint64_t carried; /* packets that this worker looked up and sent */
	uint64_t sleeps;
	struct am_reasm_stats reasm;
};

void am_plane_worker_stats(const struct am_plane *plane, unsigned worker, struct am_worker_stats *out);

/*
 * Control thread, workers parked: forget what is held for a peer or zero an interface's counters before its
 * id is reused.
 */
void am_plane_forget_peer(struct am_plane *plane, uint32_t peer);
void am_plane_clear_iface(struct am_plane *plane, uint16_t iface);
/* Workers may run: none knows a list with these rows any more. */
void am_plane_clear_acl(struct am_plane *plane, uint32_t row, uint32_t n);

#endif
