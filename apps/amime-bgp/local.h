/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_LOCAL_H
#define AMIME_BGP_LOCAL_H
/* Our end of a connection, and the other addresses of its interface. */
#include "bgp/speaker.h"

/* Of a connected socket, towards this peer. What cannot be found out is of no family. */
struct am_bgp_speaker_end am_bgp_local_end(int fd, const struct am_ip *peer);

#endif
