/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/ether.h"

enum am_verdict am_ether_parse_tags(const uint8_t *frame, uint32_t len, struct am_ether *out)
{
	while (out->tags < AM_TAGS_MAX && (out->type == AM_ET_DOT1Q || out->type == AM_ET_DOT1AD)) {
		if (len < (uint32_t)out->len + AM_TAG_LEN)
			return AM_V_ETH_SHORT;
		out->tpid[out->tags] = out->type;
		out->tci[out->tags] = am_load16(frame + out->len);
		out->type = am_load16(frame + out->len + 2);
		out->tags++;
		out->len += AM_TAG_LEN;
	}
	return AM_V_OK;
}
