/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_ENCAP_H
#define NET_ENCAP_H
/*
 * The header string: everything that goes in front of a frame or an IP packet on its way into a tunnel, in
 * one piece, with the places that differ from packet to packet.
 *
 *   Ethernet [tag] | outer IP | GRE or EtherIP [| Ethernet | ] [ IP | UDP | VXLAN ] | payload
 *
 * Built once by the control thread, read by workers (lib/pkt/encap), immutable after that.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

enum {
	AM_ENCAP_HDR_MAX = 192,     /* the worst is 156 octets, 160 with an outer tag and all of GRE */
	AM_IP_WHOLE_ALWAYS = 1280,  /* every path carries this (RFC 8200); whole packets are atomic */
	AM_FIRST_FLOOR_IPV4 = 1276, /* 20 + 157 * 8 */
	AM_FIRST_FLOOR_IPV6 = 1280, /* 40 + 8 + 154 * 8 */
	AM_ENCAP_COPY_STEP = 16,
	AM_ENCAP_COPY_MIN =
		80, /* VXLAN in GRE over IPv4 is 74; without a loop that is quicker than less with one */
	AM_ENCAP_WIDE_STEP = 32, /* a string with a shape is copied so, */
	AM_ENCAP_WIDE_MIN = 96,  /* at least so many of its octets, */
	AM_ENCAP_FIELDS = 128,   /* and has no more than so many, */
	AM_ENCAP_LAYERS = 64,    /* of which no more than so many stand behind its outermost IP header */
	AM_ENCAP_DF = 0x4000,
	AM_ENCAP_MF = 0x2000,
};

/*
 * What is patched into a string with a shape stands side by side in one register, 16 bits each, in the machine's own order.
 * struct am_encap says which octet of it belongs where; AM_PATCH_NONE: none.
 */
enum {
	AM_PATCH_LENGTH, /* of the outermost IP header, */
	AM_PATCH_SUM,    /* IPv4: its checksum; IPv6: half of its first word, the other half is AM_PATCH_ID */
	AM_PATCH_INNER_LENGTH,
	AM_PATCH_INNER_SUM,
	AM_PATCH_UDP_LENGTH,
	AM_PATCH_SPORT,
	AM_PATCH_TOS, /* and IPv4's flags above it */
	AM_PATCH_ID,
	AM_PATCH_NONE = 0x80,
};

enum am_tunnel_kind {
	AM_TUNNEL_NONE = 0, /* VXLAN straight over a port */
	AM_TUNNEL_ETHERIP,
	AM_TUNNEL_GRE,    /* carries IP */
	AM_TUNNEL_GRETAP, /* carries Ethernet */
};

enum am_split {
	AM_SPLIT_NONE,  /* never cut: VXLAN straight over a port */
	AM_SPLIT_FLOOR, /* cut what exceeds 1280, at 1276 (IPv4) or 1280 (IPv6) */
	AM_SPLIT_FILL,  /* cut what exceeds path_mtu, there */
};

/* Which IP headers a string has, for code that is made once for each. */
enum am_shape {
	AM_SHAPE_OTHER,
	AM_SHAPE_44, /* VXLAN over IPv4 in a tunnel over IPv4 */
	AM_SHAPE_64, /* VXLAN over IPv4 in a tunnel over IPv6 */
};

/* What a header string is made from. Lengths in octets. */
struct am_encap_spec {
	/* link: straight to the port */
	uint8_t link_src[6], link_dst[6];
	uint16_t link_vlan; /* 0: untagged, else a VID to tag the outer frame with */

	/* tunnel; kind NONE leaves the outer IP out and the VXLAN layer's IP becomes the outermost */
	enum am_tunnel_kind kind;
	struct am_ip local, remote;
	uint8_t ttl;
	uint8_t dscp;
	bool dscp_uniform; /* copy the inner DSCP instead */
	bool etherip_swapped;
	bool gre_csum, gre_has_key, gre_seq;
	uint32_t gre_key;
	bool flow_label; /* IPv6: from the inner hash */
	enum am_split split;
	uint16_t path_mtu; /* for fill */
	uint16_t mtu;      /* the tunnel's MTU: the longest IP packet that it carries; 2400 */

	/* VXLAN; vxlan false leaves it out. Over EtherIP and GRETAP the inner Ethernet header comes first. */
	bool vxlan;
	struct am_ip vtep_local, vtep_remote;
	uint8_t vtep_ttl;
	bool vtep_udp_csum;
	uint32_t vni;
	uint8_t inner_src[6], inner_dst[6];
};

enum am_exit_kind {
	AM_EXIT_PORT,
	AM_EXIT_TAG,  /* the same with a tag */
	AM_EXIT_PATH, /* it begins a struct am_encap */
	AM_EXIT_LIST, /* there is not just one path: the member's list has them */
};

/*
 * How frames leave by a member of a bridge (table/roots.h). Nothing of it goes on the wire; it stands at the head of a string
 * because who sends a frame then reads one line for both.
 */
struct am_exit {
	uint32_t face; /* am_member_settle */
	union {
		uint32_t path; /* kind PATH: its number, of identification counters */
		uint32_t tag;  /* kind TAG: TPID and VID as they go on the wire, in one number */
	};
	uint16_t member;
	uint16_t port;
	uint16_t way_iface;  /* where packets count: the tunnel, or the member's own interface */
	uint16_t also_iface; /* that, where it is another; else AM_NO_ID */
	uint16_t mss4;       /* clamp TCP SYNs; 0 leaves them alone */
	uint8_t kind;        /* enum am_exit_kind */
};

/*
 * Offsets are from the string's first octet; 0 says that there is none of the kind. bytes is right-aligned:
 * the string is bytes[AM_ENCAP_HDR_MAX - len] up to the end, so that a copy in front of a payload can use
 * wide stores.
 */
struct am_encap {
	/*
	 * All that the usual packet needs but bytes, in one cache line. Such a packet leaves whole and differs in nothing
	 * but lengths, IP checksums and the UDP source port; what is constant of them is said here, so that a worker adds
	 * its own share and reads no header. Sums are those of native words (net/csum.h), in shaped of words as numbers.
	 */
	struct am_exit exit; /* set by who puts strings into path lists of members */
	uint16_t len;
	uint16_t simple_max; /* longest payload of such a packet; on IPv4 it needs no identification */
	uint16_t copy_len;   /* headroom that a put writes: len in whole steps, or what its shape takes */
	uint8_t shape;       /* enum am_shape; not OTHER: bytes has zeroes where fields are patched */
	uint8_t tos;         /* in each IP header of the string */
	uint8_t tos_mask;    /* what a packet adds to it of its own */
	uint8_t ip_at;       /* outermost IP header */
	uint8_t ip_back;     /* where that begins, counted from the end */
	uint8_t family;      /* of that */
	struct {
		const uint8_t *fields; /* which octet of the patch each of the last AM_ENCAP_FIELDS is */
		uint16_t length[4];    /* fields, less the payload: outermost IP, that under VXLAN, UDP */
		uint16_t sum[4];       /* of IPv4 headers: outermost, under VXLAN; less what a packet adds */
	} shaped;
	bool flow_label;
	uint8_t cut_grows;  /* octets in front of that */
	uint16_t cut_first; /* payload octets in its first fragment, where it is cut. 0: never */

	/* The same of a packet that is cut: so many octets of payload are more than leave whole. */
	uint16_t cut_above; /* 65535: none is as simple */
	uint16_t cut_room;  /* headroom that it takes */

	uint8_t kind;        /* enum am_tunnel_kind */
	uint8_t gre_at;      /* GRE header, for checksum and sequence */
	uint8_t gre_csum_at; /* the checksum field */
	uint8_t gre_seq_at;  /* the sequence field */
	uint8_t vx_ip_at;    /* the IP header under VXLAN inside a tunnel; 0 where it is the outermost */
	uint8_t vx_family;
	uint8_t udp_at;
	bool udp_csum;
	bool carries_ip;      /* the payload is an IP packet (GRE), not a frame */
	bool dscp_uniform;    /* else the DSCP is the string's own */
	uint8_t split;        /* enum am_split */
	uint8_t cut_head;     /* octets in front of what the second fragment has of the payload */
	uint16_t whole_max;   /* outermost IP packet, octets: up to here it leaves whole */
	uint16_t first_len;   /* outermost IP packet of the first fragment, octets, header included */
	uint16_t second_max;  /* the second fragment's limit */
	uint16_t payload_max; /* longest payload: the frame with its Ethernet header, or the IP packet */
	uint32_t ip_sum; /* outermost IPv4 header without tos, length, checksum, identification, fragment */
	uint32_t vx_ip_sum; /* that under VXLAN without tos, length, checksum */

	union {
		/*
		 * As in shaped, of a packet that is cut over IPv4: its first fragment, that under VXLAN, UDP, its second
		 * fragment. The first one's length is the same whatever is cut.
		 */
		struct {
			uint32_t length[4];
			uint32_t sum[4];
		} cut4;
		/*
		 * The two fragments' headers over IPv6 without tos and flow label, as words of native order that go on the
		 * wire.
		 */
		struct {
			uint64_t ip[2];   /* first eight octets; the second one's length is missing */
			uint64_t frag[2]; /* Fragment header without identification */
		} cut6;
	} __attribute__((aligned(16)));

	uint8_t bytes[AM_ENCAP_HDR_MAX] __attribute__((aligned(64)));
} __attribute__((aligned(64)));

static inline const uint8_t *am_encap_bytes(const struct am_encap *e)
{
	return e->bytes + AM_ENCAP_HDR_MAX - e->len;
}

/*
 * Build the string. Where shape is OTHER, length fields hold the values for an empty payload and checksums of constant parts are
 * summed in, so that a worker adds deltas; else they are zero, and what goes there is in shaped. payload_max follows from mtu, the two-fragment limit and, with
 * AM_SPLIT_NONE, path_mtu; a tunnel's mtu counts IP octets, so a frame inside EtherIP or GRETAP may be mtu +
 * 14 + 8 (two tags) octets long. -EINVAL with the arithmetic in err where a full mtu does not fit two
 * fragments.
 */
int am_encap_build(const struct am_encap_spec *spec, struct am_encap *out, struct am_err *err);

/* The port's own MTU, which no packet may exceed that is sent without another look at its length. */
void am_encap_limit_simple(struct am_encap *e, uint16_t port_mtu);

/* One layer of explain: name and octets. */
struct am_encap_layer {
	const char *name;
	uint16_t octets;
};

/*
 * Layers outermost first, for `amimectl explain`. Returns how many were written, at most max. The link's
 * Ethernet header is the first one.
 */
int am_encap_layers(const struct am_encap_spec *spec, struct am_encap_layer *out, int max);

/* Octets of the longest payload that leaves whole (frame or IP packet, as payload_max). */
uint16_t am_encap_whole_payload(const struct am_encap *e);

#endif
