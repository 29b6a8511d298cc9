/* SPDX-License-Identifier: BSD-3-Clause */
/* Paths of 2-octet and of 4-octet numbers: checking, converting, and merging what RFC 6793 splits. */
#include "codec.h"

/* A segment whose numbers have another width than above the wire. */
struct raw_segment {
	uint8_t type;
	unsigned count;
	const uint8_t *numbers;
};

static uint32_t load(const uint8_t *numbers, unsigned i, unsigned width)
{
	return width == 2 ? am_load16(numbers + i * 2) : am_load32(numbers + i * 4);
}

static bool raw_next(struct am_reader *r, unsigned width, struct raw_segment *out)
{
	if (!am_reader_left(r))
		return false;
	out->type = am_take8(r);
	out->count = am_take8(r);
	out->numbers = am_take(r, (size_t)out->count * width);
	return out->numbers;
}

static bool is_confederation(uint8_t type)
{
	return type == AM_BGP_CONFED_SEQUENCE || type == AM_BGP_CONFED_SET;
}

const char *am_bgp_as_path_check(struct am_bgp_span path, unsigned width, bool confederation)
{
	struct am_reader r = am_reader(path.bytes, path.len);
	struct raw_segment s;

	while (raw_next(&r, width, &s)) {
		if (s.type < AM_BGP_AS_SET || s.type > AM_BGP_CONFED_SET)
			return "a path segment of an unknown type";
		if (is_confederation(s.type) && !confederation)
			return "a confederation's path segment from outside of it";
		if (s.count == 0)
			return "an empty path segment";
		for (unsigned i = 0; i < s.count; i++) {
			if (load(s.numbers, i, width) == 0)
				return "AS 0 in a path"; /* RFC 7607 */
		}
	}
	return r.bad ? "a path segment longer than the path" : NULL;
}

static void put_segment(
	struct am_writer *w, const struct raw_segment *s, unsigned count, unsigned from, unsigned to)
{
	am_put8(w, s->type);
	am_put8(w, (uint8_t)count);
	for (unsigned i = 0; i < count; i++) {
		uint32_t as = load(s->numbers, i, from);

		if (to == 4)
			am_put32(w, as);
		else
			am_put16(w, as > UINT16_MAX ? AM_BGP_AS_TRANS : (uint16_t)as);
	}
}

void am_bgp_as_path_convert(
	struct am_writer *w, struct am_bgp_span path, unsigned from, unsigned to, bool plain)
{
	struct am_reader r = am_reader(path.bytes, path.len);
	struct raw_segment s;

	while (raw_next(&r, from, &s)) {
		if (!plain || !is_confederation(s.type))
			put_segment(w, &s, s.count, from, to);
	}
}

bool am_bgp_as_path_is_wide(struct am_bgp_span path)
{
	struct am_reader r = am_reader(path.bytes, path.len);
	struct raw_segment s;

	while (raw_next(&r, 4, &s)) {
		for (unsigned i = 0; i < s.count; i++) {
			if (load(s.numbers, i, 4) > UINT16_MAX)
				return true;
		}
	}
	return false;
}

/* The leading part of the 2-octet path `path` that counts `lead`, with the confederation segments beside it. */
static void put_leading(struct am_writer *w, struct am_bgp_span path, unsigned lead)
{
	struct am_reader r = am_reader(path.bytes, path.len);
	struct raw_segment s;
	bool whole = true;

	while (whole && raw_next(&r, 2, &s)) {
		unsigned count = s.count;

		if (is_confederation(s.type)) {
			put_segment(w, &s, count, 2, 4);
			continue;
		}
		if (lead == 0)
			return;
		if (s.type == AM_BGP_AS_SEQUENCE && count > lead) {
			count = lead;
			whole = false;
		}
		put_segment(w, &s, count, 2, 4);
		lead -= s.type == AM_BGP_AS_SET ? 1 : count;
	}
}

static unsigned length2(struct am_bgp_span path)
{
	struct am_reader r = am_reader(path.bytes, path.len);
	struct raw_segment s;
	unsigned length = 0;

	while (raw_next(&r, 2, &s))
		length += s.type == AM_BGP_AS_SEQUENCE ? s.count : s.type == AM_BGP_AS_SET;
	return length;
}

/* RFC 6793 4.2.3: an aggregator that is not AS_TRANS was written by somebody who did not know the other two. */
static bool as4_is_stale(const struct am_bgp_decoder *d)
{
	return d->as4_has & AM_BGP_HAS(AM_BGP_ATTR_AS4_AGGREGATOR) &&
	       d->out->attrs.has & AM_BGP_HAS(AM_BGP_ATTR_AGGREGATOR) &&
	       d->out->attrs.aggregator.as != AM_BGP_AS_TRANS;
}

static void merge_paths(struct am_bgp_decoder *d, bool stale)
{
	struct am_bgp_attrs *attrs = &d->out->attrs;
	uint8_t *begin = d->scratch.at;
	unsigned ours = length2(attrs->as_path), theirs = am_bgp_as_path_length(d->as4_path);

	if (stale || !(d->as4_has & AM_BGP_HAS(AM_BGP_ATTR_AS4_PATH)) || ours < theirs) {
		am_bgp_as_path_convert(&d->scratch, attrs->as_path, 2, 4, false);
	} else {
		put_leading(&d->scratch, attrs->as_path, ours - theirs);
		am_bgp_as_path_convert(&d->scratch, d->as4_path, 4, 4, true);
	}
	attrs->as_path = (struct am_bgp_span){begin, (size_t)(d->scratch.at - begin)};
}

void am_bgp_as4_merge(struct am_bgp_decoder *d)
{
	struct am_bgp_attrs *attrs = &d->out->attrs;
	bool stale = as4_is_stale(d);

	if (attrs->has & AM_BGP_HAS(AM_BGP_ATTR_AS_PATH))
		merge_paths(d, stale);
	if (!stale && d->as4_has & AM_BGP_HAS(AM_BGP_ATTR_AS4_AGGREGATOR) &&
		attrs->has & AM_BGP_HAS(AM_BGP_ATTR_AGGREGATOR))
		attrs->aggregator = d->as4_aggregator;
}
