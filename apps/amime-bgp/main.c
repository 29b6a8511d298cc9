/* SPDX-License-Identifier: BSD-3-Clause */
/* amime-bgp: a BGP speaker around lib/bgp, and what asks one that runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "control.h"
#include "control/client.h"
#include "daemon.h"
#include "view.h"
#include "words.h"

enum { DONE, FAILED, USAGE, NO_DAEMON };

static const struct am_control_daemon amime_bgp = {
	.program = "amime-bgp", .dir = AM_BGPD_SOCKET_DIR, .option = "-s"};

static int complain(const struct am_err *err, int status)
{
	fprintf(stderr, "amime-bgp: %s\n", err->text);
	return status;
}

static int run(const struct am_bgp_args *args)
{
	struct am_bgpd *d = calloc(1, sizeof *d);
	struct am_err err = {"no memory"};
	int rc;

	if (!d)
		return complain(&err, FAILED);
	d->config_path = args->config;
	d->socket = args->socket;
	d->log = (struct am_log){.out = stderr, .level = args->level, .name = "amime-bgp"};
	rc = am_bgpd_start(d, &err);
	if (rc)
		am_log(&d->log, AM_LOG_ERROR, "%s", err.text);
	else
		am_bgpd_run(d);
	am_bgpd_stop(d);
	free(d);
	return rc ? FAILED : DONE;
}

static int check(const char *path)
{
	struct am_config_errors errors = {0};
	struct am_bgpconf *c = am_bgpconf_load_file(path, &errors);
	int status;

	if (c)
		am_bgpconf_check_files(c, &errors);
	status = errors.n ? FAILED : DONE;
	for (size_t i = 0; i < errors.n; i++)
		printf("%s:%u:%u: %s: %s\n", path, errors.items[i].line, errors.items[i].column,
			errors.items[i].path, errors.items[i].text);
	if (!status)
		printf("%s: right, AS %u, %u neighbours\n", path, c->as, c->n_neighbors);
	am_bgpconf_free(c);
	am_config_errors_free(&errors);
	return status;
}

/* Routes come in pieces, so that the speaker is never kept long by one answer. Takes over request. */
static json_t *ask_all(int fd, json_t *request, bool *refused, struct am_err *err)
{
	json_t *all = am_control_ask(&amime_bgp, fd, json_incref(request), refused, NULL, err), *piece;
	json_t *next = json_object_get(all, "next");

	while (json_is_integer(next)) {
		json_object_set(request, "at", next);
		piece = am_control_ask(&amime_bgp, fd, json_incref(request), refused, NULL, err);
		if (!piece) {
			json_decref(all);
			all = NULL;
			break;
		}
		json_array_extend(json_object_get(all, "routes"), json_object_get(piece, "routes"));
		json_object_set(all, "next", json_object_get(piece, "next"));
		json_decref(piece);
		next = json_object_get(all, "next");
	}
	json_decref(request);
	return all;
}

/* A path, a name of an instance, or NULL: the only one there is. */
static int connect_daemon(const char *socket, struct am_err *err)
{
	bool is_path = socket && strchr(socket, '/');
	char path[256];
	int rc = am_control_find(
		&amime_bgp, is_path ? socket : NULL, is_path ? NULL : socket, path, sizeof path, err);

	return rc ? rc : am_control_connect(&amime_bgp, path, err);
}

static int ask(const struct am_bgp_args *args, int n, char **words)
{
	struct am_err err = {"these words are no text (are they UTF-8?)"};
	const char *what;
	bool refused = false;
	json_t *request = am_bgp_words(n, words, &what, &err), *result;
	int fd;

	if (!request)
		return complain(&err, USAGE);
	fd = connect_daemon(args->socket, &err);
	if (fd < 0) {
		json_decref(request);
		return complain(&err, NO_DAEMON);
	}
	result = ask_all(fd, request, &refused, &err);
	close(fd);
	if (!result)
		return complain(&err, refused ? FAILED : NO_DAEMON);
	if (args->json) {
		json_dumpf(result, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
		putchar('\n');
	} else {
		am_bgp_view(what, result, stdout);
	}
	json_decref(result);
	return DONE;
}

int main(int argc, char **argv)
{
	struct am_bgp_args args;
	struct am_err err;

	if (am_bgp_args_parse(argc, argv, &args, &err) < 0)
		return complain(&err, USAGE);
	switch (args.mode) {
	case AM_BGP_MODE_RUN:
		break;
	case AM_BGP_MODE_CHECK:
		return check(args.config);
	case AM_BGP_MODE_ASK:
		return ask(&args, argc - args.first, argv + args.first);
	case AM_BGP_MODE_VERSION:
		puts("amime-bgp " AM_VERSION);
		return DONE;
	case AM_BGP_MODE_HELP:
		fputs(am_bgp_help, stdout);
		return DONE;
	}
	return run(&args);
}
