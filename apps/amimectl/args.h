/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMECTL_ARGS_H
#define AMIMECTL_ARGS_H
/* The command line of amimectl. */
#include <stdbool.h>

#include "base/err.h"

enum am_ctl_command {
	AM_CTL_SHOW,
	AM_CTL_EXPLAIN,
	AM_CTL_CHECK,
	AM_CTL_DIFF,
	AM_CTL_RELOAD,
	AM_CTL_CONFIRM,
	AM_CTL_ROLLBACK,
	AM_CTL_HISTORY,
	AM_CTL_CAPTURE,
	AM_CTL_TRACE,
	AM_CTL_TOP,
	AM_CTL_GRAPH,
	AM_CTL_TUNNEL, /* show tunnel NAME */
	AM_CTL_VERSION,
	AM_CTL_HELP,
};

/* Exit statuses, also in amimectl(1). */
enum { AM_CTL_OK = 0, AM_CTL_FAILED = 1, AM_CTL_USAGE = 2, AM_CTL_NO_DAEMON = 3 };

struct am_ctl_args {
	enum am_ctl_command command;
	const char *what;   /* show: what */
	const char *file;   /* check, diff */
	const char *tunnel; /* explain */
	const char *to;     /* show routes: a prefix or an address, or NULL */
	const char *vrf;    /* show routes: or NULL */
	const char *one;    /* show interfaces: of this name, or NULL */
	char **packet;      /* explain packet: INTERFACE FROM TO and what follows, or NULL */
	int n_packet;
	const char *config; /* explain, graph: from this file instead of the running daemon */
	const char *socket; /* path, or NULL */
	const char *name;   /* instance, or NULL */
	const char *interface, *direction, *stage, *write; /* capture, trace: NULL where not given */
	const char *filter;                                /* its words in one text, in filter_text */
	unsigned count, every, snaplen;                    /* 0: not given */
	bool json;
	bool all;
	bool once;          /* top */
	bool svg;           /* graph */
	unsigned watch_ms;  /* 0: once */
	unsigned confirm_s; /* reload; 0: for good */
	unsigned number;    /* rollback; 0: the one before */
	char filter_text[4096];
};

/* 0, or -EINVAL and what is wrong. Strings in out are those of argv; argv is reordered. */
int am_ctl_args_parse(int argc, char **argv, struct am_ctl_args *out, struct am_err *err);

extern const char am_ctl_help[];

#endif
