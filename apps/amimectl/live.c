/* SPDX-License-Identifier: BSD-3-Clause */
#include "live.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "config/config.h"
#include "graph.h"
#include "top.h"
#include "tunnel.h"

enum { TOP_MS = 1000 };

static int complain(const char *text, int status)
{
	fprintf(stderr, "amimectl: %s\n", text);
	return status;
}

/* What `show` answers; NULL, and it was said why. */
static json_t *ask(const struct am_control_daemon *to, int fd, const char *what, int *status)
{
	struct am_err err;
	bool refused;
	json_t *result = am_control_ask(
		to, fd, json_pack("{s:s, s:s}", "method", "show", "what", what), &refused, NULL, &err);

	if (!result)
		*status = complain(err.text, refused ? AM_CTL_FAILED : AM_CTL_NO_DAEMON);
	return result;
}

/* The same of what comes in pages: its entries alone. */
static json_t *ask_pages(const struct am_control_daemon *to, int fd, const char *what, int *status)
{
	json_t *all = json_array(), *next = json_integer(0);

	while (json_is_integer(next)) {
		struct am_err err;
		bool refused;
		json_t *page = am_control_ask(to, fd,
			json_pack("{s:s, s:s, s:o}", "method", "show", "what", what, "at", next), &refused,
			NULL, &err);

		if (!page) {
			*status = complain(err.text, refused ? AM_CTL_FAILED : AM_CTL_NO_DAEMON);
			json_decref(all);
			return NULL;
		}
		json_array_extend(all, json_object_get(page, "entries"));
		next = json_incref(json_object_get(page, "next"));
		json_decref(page);
	}
	json_decref(next);
	return all;
}

static void print_json(const json_t *o)
{
	json_dumpf(o, stdout, JSON_INDENT(2));
	putchar('\n');
}

/* ---- top ---- */

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static int take_look(const struct am_control_daemon *to, int fd, struct am_top_look *look)
{
	int status = AM_CTL_OK;

	*look = (struct am_top_look){.at_s = now_s()};
	look->version = ask(to, fd, "version", &status);
	if (status == AM_CTL_OK)
		look->ports = ask(to, fd, "ports", &status);
	if (status == AM_CTL_OK)
		look->tunnels = ask(to, fd, "tunnels", &status);
	if (status == AM_CTL_OK)
		look->bridges = ask(to, fd, "bridges", &status);
	if (status == AM_CTL_OK)
		look->routed = ask_pages(to, fd, "interfaces", &status);
	if (status == AM_CTL_OK)
		look->drops = ask(to, fd, "drops", &status);
	if (status == AM_CTL_OK)
		look->workers = ask(to, fd, "workers", &status);
	return status;
}

/* As many as fit a terminal; all of them into a file. */
static int lines_of(const struct am_ctl_args *args)
{
	struct winsize size;

	if (args->once || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
		return 0;
	return size.ws_row;
}

static void show_rates(const struct am_ctl_args *args, const json_t *rates)
{
	if (args->json) {
		json_dumpf(rates, stdout, args->once ? JSON_INDENT(2) : JSON_COMPACT);
		putchar('\n');
	} else {
		if (!args->once && isatty(STDOUT_FILENO))
			fputs("\033[H\033[2J", stdout);
		am_top_view(rates, lines_of(args), stdout);
	}
	fflush(stdout);
}

int am_live_top(const struct am_control_daemon *to, int fd, const struct am_ctl_args *args)
{
	unsigned ms = args->watch_ms ? args->watch_ms : TOP_MS;
	const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
	struct am_top_look before, now;
	int status = take_look(to, fd, &before);

	do {
		json_t *rates;

		nanosleep(&pause, NULL);
		if (status == AM_CTL_OK)
			status = take_look(to, fd, &now);
		if (status != AM_CTL_OK)
			break;
		rates = am_top_rates(&before, &now);
		show_rates(args, rates);
		json_decref(rates);
		am_top_look_free(&before);
		before = now;
	} while (!args->once);
	am_top_look_free(&before);
	return status;
}

/* ---- graph ---- */

static int draw(
	const struct am_ctl_args *args, const json_t *config, const json_t *tunnels, const json_t *ports)
{
	struct am_graph *g = am_graph_make(config, tunnels, ports);
	const char *name = json_string_value(json_object_get(json_object_get(config, "system"), "name"));
	bool to_file = args->write && strcmp(args->write, "-") != 0;
	FILE *out = to_file ? fopen(args->write, "w") : stdout;
	json_t *o;

	if (!g || !out) {
		am_graph_free(g);
		return complain(out ? "no memory" : "cannot write that file", AM_CTL_FAILED);
	}
	if (args->json) {
		o = am_graph_json(g);
		json_dumpf(o, out, JSON_INDENT(2));
		fputc('\n', out);
		json_decref(o);
	} else if (args->svg) {
		am_graph_svg(g, name ? name : "amime", out);
	} else {
		am_graph_text(g, out);
	}
	am_graph_free(g);
	if ((to_file ? fclose(out) : fflush(out)) != 0)
		return complain("cannot write all of it", AM_CTL_FAILED);
	return AM_CTL_OK;
}

int am_live_graph(const struct am_control_daemon *to, int fd, const struct am_ctl_args *args)
{
	int status = AM_CTL_OK;
	json_t *config = ask(to, fd, "config", &status);
	json_t *tunnels = config ? ask(to, fd, "tunnels", &status) : NULL;
	json_t *ports = tunnels ? ask(to, fd, "ports", &status) : NULL;

	if (ports)
		status = draw(args, json_object_get(config, "config"), tunnels, ports);
	json_decref(config);
	json_decref(tunnels);
	json_decref(ports);
	return status;
}

int am_live_graph_file(const struct am_ctl_args *args)
{
	struct am_config_errors errors = {0};
	struct am_config *config = am_config_load_file(args->config, &errors);
	char *text = config ? am_config_print(config) : NULL;
	json_t *o = text ? json_loads(text, 0, NULL) : NULL;
	int status = AM_CTL_FAILED;

	for (size_t i = 0; i < errors.n; i++)
		fprintf(stderr, "%s:%u:%u: %s: %s\n", args->config, errors.items[i].line,
			errors.items[i].column, errors.items[i].path, errors.items[i].text);
	if (o)
		status = draw(args, o, NULL, NULL);
	am_config_errors_free(&errors);
	am_config_free(config);
	json_decref(o);
	free(text);
	return status;
}

/* ---- show tunnel NAME ---- */

int am_live_tunnel(const struct am_control_daemon *to, int fd, const struct am_ctl_args *args)
{
	int status = AM_CTL_OK;
	json_t *tunnels = ask(to, fd, "tunnels", &status),
	       *ports = tunnels ? ask(to, fd, "ports", &status) : NULL;
	json_t *o = ports ? am_tunnel_diagnose(tunnels, ports, args->tunnel) : NULL;

	if (ports && !o) {
		fprintf(stderr, "amimectl: there is no tunnel %s; amimectl show tunnels has all\n",
			args->tunnel);
		status = AM_CTL_FAILED;
	} else if (o && args->json) {
		print_json(o);
	} else if (o) {
		am_tunnel_view(o, stdout);
	}
	json_decref(o);
	json_decref(ports);
	json_decref(tunnels);
	return status;
}
