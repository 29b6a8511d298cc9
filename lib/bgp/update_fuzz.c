/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The body of an UPDATE, after one octet that says how the session reads it. Whatever is accepted is written, and read again
 * to the same attributes and routes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/as_path.h"
#include "bgp/update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = AM_BGP_EXTENDED_MAX };

static void fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

static struct am_bgp_context context_of(uint8_t how)
{
	return (struct am_bgp_context){
		.kind = how % 3,
		.as4 = how & 4,
		.aigp = how & 8,
		.path_ids = how & 16 ? 7 : 0,
		.families = how & 32 ? 1 : 7,
	};
}

static unsigned count(const struct am_bgp_routes *routes)
{
	struct am_bgp_nlri_iter iter = am_bgp_nlri_iter(routes);
	struct am_bgp_nlri nlri;
	unsigned n = 0;

	while (am_bgp_nlri_next(&iter, &nlri))
		n++;
	return n;
}

static unsigned count_all(const struct am_bgp_update *u)
{
	return count(&u->withdrawn) + count(&u->announced) + count(&u->mp_announced) +
	       count(&u->mp_withdrawn);
}

static bool same(struct am_bgp_span a, struct am_bgp_span b)
{
	return a.len == b.len && (!a.len || !memcmp(a.bytes, b.bytes, a.len));
}

static bool same_attrs(const struct am_bgp_attrs *a, const struct am_bgp_attrs *b)
{
	return a->has == b->has && a->partial == b->partial && same(a->communities, b->communities) &&
	       same(a->large_communities, b->large_communities) &&
	       same(a->ext_communities, b->ext_communities) && same(a->cluster_list, b->cluster_list) &&
	       same(a->unknown, b->unknown) &&
	       am_bgp_as_path_length(a->as_path) == am_bgp_as_path_length(b->as_path);
}

/* What is asked of a path agrees with itself. */
static void read_path(struct am_bgp_span path)
{
	uint32_t first = am_bgp_as_path_first(path), origin = am_bgp_as_path_origin(path);

	if ((first && !am_bgp_as_path_count(path, first)) || (origin && !am_bgp_as_path_count(path, origin)))
		fail("an AS stands at an end of a path, and not in it");
	if (!path.len && (first || origin || am_bgp_as_path_length(path)))
		fail("an empty path has ASes");
}

/* Split and put together, a next hop names the same addresses. */
static void read_next_hop(const struct am_bgp_next_hop *hop)
{
	struct am_ip global, link_local, again_global, again_link_local;
	struct am_bgp_next_hop copy;

	am_bgp_next_hop_split(hop, &global, &link_local);
	copy = am_bgp_next_hop_of(&global, &link_local);
	am_bgp_next_hop_split(&copy, &again_global, &again_link_local);
	if (!am_ip_equal(&global, &again_global) ||
		(global.family != AM_IPV4 && !am_ip_equal(&link_local, &again_link_local)))
		fail("a next hop is another one afterwards");
}

static void again(const struct am_bgp_update *u, const struct am_bgp_context *ctx)
{
	static uint8_t room[ROOM], scratch[AM_BGP_SCRATCH(ROOM)];
	struct am_writer w = am_writer(room, sizeof room);
	struct am_bgp_message message;
	struct am_bgp_update copy;
	struct am_bgp_error err;

	/* AS4_PATH may make it longer than what came. */
	if (am_bgp_update_encode(&w, u, ctx, ROOM))
		return;
	if (am_bgp_message_parse(room, am_writer_len(&w), ROOM, &message, &err))
		fail("our own UPDATE has no right header");
	if (am_bgp_update_decode(ctx, message.body, scratch, &copy) != AM_BGP_OK)
		fail("our own UPDATE is not right");
	if (count_all(&copy) != count_all(u) || !same_attrs(&copy.attrs, &u->attrs))
		fail("our own UPDATE says something else");
}

static bool has_family(const struct am_bgp_routes *routes, enum am_bgp_family family)
{
	return am_bgp_family_of(routes->afi, routes->safi) == family;
}

/* Who only looks for the family finds one that the UPDATE has, agreed on or not. */
static void read_family(const struct am_bgp_update *u, struct am_bgp_span body)
{
	enum am_bgp_family family = am_bgp_update_family(body);
	bool reach = u->has_mp_reach && has_family(&u->mp_announced, family);
	bool unreach = u->has_mp_unreach && has_family(&u->mp_withdrawn, family);

	if (u->has_mp_reach || u->has_mp_unreach ? !reach && !unreach : family != AM_BGP_IPV4_UNICAST)
		fail("its family is another one than that of its routes");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct am_bgp_context ctx;
	struct am_bgp_update u;
	uint8_t *scratch;
	enum am_bgp_class class;

	if (size < 1 || size > ROOM - AM_BGP_HEADER_LEN)
		return 0;
	ctx = context_of(data[0]);
	scratch = malloc(AM_BGP_SCRATCH(size - 1) + 1);
	class = am_bgp_update_decode(&ctx, (struct am_bgp_span){data + 1, size - 1}, scratch, &u);
	if ((class == AM_BGP_OK) != (u.n_faults == 0))
		fail("faults and class disagree");
	if (class != AM_BGP_RESET) {
		count_all(&u);
		read_path(u.attrs.as_path);
		read_next_hop(&u.mp_next_hop);
	}
	if (class == AM_BGP_OK) {
		read_family(&u, (struct am_bgp_span){data + 1, size - 1});
		again(&u, &ctx);
	} else {
		am_bgp_update_family((struct am_bgp_span){data + 1, size - 1});
	}
	free(scratch);
	return 0;
}
