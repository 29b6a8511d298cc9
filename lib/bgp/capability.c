/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/capability.h"

#include <errno.h>

/*
 * One row a capability. decode gets the value and says what is wrong with it, or NULL; encode appends every instance
 * that *caps asks for. What has no row is kept as it came.
 */
struct row {
	uint8_t code;
	const char *name;
	const char *(*decode)(struct am_reader *r, struct am_bgp_capabilities *caps);
	void (*encode)(struct am_writer *w, const struct am_bgp_capabilities *caps);
};

static const char wrong_length[] = "a capability has not the length that its RFC gives";

struct am_bgp_capability_family *am_bgp_capability_family(
	struct am_bgp_capabilities *caps, uint16_t afi, uint8_t safi)
{
	struct am_bgp_capability_family *row = caps->families;

	for (; row < caps->families + caps->n_families; row++) {
		if (row->afi == afi && row->safi == safi)
			return row;
	}
	if (caps->n_families == AM_BGP_CAP_FAMILIES) {
		caps->dropped++;
		return NULL;
	}
	caps->n_families++;
	*row = (struct am_bgp_capability_family){.afi = afi, .safi = safi};
	return row;
}

/* Begin one capability and return where its length belongs; NULL where the writer is full. */
static uint8_t *begin(struct am_writer *w, uint8_t code)
{
	am_put8(w, code);
	return am_put(w, 1);
}

static void end(struct am_writer *w, uint8_t *length)
{
	size_t len = length ? (size_t)(w->at - length) - 1 : 0;

	if (len > UINT8_MAX)
		w->full = true;
	else if (length)
		*length = (uint8_t)len;
}

static void put_empty(struct am_writer *w, uint8_t code)
{
	end(w, begin(w, code));
}

static const char *multiprotocol_decode(struct am_reader *r, struct am_bgp_capabilities *caps)
{
	struct am_bgp_capability_family *row;
	uint16_t afi = am_take16(r);

	am_take8(r);
	row = am_bgp_capability_family(caps, afi, am_take8(r));
	if (row)
		row->multiprotocol = true;
	return NULL;
}

static void multiprotocol_encode(struct am_writer *w, const struct am_bgp_capabilities *caps)
{
	for (unsigned i = 0; i < caps->n_families; i++) {
		uint8_t *length;

		if (!caps->families[i].multiprotocol)
			continue;
		length = begin(w, AM_BGP_CAP_MULTIPROTOCOL);
		am_put16(w, caps->families[i].afi);
		am_put8(w, 0);
		am_put8(w, caps->families[i].safi);
		end(w, length);
	}
}

static const char *refresh_decode(struct am_reader *r, struct am_bgp_capabilities *caps)
{
	(void)r;
	caps->refresh = true;
	return NULL;
}

static void refresh_encode(struct am_writer *w, const struct am_bgp_capabilities *caps)
{
	if (caps->refresh)
		put_empty(w, AM_BGP_CAP_REFRESH);
}

static const char *enhanced_decode(struct am_reader *r, struct am_bgp_capabilities *caps)
{
	(void)r;
	caps->enhanced_refresh = true;
	return NULL;
}

static void enhanced_encode(struct am_writer *w, const struct am_bgp_capabilities *caps)
{
	if (caps->enhanced_refresh)
		put_empty(w, AM_BGP_CAP_ENHANCED_REFRESH);
}

static const char *message_decode(struct am_reader *r, struct am_bgp_capabilities *caps)
{
	(void)r;
	caps->extended_message = true;
	return NULL;
}

static void message_encode(struct am_writer *w, const struct am_bgp_capabilities *caps)
{
	if (caps->extended_message)
		put_empty(w, AM_BGP_CAP_EXTENDED_MESSAGE);
}

static const char *next_hop_decode(struct am_reader *r, struct am_bgp_capabilities *caps)
{
	while (am_reader_left(r) && !r->bad) {
		uint16_t afi = am_take16(r), safi = am_take16(r);
		struct am_bgp_capability_family *row;

		if (am_take16(r) != AM_BGP_AFI_IPV6 || r->bad || safi > UINT8_MAX)
			continue;
		row = am_bgp_capability_family(caps, afi, (uint8_t)safi);
		if (row)
			row->next_hop6 = true;
	}
	return NULL;
}

static void next_hop_encode(struct am_writer *w, const struct am_bgp_capabilities *caps)
{
	uint8_t *length = NULL;

	for (unsigned i = 0; i < caps->n_families; i++) {
		if (!caps->families[i].next_hop6)
			continue;
		if (!length)
			length = begin(w, AM_BGP_CAP_NEXT_HOP);
		am_put16(w, caps->families[i].afi);
		am_put16(w, caps->families[i].safi);
		am_put16(w, AM_BGP_AFI_IPV6);
	}
	end(w, length);
}

static const char *role_decode(struct am_reader *r, struct am_bgp_capabilities *caps)
{
	uint8_t role = am_take8(r);

	if (caps->has_role && caps->role != role)
		return "two roles that differ";
	caps->has_role = true;
	caps->role = role;
	return NULL;
}

static void role_encode(struct am_writer *w, const struct am_bgp_capabilities *caps)
{
	uint8_t *length;

	if (!caps->has_role)
		return;
	length = begin(w, AM_BGP_CAP_ROLE);
	am_put8(w, caps->role);
	end(w, length);
}

enum { GRACEFUL_R = 0x80, GRACEFUL_N = 0x40, FORWARDING = 0x80 };

static const char *graceful_decode(struct am_reader *r, struct am_bgp_capabilities *caps)
{
	uint16_t head = am_take16(r);

	caps->graceful = true;
	caps->restarting = head >> 8 & GRACEFUL_R;
	caps->notification = head >> 8 & GRACEFUL_N;
	caps->restart_time = head & AM_BGP_RESTART_TIME_MAX;
	/* RFC 4724 3: of several instances, only the last counts. */
	for (unsigned i = 0; i < caps->n_families; i++)
		caps->families[i].graceful = caps->families[i].graceful_forwarding = false;
	while (am_reader_left(r) && !r->bad) {
		uint16_t afi = am_take16(r);
		uint8_t safi = am_take8(r), flags = am_take8(r);
		struct am_bgp_capability_family *row =
			r->bad ? NULL : am_bgp_capability_family(caps, afi, safi);

		if (!row)
			continue;
		row->graceful = true;
		row->graceful_forwarding = flags & FORWARDING;
	}
	return NULL;
}

static void graceful_encode(struct am_writer *w, const struct am_bgp_capabilities *caps)
{
	uint8_t *length, flags = 0;

	if (!caps->graceful)
		return;
	flags |= caps->restarting ? GRACEFUL_R : 0;
	flags |= caps->notification ? GRACEFUL_N : 0;
	length = begin(w, AM_BGP_CAP_GRACEFUL);
	am_put16(w, (uint16_t)(flags << 8 | (caps->restart_time & AM_BGP_RESTART_TIME_MAX)));
	for (unsigned i = 0; i < caps->n_families; i++) {
		const struct am_bgp_capability_family *row = &caps->families[i];

		if (!row->graceful)
			continue;
		am_put16(w, row->afi);
		am_put8(w, row->safi);
		am_put8(w, row->graceful_forwarding ? FORWARDING : 0);
	}
	end(w, length);
}

static const char *as4_decode(struct am_reader *r, struct am_bgp_capabilities *caps)
{
	uint32_t as = am_take32(r);

	if (caps->as4 && caps->as != as)
		return "two 4-octet AS numbers that differ";
	caps->as4 = true;
	caps->as = as;
	return NULL;
}

static void as4_encode(struct am_writer *w, const struct am_bgp_capabilities *caps)
{
	uint8_t *length;

	if (!caps->as4)
		return;
	length = begin(w, AM_BGP_CAP_AS4);
	am_put32(w, caps->as);
	end(w, length);
}

enum { ADD_PATH_RECEIVE = 1, ADD_PATH_SEND = 2, ADD_PATH_BOTH = 3 };

static const char *add_path_decode(struct am_reader *r, struct am_bgp_capabilities *caps)
{
	while (am_reader_left(r) && !r->bad) {
		uint16_t afi = am_take16(r);
		uint8_t safi = am_take8(r), way = am_take8(r);
		struct am_bgp_capability_family *row;

		/* RFC 7911 4: another value is to be ignored. */
		if (r->bad || way < ADD_PATH_RECEIVE || way > ADD_PATH_BOTH)
			continue;
		row = am_bgp_capability_family(caps, afi, safi);
		if (!row)
			continue;
		row->add_path_receive = way & ADD_PATH_RECEIVE;
		row->add_path_send = way & ADD_PATH_SEND;
	}
	return NULL;
}

static void add_path_encode(struct am_writer *w, const struct am_bgp_capabilities *caps)
{
	uint8_t *length = NULL;

	for (unsigned i = 0; i < caps->n_families; i++) {
		const struct am_bgp_capability_family *row = &caps->families[i];

		if (!row->add_path_receive && !row->add_path_send)
			continue;
		if (!length)
			length = begin(w, AM_BGP_CAP_ADD_PATH);
		am_put16(w, row->afi);
		am_put8(w, row->safi);
		am_put8(w, (row->add_path_receive ? ADD_PATH_RECEIVE : 0) |
				   (row->add_path_send ? ADD_PATH_SEND : 0));
	}
	end(w, length);
}

static const char *long_lived_decode(struct am_reader *r, struct am_bgp_capabilities *caps)
{
	while (am_reader_left(r) && !r->bad) {
		uint16_t afi = am_take16(r);
		uint8_t safi = am_take8(r), flags = am_take8(r), high = am_take8(r);
		uint16_t low = am_take16(r);
		struct am_bgp_capability_family *row =
			r->bad ? NULL : am_bgp_capability_family(caps, afi, safi);

		if (!row)
			continue;
		row->long_lived = true;
		row->long_lived_forwarding = flags & FORWARDING;
		row->stale_time = (uint32_t)high << 16 | low;
	}
	return NULL;
}

static void long_lived_encode(struct am_writer *w, const struct am_bgp_capabilities *caps)
{
	uint8_t *length = NULL;

	for (unsigned i = 0; i < caps->n_families; i++) {
		const struct am_bgp_capability_family *row = &caps->families[i];

		if (!row->long_lived)
			continue;
		if (!length)
			length = begin(w, AM_BGP_CAP_LONG_LIVED);
		am_put16(w, row->afi);
		am_put8(w, row->safi);
		am_put8(w, row->long_lived_forwarding ? FORWARDING : 0);
		am_put8(w, (uint8_t)(row->stale_time >> 16));
		am_put16(w, (uint16_t)row->stale_time);
	}
	end(w, length);
}

static const struct row rows[] = {
	{AM_BGP_CAP_MULTIPROTOCOL, "multiprotocol", multiprotocol_decode, multiprotocol_encode},
	{AM_BGP_CAP_REFRESH, "route-refresh", refresh_decode, refresh_encode},
	{AM_BGP_CAP_NEXT_HOP, "extended-next-hop", next_hop_decode, next_hop_encode},
	{AM_BGP_CAP_EXTENDED_MESSAGE, "extended-message", message_decode, message_encode},
	{AM_BGP_CAP_ROLE, "role", role_decode, role_encode},
	{AM_BGP_CAP_GRACEFUL, "graceful-restart", graceful_decode, graceful_encode},
	{AM_BGP_CAP_AS4, "4-octet-as", as4_decode, as4_encode},
	{AM_BGP_CAP_ADD_PATH, "add-path", add_path_decode, add_path_encode},
	{AM_BGP_CAP_ENHANCED_REFRESH, "enhanced-route-refresh", enhanced_decode, enhanced_encode},
	{AM_BGP_CAP_LONG_LIVED, "long-lived-graceful-restart", long_lived_decode, long_lived_encode},
};

static const struct row *row_of(uint8_t code)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].code == code)
			return &rows[i];
	}
	return NULL;
}

const char *am_bgp_capability_name(uint8_t code)
{
	const struct row *row = row_of(code);

	return row ? row->name : "unknown";
}

static void keep_other(struct am_bgp_capabilities *caps, uint8_t code, uint8_t len, const uint8_t *value)
{
	if (caps->n_others < AM_BGP_CAP_OTHERS)
		caps->others[caps->n_others++] = (struct am_bgp_capability_other){code, len, value};
	else
		caps->dropped++;
}

static uint8_t subcode_of(uint8_t capability)
{
	return capability == AM_BGP_CAP_ROLE  ? AM_BGP_OPEN_ROLE
	       : capability == AM_BGP_CAP_AS4 ? AM_BGP_OPEN_AS
					      : 0;
}

int am_bgp_capabilities_decode(
	struct am_bgp_span parameter, struct am_bgp_capabilities *caps, struct am_bgp_error *err)
{
	struct am_reader r = am_reader(parameter.bytes, parameter.len);

	while (am_reader_left(&r)) {
		uint8_t code = am_take8(&r), len = am_take8(&r);
		const uint8_t *value = am_take(&r, len);
		const struct row *row = row_of(code);
		struct am_reader inner;
		const char *why;

		if (!value)
			return am_bgp_refuse(err, AM_BGP_E_OPEN, 0, (struct am_bgp_span){0},
				"a capability is longer than its parameter");
		if (!row) {
			keep_other(caps, code, len, value);
			continue;
		}
		inner = am_reader(value, len);
		why = row->decode(&inner, caps);
		if (why)
			return am_bgp_refuse(
				err, AM_BGP_E_OPEN, subcode_of(code), (struct am_bgp_span){0}, why);
		if (inner.bad || am_reader_left(&inner))
			return am_bgp_refuse(err, AM_BGP_E_OPEN, 0, (struct am_bgp_span){0}, wrong_length);
	}
	return 0;
}

void am_bgp_capabilities_encode(struct am_writer *w, const struct am_bgp_capabilities *caps)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		rows[i].encode(w, caps);
	for (unsigned i = 0; i < caps->n_others; i++) {
		uint8_t *length = begin(w, caps->others[i].code);

		am_put_bytes(w, caps->others[i].value, caps->others[i].len);
		end(w, length);
	}
}
