/* SPDX-License-Identifier: BSD-3-Clause */
#include "fsm.h"

#define DO(name) AM_BGP_DO_##name
#define TO(state, todo)                                                                                      \
	{                                                                                                    \
		AM_BGP_##state, todo                                                                         \
	}

enum {
	REFUSE = DO(NOTIFY) | DO(CLOSE),
	UNEXPECTED = DO(FSM_ERROR) | DO(NOTIFY) | DO(CLOSE),
};

/*
 * Events that a state does not name do nothing in it: they cannot happen, or RFC 4271 ignores them. Three cells are not as RFC 4271
 * has them: a connection that fails in Connect leads to Active, where the peer may still come to us (8.2.2 goes to Idle unless an OPEN is
 * delayed); one that is not there when ConnectRetry ends is given up first and tried anew the next time; and a NOTIFICATION is never
 * answered with another.
 */
/* clang-format off */
static const struct am_bgp_step table[AM_BGP_STATES][AM_BGP_FSM_EVENTS] = {
	[AM_BGP_IDLE] = {
		[AM_BGP_EV_START] = TO(CONNECT, DO(RETRY) | DO(CONNECT)),
		[AM_BGP_EV_START_PASSIVE] = TO(ACTIVE, 0),
	},
	[AM_BGP_CONNECT] = {
		[AM_BGP_EV_STOP] = TO(IDLE, DO(CLOSE) | DO(NO_RETRY)),
		[AM_BGP_EV_RETRY_TIMER] = TO(ACTIVE, DO(CLOSE) | DO(RETRY)),
		[AM_BGP_EV_TCP_UP] = TO(OPEN_SENT, DO(NO_RETRY) | DO(OPEN)),
		[AM_BGP_EV_TCP_DOWN] = TO(ACTIVE, DO(CLOSE) | DO(RETRY)),
		[AM_BGP_EV_COLLISION] = TO(IDLE, DO(CLOSE) | DO(NO_RETRY)),
	},
	[AM_BGP_ACTIVE] = {
		[AM_BGP_EV_STOP] = TO(IDLE, DO(NO_RETRY)),
		[AM_BGP_EV_RETRY_TIMER] = TO(CONNECT, DO(RETRY) | DO(CONNECT)),
		[AM_BGP_EV_TCP_UP] = TO(OPEN_SENT, DO(NO_RETRY) | DO(OPEN)),
		[AM_BGP_EV_TCP_DOWN] = TO(ACTIVE, 0),
		[AM_BGP_EV_COLLISION] = TO(IDLE, DO(NO_RETRY)),
	},
	[AM_BGP_OPEN_SENT] = {
		[AM_BGP_EV_STOP] = TO(IDLE, REFUSE),
		[AM_BGP_EV_HOLD_TIMER] = TO(IDLE, REFUSE),
		[AM_BGP_EV_SEND_HOLD_TIMER] = TO(IDLE, REFUSE),
		[AM_BGP_EV_TCP_DOWN] = TO(ACTIVE, DO(CLOSE) | DO(RETRY)),
		[AM_BGP_EV_OPEN] = TO(OPEN_CONFIRM, DO(KEEPALIVE) | DO(HOLD)),
		[AM_BGP_EV_HEADER_ERROR] = TO(IDLE, REFUSE),
		[AM_BGP_EV_OPEN_ERROR] = TO(IDLE, REFUSE),
		[AM_BGP_EV_COLLISION] = TO(IDLE, REFUSE),
		[AM_BGP_EV_NOTIFICATION] = TO(IDLE, DO(CLOSE)),
		[AM_BGP_EV_KEEPALIVE] = TO(IDLE, UNEXPECTED),
		[AM_BGP_EV_UPDATE] = TO(IDLE, UNEXPECTED),
		[AM_BGP_EV_REFRESH] = TO(IDLE, UNEXPECTED),
	},
	[AM_BGP_OPEN_CONFIRM] = {
		[AM_BGP_EV_STOP] = TO(IDLE, REFUSE),
		[AM_BGP_EV_HOLD_TIMER] = TO(IDLE, REFUSE),
		[AM_BGP_EV_KEEPALIVE_TIMER] = TO(OPEN_CONFIRM, DO(KEEPALIVE)),
		[AM_BGP_EV_SEND_HOLD_TIMER] = TO(IDLE, REFUSE),
		[AM_BGP_EV_TCP_DOWN] = TO(IDLE, DO(CLOSE)),
		[AM_BGP_EV_OPEN] = TO(IDLE, UNEXPECTED),
		[AM_BGP_EV_HEADER_ERROR] = TO(IDLE, REFUSE),
		[AM_BGP_EV_COLLISION] = TO(IDLE, REFUSE),
		[AM_BGP_EV_NOTIFICATION] = TO(IDLE, DO(CLOSE)),
		[AM_BGP_EV_KEEPALIVE] = TO(ESTABLISHED, DO(HOLD) | DO(UP)),
		[AM_BGP_EV_UPDATE] = TO(IDLE, UNEXPECTED),
		[AM_BGP_EV_REFRESH] = TO(IDLE, UNEXPECTED),
	},
	[AM_BGP_ESTABLISHED] = {
		[AM_BGP_EV_STOP] = TO(IDLE, REFUSE),
		[AM_BGP_EV_HOLD_TIMER] = TO(IDLE, REFUSE),
		[AM_BGP_EV_KEEPALIVE_TIMER] = TO(ESTABLISHED, DO(KEEPALIVE)),
		[AM_BGP_EV_SEND_HOLD_TIMER] = TO(IDLE, REFUSE),
		[AM_BGP_EV_TCP_DOWN] = TO(IDLE, DO(CLOSE)),
		[AM_BGP_EV_OPEN] = TO(IDLE, UNEXPECTED),
		[AM_BGP_EV_HEADER_ERROR] = TO(IDLE, REFUSE),
		[AM_BGP_EV_COLLISION] = TO(IDLE, REFUSE),
		[AM_BGP_EV_NOTIFICATION] = TO(IDLE, DO(CLOSE)),
		[AM_BGP_EV_KEEPALIVE] = TO(ESTABLISHED, DO(HOLD)),
		[AM_BGP_EV_UPDATE] = TO(ESTABLISHED, DO(HOLD) | DO(DELIVER)),
		[AM_BGP_EV_UPDATE_ERROR] = TO(IDLE, REFUSE),
		[AM_BGP_EV_REFRESH] = TO(ESTABLISHED, DO(HOLD) | DO(DELIVER)),
	},
};
/* clang-format on */

/* An empty cell leads to Idle and does nothing, which no cell that is meant has. */
struct am_bgp_step am_bgp_fsm(enum am_bgp_state state, enum am_bgp_fsm_event event)
{
	struct am_bgp_step step = table[state][event];

	if (step.next == AM_BGP_IDLE && !step.todo)
		step.next = (uint8_t)state;
	return step;
}
