/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as what the netlink sockets deliver: events, and each message as each kind of answer. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "netlink.h"

static void ignore(void *ctx, enum am_nl_event event, const struct am_kneigh *neigh)
{
	(void)ctx;
	(void)event;
	(void)neigh;
}

static void parse_answers(const void *bytes, int len)
{
	const struct nlmsghdr *msg = bytes;
	struct am_kroute route;
	struct am_kneigh neigh;
	struct am_klink link;

	for (; mnl_nlmsg_ok(msg, len); msg = mnl_nlmsg_next(msg, &len)) {
		am_nl_parse_route(msg, &route);
		am_nl_parse_neigh(msg, &neigh);
		am_nl_parse_link(msg, &link);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1); /* aligned, and an over-read is seen */

	memcpy(copy, data, size);
	am_nl_walk(copy, size, ignore, NULL);
	parse_answers(copy, (int)size);
	free(copy);
	return 0;
}
