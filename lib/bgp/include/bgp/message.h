/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_MESSAGE_H
#define BGP_MESSAGE_H
/*
 * The framing that all messages share (RFC 4271 4.1), and the messages that are hardly more than it: KEEPALIVE,
 * NOTIFICATION and ROUTE-REFRESH. OPEN and UPDATE have headers of their own.
 *
 * Rules that hold for every codec of this library:
 * - decoders are pure. They take bytes, fill a struct, and return 0, or -EBADMSG with a struct am_bgp_error filled;
 *   they allocate nothing, and what they fill may point into the bytes they were given;
 * - encoders append one whole message to a struct am_writer and return 0; or -ENOSPC where it does not fit the room,
 *   or -EMSGSIZE where no peer could take it, and then the writer is as it was.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "bgp/error.h"

enum am_bgp_type {
	AM_BGP_OPEN = 1,
	AM_BGP_UPDATE = 2,
	AM_BGP_NOTIFICATION = 3,
	AM_BGP_KEEPALIVE = 4,
	AM_BGP_ROUTE_REFRESH = 5, /* RFC 2918 */
};

enum {
	AM_BGP_HEADER_LEN = 19,
	AM_BGP_MESSAGE_MAX = 4096,
	AM_BGP_EXTENDED_MAX = 65535, /* RFC 8654; never of an OPEN or a KEEPALIVE */
};

/* A message whose header is right. All of it is in the caller's bytes. */
struct am_bgp_message {
	enum am_bgp_type type;
	struct am_bgp_span whole; /* with the header */
	struct am_bgp_span body;
};

/*
 * The message that bytes begins with. max is AM_BGP_MESSAGE_MAX, or AM_BGP_EXTENDED_MAX where both ends have the
 * capability. 0; -EAGAIN where more bytes are needed; -EBADMSG (1/1, 1/2, 1/3) as soon as the header shows it.
 */
int am_bgp_message_parse(
	const uint8_t *bytes, size_t len, size_t max, struct am_bgp_message *out, struct am_bgp_error *err);

/*
 * Begin a message at w and return its place; write the body; then close it at that place: its length is put into
 * the header, and the return value is that of every encoder.
 */
uint8_t *am_bgp_message_begin(struct am_writer *w, enum am_bgp_type type);
int am_bgp_message_end(struct am_writer *w, uint8_t *begin, size_t max);

/* A whole KEEPALIVE (RFC 4271 4.4). -ENOSPC. */
int am_bgp_keepalive_encode(struct am_writer *w);

/* For people; constant. */
const char *am_bgp_type_name(unsigned type);

/* NOTIFICATION. Every one that is framed right can be decoded: there is nobody to complain to. */
struct am_bgp_notification {
	uint8_t code, subcode;
	struct am_bgp_span data;
	/* RFC 9003: of an administrative shutdown or reset; not terminated, UTF-8, may be empty. */
	struct am_bgp_span text;
	/* RFC 8538: the NOTIFICATION was a Hard Reset, and code, subcode and data are those inside it. */
	unsigned hard : 1;
};

enum { AM_BGP_SHUTDOWN_TEXT_MAX = 255 };

/*
 * Of a message that am_bgp_message_parse() gave; spans of *out point into it. Text that is no UTF-8, or has a wrong length, is none
 * (RFC 9003 2).
 */
void am_bgp_notification_decode(const struct am_bgp_message *message, struct am_bgp_notification *out);

/*
 * text, where it has bytes, is sent instead of data (it is for cease/2 and cease/4 only: -EINVAL otherwise, and where it
 * is longer than AM_BGP_SHUTDOWN_TEXT_MAX or no UTF-8). Data that would make it longer than max is cut, since a
 * NOTIFICATION that says less is better than none.
 */
int am_bgp_notification_encode(struct am_writer *w, const struct am_bgp_notification *n, size_t max);

/* Well-formed UTF-8 (RFC 3629), no surrogates, nothing overlong. */
int am_bgp_utf8_valid(struct am_bgp_span text);

/* ROUTE-REFRESH, RFC 2918 and RFC 7313. */
enum am_bgp_refresh_kind { AM_BGP_REFRESH_ASK = 0, AM_BGP_REFRESH_BEGIN = 1, AM_BGP_REFRESH_END = 2 };

struct am_bgp_refresh {
	uint16_t afi;
	uint8_t safi;
	uint8_t kind; /* enum am_bgp_refresh_kind; others are to be ignored (RFC 7313 5) */
};

/* -EBADMSG with 7/1 where a BEGIN or END has the wrong length, with 1/2 where a plain request has (no ORF here). */
int am_bgp_refresh_decode(
	const struct am_bgp_message *message, struct am_bgp_refresh *out, struct am_bgp_error *err);
int am_bgp_refresh_encode(struct am_writer *w, const struct am_bgp_refresh *refresh);

#endif
