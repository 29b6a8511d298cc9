/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_PCAP_REPLAY_H
#define AMIME_PCAP_REPLAY_H
/*
 * The data plane on capture files in virtual time: frames arrive when they are stamped, one worker runs them
 * to completion, and what it learns is in the FDB before the next one arrives.
 */
#include <stdint.h>

#include "args.h"
#include "base/err.h"
#include "config/config.h"
#include "model/model.h"
#include "pipeline/worker.h"

struct replay {
	struct rte_mempool *pool;
	struct am_port **ports; /* by index in the configuration */
	uint16_t n_ports;
	struct am_model *model;
	struct am_plane *plane;
};

/*
 * config is taken over in every case. 0 or -errno; errors of the configuration go to errors, others to err.
 */
int replay_open(struct replay *r, struct am_config *config, const struct args *args,
	struct am_config_errors *errors, struct am_err *err);
int replay_run(struct replay *r, struct am_err *err);
void replay_close(struct replay *r);

#endif
