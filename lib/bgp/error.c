/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/error.h"

#include <errno.h>

static const char *const codes[] = {
	[AM_BGP_E_HEADER] = "Message Header Error",
	[AM_BGP_E_OPEN] = "OPEN Message Error",
	[AM_BGP_E_UPDATE] = "UPDATE Message Error",
	[AM_BGP_E_HOLD] = "Hold Timer Expired",
	[AM_BGP_E_FSM] = "Finite State Machine Error",
	[AM_BGP_E_CEASE] = "Cease",
	[AM_BGP_E_REFRESH] = "ROUTE-REFRESH Message Error",
	[AM_BGP_E_SEND_HOLD] = "Send Hold Timer Expired",
};

/* IANA "BGP Error (Notification) Codes" and its subcodes. */
static const struct {
	uint8_t code, subcode;
	const char *name;
} subcodes[] = {
	{AM_BGP_E_HEADER, AM_BGP_HEADER_SYNC, "Connection Not Synchronized"},
	{AM_BGP_E_HEADER, AM_BGP_HEADER_LENGTH, "Bad Message Length"},
	{AM_BGP_E_HEADER, AM_BGP_HEADER_TYPE, "Bad Message Type"},
	{AM_BGP_E_OPEN, AM_BGP_OPEN_VERSION, "Unsupported Version Number"},
	{AM_BGP_E_OPEN, AM_BGP_OPEN_AS, "Bad Peer AS"},
	{AM_BGP_E_OPEN, AM_BGP_OPEN_ID, "Bad BGP Identifier"},
	{AM_BGP_E_OPEN, AM_BGP_OPEN_PARAMETER, "Unsupported Optional Parameter"},
	{AM_BGP_E_OPEN, AM_BGP_OPEN_HOLD_TIME, "Unacceptable Hold Time"},
	{AM_BGP_E_OPEN, AM_BGP_OPEN_CAPABILITY, "Unsupported Capability"},
	{AM_BGP_E_OPEN, AM_BGP_OPEN_ROLE, "Role Mismatch"},
	{AM_BGP_E_UPDATE, AM_BGP_UPDATE_LIST, "Malformed Attribute List"},
	{AM_BGP_E_UPDATE, AM_BGP_UPDATE_UNRECOGNIZED, "Unrecognized Well-known Attribute"},
	{AM_BGP_E_UPDATE, AM_BGP_UPDATE_MISSING, "Missing Well-known Attribute"},
	{AM_BGP_E_UPDATE, AM_BGP_UPDATE_FLAGS, "Attribute Flags Error"},
	{AM_BGP_E_UPDATE, AM_BGP_UPDATE_LENGTH, "Attribute Length Error"},
	{AM_BGP_E_UPDATE, AM_BGP_UPDATE_ORIGIN, "Invalid ORIGIN Attribute"},
	{AM_BGP_E_UPDATE, AM_BGP_UPDATE_NEXT_HOP, "Invalid NEXT_HOP Attribute"},
	{AM_BGP_E_UPDATE, AM_BGP_UPDATE_OPTIONAL, "Optional Attribute Error"},
	{AM_BGP_E_UPDATE, AM_BGP_UPDATE_NETWORK, "Invalid Network Field"},
	{AM_BGP_E_UPDATE, AM_BGP_UPDATE_AS_PATH, "Malformed AS_PATH"},
	{AM_BGP_E_FSM, AM_BGP_FSM_OPEN_SENT, "Receive Unexpected Message in OpenSent State"},
	{AM_BGP_E_FSM, AM_BGP_FSM_OPEN_CONFIRM, "Receive Unexpected Message in OpenConfirm State"},
	{AM_BGP_E_FSM, AM_BGP_FSM_ESTABLISHED, "Receive Unexpected Message in Established State"},
	{AM_BGP_E_CEASE, AM_BGP_CEASE_MAX_PREFIXES, "Maximum Number of Prefixes Reached"},
	{AM_BGP_E_CEASE, AM_BGP_CEASE_SHUTDOWN, "Administrative Shutdown"},
	{AM_BGP_E_CEASE, AM_BGP_CEASE_DECONFIGURED, "Peer De-configured"},
	{AM_BGP_E_CEASE, AM_BGP_CEASE_RESET, "Administrative Reset"},
	{AM_BGP_E_CEASE, AM_BGP_CEASE_REJECTED, "Connection Rejected"},
	{AM_BGP_E_CEASE, AM_BGP_CEASE_OTHER_CHANGE, "Other Configuration Change"},
	{AM_BGP_E_CEASE, AM_BGP_CEASE_COLLISION, "Connection Collision Resolution"},
	{AM_BGP_E_CEASE, AM_BGP_CEASE_RESOURCES, "Out of Resources"},
	{AM_BGP_E_CEASE, AM_BGP_CEASE_HARD_RESET, "Hard Reset"},
	{AM_BGP_E_CEASE, AM_BGP_CEASE_BFD_DOWN, "BFD Down"},
	{AM_BGP_E_REFRESH, AM_BGP_REFRESH_LENGTH, "Invalid Message Length"},
};

int am_bgp_refuse(
	struct am_bgp_error *err, uint8_t code, uint8_t subcode, struct am_bgp_span data, const char *why)
{
	*err = (struct am_bgp_error){.code = code, .subcode = subcode, .data = data, .why = why};
	return -EBADMSG;
}

const char *am_bgp_error_name(uint8_t code)
{
	const char *name = code < sizeof codes / sizeof codes[0] ? codes[code] : NULL;

	return name ? name : "unknown";
}

const char *am_bgp_error_subname(uint8_t code, uint8_t subcode)
{
	for (size_t i = 0; i < sizeof subcodes / sizeof subcodes[0]; i++) {
		if (subcodes[i].code == code && subcodes[i].subcode == subcode)
			return subcodes[i].name;
	}
	return subcode ? "unknown" : "unspecific";
}
