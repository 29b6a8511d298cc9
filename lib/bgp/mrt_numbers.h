/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_MRT_NUMBERS_H
#define BGP_MRT_NUMBERS_H
/* The numbers of RFC 6396 and 8050, for who reads and who writes. */
#include "bgp/mrt.h"

enum am_bgp_mrt_type {
	MRT_TABLE_DUMP_V2 = 13,
	MRT_BGP4MP = 16,
	MRT_BGP4MP_ET = 17,
};

enum {
	MRT_PEER_INDEX_TABLE = 1,
	MRT_RIB_IPV4_UNICAST = 2,
	MRT_RIB_IPV6_UNICAST = 4,
	MRT_RIB_GENERIC = 6,
	MRT_RIB_ADDPATH = 6, /* what RFC 8050 4.1 adds to the three */
	MRT_RIB_GENERIC_ADDPATH = 12,

	MRT_STATE_CHANGE = 0,
	MRT_MESSAGE = 1,
	MRT_MESSAGE_AS4 = 4,
	MRT_STATE_CHANGE_AS4 = 5,
	MRT_MESSAGE_LOCAL = 6,
	MRT_MESSAGE_AS4_LOCAL = 7,
	MRT_MESSAGE_ADDPATH = 8,
	MRT_MESSAGE_AS4_ADDPATH = 9,
	MRT_MESSAGE_LOCAL_ADDPATH = 10,
	MRT_MESSAGE_AS4_LOCAL_ADDPATH = 11,

	MRT_PEER_IPV6 = 1, /* peer types */
	MRT_PEER_AS4 = 2,
};

#endif
