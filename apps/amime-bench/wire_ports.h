/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_WIRE_PORTS_H
#define BENCH_WIRE_PORTS_H
/* The tester's ports, opened as amimed opens its own. */
#include "eal.h"
#include "ports.h"
#include "wire_config.h"

struct wire_ports {
	struct am_eal eal;
	struct am_log log;
	struct am_ports ports;
	struct am_ports_plan plan;
	struct am_port *port[AM_CONFIG_PORTS]; /* by index in config->base.ports */
};

/* Devices that the machine itself uses, unless the configuration allows them by name: a complaint each. */
void wire_ports_check(const struct wire_config *config, struct am_config_errors *errors);

/* 0, or a negative errno: then errors, or where it is empty err, says why, and nothing is left open. */
int wire_ports_open(struct wire_ports *p, struct wire_config *config, struct am_config_errors *errors,
	struct am_err *err);
void wire_ports_close(struct wire_ports *p);

#endif
