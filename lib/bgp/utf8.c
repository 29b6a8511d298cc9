/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdbool.h>

#include "bgp/message.h"

/* Octets of the sequence that lead begins, and the bits of the code point in lead; 0 where none begins so. */
static unsigned sequence(uint8_t lead, uint32_t *point)
{
	if (lead < 0x80)
		return *point = lead, 1;
	if (lead >= 0xc2 && lead < 0xe0)
		return *point = lead & 0x1f, 2;
	if (lead >= 0xe0 && lead < 0xf0)
		return *point = lead & 0x0f, 3;
	if (lead >= 0xf0 && lead < 0xf5)
		return *point = lead & 0x07, 4;
	return 0;
}

int am_bgp_utf8_valid(struct am_bgp_span text)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	struct am_reader r = am_reader(text.bytes, text.len);

	while (am_reader_left(&r)) {
		uint32_t point = 0;
		unsigned len = sequence(am_take8(&r), &point);

		if (!len)
			return false;
		for (unsigned i = 1; i < len; i++) {
			uint8_t next = am_take8(&r);

			if ((next & 0xc0) != 0x80)
				return false;
			point = point << 6 | (next & 0x3f);
		}
		if (point < least[len] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
			return false;
	}
	return true;
}
