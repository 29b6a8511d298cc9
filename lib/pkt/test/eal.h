/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PKT_TEST_EAL_H
#define PKT_TEST_EAL_H
/* EAL for unit tests and fuzz targets: no hugepages, no devices, no root, nothing shared with another process. */
#include <rte_eal.h>
#include <rte_errno.h>

/* Start EAL once in this process. 0 or a negative errno. */
static inline int am_test_eal(void)
{
	static char *argv[] = {(char[]){"test"}, (char[]){"--no-huge"}, (char[]){"--no-pci"},
		(char[]){"--no-shconf"}, (char[]){"--no-telemetry"}, (char[]){"-m"}, (char[]){"128"},
		(char[]){"--log-level=error"}, (char[]){"--lcores"}, (char[]){"0@0-1"}};
	static int started;

	if (started)
		return 0;
	if (rte_eal_init(sizeof argv / sizeof argv[0], argv) < 0)
		return -rte_errno;
	started = 1;
	return 0;
}

#endif
