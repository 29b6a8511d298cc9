/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_SHOW_MAC_IP_H
#define AMIMED_SHOW_MAC_IP_H
/* What `show mac-ip` answers: who has which address in bridges that suppress ARP and ND. NULL only where memory is short. */
#include <jansson.h>
#include <stdint.h>

struct am_daemon;

/* At most limit entries from `at` on; "next" says where to go on. */
json_t *am_show_mac_ip(const struct am_daemon *d, uint32_t at, uint32_t limit);

#endif
