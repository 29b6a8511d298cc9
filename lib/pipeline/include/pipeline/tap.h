/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_TAP_H
#define PIPELINE_TAP_H
/*
 * A tap: copies of packets as they pass the stages of the workers, for people who look. While one is armed, a worker takes
 * packets one by one and the long way, so that each stage is seen: all of them, or of one in so many that one. While none
 * is, it costs one look a burst.
 *
 * Each worker has a ring of its own, to which it writes and from which control reads. What has no room is lost and
 * counted: a worker never waits.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "net/verdict.h"

struct am_plane;
struct am_tap;

enum am_tap_stage {
	AM_TAP_RX,    /* as a port received it */
	AM_TAP_WHOLE, /* put together from fragments */
	AM_TAP_DECAP, /* out of a tunnel, or of one of several around each other */
	AM_TAP_ROUTE, /* to be routed: its header is right, and the FIB is asked */
	AM_TAP_ENCAP, /* about to go into a tunnel */
	AM_TAP_TX,    /* for a port to transmit */
	AM_TAP_DROP,  /* it goes nowhere: verdict says why */
	AM_TAP_PACKETS,
	/* Without octets, in stories alone. */
	AM_TAP_HELD = AM_TAP_PACKETS, /* kept until the rest of its datagram comes */
	AM_TAP_HANDOFF,               /* given to worker `other` */
	AM_TAP_STAGES,
};

enum am_tap_link { AM_TAP_ETHERNET, AM_TAP_IP };

/* Does somebody want to see these len octets? Workers call it: it must be bounded, and only read. */
typedef bool am_tap_match(const void *ctx, enum am_tap_link link, const uint8_t *octets, uint32_t len);

struct am_tap_conf {
	uint32_t stages;  /* bit 1 << enum am_tap_stage: what is wanted */
	uint16_t iface;   /* of this row of counters, or AM_TAP_ANY_IFACE */
	uint16_t snaplen; /* octets copied of each, at most */
	/*
	 * Everything that happens to a packet where one stage of it is wanted, and of one packet in `every` alone, whatever the
	 * others are: those go their way together and fast. Otherwise what
	 * is wanted, each by itself.
	 */
	bool stories;
	uint32_t every;
	am_tap_match *match; /* NULL: all */
	const void *ctx;     /* must outlive the tap */
};

#define AM_TAP_ANY_IFACE UINT16_MAX

/* What stands in a ring in front of caplen octets. */
struct am_tap_record {
	uint32_t size;  /* of all of it; 0: go on at the ring's beginning */
	uint32_t story; /* one number for all that happens to a packet */
	uint64_t ns;    /* the worker's clock at the beginning of its turn */
	uint32_t len, caplen;
	uint16_t iface;
	uint8_t stage, link;
	uint8_t verdict; /* of a drop */
	uint8_t worker;
	uint8_t other; /* of a hand-off */
	uint8_t pad;
};

_Static_assert(sizeof(struct am_tap_record) == 32 && AM_VERDICTS <= UINT8_MAX, "a record's head");

/* Control thread. NULL and err where memory is short. */
struct am_tap *am_tap_create(
	const struct am_plane *plane, const struct am_tap_conf *conf, struct am_err *err);
/* Once am_plane_passed a token that was taken after it was disarmed. */
void am_tap_free(struct am_tap *tap);

/* Control thread, at any time: workers write to this tap from their next burst on; NULL disarms. */
void am_plane_arm_tap(struct am_plane *plane, struct am_tap *tap);

/*
 * Control thread. The oldest record of a worker; its octets in *octets, both valid until am_tap_take, which makes room again.
 * NULL where there is none.
 */
const struct am_tap_record *am_tap_peek(struct am_tap *tap, unsigned worker, const uint8_t **octets);
void am_tap_take(struct am_tap *tap, unsigned worker, const struct am_tap_record *record);

/* Records that found no room, or stories with one of those. */
uint64_t am_tap_lost(const struct am_tap *tap);

const char *am_tap_stage_name(enum am_tap_stage s); /* "rx" */
const char *am_tap_stage_text(enum am_tap_stage s); /* "received" */

#endif
