/* SPDX-License-Identifier: BSD-3-Clause */
/* A stream of messages, each read as its type says, until it is refused or ends. */
#include <stdint.h>
#include <stdlib.h>

#include "bgp/open.h"
#include "bgp/update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_message(const struct am_bgp_message *message, struct am_bgp_error *err)
{
	const struct am_bgp_context ctx = {.kind = AM_BGP_EXTERNAL, .families = 7, .as4 = true};
	struct am_bgp_notification notification;
	struct am_bgp_refresh refresh;
	struct am_bgp_update update;
	struct am_bgp_open open;
	uint8_t *scratch;
	int rc;

	switch (message->type) {
	case AM_BGP_OPEN:
		return am_bgp_open_decode(message, &open, err);
	case AM_BGP_UPDATE:
		scratch = malloc(AM_BGP_SCRATCH(message->body.len));
		rc = am_bgp_update_decode(&ctx, message->body, scratch, &update) == AM_BGP_RESET;
		free(scratch);
		return rc;
	case AM_BGP_NOTIFICATION:
		am_bgp_notification_decode(message, &notification);
		return 0;
	case AM_BGP_ROUTE_REFRESH:
		return am_bgp_refresh_decode(message, &refresh, err);
	default:
		return 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct am_bgp_message message;
	struct am_bgp_error err;

	while (!am_bgp_message_parse(data, size, AM_BGP_EXTENDED_MAX, &message, &err)) {
		if (read_message(&message, &err))
			break;
		data += message.whole.len;
		size -= message.whole.len;
	}
	return 0;
}
