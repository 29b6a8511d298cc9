/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_ARP_ND_H
#define PIPELINE_ARP_ND_H
/*
 * Suppression of ARP and neighbour discovery in bridges that ask for it: what passes is learnt from, and a question whose answer is
 * known goes no further (RFC 9161).
 */
#include "core.h"

/* w->frames between lookup and forwarding; what is answered has no buffer any more. */
void am_arp_nd_burst(struct am_worker *w);
/* The same of one; true where it was answered or dropped, and f->m is gone. */
bool am_arp_nd_take(struct am_worker *w, struct am_frame *f);

#endif
