/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_RIG_H
#define TEST_RIG_H
/*
 * A data plane in memory for tests: a configuration text becomes a model and a plane whose ports are mem
 * ports. Two rigs can be joined by a wire that a test holds in its hands. Time is the test's.
 */
#include <stdint.h>

#include "base/clock.h"
#include "model/model.h"
#include "pipeline/worker.h"

enum { RIG_FRAME_MAX = 3000 };

struct rig {
	struct rte_mempool *pool;
	struct am_model *model;
	struct am_plane *plane;
	unsigned workers;
	uint16_t n_ports;
	struct am_port *ports[8];
	am_time now;
	int learn_fd;       /* workers write to it; nobody reads */
	unsigned favourite; /* a test's own: which worker has turns now */
};

struct rig_frame {
	uint16_t len;
	uint8_t bytes[RIG_FRAME_MAX];
};

/* One pool for all rigs of a test. */
struct rte_mempool *rig_pool(unsigned count);

/* Fails the running test where the configuration does not hold. queues: of each port, both directions. */
void rig_open(struct rig *r, struct rte_mempool *pool, const char *config, unsigned workers, uint16_t queues,
	bool handoff);
void rig_close(struct rig *r);

/*
 * Another configuration with the same ports takes over, as in a reload: prepare, swap, wait until no worker
 * can see the old snapshot, retire. turn: no threads run the workers, so their turns are taken here.
 */
void rig_reload(struct rig *r, const char *config, bool turn);

/* A frame arrives on a port's queue. */
void rig_push(struct rig *r, const char *port, uint16_t queue, const void *bytes, uint16_t len);

/* One turn of every worker, in order, then what they learnt goes into the FDB. */
void rig_turn(struct rig *r);
/* One turn of one worker, and of no other. */
void rig_turn_one(struct rig *r, unsigned worker);
/* Turns until nothing moves any more. */
void rig_settle(struct rig *r);
void rig_learn(struct rig *r);

/* A frame that left by a port's queue; false where there is none. */
bool rig_pop(struct rig *r, const char *port, uint16_t queue, struct rig_frame *out);

/* Sums over all interfaces: of one counter, one drop reason, and all drops. */
uint64_t rig_count(const struct rig *r, enum am_counter c);
uint64_t rig_drops(const struct rig *r, enum am_verdict v);
uint64_t rig_all_drops(const struct rig *r);
/* Names of the drop reasons that are not zero, for a message. */
const char *rig_drop_names(const struct rig *r, char *buf, size_t room);

struct am_port *rig_port(const struct rig *r, const char *name);
/* The number of an L3 interface of the running configuration. */
uint16_t rig_interface(const struct rig *r, const char *name);

/*
 * An IPv4 UDP frame of len octets in all from host `from` to host `to`, ports by flow, the sequence in its
 * payload.
 */
void rig_udp_frame(
	struct rig_frame *f, unsigned from, unsigned to, uint16_t flow, uint32_t seq, uint16_t len);
/* Flow and sequence of such a frame. */
uint16_t rig_flow_of(const struct rig_frame *f);
uint32_t rig_seq_of(const struct rig_frame *f);

#endif
