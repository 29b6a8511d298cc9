/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DRIVERS_XDP_PROG_H
#define DRIVERS_XDP_PROG_H
/* The XDP program of one device (xdp/amime.bpf.c): load, fill its tables, attach by a link that dies with us. */
#include "base/err.h"
#include "pkt/port.h"

struct amime_xdp;

enum { XDP_PROG_QUEUES = 64 }; /* as in the program */

/* What is in a table of addresses now. */
struct xdp_set {
	struct am_ip *ips;
	uint16_t n;
};

struct xdp_prog {
	struct amime_xdp *skel;
	int link; /* descriptor of the bpf_link, or -1 */
	int ifindex;
	bool generic; /* it runs in the kernel's stack and not in the device's driver */
	struct xdp_set locals, kernel;
};

/* 0 or -errno with err, which does not name the device. */
int xdp_prog_load(struct xdp_prog *prog, struct am_err *err);
/* The socket that takes the frames of one queue. */
int xdp_prog_set_socket(struct xdp_prog *prog, uint32_t queue, int xsk);
int xdp_prog_attach(struct xdp_prog *prog, int ifindex, struct am_err *err);
/* Nothing that is ours before and after is lost in between. mac: the port's. 0 or -errno. */
int xdp_prog_steer(struct xdp_prog *prog, const struct am_steer *steer, const struct am_mac *mac);
/* Frames by rule since the program was loaded. */
void xdp_prog_counts(const struct xdp_prog *prog, uint64_t out[AM_STEER_RULES]);
/* The kernel's stack takes the frame as if the device had received it just now. 0 or -errno. */
int xdp_prog_give_back(const struct xdp_prog *prog, const uint8_t *frame, uint32_t len);
/* Frames are the kernel's again. */
void xdp_prog_detach(struct xdp_prog *prog);
void xdp_prog_free(struct xdp_prog *prog);

#endif
