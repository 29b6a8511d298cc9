/* SPDX-License-Identifier: BSD-3-Clause */
#include "observe.h"

#include <stdlib.h>
#include <string.h>

#include "message_log.h"

static void keep(struct am_bgpd_notified **at, struct am_bgp_span message)
{
	struct am_bgpd_notified *kept = malloc(sizeof *kept + message.len);

	if (!kept)
		return;
	*kept = (struct am_bgpd_notified){.at = am_clock_monotonic(), .len = message.len};
	memcpy(kept->message, message.bytes, message.len);
	free(*at);
	*at = kept;
}

static void see(
	void *program, unsigned peer, const struct am_bgp_speaker_end *here, const struct am_bgp_seen *seen)
{
	struct am_bgpd *d = program;
	struct am_bgpd_neighbor *n = d->of_peer[peer];
	bool sent = seen->type == AM_BGP_SEEN_SENT;

	if (seen->type != AM_BGP_SEEN_FAULT)
		am_bgpd_message_log_put(d->message_log, n ? n : d->adding, peer, here, seen);
	if (!n)
		return;
	if (seen->type == AM_BGP_SEEN_FAULT) {
		am_bgpd_faults_put(&n->faults, &d->fault_octets, seen->update, seen->message,
			&seen->peer->receive, am_clock_monotonic());
		return;
	}
	if (seen->type != AM_BGP_SEEN_STATE &&
		seen->message.bytes[AM_BGP_HEADER_LEN - 1] == AM_BGP_NOTIFICATION)
		keep(sent ? &n->notified_sent : &n->notified_received, seen->message);
}

void am_bgpd_observe(struct am_bgpd *d)
{
	const struct am_bgp_speaker_tap tap = {see, d};

	am_bgp_speaker_tap(d->speaker, &tap);
}

void am_bgpd_observed_free(struct am_bgpd *d, struct am_bgpd_neighbor *n)
{
	am_bgpd_faults_free(&n->faults, &d->fault_octets);
	free(n->notified_sent);
	free(n->notified_received);
	n->notified_sent = n->notified_received = NULL;
}
