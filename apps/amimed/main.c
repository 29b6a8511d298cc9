/* SPDX-License-Identifier: BSD-3-Clause */
/* amimed: the appliance daemon. */
#include <stdio.h>
#include <stdlib.h>

#include <rte_version.h>

#include "args.h"
#include "base/pages.h"
#include "check.h"
#include "daemon.h"

static int run(const struct am_args *args)
{
	struct am_daemon *d = calloc(1, sizeof *d);
	struct am_err err;
	int rc;

	if (!d) {
		fprintf(stderr, "amimed: no memory\n");
		return 1;
	}
	d->config_path = args->config;
	d->state_base = args->state;
	d->log = (struct am_log){.out = stderr, .level = args->level, .name = "amimed"};
	if (am_journal_open(&d->journal, NULL))
		d->log.journal = &d->journal;
	rc = am_daemon_start(d, &err);
	if (rc)
		am_log(&d->log, AM_LOG_ERROR, "%s", err.text);
	else
		am_daemon_run(d);
	am_daemon_stop(d);
	free(d);
	return rc ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct am_args args;
	struct am_err err;

	am_pages_heap();
	if (am_args_parse(argc, argv, &args, &err) < 0) {
		fprintf(stderr, "amimed: %s\n", err.text);
		return 2;
	}
	switch (args.mode) {
	case AM_MODE_CHECK:
		return am_check_file(args.config, args.state);
	case AM_MODE_EXPLAIN:
		return am_explain_file(args.config, args.tunnel);
	case AM_MODE_VERSION:
		printf("amimed %s, %s\n", AM_VERSION, rte_version());
		return 0;
	case AM_MODE_HELP:
		fputs(am_args_help, stdout);
		return 0;
	case AM_MODE_RUN:
		break;
	}
	return run(&args);
}
