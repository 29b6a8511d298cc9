/* SPDX-License-Identifier: BSD-3-Clause */
/* The body of an OPEN: what is accepted encodes, and decodes again to the same number of everything. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/open.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const struct am_bgp_open *open)
{
	static uint8_t room[AM_BGP_MESSAGE_MAX];
	struct am_writer w = am_writer(room, sizeof room);
	struct am_bgp_message message;
	struct am_bgp_error err;
	struct am_bgp_open copy;

	/* Capabilities of several instances become one each: what is longer than that, others' repeats, may not fit. */
	if (am_bgp_open_encode(&w, open))
		return;
	if (am_bgp_message_parse(room, am_writer_len(&w), AM_BGP_MESSAGE_MAX, &message, &err) ||
		am_bgp_open_decode(&message, &copy, &err) || copy.as != open->as || copy.id != open->id ||
		copy.hold_time != open->hold_time || copy.caps.n_others != open->caps.n_others ||
		copy.caps.graceful != open->caps.graceful || copy.caps.as4 != open->caps.as4) {
		fprintf(stderr, "an OPEN that we wrote is not read as it was\n");
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t header[AM_BGP_HEADER_LEN] = {0};
	struct am_bgp_message message = {AM_BGP_OPEN, {header, sizeof header}, {data, size}};
	struct am_bgp_agreed agreed;
	struct am_bgp_error err;
	struct am_bgp_open open;

	if (size < 10 || size > AM_BGP_MESSAGE_MAX - AM_BGP_HEADER_LEN)
		return 0;
	if (am_bgp_open_decode(&message, &open, &err))
		return 0;
	am_bgp_capabilities_agree(&open.caps, &open.caps, &agreed);
	again(&open);
	return 0;
}
