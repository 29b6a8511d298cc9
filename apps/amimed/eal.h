/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_EAL_H
#define AMIMED_EAL_H
/*
 * DPDK's environment, set up so that several instances run on one box, nothing is left behind after any kind of end but
 * the telemetry socket's file, and the main thread may run on every CPU that the process may.
 */
#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "base/log.h"
#include "config/config.h"

struct am_eal {
	bool up;
	bool hugepages;
	unsigned memory_mb; /* without hugepages: how much was asked for */
	FILE *log;          /* what DPDK says goes into our log by it */
};

int am_eal_start(
	struct am_eal *eal, const struct am_config *config, const struct am_log *log, struct am_err *err);
void am_eal_stop(struct am_eal *eal);

/* Megabytes of free hugepages of all sizes; mounted or not. */
unsigned long am_eal_free_hugepages_mb(const char *sysfs);

/* "0@(0,2-3)" for the CPUs in set (a cpu_set_t). */
int am_eal_lcores(const void *set, char *buf, size_t room);

/* devargs name a PCI device, as 0000:03:00.0 or 03:00.0. */
bool am_eal_is_pci(const char *devargs);

#endif
