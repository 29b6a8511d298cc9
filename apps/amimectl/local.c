/* SPDX-License-Identifier: BSD-3-Clause */
#include "local.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "args.h"
#include "config/config.h"
#include "config/diff.h"
#include "control/table.h"

/* ---- by amimed ---- */

static void find_amimed(char *path, size_t room)
{
	static const char *const places[] = {"amimed", "../sbin/amimed", "../amimed/amimed"};
	const char *given = getenv("AMIMED");
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
	char *slash;

	snprintf(path, room, "%s", given ? given : "amimed");
	if (given || len <= 0)
		return;
	self[len] = 0;
	slash = strrchr(self, '/');
	*slash = 0;
	for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
		char try[PATH_MAX + 32];

		snprintf(try, sizeof try, "%s/%s", self, places[i]);
		if (access(try, X_OK) == 0) {
			snprintf(path, room, "%s", try);
			return;
		}
	}
}

int am_local_check(const char *file, struct am_err *err)
{
	char path[PATH_MAX + 32];

	find_amimed(path, sizeof path);
	execlp(path, "amimed", "--check", file, (char *)NULL);
	return am_fail(
		err, errno, "cannot run %s: %s; say where amimed is by $AMIMED", path, strerror(errno));
}

/* Start amimed with its standard output in a pipe. The reading end, or -errno. */
static int start_explain(const char *config, const char *tunnel, pid_t *pid)
{
	char path[PATH_MAX + 32];
	int ends[2];

	find_amimed(path, sizeof path);
	if (pipe(ends) != 0)
		return -errno;
	*pid = fork();
	if (*pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execlp(path, "amimed", "--config", config, "--explain", tunnel, (char *)NULL);
		fprintf(stderr, "amimectl: cannot run %s: %s; say where amimed is by $AMIMED\n", path,
			strerror(errno));
		_exit(127);
	}
	close(ends[1]);
	if (*pid > 0)
		return ends[0];
	close(ends[0]);
	return -EAGAIN;
}

json_t *am_local_explain(const char *config, const char *tunnel, struct am_err *err)
{
	json_error_t why;
	json_t *result;
	int status = 0;
	pid_t pid;
	int fd = start_explain(config, tunnel, &pid);

	if (fd < 0) {
		am_fail(err, -fd, "cannot start amimed: %s", strerror(-fd));
		return NULL;
	}
	result = json_loadfd(fd, 0, &why);
	close(fd);
	waitpid(pid, &status, 0);
	if (!result)
		am_fail(err, EINVAL, "cannot explain %s from %s", tunnel, config);
	return result;
}

/* ---- diff ---- */

static const char *action_word(enum am_diff_action action)
{
	static const char *const words[] = {
		[AM_DIFF_REMOVE] = "remove",
		[AM_DIFF_CHANGE] = "change",
		[AM_DIFF_ADD] = "add",
	};

	return words[action];
}

static const char *object_word(enum am_diff_object object)
{
	static const char *const words[] = {
		[AM_OBJ_SYSTEM] = "system",
		[AM_OBJ_PORT] = "port",
		[AM_OBJ_TUNNEL] = "tunnel",
		[AM_OBJ_VRF] = "vrf",
		[AM_OBJ_BRIDGE] = "bridge",
		[AM_OBJ_XCONNECT] = "xconnect",
		[AM_OBJ_PREFIX_SET] = "prefix_set",
		[AM_OBJ_ACL] = "acl",
	};

	return words[object];
}

static const char *impact_word(enum am_diff_impact impact)
{
	static const char *const words[] = {
		[AM_IMPACT_NONE] = "none",
		[AM_IMPACT_BRIEF] = "brief",
		[AM_IMPACT_STOPS] = "stops",
		[AM_IMPACT_REFUSED] = "refused",
	};

	return words[impact];
}

static void print_diff_json(const struct am_diff *diff)
{
	json_t *list = json_array();

	for (size_t i = 0; i < diff->n; i++) {
		const struct am_diff_item *item = &diff->items[i];

		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:s}", "action", action_word(item->action),
				"object", object_word(item->object), "name", item->name, "what", item->what,
				"needs_restart", (int)item->needs_restart, "impact",
				impact_word(item->impact), "effect", item->effect));
	}
	json_dumpf(list, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(list);
}

static void print_diff(const struct am_diff *diff)
{
	struct am_table *t = am_table_new();

	am_table_column(t, "ACTION", AM_LEFT);
	am_table_column(t, "OBJECT", AM_LEFT);
	am_table_column(t, "NAME", AM_LEFT);
	am_table_column(t, "LOSS", AM_LEFT);
	am_table_column(t, "EFFECT", AM_LEFT);
	am_table_column(t, "WHAT", AM_LEFT);
	for (size_t i = 0; i < diff->n; i++) {
		const struct am_diff_item *item = &diff->items[i];

		am_table_cell(t, "%s", action_word(item->action));
		am_table_cell(t, "%s", object_word(item->object));
		am_table_cell(t, "%s", item->name[0] ? item->name : "-");
		am_table_cell(t, "%s", impact_word(item->impact));
		am_table_cell(t, "%s", item->effect);
		am_table_cell(t, "%s", item->what);
	}
	if (diff->n)
		am_table_print(t, stdout, 0);
	else
		puts("no difference");
	am_table_free(t);
}

static void print_errors(const char *file, const struct am_config_errors *errors)
{
	am_config_errors_print(errors, file, stderr);
}

int am_local_diff(const json_t *running, const char *file, bool json)
{
	struct am_config_errors errors = {0};
	char *text = json_dumps(json_object_get(running, "config"), 0);
	struct am_config *old = text ? am_config_load(text, strlen(text), &errors) : NULL, *new_ = NULL;
	struct am_diff diff = {0};
	int status = AM_CTL_FAILED;

	print_errors("what amimed runs", &errors);
	am_config_errors_free(&errors);
	errors = (struct am_config_errors){0};
	if (old)
		new_ = am_config_load_file(file, &errors);
	print_errors(file, &errors);
	am_config_errors_free(&errors);
	if (new_ && am_config_diff(old, new_, &diff) == 0) {
		if (json)
			print_diff_json(&diff);
		else
			print_diff(&diff);
		status = AM_CTL_OK;
	}
	am_diff_free(&diff);
	am_config_free(new_);
	am_config_free(old);
	free(text);
	return status;
}
