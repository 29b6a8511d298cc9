/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One attribute of any code in an otherwise right UPDATE: code, flags, how the session reads it, value. It may cost itself or its
 * routes; the session only where RFC 7606 says so, and never the place of the routes behind it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VALUE_MAX = 4000, REST = 64 };

static void put_rest(struct am_writer *w, uint8_t code, bool as4)
{
	if (code != AM_BGP_ATTR_ORIGIN)
		am_put_bytes(w, "\x40\1\1\0", 4);
	if (code != AM_BGP_ATTR_AS_PATH)
		am_put_bytes(w, as4 ? "\x40\2\6\2\1\0\0\xfd\xe9" : "\x40\2\4\2\1\xfd\xe9", as4 ? 9 : 7);
	if (code != AM_BGP_ATTR_NEXT_HOP)
		am_put_bytes(w, "\x40\3\4\xc0\0\2\1", 7);
}

static void check(const struct am_bgp_update *u, uint8_t code, uint8_t flags)
{
	struct am_bgp_nlri_iter iter = am_bgp_nlri_iter(&u->announced);
	bool mp = code == AM_BGP_ATTR_MP_REACH || code == AM_BGP_ATTR_MP_UNREACH;
	bool nobodys = !strcmp(am_bgp_attr_name(code), "unknown") && !(flags & AM_BGP_FLAG_OPTIONAL);
	struct am_bgp_nlri nlri;

	if (u->class == AM_BGP_RESET && !mp && !nobodys) {
		fprintf(stderr, "attribute %u resets the session: %s\n", code, u->fault.error.why);
		abort();
	}
	if (u->class != AM_BGP_RESET && (!am_bgp_nlri_next(&iter, &nlri) || nlri.prefix.len != 24)) {
		fprintf(stderr, "attribute %u moves the routes\n", code);
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct am_bgp_context ctx;
	struct am_bgp_update u;
	struct am_writer w;
	uint8_t *body, *scratch;
	size_t room, len;

	if (size < 3 || size - 3 > VALUE_MAX)
		return 0;
	ctx = (struct am_bgp_context){
		.kind = data[2] % 3, .as4 = data[2] & 4, .aigp = data[2] & 8, .families = 7};
	room = size + REST;
	body = malloc(room);
	w = am_writer(body, room);
	am_put32(&w, 0);
	put_rest(&w, data[0], ctx.as4);
	am_put8(&w, data[1] | AM_BGP_FLAG_EXTENDED);
	am_put8(&w, data[0]);
	am_put16(&w, (uint16_t)(size - 3));
	am_put_bytes(&w, data + 3, size - 3);
	am_store16(body + 2, (uint16_t)(am_writer_len(&w) - 4));
	am_put_bytes(&w, "\x18\xc6\x33\x64", 4);
	len = am_writer_len(&w);
	scratch = malloc(AM_BGP_SCRATCH(len));
	am_bgp_update_decode(&ctx, (struct am_bgp_span){body, len}, scratch, &u);
	check(&u, data[0], data[1]);
	free(scratch);
	free(body);
	return 0;
}
