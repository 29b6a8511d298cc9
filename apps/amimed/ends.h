/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_ENDS_H
#define AMIMED_ENDS_H
/*
 * Ends of tunnels that move: a local address that is an interface's, a remote that is a DNS name. Control chooses them by what the
 * kernel and the resolver say; where that is not what runs, the running configuration is committed once more, with
 * them. Its prepare fills them in, so a reload takes them over too, and a tunnel that does not change does not flap.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct am_conf_tunnel;
struct am_config;
struct am_daemon;

/* 0 or -ENOMEM. */
int am_ends_create(struct am_daemon *d);
void am_ends_free(struct am_daemon *d);
/* The loop is about to end. */
void am_ends_cancel(struct am_daemon *d);

/* In prepare, by its thread: the ends of tunnels that move, as chosen now. What was not there before has none yet. */
void am_ends_fill(struct am_daemon *d, struct am_config *config);
/* After a commit: the running configuration's tunnels are those to look after. */
void am_ends_follow(struct am_daemon *d);
/* Addresses of the kernel's may have changed. */
void am_ends_look(struct am_daemon *d);
/* Once a second. */
void am_ends_run(struct am_daemon *d);
/* Links or addresses have changed: names that failed are worth another question. */
void am_ends_hurry(struct am_daemon *d);

/* Why a tunnel has no ends; empty where it has, or does not move. */
void am_ends_why(const struct am_daemon *d, const struct am_conf_tunnel *t, char *buf, size_t room);
/* What there is to tell of a tunnel that moves, into o. */
void am_ends_show(const struct am_daemon *d, const struct am_conf_tunnel *t, json_t *o);

#endif
