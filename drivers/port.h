/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DRIVERS_PRIVATE_PORT_H
#define DRIVERS_PRIVATE_PORT_H
/* What the drivers share. */
#include "drivers/driver.h"

/* Fill the head of a driver's struct: name, a queue each way, MTU 1500, and a MAC made of the name unless
 * conf has them. */
void port_init(struct am_port *port, const struct am_port_ops *ops, const struct am_port_conf *conf);

/* It wants whole frames, whoever they are for, not only IP packets to our own addresses. */
bool steer_takes_frames(const struct am_steer *steer);

#endif
