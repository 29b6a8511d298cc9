/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_FSM_H
#define BGP_FSM_H
/*
 * RFC 4271 8.2.2 as a table: a state and an event give the next state and what is to be done. It knows no timer, no
 * buffer and no peer: conn.c and session.c do what it says.
 */
#include "bgp/session.h"

enum am_bgp_fsm_event {
	AM_BGP_EV_START,           /* 1, 3 */
	AM_BGP_EV_START_PASSIVE,   /* 4, 5 */
	AM_BGP_EV_STOP,            /* 2 */
	AM_BGP_EV_RETRY_TIMER,     /* 9 */
	AM_BGP_EV_HOLD_TIMER,      /* 10 */
	AM_BGP_EV_KEEPALIVE_TIMER, /* 11 */
	AM_BGP_EV_SEND_HOLD_TIMER, /* 29, RFC 9687 */
	AM_BGP_EV_TCP_UP,          /* 16, 17 */
	AM_BGP_EV_TCP_DOWN,        /* 18 */
	AM_BGP_EV_OPEN,            /* 19 */
	AM_BGP_EV_HEADER_ERROR,    /* 21 */
	AM_BGP_EV_OPEN_ERROR,      /* 22 */
	AM_BGP_EV_COLLISION,       /* 23 */
	AM_BGP_EV_NOTIFICATION,    /* 24, 25 */
	AM_BGP_EV_KEEPALIVE,       /* 26 */
	AM_BGP_EV_UPDATE,          /* 27 */
	AM_BGP_EV_UPDATE_ERROR,    /* 28 */
	AM_BGP_EV_REFRESH,         /* RFC 2918 */
	AM_BGP_FSM_EVENTS,
};

/* In the order in which they are done. */
enum {
	AM_BGP_DO_FSM_ERROR = 1 << 0, /* the error to send is 5, and by state (RFC 6608) */
	AM_BGP_DO_NOTIFY = 1 << 1,    /* send the error that the event came with */
	AM_BGP_DO_CLOSE = 1 << 2,     /* the connection goes, and every timer of it */
	AM_BGP_DO_RETRY = 1 << 3,     /* start the ConnectRetry timer */
	AM_BGP_DO_NO_RETRY = 1 << 4,  /* stop it */
	AM_BGP_DO_CONNECT = 1 << 5,   /* ask for a connection */
	AM_BGP_DO_OPEN = 1 << 6,      /* send our OPEN; the Hold timer is large */
	AM_BGP_DO_KEEPALIVE = 1 << 7, /* send a KEEPALIVE, start the Keepalive timer */
	AM_BGP_DO_HOLD = 1 << 8,      /* start the Hold timer with the time agreed on */
	AM_BGP_DO_UP = 1 << 9,
	AM_BGP_DO_DELIVER = 1 << 10, /* the message goes to the program */
};

struct am_bgp_step {
	uint8_t next; /* enum am_bgp_state */
	uint16_t todo;
};

struct am_bgp_step am_bgp_fsm(enum am_bgp_state state, enum am_bgp_fsm_event event);

#endif
