/* SPDX-License-Identifier: BSD-3-Clause */
/* The table against RFC 4271 8.2.2, cell by cell: what is not listed must do nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fsm.h"

/* Letters: F finite state machine error, N NOTIFICATION, C close, r start and s stop ConnectRetry, c connect, O OPEN, K KEEPALIVE, H hold,
 * U up, D deliver. */
static const char letters[] = "FNCrscOKHUD";

/* Columns in the order of enum am_bgp_fsm_event; "." does nothing, else the first letter is the next state. */
static const char *const rfc[AM_BGP_STATES][AM_BGP_FSM_EVENTS] = {
	/* start, passive, stop, retry, hold, keepalive timer, send hold, TCP up, TCP down, OPEN, header, OPEN error, collision,
	 * NOTIFICATION, KEEPALIVE, UPDATE, UPDATE error, REFRESH */
	[AM_BGP_IDLE] = {"Crc", "A", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".",
		".", "."},
	[AM_BGP_CONNECT] = {".", ".", "ICs", "ACr", ".", ".", ".", "SsO", "ACr", ".", ".", ".", "ICs", ".",
		".", ".", ".", "."},
	[AM_BGP_ACTIVE] = {".", ".", "Is", "Crc", ".", ".", ".", "SsO", "A", ".", ".", ".", "Is", ".", ".",
		".", ".", "."},
	[AM_BGP_OPEN_SENT] = {".", ".", "INC", ".", "INC", ".", "INC", ".", "ACr", "FKH", "INC", "INC", "INC",
		"IC", "IFNC", "IFNC", ".", "IFNC"},
	[AM_BGP_OPEN_CONFIRM] = {".", ".", "INC", ".", "INC", "FK", "INC", ".", "IC", "IFNC", "INC", ".",
		"INC", "IC", "EHU", "IFNC", ".", "IFNC"},
	[AM_BGP_ESTABLISHED] = {".", ".", "INC", ".", "INC", "EK", "INC", ".", "IC", "IFNC", "INC", ".",
		"INC", "IC", "EH", "EHD", "INC", "EHD"},
};

static void test_table(void **state)
{
	static const char states[] = "ICASFE";

	(void)state;
	for (unsigned s = 0; s < AM_BGP_STATES; s++) {
		for (unsigned e = 0; e < AM_BGP_FSM_EVENTS; e++) {
			struct am_bgp_step step = am_bgp_fsm(s, e);
			const char *want = rfc[s][e];
			unsigned todo = 0;

			if (*want == '.') {
				assert_int_equal(step.next, s);
				assert_int_equal(step.todo, 0);
				continue;
			}
			for (const char *c = want + 1; *c; c++)
				todo |= 1u << (strchr(letters, *c) - letters);
			if (step.next != strchr(states, *want) - states || step.todo != todo)
				print_error("state %u, event %u\n", s, e);
			assert_int_equal(step.next, strchr(states, *want) - states);
			assert_int_equal(step.todo, todo);
		}
	}
}

/* What leaves a state with a connection for one without closes it, and no message is sent where there is none. */
static void test_sense(void **state)
{
	(void)state;
	for (unsigned s = 0; s < AM_BGP_STATES; s++) {
		for (unsigned e = 0; e < AM_BGP_FSM_EVENTS; e++) {
			struct am_bgp_step step = am_bgp_fsm(s, e);
			bool before = s >= AM_BGP_OPEN_SENT, after = step.next >= AM_BGP_OPEN_SENT;

			assert_int_equal(before && !after, before && (step.todo & AM_BGP_DO_CLOSE) != 0);
			if (step.todo & (AM_BGP_DO_NOTIFY | AM_BGP_DO_KEEPALIVE))
				assert_true(before);
			assert_int_equal((step.todo & AM_BGP_DO_UP) != 0,
				step.next == AM_BGP_ESTABLISHED && s != AM_BGP_ESTABLISHED);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_sense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
