/* SPDX-License-Identifier: BSD-3-Clause */
/* A stream of messages, each read as its type says, until it is refused or ends. Small ones are written again to the same. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/open.h"
#include "bgp/update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "%s (%s)\n", what, why);
	abort();
}

/* What was written must be the message that was read. */
static void same(const struct am_writer *w, const struct am_bgp_message *message)
{
	if (am_writer_len(w) != message->whole.len ||
		memcmp(w->start, message->whole.bytes, am_writer_len(w)))
		fail("a message is not written as it was read", am_bgp_type_name(message->type));
}

static void read_notification(const struct am_bgp_message *message)
{
	static uint8_t room[AM_BGP_EXTENDED_MAX];
	struct am_writer w = am_writer(room, sizeof room);
	struct am_bgp_notification n;

	am_bgp_notification_decode(message, &n);
	if (am_bgp_notification_encode(&w, &n, AM_BGP_EXTENDED_MAX))
		fail("a NOTIFICATION cannot be written", am_bgp_error_subname(n.code, n.subcode));
	/* There may have been more behind a text, and an empty Hard Reset stands for itself. */
	if (!n.text.len && !(n.hard && n.subcode == AM_BGP_CEASE_HARD_RESET))
		same(&w, message);
}

static int read_refresh(const struct am_bgp_message *message, struct am_bgp_error *err)
{
	uint8_t room[64];
	struct am_writer w = am_writer(room, sizeof room);
	struct am_bgp_refresh refresh;

	if (am_bgp_refresh_decode(message, &refresh, err))
		return -1;
	if (message->whole.len <= sizeof room && refresh.kind <= AM_BGP_REFRESH_END) {
		struct am_writer tight = am_writer(room, message->whole.len - 1);

		if (am_bgp_refresh_encode(&tight, &refresh) != -ENOSPC || am_writer_len(&tight))
			fail("a message is written into less room than it needs", "");
		if (am_bgp_refresh_encode(&w, &refresh))
			fail("a ROUTE-REFRESH cannot be written", "");
		same(&w, message);
	}
	return 0;
}

static int read_message(const struct am_bgp_message *message, struct am_bgp_error *err)
{
	const struct am_bgp_context ctx = {.kind = AM_BGP_EXTERNAL, .families = 7, .as4 = true};
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
		read_notification(message);
		return 0;
	case AM_BGP_ROUTE_REFRESH:
		return read_refresh(message, err);
	default:
		return 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct am_bgp_message message;
	struct am_bgp_error err;

	while (!am_bgp_message_parse(data, size, AM_BGP_EXTENDED_MAX, &message, &err)) {
		if (!strcmp(am_bgp_type_name(message.type), am_bgp_type_name(UINT8_MAX)))
			fail("a message was read whose type is none", "");
		if (read_message(&message, &err))
			break;
		data += message.whole.len;
		size -= message.whole.len;
	}
	return 0;
}
