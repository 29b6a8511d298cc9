/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_TELEMETRY_H
#define AMIMED_TELEMETRY_H
/*
 * Counters in DPDK's own telemetry: /amime/ports, /amime/tunnels, /amime/bridges and /amime/drops list names, and with
 * a name ("/amime/ports,wan"; "/amime/drops,port:wan") give that one's counters; /amime/workers likewise, by number.
 */
struct am_daemon;

int am_telemetry_start(struct am_daemon *d);
/* Control thread, before the loop is closed. Nobody is answered any more. */
void am_telemetry_stop(void);

#endif
