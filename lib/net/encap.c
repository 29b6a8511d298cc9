/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/encap.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/bytes.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/etherip.h"
#include "net/gre.h"
#include "net/ip.h"
#include "net/vxlan.h"

enum {
	VNI_MAX = 0xffffff,
	VXLAN_I = 0x08,
	MTU_LEAST_IPV4 = 576, /* RFC 791: what every host takes */
	IP_LEN_MAX = 65535,
	TAGS_OCTETS = AM_TAGS_MAX * AM_TAG_LEN,
	PATH_MTU_LEAST_NONE = 576,
	CUT_LINK =
		32, /* octets in front of an IPv6 header that pkt/cut.h writes, of which the link's are some */
};

static uint16_t ip_header_len(uint8_t family)
{
	return family == AM_IPV4 ? AM_IP4_LEN : AM_IP6_LEN;
}

static uint16_t ether_type(uint8_t family)
{
	return family == AM_IPV4 ? AM_ET_IPV4 : AM_ET_IPV6;
}

static bool carries_frames(enum am_tunnel_kind kind)
{
	return kind == AM_TUNNEL_ETHERIP || kind == AM_TUNNEL_GRETAP;
}

static uint16_t gre_header_len(const struct am_encap_spec *spec)
{
	return (uint16_t)(AM_GRE_LEN + 4 * (spec->gre_csum + spec->gre_has_key + spec->gre_seq));
}

static uint8_t outer_family(const struct am_encap_spec *spec)
{
	return spec->kind == AM_TUNNEL_NONE ? spec->vtep_remote.family : spec->remote.family;
}

/* IP, UDP and VXLAN headers of the VXLAN layer. */
static uint16_t vxlan_layer_len(const struct am_encap_spec *spec)
{
	return (uint16_t)(ip_header_len(spec->vtep_remote.family) + AM_UDP_LEN + AM_VXLAN_LEN);
}

/* Where the writer stands, as an offset in the string. */
static uint8_t offset(const struct am_writer *w)
{
	return (uint8_t)am_writer_len(w);
}

static void put_ether(
	struct am_writer *w, const uint8_t *dst, const uint8_t *src, uint16_t vlan, uint16_t type)
{
	am_put_bytes(w, dst, AM_MAC_LEN);
	am_put_bytes(w, src, AM_MAC_LEN);
	if (vlan) {
		am_put16(w, AM_ET_DOT1Q);
		am_put16(w, vlan);
	}
	am_put16(w, type);
}

/* Lengths and the IPv4 checksum are filled in when the whole string is known. */
static void put_ip(struct am_writer *w, const struct am_ip *src, const struct am_ip *dst, uint8_t proto,
	uint8_t ttl, uint8_t tos, uint16_t flags)
{
	if (src->family == AM_IPV4) {
		am_put8(w, 0x45);
		am_put8(w, tos);
		am_put32(w, 0);
		am_put16(w, flags);
		am_put8(w, ttl);
		am_put8(w, proto);
		am_put16(w, 0);
	} else {
		am_put32(w, 6u << 28 | (uint32_t)tos << 20);
		am_put16(w, 0);
		am_put8(w, proto);
		am_put8(w, ttl);
	}
	am_put_bytes(w, src->bytes, am_ip_len(src));
	am_put_bytes(w, dst->bytes, am_ip_len(dst));
}

static void put_gre(struct am_writer *w, const struct am_encap_spec *spec, struct am_encap *out)
{
	uint16_t flags = 0, type = AM_ET_TEB;

	if (spec->gre_csum)
		flags |= AM_GRE_C;
	if (spec->gre_has_key)
		flags |= AM_GRE_K;
	if (spec->gre_seq)
		flags |= AM_GRE_S;
	if (spec->kind == AM_TUNNEL_GRE)
		type = spec->vxlan ? ether_type(spec->vtep_remote.family) : 0;

	out->gre_at = offset(w);
	am_put16(w, flags);
	am_put16(w, type);
	if (spec->gre_csum) {
		out->gre_csum_at = offset(w);
		am_put32(w, 0);
	}
	if (spec->gre_has_key)
		am_put32(w, spec->gre_key);
	if (spec->gre_seq) {
		out->gre_seq_at = offset(w);
		am_put32(w, 0);
	}
}

static void put_tunnel(
	struct am_writer *w, const struct am_encap_spec *spec, uint8_t tos, struct am_encap *out)
{
	bool etherip = spec->kind == AM_TUNNEL_ETHERIP;

	out->ip_at = offset(w);
	put_ip(w, &spec->local, &spec->remote, etherip ? AM_PROTO_ETHERIP : AM_PROTO_GRE, spec->ttl, tos, 0);
	if (etherip)
		am_put16(w, spec->etherip_swapped ? 0x0300 : 0x3000);
	else
		put_gre(w, spec, out);
}

static void put_vxlan(
	struct am_writer *w, const struct am_encap_spec *spec, uint8_t tos, struct am_encap *out)
{
	bool inside = spec->kind != AM_TUNNEL_NONE;

	if (carries_frames(spec->kind))
		put_ether(w, spec->inner_dst, spec->inner_src, 0, ether_type(spec->vtep_remote.family));
	if (inside)
		out->vx_ip_at = offset(w);
	else
		out->ip_at = offset(w);
	out->vx_family = spec->vtep_remote.family;
	/* Inside a tunnel nothing cuts this packet, so it is atomic (RFC 6864); outermost, DF is decided by length. */
	put_ip(w, &spec->vtep_local, &spec->vtep_remote, AM_PROTO_UDP, spec->vtep_ttl, tos,
		inside ? AM_IP4_DF : 0);

	out->udp_at = offset(w);
	am_put16(w, 0);
	am_put16(w, AM_VXLAN_PORT);
	am_put32(w, 0);

	am_put8(w, VXLAN_I);
	am_put8(w, 0);
	am_put16(w, 0);
	am_put32(w, spec->vni << 8);
}

/* Length fields and the IPv4 checksum of the header at, for an empty payload. */
static void finish_ip(uint8_t *string, uint16_t len, uint8_t at, uint8_t family)
{
	uint8_t *ip = string + at;
	uint16_t csum;

	if (family == AM_IPV6) {
		am_store16(ip + 4, (uint16_t)(len - at - AM_IP6_LEN));
		return;
	}
	am_store16(ip + 2, (uint16_t)(len - at));
	csum = am_csum_finish(am_csum_add(ip, AM_IP4_LEN, 0));
	memcpy(ip + 10, &csum, sizeof csum);
}

/*
 * The UDP length for an empty payload, and in the checksum field the sum (not complemented) of everything that is the
 * same in every packet: pseudo-header, ports but the source port, length, VXLAN header.
 */
static void finish_udp(uint8_t *string, const struct am_encap *e)
{
	uint8_t *udp = string + e->udp_at;
	const uint8_t *ip = string + (e->vx_ip_at ? e->vx_ip_at : e->ip_at);
	uint16_t len = (uint16_t)(e->len - e->udp_at);
	uint64_t sum;
	uint16_t folded;

	am_store16(udp + 4, len);
	if (!e->udp_csum)
		return;
	sum = am_csum_pseudo(
		e->vx_family, am_ip_src(ip, e->vx_family), am_ip_dst(ip, e->vx_family), AM_PROTO_UDP, len);
	folded = am_csum_fold(am_csum_add(udp, len, sum));
	memcpy(udp + 6, &folded, sizeof folded);
}

/* Octets between the outermost IP header and the payload. */
static uint16_t below_ip(const struct am_encap *e)
{
	return (uint16_t)(e->len - e->ip_at - ip_header_len(e->family));
}

static void set_split(const struct am_encap_spec *spec, struct am_encap *e)
{
	uint16_t head = (uint16_t)(ip_header_len(e->family) + (e->family == AM_IPV6 ? AM_IP6_FRAG_LEN : 0));

	e->split = (uint8_t)spec->split;
	if (spec->split == AM_SPLIT_NONE) {
		e->whole_max = spec->path_mtu;
		return;
	}
	e->whole_max = spec->split == AM_SPLIT_FILL ? spec->path_mtu : AM_IP_WHOLE_ALWAYS;
	e->first_len = (uint16_t)(head + (e->whole_max - head) / 8 * 8);
	e->second_max = e->whole_max;
}

/* Octets after the outermost IP header that two fragments hold, or that one packet holds where nothing is cut. */
static uint32_t outer_room(const struct am_encap *e)
{
	uint32_t head = ip_header_len(e->family);

	if (e->split == AM_SPLIT_NONE)
		return e->whole_max - head;
	if (e->family == AM_IPV6)
		head += AM_IP6_FRAG_LEN;
	return (e->first_len - head) + (e->second_max - head);
}

/* The longest payload by the tunnel's MTU alone. */
static uint32_t payload_by_mtu(const struct am_encap_spec *spec)
{
	if (spec->kind == AM_TUNNEL_NONE)
		return IP_LEN_MAX;
	if (spec->vxlan)
		return spec->mtu - (uint32_t)vxlan_layer_len(spec);
	if (spec->kind == AM_TUNNEL_GRE)
		return spec->mtu;
	return (uint32_t)spec->mtu + AM_ETH_LEN + TAGS_OCTETS;
}

static int set_payload_max(const struct am_encap_spec *spec, struct am_encap *e, struct am_err *err)
{
	uint32_t below = below_ip(e), room = outer_room(e);
	uint32_t want = payload_by_mtu(spec);

	if (below + want > room && spec->split != AM_SPLIT_NONE)
		return am_fail(err, EINVAL,
			"an MTU of %u needs %u octets after the outer IPv%u header (%u of headers, %u of "
			"payload%s), but two "
			"fragments of at most %u hold %u; lower \"mtu\" by %u%s",
			spec->mtu, below + want, e->family, below, want,
			carries_frames(spec->kind) && !spec->vxlan ? " with Ethernet header and two tags"
								   : "",
			e->second_max, room, below + want - room,
			spec->split == AM_SPLIT_FILL ? ", or raise \"path_mtu\""
						     : ", or use \"split\": \"fill\"");
	if (below + AM_ETH_LEN > room)
		return am_fail(err, EINVAL,
			"an MTU of %u leaves no room for a frame behind %u octets of headers", spec->path_mtu,
			below);
	e->payload_max = (uint16_t)(want < room - below ? want : room - below);
	return 0;
}

static int check_addresses(
	const struct am_ip *local, const struct am_ip *remote, const char *what, struct am_err *err)
{
	char a[AM_IP_TEXT], b[AM_IP_TEXT];

	if (local->family != AM_IPV4 && local->family != AM_IPV6)
		return am_fail(err, EINVAL, "%s: the local address is missing", what);
	if (local->family != remote->family)
		return am_fail(err, EINVAL, "%s: local %s and remote %s are not of one family", what,
			am_ip_text(local, a), am_ip_text(remote, b));
	return 0;
}

static int check_path_mtu(const struct am_encap_spec *spec, struct am_err *err)
{
	uint16_t least = outer_family(spec) == AM_IPV4 ? PATH_MTU_LEAST_NONE : AM_IP_WHOLE_ALWAYS;

	if (spec->split == AM_SPLIT_FLOOR)
		return 0;
	if (spec->split == AM_SPLIT_FILL)
		least = AM_IP_WHOLE_ALWAYS;
	if (spec->path_mtu < least)
		return am_fail(
			err, EINVAL, "a path MTU of %u is too small; at least %u", spec->path_mtu, least);
	return 0;
}

static int check_spec(const struct am_encap_spec *spec, struct am_err *err)
{
	uint16_t least = MTU_LEAST_IPV4;
	int ret;

	if (spec->kind == AM_TUNNEL_NONE && !spec->vxlan)
		return am_fail(err, EINVAL, "neither a tunnel nor VXLAN: there is nothing to prepend");
	if (spec->kind != AM_TUNNEL_NONE) {
		ret = check_addresses(&spec->local, &spec->remote, "tunnel", err);
		if (ret)
			return ret;
		if (spec->mtu < least)
			return am_fail(err, EINVAL, "a tunnel MTU of %u is too small; at least %u", spec->mtu,
				least);
	}
	if (spec->vxlan) {
		ret = check_addresses(&spec->vtep_local, &spec->vtep_remote, "VXLAN", err);
		if (ret)
			return ret;
		if (spec->vni > VNI_MAX)
			return am_fail(err, EINVAL, "VNI %u is too large; at most %u", spec->vni, VNI_MAX);
	}
	if (spec->link_vlan > 4094)
		return am_fail(err, EINVAL, "VLAN %u is too large; at most 4094", spec->link_vlan);
	return check_path_mtu(spec, err);
}

/* Sum of the IPv4 header at ip without the fields that differ from packet to packet. */
static uint32_t constant_sum(const uint8_t *ip, bool outermost)
{
	uint8_t header[AM_IP4_LEN];

	memcpy(header, ip, sizeof header);
	header[1] = 0;
	memset(header + 2, 0, outermost ? 6 : 2);
	memset(header + 10, 0, 2);
	return am_csum_fold(am_csum_add(header, sizeof header, 0));
}

void am_encap_limit_simple(struct am_encap *e, uint16_t port_mtu)
{
	uint32_t head = (uint32_t)(e->len - e->ip_at), most = port_mtu > head ? port_mtu - head : 0;

	if (e->simple_max > most)
		e->simple_max = (uint16_t)most;
	if (e->first_len > port_mtu)
		e->cut_above = UINT16_MAX;
}

/*
 * Where the fields of a patch are in the last octets of VXLAN over IPv4 in a tunnel, which differs by the outermost IP
 * header alone: by its family, and how far from the end it begins.
 */
#define HI(word) (2 * (word) + 1)
#define LO(word) (2 * (word))
#define BACK(i)  (AM_ENCAP_FIELDS - (i))

enum { VX_IP = 36, VX_UDP = 16 };

#define INNER(i)                                                                                             \
	((i) == VX_IP - 1           ? LO(AM_PATCH_TOS)                                                       \
		: (i) == VX_IP - 2  ? HI(AM_PATCH_INNER_LENGTH)                                              \
		: (i) == VX_IP - 3  ? LO(AM_PATCH_INNER_LENGTH)                                              \
		: (i) == VX_IP - 10 ? HI(AM_PATCH_INNER_SUM)                                                 \
		: (i) == VX_IP - 11 ? LO(AM_PATCH_INNER_SUM)                                                 \
		: (i) == VX_UDP     ? HI(AM_PATCH_SPORT)                                                     \
		: (i) == VX_UDP - 1 ? LO(AM_PATCH_SPORT)                                                     \
		: (i) == VX_UDP - 4 ? HI(AM_PATCH_UDP_LENGTH)                                                \
		: (i) == VX_UDP - 5 ? LO(AM_PATCH_UDP_LENGTH)                                                \
				    : AM_PATCH_NONE)

#define OUTER4(at, i)                                                                                        \
	((i) == (at)-1           ? LO(AM_PATCH_TOS)                                                          \
		: (i) == (at)-2  ? HI(AM_PATCH_LENGTH)                                                       \
		: (i) == (at)-3  ? LO(AM_PATCH_LENGTH)                                                       \
		: (i) == (at)-4  ? HI(AM_PATCH_ID)                                                           \
		: (i) == (at)-5  ? LO(AM_PATCH_ID)                                                           \
		: (i) == (at)-6  ? HI(AM_PATCH_TOS)                                                          \
		: (i) == (at)-10 ? HI(AM_PATCH_SUM)                                                          \
		: (i) == (at)-11 ? LO(AM_PATCH_SUM)                                                          \
				 : INNER(i))

#define OUTER6(at, i)                                                                                        \
	((i) == (at)            ? HI(AM_PATCH_SUM)                                                           \
		: (i) == (at)-1 ? LO(AM_PATCH_SUM)                                                           \
		: (i) == (at)-2 ? HI(AM_PATCH_ID)                                                            \
		: (i) == (at)-3 ? LO(AM_PATCH_ID)                                                            \
		: (i) == (at)-4 ? HI(AM_PATCH_LENGTH)                                                        \
		: (i) == (at)-5 ? LO(AM_PATCH_LENGTH)                                                        \
				: INNER(i))

#define FOUR(outer, at, i)                                                                                   \
	outer(at, BACK(i)), outer(at, BACK((i) + 1)), outer(at, BACK((i) + 2)), outer(at, BACK((i) + 3))
#define SIXTEEN(outer, at, i)                                                                                \
	FOUR(outer, at, i), FOUR(outer, at, (i) + 4), FOUR(outer, at, (i) + 8), FOUR(outer, at, (i) + 12)
#define FIELDS(version, outer, at)                                                                           \
	{                                                                                                    \
		version, at,                                                                                 \
		{                                                                                            \
			SIXTEEN(outer, at, 0), SIXTEEN(outer, at, 16), SIXTEEN(outer, at, 32),               \
				SIXTEEN(outer, at, 48), SIXTEEN(outer, at, 64), SIXTEEN(outer, at, 80),      \
				SIXTEEN(outer, at, 96), SIXTEEN(outer, at, 112)                              \
		}                                                                                            \
	}

/* In GRE, with a key, EtherIP, GRE with Ethernet, with a key. */
static const struct fields {
	uint8_t family, at;
	uint8_t from[AM_ENCAP_FIELDS] __attribute__((aligned(AM_ENCAP_WIDE_STEP)));
} layouts[] = {
	FIELDS(AM_IPV4, OUTER4, VX_IP + AM_IP4_LEN + AM_GRE_LEN),
	FIELDS(AM_IPV4, OUTER4, VX_IP + AM_IP4_LEN + AM_GRE_LEN + 4),
	FIELDS(AM_IPV4, OUTER4, VX_IP + AM_IP4_LEN + AM_ETHERIP_LEN + AM_ETH_LEN),
	FIELDS(AM_IPV4, OUTER4, VX_IP + AM_IP4_LEN + AM_GRE_LEN + AM_ETH_LEN),
	FIELDS(AM_IPV4, OUTER4, VX_IP + AM_IP4_LEN + AM_GRE_LEN + 4 + AM_ETH_LEN),
	FIELDS(AM_IPV6, OUTER6, VX_IP + AM_IP6_LEN + AM_GRE_LEN),
	FIELDS(AM_IPV6, OUTER6, VX_IP + AM_IP6_LEN + AM_GRE_LEN + 4),
	FIELDS(AM_IPV6, OUTER6, VX_IP + AM_IP6_LEN + AM_ETHERIP_LEN + AM_ETH_LEN),
	FIELDS(AM_IPV6, OUTER6, VX_IP + AM_IP6_LEN + AM_GRE_LEN + AM_ETH_LEN),
	FIELDS(AM_IPV6, OUTER6, VX_IP + AM_IP6_LEN + AM_GRE_LEN + 4 + AM_ETH_LEN),
};

static const uint8_t *fields_of(uint8_t family, uint8_t at)
{
	for (unsigned i = 0; i < sizeof layouts / sizeof *layouts; i++)
		if (layouts[i].family == family && layouts[i].at == at)
			return layouts[i].from;
	return NULL;
}

/* Zeroes where a patch puts something. */
static void blank(uint8_t *string, const struct am_encap *e)
{
	const uint8_t *fields = e->shaped.fields + AM_ENCAP_FIELDS - e->len;

	for (unsigned i = 0; i < e->len; i++)
		if (fields[i] != AM_PATCH_NONE)
			string[i] = 0;
}

/* VXLAN over IPv4 in a tunnel: what workers put into its fields in one go. */
static void set_shaped(uint8_t *string, struct am_encap *e)
{
	enum { UDP_VXLAN = AM_UDP_LEN + AM_VXLAN_LEN };
	bool v4 = e->family == AM_IPV4;

	e->shaped.fields = fields_of(e->family, e->ip_back);
	if (!e->shaped.fields || e->len > AM_ENCAP_FIELDS || below_ip(e) > AM_ENCAP_LAYERS)
		return;
	e->shape = v4 ? AM_SHAPE_44 : AM_SHAPE_64;
	e->copy_len = e->len > AM_ENCAP_WIDE_MIN ? AM_ENCAP_FIELDS : AM_ENCAP_WIDE_MIN;
	e->shaped.length[0] = (uint16_t)(e->len - e->ip_at - (v4 ? 0 : AM_IP6_LEN));
	e->shaped.length[1] = AM_IP4_LEN + UDP_VXLAN;
	e->shaped.length[2] = UDP_VXLAN;
	e->shaped.sum[0] = __builtin_bswap16((uint16_t)e->ip_sum);
	/* In ones' complement: that bit is in the header, and in what a packet adds. */
	e->shaped.sum[1] = am_csum_fold(
		__builtin_bswap16((uint16_t)e->vx_ip_sum) + (uint32_t)(UINT16_MAX - AM_ENCAP_DF));
	blank(string, e);
}

/* Of a string with AM_SHAPE_44. */
static void set_cut4(struct am_encap *e)
{
	uint32_t offset = (uint32_t)(e->first_len - AM_IP4_LEN) / 8;

	e->cut4.length[0] = e->first_len;
	e->cut4.length[1] = e->shaped.length[1];
	e->cut4.length[2] = e->shaped.length[2];
	e->cut4.length[3] = (uint32_t)(AM_IP4_LEN - e->cut_first);
	e->cut4.sum[0] = e->shaped.sum[0];
	e->cut4.sum[1] = e->shaped.sum[1] + AM_ENCAP_DF - AM_ENCAP_MF;
	e->cut4.sum[2] = 0;
	e->cut4.sum[3] = e->shaped.sum[0] + offset - AM_ENCAP_MF;
}

static void set_cut6(const uint8_t *string, struct am_encap *e)
{
	uint16_t room = (uint16_t)(e->ip_back + AM_IP6_FRAG_LEN + CUT_LINK);
	uint8_t ip[8] = {0x60}, frag[8] = {string[e->ip_at + 6]};

	if (e->cut_room < room)
		e->cut_room = room;

	ip[6] = AM_PROTO_FRAGMENT;
	ip[7] = string[e->ip_at + 7];
	memcpy(&e->cut6.ip[1], ip, sizeof ip);
	am_store16(ip + 4, (uint16_t)(e->first_len - AM_IP6_LEN));
	memcpy(&e->cut6.ip[0], ip, sizeof ip);

	am_store16(frag + 2, (uint16_t)(e->first_len - AM_IP6_LEN - AM_IP6_FRAG_LEN));
	memcpy(&e->cut6.frag[1], frag, sizeof frag);
	frag[2] = 0;
	frag[3] = 1; /* more follow */
	memcpy(&e->cut6.frag[0], frag, sizeof frag);
}

/* What net/encap.h says of simple packets. */
static void set_simple(uint8_t *string, struct am_encap *e)
{
	uint32_t whole = e->whole_max, head = (uint32_t)(e->len - e->ip_at);
	uint32_t frag = e->family == AM_IPV6 ? AM_IP6_FRAG_LEN : 0;
	bool simple = !e->udp_csum && !e->gre_csum_at && !e->gre_seq_at;

	e->ip_back = (uint8_t)head;
	e->copy_len = (uint16_t)((e->len + AM_ENCAP_COPY_STEP - 1) / AM_ENCAP_COPY_STEP * AM_ENCAP_COPY_STEP);
	if (e->copy_len < AM_ENCAP_COPY_MIN)
		e->copy_len = AM_ENCAP_COPY_MIN;
	if (e->family == AM_IPV4) {
		e->ip_sum = constant_sum(string + e->ip_at, true);
		whole = whole < AM_IP_WHOLE_ALWAYS ? whole : AM_IP_WHOLE_ALWAYS;
	}
	if (e->vx_ip_at && e->vx_family == AM_IPV4)
		e->vx_ip_sum = constant_sum(string + e->vx_ip_at, false);
	if (e->vx_ip_at && e->vx_family == AM_IPV4 && simple)
		set_shaped(string, e);
	e->cut_above = UINT16_MAX;
	e->cut_room = e->copy_len;
	if (simple && e->first_len > head + frag) {
		e->cut_first = (uint16_t)(e->first_len - head - frag);
		e->cut_head = (uint8_t)(e->ip_at + ip_header_len(e->family) + frag);
		e->cut_grows = (uint8_t)(e->len + frag);
		e->cut_above = am_encap_whole_payload(e);
		if (e->family == AM_IPV6)
			set_cut6(string, e);
		else if (e->shape == AM_SHAPE_44)
			set_cut4(e);
	}
	if (simple && whole > head)
		e->simple_max = (uint16_t)(whole - head < e->payload_max ? whole - head : e->payload_max);
}

int am_encap_build(const struct am_encap_spec *spec, struct am_encap *out, struct am_err *err)
{
	uint8_t string[AM_ENCAP_HDR_MAX];
	struct am_writer w = am_writer(string, sizeof string);
	uint8_t tos = spec->dscp_uniform ? 0 : (uint8_t)(spec->dscp << 2);
	struct am_encap e = {0};
	int ret = check_spec(spec, err);

	if (ret)
		return ret;
	e.family = outer_family(spec);
	e.kind = (uint8_t)spec->kind;
	e.udp_csum = spec->vxlan && spec->vtep_udp_csum;
	e.carries_ip = spec->kind == AM_TUNNEL_GRE && !spec->vxlan;
	e.dscp_uniform = spec->dscp_uniform;
	e.flow_label = spec->flow_label && e.family == AM_IPV6;

	put_ether(&w, spec->link_dst, spec->link_src, spec->link_vlan, ether_type(e.family));
	if (spec->kind != AM_TUNNEL_NONE)
		put_tunnel(&w, spec, tos, &e);
	if (spec->vxlan)
		put_vxlan(&w, spec, tos, &e);
	e.len = (uint16_t)am_writer_len(&w);

	set_split(spec, &e);
	ret = set_payload_max(spec, &e, err);
	if (ret)
		return ret;

	finish_ip(string, e.len, e.ip_at, e.family);
	if (e.vx_ip_at)
		finish_ip(string, e.len, e.vx_ip_at, e.vx_family);
	if (e.udp_at)
		finish_udp(string, &e);
	e.tos = tos;
	e.tos_mask = spec->dscp_uniform ? 0xff : 3;
	set_simple(string, &e);
	memcpy(e.bytes + AM_ENCAP_HDR_MAX - e.len, string, e.len);
	_Static_assert(offsetof(struct am_encap, kind) == 64, "the usual packet's fields are one cache line");
	_Static_assert(offsetof(struct am_encap, bytes) == 128, "what a cut takes besides is one more");
	*out = e;
	return 0;
}

struct layers {
	struct am_encap_layer *out;
	int n, max;
};

static void add_layer(struct layers *l, const char *name, uint16_t octets)
{
	if (l->n < l->max)
		l->out[l->n++] = (struct am_encap_layer){name, octets};
}

static void add_ip_layer(struct layers *l, uint8_t family)
{
	add_layer(l, family == AM_IPV4 ? "IPv4" : "IPv6", ip_header_len(family));
}

int am_encap_layers(const struct am_encap_spec *spec, struct am_encap_layer *out, int max)
{
	struct layers l = {out, 0, max};

	add_layer(&l, "Ethernet", AM_ETH_LEN);
	if (spec->link_vlan)
		add_layer(&l, "802.1Q tag", AM_TAG_LEN);
	if (spec->kind != AM_TUNNEL_NONE)
		add_ip_layer(&l, spec->remote.family);
	if (spec->kind == AM_TUNNEL_ETHERIP)
		add_layer(&l, "EtherIP", AM_ETHERIP_LEN);
	else if (spec->kind != AM_TUNNEL_NONE)
		add_layer(&l, "GRE", gre_header_len(spec));
	if (!spec->vxlan)
		return l.n;
	if (carries_frames(spec->kind))
		add_layer(&l, "inner Ethernet", AM_ETH_LEN);
	add_ip_layer(&l, spec->vtep_remote.family);
	add_layer(&l, "UDP", AM_UDP_LEN);
	add_layer(&l, "VXLAN", AM_VXLAN_LEN);
	return l.n;
}

uint16_t am_encap_whole_payload(const struct am_encap *e)
{
	uint16_t head = (uint16_t)(e->len - e->ip_at);
	uint16_t whole = e->whole_max > head ? (uint16_t)(e->whole_max - head) : 0;

	return whole < e->payload_max ? whole : e->payload_max;
}
