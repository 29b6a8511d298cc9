/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * amime-bench peers: other people's forwarders have to be started, fed and stopped, which is a script's work. It stands beside
 * the installed programs, or in the source tree above the build folder.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

/* From the folder of this program. */
static const char *const places[] = {"../libexec/amime/compare", "../../../tools/compare"};

enum { PLACES = sizeof places / sizeof *places };

/* The folder that this program is in, or what amounts to the current one. */
static void find_folder(char *out, size_t room)
{
	ssize_t n = readlink("/proc/self/exe", out, room - 1);
	char *slash;

	out[n < 0 ? 0 : n] = 0;
	slash = strrchr(out, '/');
	if (slash)
		*slash = 0;
	else
		snprintf(out, room, ".");
}

static bool find_script(const char *folder, char *out, size_t room)
{
	for (int i = 0; i < PLACES; i++)
		if (snprintf(out, room, "%s/%s", folder, places[i]) < (int)room && !access(out, X_OK))
			return true;
	return false;
}

int bench_peers_main(int argc, char **argv)
{
	char folder[PATH_MAX], script[PATH_MAX];
	char **args = calloc((size_t)argc + 2, sizeof *args);

	if (!args) {
		fprintf(stderr, "amime-bench: peers: no memory\n");
		return 1;
	}
	find_folder(folder, sizeof folder);
	if (!find_script(folder, script, sizeof script)) {
		fprintf(stderr,
			"amime-bench: peers: there is neither %s/%s nor %s/%s; run tools/compare of the source\n",
			folder, places[0], folder, places[1]);
		free(args);
		return 1;
	}
	args[0] = script;
	memcpy(args + 1, argv + 1, (size_t)(argc - 1) * sizeof *args);
	execv(script, args);
	fprintf(stderr, "amime-bench: peers: %s: %s\n", script, strerror(errno));
	free(args);
	return 1;
}
