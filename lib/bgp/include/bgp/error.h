/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_ERROR_H
#define BGP_ERROR_H
/*
 * What is wrong with what a peer sent, as a NOTIFICATION would say it (RFC 4271 4.5 and 6) and as a person would.
 * Decoders only say it; a session acts on it.
 */
#include <stddef.h>
#include <stdint.h>

/* Bytes that somebody else owns. len 0: none. */
struct am_bgp_span {
	const uint8_t *bytes;
	size_t len;
};

enum am_bgp_error_code {
	AM_BGP_E_NONE = 0,
	AM_BGP_E_HEADER = 1,
	AM_BGP_E_OPEN = 2,
	AM_BGP_E_UPDATE = 3,
	AM_BGP_E_HOLD = 4,
	AM_BGP_E_FSM = 5,
	AM_BGP_E_CEASE = 6,
	AM_BGP_E_REFRESH = 7,
	AM_BGP_E_SEND_HOLD = 8, /* RFC 9687 */
};

/* Subcodes; 0 is "unspecific" of every code. */
enum {
	AM_BGP_HEADER_SYNC = 1,
	AM_BGP_HEADER_LENGTH = 2,
	AM_BGP_HEADER_TYPE = 3,

	AM_BGP_OPEN_VERSION = 1,
	AM_BGP_OPEN_AS = 2,
	AM_BGP_OPEN_ID = 3,
	AM_BGP_OPEN_PARAMETER = 4,
	AM_BGP_OPEN_HOLD_TIME = 6,
	AM_BGP_OPEN_CAPABILITY = 7, /* RFC 5492 */
	AM_BGP_OPEN_ROLE = 11,      /* RFC 9234 */

	AM_BGP_UPDATE_LIST = 1, /* malformed attribute list */
	AM_BGP_UPDATE_UNRECOGNIZED = 2,
	AM_BGP_UPDATE_MISSING = 3,
	AM_BGP_UPDATE_FLAGS = 4,
	AM_BGP_UPDATE_LENGTH = 5,
	AM_BGP_UPDATE_ORIGIN = 6,
	AM_BGP_UPDATE_NEXT_HOP = 8,
	AM_BGP_UPDATE_OPTIONAL = 9,
	AM_BGP_UPDATE_NETWORK = 10,
	AM_BGP_UPDATE_AS_PATH = 11,

	AM_BGP_FSM_OPEN_SENT = 1, /* RFC 6608: an unexpected message in this state */
	AM_BGP_FSM_OPEN_CONFIRM = 2,
	AM_BGP_FSM_ESTABLISHED = 3,

	AM_BGP_CEASE_MAX_PREFIXES = 1, /* RFC 4486 */
	AM_BGP_CEASE_SHUTDOWN = 2,
	AM_BGP_CEASE_DECONFIGURED = 3,
	AM_BGP_CEASE_RESET = 4,
	AM_BGP_CEASE_REJECTED = 5,
	AM_BGP_CEASE_OTHER_CHANGE = 6,
	AM_BGP_CEASE_COLLISION = 7,
	AM_BGP_CEASE_RESOURCES = 8,
	AM_BGP_CEASE_HARD_RESET = 9, /* RFC 8538 */
	AM_BGP_CEASE_BFD_DOWN = 10,  /* RFC 9384 */

	AM_BGP_REFRESH_LENGTH = 1, /* RFC 7313 */
};

struct am_bgp_error {
	uint8_t code;    /* enum am_bgp_error_code */
	uint8_t subcode; /* of that code */
	struct am_bgp_span
		data;    /* in the message that was wrong, or constant; what the NOTIFICATION carries */
	const char *why; /* constant; half a sentence for a log: "capability longer than its parameter" */
};

/* Fill *err and return -EBADMSG, so that a decoder can `return am_bgp_refuse(...)`. */
int am_bgp_refuse(
	struct am_bgp_error *err, uint8_t code, uint8_t subcode, struct am_bgp_span data, const char *why);

/* "Cease", "Administrative Shutdown": the registry's names; "unknown" where it has none. */
const char *am_bgp_error_name(uint8_t code);
const char *am_bgp_error_subname(uint8_t code, uint8_t subcode);

#endif
