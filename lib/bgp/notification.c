/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdbool.h>

#include "bgp/message.h"

static bool may_have_text(uint8_t code, uint8_t subcode)
{
	return code == AM_BGP_E_CEASE && (subcode == AM_BGP_CEASE_SHUTDOWN || subcode == AM_BGP_CEASE_RESET);
}

static struct am_bgp_span rest(struct am_reader *r)
{
	size_t len = am_reader_left(r);

	return (struct am_bgp_span){am_take(r, len), len};
}

void am_bgp_notification_decode(const struct am_bgp_message *message, struct am_bgp_notification *out)
{
	struct am_reader r = am_reader(message->body.bytes, message->body.len), text;
	uint8_t len;

	*out = (struct am_bgp_notification){.code = am_take8(&r), .subcode = am_take8(&r)};
	/* A Hard Reset may be empty inside; then it stands for itself. */
	if (out->code == AM_BGP_E_CEASE && out->subcode == AM_BGP_CEASE_HARD_RESET) {
		out->hard = true;
		if (am_reader_left(&r) >= 2) {
			out->code = am_take8(&r);
			out->subcode = am_take8(&r);
		}
	}
	out->data = rest(&r);
	if (!may_have_text(out->code, out->subcode))
		return;
	text = am_reader(out->data.bytes, out->data.len);
	len = am_take8(&text);
	/* RFC 9003 3: where the length lies or the text is no UTF-8, there is no text. */
	if (len <= am_reader_left(&text))
		out->text = (struct am_bgp_span){am_take(&text, len), len};
	if (!am_bgp_utf8_valid(out->text))
		out->text = (struct am_bgp_span){0};
}

int am_bgp_notification_encode(struct am_writer *w, const struct am_bgp_notification *n, size_t max)
{
	uint8_t *begin;
	size_t room;

	if (n->text.len && (!may_have_text(n->code, n->subcode) || n->text.len > AM_BGP_SHUTDOWN_TEXT_MAX ||
				   !am_bgp_utf8_valid(n->text)))
		return -EINVAL;
	begin = am_bgp_message_begin(w, AM_BGP_NOTIFICATION);
	if (n->hard) {
		am_put8(w, AM_BGP_E_CEASE);
		am_put8(w, AM_BGP_CEASE_HARD_RESET);
	}
	am_put8(w, n->code);
	am_put8(w, n->subcode);
	room = max - (size_t)(w->at - begin);
	if (n->text.len) {
		am_put8(w, (uint8_t)n->text.len);
		am_put_bytes(w, n->text.bytes, n->text.len);
	} else if (n->data.len) {
		am_put_bytes(w, n->data.bytes, n->data.len < room ? n->data.len : room);
	}
	return am_bgp_message_end(w, begin, max);
}
