/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_COMMUNITY_H
#define BGP_COMMUNITY_H
/* Communities: RFC 1997 (4 octets), RFC 4360 and 5668 (8), RFC 5701 (20), RFC 8092 (12). Lists are spans of whole ones. */
#include <stdbool.h>
#include <stdint.h>

#include "bgp/error.h"

enum {
	AM_BGP_COMMUNITY_LEN = 4,
	AM_BGP_EXT_COMMUNITY_LEN = 8,
	AM_BGP_LARGE_COMMUNITY_LEN = 12,
	AM_BGP_EXT6_COMMUNITY_LEN = 20,
};

/* Well-known ones (IANA). */
#define AM_BGP_GRACEFUL_SHUTDOWN   0xffff0000u /* RFC 8326 */
#define AM_BGP_LLGR_STALE          0xffff0006u /* RFC 9494 */
#define AM_BGP_NO_LLGR             0xffff0007u /* RFC 9494 */
#define AM_BGP_BLACKHOLE           0xffff029au /* RFC 7999 */
#define AM_BGP_NO_EXPORT           0xffffff01u
#define AM_BGP_NO_ADVERTISE        0xffffff02u
#define AM_BGP_NO_EXPORT_SUBCONFED 0xffffff03u
#define AM_BGP_NOPEER              0xffffff04u /* RFC 3765 */

/* Does the value of the attribute have this one, in host order? For NO_LLGR and others that have a meaning, and for a program's own. */
bool am_bgp_communities_have(struct am_bgp_span communities, uint32_t community);
bool am_bgp_large_communities_have(
	struct am_bgp_span communities, uint32_t global, uint32_t local1, uint32_t local2);
/* Is there an extended community of this type and sub-type (type without the transitive bit 0x40)? Its octets, or NULL. */
const uint8_t *am_bgp_ext_community_find(struct am_bgp_span communities, uint8_t type, uint8_t subtype);

#endif
