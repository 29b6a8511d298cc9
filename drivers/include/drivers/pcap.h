/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DRIVERS_PCAP_H
#define DRIVERS_PCAP_H
/*
 * Time of a pcap port. The file's timestamps are nanoseconds since 1970; whoever drives the port says what
 * time it is, so a replay runs in virtual time:
 *
 *	while (am_pcap_next_time(port, &t)) {   // the earliest of all ports
 *		am_pcap_set_time(port, t);      // on all of them
 *		am_worker_turn(worker, t);
 *	}
 *
 * Until am_pcap_set_time is called, rx delivers all there is at once and what is sent is stamped with the
 * wall clock.
 */
#include <stdbool.h>

#include "base/clock.h"
#include "base/err.h"
#include "pkt/port.h"

/* When the next frame arrives; false where there is none left. */
bool am_pcap_next_time(const struct am_port *port, am_time *t);

/* It is t: rx delivers frames stamped t or earlier, tx stamps with t. */
void am_pcap_set_time(struct am_port *port, am_time t);

/* Write out what was sent. 0, or -errno where some of it could not be written. */
int am_pcap_flush(struct am_port *port, struct am_err *err);

#endif
