/* SPDX-License-Identifier: BSD-3-Clause */
/* amimectl: ask and tell amimed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "args.h"
#include "control/client.h"
#include "live.h"
#include "local.h"
#include "packet.h"
#include "routes.h"
#include "stream.h"
#include "view.h"

static const struct am_control_daemon amimed = {.program = "amimed", .dir = "/run/amime", .option = "-n"};

static int complain(const struct am_err *err, int status)
{
	fprintf(stderr, "amimectl: %s\n", err->text);
	return status;
}

static void print_json(const json_t *result)
{
	json_dumpf(result, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	putchar('\n');
}

static json_t *show_request(const struct am_ctl_args *args, json_int_t at)
{
	json_t *request = json_pack("{s:s, s:s}", "method", "show", "what", args->what);

	if (args->all)
		json_object_set_new(request, "all", json_true());
	if (args->one)
		json_object_set_new(request, "name", json_string(args->one));
	if (at)
		json_object_set_new(request, "at", json_integer(at));
	return request;
}

/* A list is a list, in however many pieces it came, where nothing else is said beside it. */
static json_t *unwrap(json_t *all)
{
	json_t *entries = json_object_get(all, "entries");

	if (json_object_size(all) > 2 || !json_is_array(entries))
		return all;
	json_incref(entries);
	json_decref(all);
	return entries;
}

/* What is long comes in pieces, so that amimed is never kept long by one answer. */
static json_t *ask_show(int fd, const struct am_ctl_args *args, bool *refused, struct am_err *err)
{
	json_t *all = am_control_ask(&amimed, fd, show_request(args, 0), refused, NULL, err), *piece;
	json_t *next = json_object_get(all, "next");

	while (json_is_integer(next)) {
		piece = am_control_ask(
			&amimed, fd, show_request(args, json_integer_value(next)), refused, NULL, err);
		if (!piece) {
			json_decref(all);
			return NULL;
		}
		json_array_extend(json_object_get(all, "entries"), json_object_get(piece, "entries"));
		json_object_set(all, "next", json_object_get(piece, "next"));
		json_decref(piece);
		next = json_object_get(all, "next");
	}
	return all ? unwrap(all) : NULL;
}

static int show_once(int fd, const struct am_ctl_args *args)
{
	struct am_err err;
	bool refused;
	json_t *result;

	if (strcmp(args->what, "routes") == 0)
		return am_routes_show(&amimed, fd, args);
	result = ask_show(fd, args, &refused, &err);
	if (!result)
		return complain(&err, refused ? AM_CTL_FAILED : AM_CTL_NO_DAEMON);
	if (args->json)
		print_json(result);
	else
		am_view_show(args->one ? "interface" : args->what, result, stdout);
	json_decref(result);
	return AM_CTL_OK;
}

static int show(int fd, const struct am_ctl_args *args)
{
	const struct timespec pause = {
		.tv_sec = args->watch_ms / 1000, .tv_nsec = (long)(args->watch_ms % 1000) * 1000000};
	bool clear = isatty(STDOUT_FILENO) && !args->json;
	int status;

	do {
		if (args->watch_ms && clear)
			fputs("\033[H\033[2J", stdout);
		status = show_once(fd, args);
		fflush(stdout);
		if (args->watch_ms)
			nanosleep(&pause, NULL);
	} while (args->watch_ms && status == AM_CTL_OK);
	return status;
}

static int ask_and_view(int fd, json_t *request, bool json, void (*view)(const json_t *result, FILE *out))
{
	struct am_err err;
	bool refused;
	json_t *result = am_control_ask(&amimed, fd, request, &refused, NULL, &err);

	if (!result)
		return complain(&err, refused ? AM_CTL_FAILED : AM_CTL_NO_DAEMON);
	if (json)
		print_json(result);
	else
		view(result, stdout);
	json_decref(result);
	return AM_CTL_OK;
}

static int diff(int fd, const struct am_ctl_args *args)
{
	struct am_err err;
	bool refused;
	json_t *running = am_control_ask(&amimed, fd,
		json_pack("{s:s, s:s}", "method", "show", "what", "config"), &refused, NULL, &err);
	int status;

	if (!running)
		return complain(&err, refused ? AM_CTL_FAILED : AM_CTL_NO_DAEMON);
	status = am_local_diff(running, args->file, args->json);
	json_decref(running);
	return status;
}

static json_t *change_request(const struct am_ctl_args *args)
{
	json_t *request;

	if (args->command == AM_CTL_CONFIRM)
		return json_pack("{s:s}", "method", "confirm");
	if (args->command == AM_CTL_ROLLBACK)
		return json_pack("{s:s, s:i}", "method", "rollback", "number", (int)args->number);
	request = json_pack("{s:s}", "method", "reload");
	if (args->confirm_s)
		json_object_set_new(request, "confirm", json_integer(args->confirm_s));
	return request;
}

/* Where it is refused, all that is wrong with the file, not only the first. */
static int change(int fd, const struct am_ctl_args *args)
{
	json_t *errors, *result;
	struct am_err err;
	bool refused;

	result = am_control_ask(&amimed, fd, change_request(args), &refused, &errors, &err);
	if (!result && json_array_size(errors)) {
		am_view_errors(errors, stderr);
		am_fail(&err, EINVAL, "refused, nothing has changed: %zu errors", json_array_size(errors));
	}
	json_decref(errors);
	if (!result)
		return complain(&err, refused ? AM_CTL_FAILED : AM_CTL_NO_DAEMON);
	if (args->json)
		print_json(result);
	else
		am_view_reload(result, stdout);
	json_decref(result);
	return AM_CTL_OK;
}

static int explain(int fd, const struct am_ctl_args *args)
{
	struct am_err err;
	json_t *request;

	if (!args->packet)
		return ask_and_view(fd, json_pack("{s:s, s:s}", "method", "explain", "tunnel", args->tunnel),
			args->json, am_view_explain);
	request = am_packet_request(args->packet, args->n_packet, &err);
	return request ? ask_and_view(fd, request, args->json, am_packet_view) : complain(&err, AM_CTL_USAGE);
}

static int with_daemon(const struct am_ctl_args *args)
{
	char path[256];
	struct am_err err;
	int fd, status;

	if (am_control_find(&amimed, args->socket, args->name, path, sizeof path, &err) < 0)
		return complain(&err, AM_CTL_NO_DAEMON);
	fd = am_control_connect(&amimed, path, &err);
	if (fd < 0)
		return complain(&err, AM_CTL_NO_DAEMON);
	if (args->command == AM_CTL_SHOW)
		status = show(fd, args);
	else if (args->command == AM_CTL_TUNNEL)
		status = am_live_tunnel(&amimed, fd, args);
	else if (args->command == AM_CTL_TOP)
		status = am_live_top(&amimed, fd, args);
	else if (args->command == AM_CTL_GRAPH)
		status = am_live_graph(&amimed, fd, args);
	else if (args->command == AM_CTL_CAPTURE)
		status = am_stream_capture(fd, args);
	else if (args->command == AM_CTL_TRACE)
		status = am_stream_trace(fd, args);
	else if (args->command == AM_CTL_DIFF)
		status = diff(fd, args);
	else if (args->command == AM_CTL_EXPLAIN)
		status = explain(fd, args);
	else if (args->command == AM_CTL_HISTORY)
		status = ask_and_view(
			fd, json_pack("{s:s}", "method", "history"), args->json, am_view_history);
	else
		status = change(fd, args);
	close(fd);
	return status;
}

static int explain_file(const struct am_ctl_args *args)
{
	struct am_err err;
	json_t *result = am_local_explain(args->config, args->tunnel, &err);

	if (!result)
		return complain(&err, AM_CTL_FAILED);
	if (args->json)
		print_json(result);
	else
		am_view_explain(result, stdout);
	json_decref(result);
	return AM_CTL_OK;
}

int main(int argc, char **argv)
{
	struct am_ctl_args args;
	struct am_err err;

	if (am_ctl_args_parse(argc, argv, &args, &err) < 0)
		return complain(&err, AM_CTL_USAGE);
	switch (args.command) {
	case AM_CTL_VERSION:
		puts("amimectl " AM_VERSION);
		return AM_CTL_OK;
	case AM_CTL_HELP:
		fputs(am_ctl_help, stdout);
		return AM_CTL_OK;
	case AM_CTL_CHECK:
		am_local_check(args.file, &err);
		return complain(&err, AM_CTL_FAILED);
	case AM_CTL_EXPLAIN:
		if (args.config)
			return explain_file(&args);
		break;
	case AM_CTL_SHOW:
	case AM_CTL_DIFF:
	case AM_CTL_RELOAD:
	case AM_CTL_CONFIRM:
	case AM_CTL_ROLLBACK:
	case AM_CTL_HISTORY:
	case AM_CTL_GRAPH:
		if (args.config)
			return am_live_graph_file(&args);
		break;
	case AM_CTL_TUNNEL:
	case AM_CTL_TOP:
	case AM_CTL_CAPTURE:
	case AM_CTL_TRACE:
		break;
	}
	return with_daemon(&args);
}
