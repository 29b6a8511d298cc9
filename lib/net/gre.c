/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/gre.h"

#include "base/bytes.h"
#include "net/csum.h"
#include "net/ether.h"

enum {
	GRE_VERSION = 0x0007,
	GRE_REFUSED = 0x4c00, /* bits 1, 4 and 5 (RFC 2784 2.3, less what RFC 2890 gave back) */
	GRE_OPTION_LEN = 4,
};

enum am_verdict am_gre_parse_head(const uint8_t *gre, uint32_t len, struct am_gre *out)
{
	struct am_reader r = am_reader(gre, len);
	uint16_t flags = am_take16(&r);

	*out = (struct am_gre){.len = AM_GRE_LEN, .type = am_take16(&r)};
	if (r.bad)
		return AM_V_GRE_SHORT;
	if (flags & GRE_VERSION)
		return AM_V_GRE_VERSION;
	if (flags & GRE_REFUSED)
		return AM_V_GRE_RESERVED;
	out->has_csum = flags & AM_GRE_C;
	out->has_key = flags & AM_GRE_K;
	out->has_seq = flags & AM_GRE_S;
	if (out->has_csum)
		am_take32(&r);
	if (out->has_key)
		out->key = am_take32(&r);
	if (out->has_seq)
		out->seq = am_take32(&r);
	if (r.bad)
		return AM_V_GRE_SHORT;
	out->len = (uint8_t)(AM_GRE_LEN + GRE_OPTION_LEN * (out->has_csum + out->has_key + out->has_seq));
	return AM_V_OK;
}

enum am_verdict am_gre_parse(const uint8_t *gre, uint32_t len, struct am_gre *out)
{
	enum am_verdict v = am_gre_parse_head(gre, len, out);

	if (v != AM_V_OK)
		return v;
	if (out->has_csum && am_csum_fold(am_csum_add(gre, len, 0)) != 0xffff)
		return AM_V_GRE_CHECKSUM;
	if (out->type != AM_ET_IPV4 && out->type != AM_ET_IPV6 && out->type != AM_ET_TEB)
		return AM_V_GRE_PROTOCOL;
	return AM_V_OK;
}
