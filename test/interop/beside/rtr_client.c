/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The RTR client of lib/bgp with a socket around it, and a ROA table behind it. It says what happens, a line each, and after each complete
 * answer the state of the routes that it was given.
 *
 * usage: rtr_client ADDRESS PORT [PREFIX AS]...
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "bgp/roa.h"
#include "bgp/rtr.h"

enum { SOURCE = 0 };

struct client {
	struct am_bgp_rtr *rtr;
	struct am_bgp_roa_table *table;
	struct sockaddr_in address;
	char **routes; /* prefix, AS, ... */
	int n_routes;
	int fd;
};

static void die(const char *what)
{
	fprintf(stderr, "rtr_client: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void sweep(struct client *c)
{
	struct am_bgp_roa roa;

	while (am_bgp_roa_sweep(c->table, SOURCE, &roa)) {
	}
}

static void say_routes(const struct client *c)
{
	struct am_bgp_rtr_status s = am_bgp_rtr_status(c->rtr);

	printf("complete version %u entries %zu + %zu", s.version, am_bgp_roa_count(c->table, AM_IPV4),
		am_bgp_roa_count(c->table, AM_IPV6));
	for (int i = 0; i + 1 < c->n_routes; i += 2) {
		uint32_t as = (uint32_t)strtoul(c->routes[i + 1], NULL, 10);
		struct am_prefix prefix;

		if (am_prefix_parse_text(c->routes[i], &prefix))
			die(c->routes[i]);
		printf(" %s", am_bgp_roa_state_name(am_bgp_roa_validate(c->table, &prefix, as)));
	}
	printf("\n");
}

static void connect_to(struct client *c)
{
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0)
		die("socket");
	if (connect(c->fd, (struct sockaddr *)&c->address, sizeof c->address)) {
		close(c->fd);
		c->fd = -1;
		am_bgp_rtr_closed(c->rtr, am_clock_monotonic());
		return;
	}
	printf("connected\n");
	am_bgp_rtr_connected(c->rtr, am_clock_monotonic());
}

static void write_all(struct client *c)
{
	struct am_bgp_span out;

	while (c->fd >= 0 && (out = am_bgp_rtr_output(c->rtr)).len) {
		ssize_t n = send(c->fd, out.bytes, out.len, MSG_NOSIGNAL);

		if (n < 0)
			break;
		am_bgp_rtr_sent(c->rtr, (size_t)n);
	}
}

static void lose(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	am_bgp_rtr_closed(c->rtr, am_clock_monotonic());
}

static void act(struct client *c, const struct am_bgp_rtr_event *e)
{
	switch (e->type) {
	case AM_BGP_RTR_CONNECT:
		connect_to(c);
		break;
	case AM_BGP_RTR_RESTART:
	case AM_BGP_RTR_FLUSH:
		printf("%s\n", e->type == AM_BGP_RTR_FLUSH ? "flush" : "restart");
		am_bgp_roa_refill(c->table, SOURCE);
		if (e->type == AM_BGP_RTR_FLUSH)
			sweep(c);
		break;
	case AM_BGP_RTR_ANNOUNCE:
		am_bgp_roa_add(c->table, SOURCE, &e->roa);
		break;
	case AM_BGP_RTR_WITHDRAW:
		am_bgp_roa_remove(c->table, SOURCE, &e->roa);
		break;
	case AM_BGP_RTR_COMPLETE:
		sweep(c);
		say_routes(c);
		break;
	case AM_BGP_RTR_CLOSE:
		printf("close: %s\n", e->fault->why);
		write_all(c);
		lose(c);
		break;
	}
}

static void drain(struct client *c)
{
	struct am_bgp_rtr_event e;

	while (am_bgp_rtr_next_event(c->rtr, &e, am_clock_monotonic()))
		act(c, &e);
	write_all(c);
	fflush(stdout);
}

static void receive(struct client *c)
{
	uint8_t bytes[4096];
	ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);

	if (n <= 0) {
		printf("lost\n");
		lose(c);
		return;
	}
	for (size_t at = 0; at < (size_t)n && c->fd >= 0;) {
		at += am_bgp_rtr_input(c->rtr, bytes + at, (size_t)n - at, am_clock_monotonic());
		drain(c);
	}
}

static int milliseconds(const struct client *c)
{
	am_time deadline = am_bgp_rtr_deadline(c->rtr);
	uint64_t ms = am_time_since(deadline, am_clock_monotonic()) / AM_MS + 1;

	return deadline.ns == UINT64_MAX ? -1 : ms > 60000 ? 60000 : (int)ms;
}

int main(int argc, char **argv)
{
	const struct am_bgp_rtr_config config = {.version = AM_BGP_RTR_VERSION, .retry = 1};
	struct client c = {.fd = -1, .table = am_bgp_roa_create(), .routes = argv + 3, .n_routes = argc - 3};

	if (argc < 3 || inet_pton(AF_INET, argv[1], &c.address.sin_addr) != 1) {
		fprintf(stderr, "usage: rtr_client ADDRESS PORT [PREFIX AS]...\n");
		return 2;
	}
	c.address.sin_family = AF_INET;
	c.address.sin_port = htons((uint16_t)atoi(argv[2]));
	if (!c.table || am_bgp_rtr_create(&config, &c.rtr))
		die("no memory");
	am_bgp_rtr_start(c.rtr, am_clock_monotonic());
	drain(&c);
	for (;;) {
		struct pollfd p = {.fd = c.fd, .events = POLLIN};

		if (poll(&p, 1, milliseconds(&c)) < 0)
			die("poll");
		if (c.fd >= 0 && p.revents)
			receive(&c);
		am_bgp_rtr_expire(c.rtr, am_clock_monotonic());
		drain(&c);
	}
}
