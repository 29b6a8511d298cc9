/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as what the netlink sockets deliver: events, and each message as each kind of answer. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "netlink.h"

static void ignore(void *ctx, enum am_nl_event event, const struct am_kneigh *neigh)
{
	(void)ctx;
	(void)event;
	(void)neigh;
}

static void parse_answers(const void *bytes, size_t len)
{
	struct am_reader messages = am_reader(bytes, len);
	const struct nlmsghdr *msg;
	struct am_kroute route;
	struct am_kneigh neigh;
	struct am_klink link;
	struct am_kaddress address;

	while ((msg = am_nl_next(&messages))) {
		am_nl_parse_route(msg, &route);
		am_nl_parse_neigh(msg, &neigh);
		am_nl_parse_link(msg, &link);
		am_nl_parse_address(msg, &address);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1); /* aligned, and an over-read is seen */

	memcpy(copy, data, size);
	am_nl_walk(copy, size, ignore, NULL);
	parse_answers(copy, size);
	free(copy);
	return 0;
}
