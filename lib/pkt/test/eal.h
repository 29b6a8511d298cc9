/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PKT_TEST_EAL_H
#define PKT_TEST_EAL_H
/* EAL for unit tests and fuzz targets: no hugepages, no devices, no root, nothing shared with another process. */
#include <rte_eal.h>
#include <rte_errno.h>

/* Start EAL once in this process. 0 or a negative errno. */
static inline int am_test_eal(void)
{
	static char text[][20] = {"test", "--no-huge", "--no-pci", "--no-shconf", "--no-telemetry", "-m",
		"128", "--log-level=error", "--lcores", "0@0-1"};
	enum { N = sizeof text / sizeof text[0] };
	static char *argv[N + 1];
	static int started;

	if (started)
		return 0;
	for (int i = 0; i < N; i++)
		argv[i] = text[i];
	if (rte_eal_init(N, argv) < 0)
		return -rte_errno;
	started = 1;
	return 0;
}

#endif
