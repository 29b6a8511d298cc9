/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DRIVERS_DRIVER_H
#define DRIVERS_DRIVER_H
/*
 * Opening ports. Each driver is one file that implements struct am_port_ops (pkt/port.h); this is how an app
 * gets one. Control thread. The error says what is wrong with which device and the command that helps.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "pkt/port.h"

struct rte_mempool;

/* What every driver is told. Strings are copied. */
struct am_port_conf {
	const char *name;
	struct rte_mempool *pool; /* from am_buf_pool (af_xdp: from am_umem_pool, drivers/umem.h) */
	uint16_t queues;          /* rx and tx queues wanted; limits say how many there are */
	uint16_t mtu;             /* 0: the device's */
	const struct am_mac *mac; /* NULL: the device's */
};

/* -ENODEV, -EPERM, -EBUSY, -ENOTSUP ... and err. */
int am_af_xdp_open(
	const struct am_port_conf *conf, const char *device, struct am_port **out, struct am_err *err);
/*
 * Whether AF_XDP always copies on that device, since nothing but the kernel reaches buffers: veth and its like. False where nobody
 * knows. Such devices are quickest with a pool whose chunks lie apart (drivers/umem.h).
 */
bool am_af_xdp_copies(const char *device);
int am_af_packet_open(
	const struct am_port_conf *conf, const char *device, struct am_port **out, struct am_err *err);
int am_ethdev_open(
	const struct am_port_conf *conf, const char *devargs, struct am_port **out, struct am_err *err);
/* Either file may be NULL or empty. rx stops at its end; timestamps in rx are kept, see drivers/pcap.h. */
int am_pcap_open(const struct am_port_conf *conf, const char *rx_file, const char *tx_file,
	struct am_port **out, struct am_err *err);
/* Generator and sink in memory, see drivers/mem.h for how frames get in and out. */
int am_mem_open(const struct am_port_conf *conf, struct am_port **out, struct am_err *err);

/* What is wrong with the device's settings, and the command that mends it. Returns buf. */
const char *am_port_trouble_text(enum am_port_trouble trouble, const char *device, char *buf, size_t room);

#endif
