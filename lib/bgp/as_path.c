/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/as_path.h"

enum { AS_LEN = 4 };

bool am_bgp_segment_next(struct am_reader *path, struct am_bgp_segment *out)
{
	if (!am_reader_left(path))
		return false;
	out->type = am_take8(path);
	out->count = am_take8(path);
	out->numbers = am_take(path, (size_t)out->count * AS_LEN);
	return out->numbers;
}

unsigned am_bgp_as_path_length(struct am_bgp_span path)
{
	struct am_reader r = am_reader(path.bytes, path.len);
	struct am_bgp_segment s;
	unsigned length = 0;

	while (am_bgp_segment_next(&r, &s))
		length += s.type == AM_BGP_AS_SEQUENCE ? s.count : s.type == AM_BGP_AS_SET;
	return length;
}

unsigned am_bgp_as_path_count(struct am_bgp_span path, uint32_t as)
{
	struct am_reader r = am_reader(path.bytes, path.len);
	struct am_bgp_segment s;
	unsigned count = 0;

	while (am_bgp_segment_next(&r, &s)) {
		for (unsigned i = 0; i < s.count; i++)
			count += am_load32(s.numbers + i * AS_LEN) == as;
	}
	return count;
}

uint32_t am_bgp_as_path_first(struct am_bgp_span path)
{
	struct am_reader r = am_reader(path.bytes, path.len);
	struct am_bgp_segment s;

	if (!am_bgp_segment_next(&r, &s) || s.count == 0 ||
		(s.type != AM_BGP_AS_SEQUENCE && s.type != AM_BGP_CONFED_SEQUENCE))
		return 0;
	return am_load32(s.numbers);
}

uint32_t am_bgp_as_path_origin(struct am_bgp_span path)
{
	struct am_reader r = am_reader(path.bytes, path.len);
	struct am_bgp_segment s;
	uint32_t origin = 0;

	while (am_bgp_segment_next(&r, &s)) {
		bool sequence = s.type == AM_BGP_AS_SEQUENCE && s.count;

		origin = sequence ? am_load32(s.numbers + (s.count - 1) * AS_LEN) : 0;
	}
	return origin;
}
