/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void path_of(const char *name, char *path, size_t room)
{
	if (*name)
		snprintf(path, room, "%s%s", strchr(name, '/') ? "" : "/run/netns/", name);
	else
		snprintf(path, room, "/proc/thread-self/ns/net");
}

int am_netns_stat(const char *name, struct stat *out)
{
	char path[4096];

	path_of(name, path, sizeof path);
	return stat(path, out) ? -errno : 0;
}

int am_netns_enter(const char *name, int *back, struct am_err *err)
{
	char path[4096];
	int fd, rc;

	*back = -1;
	if (!name || !*name)
		return 0;
	path_of(name, path, sizeof path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return am_fail(err, errno, "network namespace %s: %s; see: ip netns", name, strerror(errno));
	*back = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	rc = *back < 0 || setns(fd, CLONE_NEWNET) ? errno : 0;
	close(fd);
	if (!rc)
		return 0;
	if (*back >= 0)
		close(*back);
	*back = -1;
	return am_fail(err, rc,
		"network namespace %s cannot be entered: %s; run as root, or with CAP_SYS_ADMIN", name,
		strerror(rc));
}

void am_netns_leave(int back)
{
	if (back < 0)
		return;
	if (setns(back, CLONE_NEWNET))
		abort();
	close(back);
}
