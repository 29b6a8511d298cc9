/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_CODEC_H
#define BGP_CODEC_H
/* What the files of the UPDATE codec share. */
#include "bgp/as_path.h"
#include "bgp/update.h"

/* One UPDATE while it is decoded. */
struct am_bgp_decoder {
	const struct am_bgp_context *ctx;
	struct am_bgp_update *out;
	struct am_writer scratch;
	struct am_bgp_span as4_path; /* RFC 6793: as they came, until both halves are there */
	struct am_bgp_aggregator as4_aggregator;
	am_bgp_attr_set as4_has;
	uint64_t seen[4]; /* a bit for each code that came */
	bool broken;      /* the list of attributes did not end well */
};

/* Record a fault of this class: the strongest and, of those, the first is kept (RFC 7606 3 h). */
void am_bgp_fault(struct am_bgp_update *out, enum am_bgp_class class, uint8_t attr, uint8_t subcode,
	struct am_bgp_span data, const char *why);

/*
 * Read the attributes of `bytes` into d->out; where the list itself is broken, what came before is kept (RFC 7606 4). inner: within
 * an ATTR_SET, where those of RFC 4760 have no place.
 */
void am_bgp_attrs_decode(struct am_bgp_decoder *d, struct am_bgp_span bytes, bool inner);
/* Read again what am_bgp_attrs_encode() wrote for a peer of 4-octet numbers: nothing can be wrong with it, and spans of *out point into it. */
void am_bgp_attrs_reload(struct am_bgp_span bytes, struct am_bgp_attrs *out);
/* Merge what RFC 6793 split. */
void am_bgp_as4_merge(struct am_bgp_decoder *d);
/* As in am_bgp_attrs_encode(): the flags, code and length of an attribute before the value that was written at `value`. */
uint8_t *am_bgp_attr_begin(struct am_writer *w, uint8_t flags, uint8_t code);
void am_bgp_attr_end(struct am_writer *w, uint8_t *begin);

/* What is wrong with a path of numbers of this width, or NULL. */
const char *am_bgp_as_path_check(struct am_bgp_span path, unsigned width, bool confederation);
/* Write a checked path with numbers of another width, without confederation segments where asked so. */
void am_bgp_as_path_convert(
	struct am_writer *w, struct am_bgp_span path, unsigned from, unsigned to, bool plain);
bool am_bgp_as_path_is_wide(struct am_bgp_span path); /* does a number need 4 octets? */

/* MP_REACH_NLRI and MP_UNREACH_NLRI: what is wrong, or NULL. */
const char *am_bgp_mp_reach_decode(struct am_bgp_decoder *d, struct am_bgp_span value);
const char *am_bgp_mp_unreach_decode(struct am_bgp_decoder *d, struct am_bgp_span value);
void am_bgp_mp_encode(struct am_writer *w, const struct am_bgp_update *update);

/* The next route of r. AM_BGP_OK; WITHDRAW where it alone is unusable; RESET where nothing behind it can be found. */
enum am_bgp_class am_bgp_nlri_take(struct am_reader *r, enum am_bgp_family family, bool path_id,
	struct am_bgp_nlri *out, const char **why);
/* The worst of all routes. */
enum am_bgp_class am_bgp_nlri_check(const struct am_bgp_routes *routes, const char **why);
enum am_bgp_class am_bgp_evpn_take(struct am_reader *r, struct am_bgp_evpn *out, const char **why);
/* Fills what am_put() gives; -EINVAL where there is no such route. */
int am_bgp_evpn_put(struct am_writer *w, const struct am_bgp_evpn *route);

#endif
