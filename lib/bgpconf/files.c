/* SPDX-License-Identifier: BSD-3-Clause */
/* The files and folders that a configuration names, as they are now. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parts.h"

/* 0, or an errno. */
static int file_fault(const char *file)
{
	struct stat st;

	if (stat(file, &st))
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	return access(file, R_OK) ? errno : 0;
}

static int folder_fault(const char *folder)
{
	struct stat st;

	if (stat(folder, &st))
		return errno;
	if (!S_ISDIR(st.st_mode))
		return ENOTDIR;
	return access(folder, W_OK | X_OK) ? errno : 0;
}

static void check_feed(const struct am_bgpconf *c, uint16_t i, struct am_config_errors *errors)
{
	const char *file = c->feeds[i].file;
	int fault = file_fault(file);
	char path[64];

	snprintf(path, sizeof path, "$.feeds[%u].file", i);
	if (fault)
		am_bgpconf_complain(c, errors, path,
			"cannot read %s: %s; name a readable file, with its whole path or from where amime-bgp is started",
			file, strerror(fault));
}

/* file: what is to be written there; empty: nothing. */
static void check_dump(
	const struct am_bgpconf *c, const char *path, const char *file, struct am_config_errors *errors)
{
	const char *slash = strrchr(file, '/');
	char folder[sizeof c->dump.rib] = ".";
	int fault;

	if (!*file)
		return;
	if (slash)
		snprintf(folder, sizeof folder, "%.*s", slash == file ? 1 : (int)(slash - file), file);
	fault = folder_fault(folder);
	if (fault)
		am_bgpconf_complain(c, errors, path,
			"nothing can be written into the folder %s: %s; make it and let amime-bgp write there, or name another",
			folder, strerror(fault));
}

void am_bgpconf_check_files(const struct am_bgpconf *c, struct am_config_errors *errors)
{
	size_t before = errors->n;

	for (uint16_t i = 0; i < c->n_feeds; i++)
		check_feed(c, i, errors);
	check_dump(c, "$.dump.rib", c->dump.rib, errors);
	check_dump(c, "$.dump.messages", c->dump.messages, errors);
	conf_sort_errors(errors, before);
}
