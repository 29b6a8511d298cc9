/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An MRT file, read in small pieces and said a line each: peers, routes as the UPDATEs that they once were, messages, changes of state.
 *
 * usage: mrt_read FILE
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/as_path.h"
#include "bgp/message.h"
#include "bgp/mrt.h"
#include "bgp/update.h"

enum { PIECE = 61, ROOM = AM_BGP_EXTENDED_MAX };

static int die(const char *what, const char *why)
{
	fprintf(stderr, "mrt_read: %s: %s\n", what, why);
	exit(1);
}

static void say_path(struct am_bgp_span path)
{
	struct am_reader r = am_reader(path.bytes, path.len);
	struct am_bgp_segment s;

	printf(" path");
	while (am_bgp_segment_next(&r, &s)) {
		for (unsigned i = 0; i < s.count; i++)
			printf(" %u", am_load32(s.numbers + 4 * i));
	}
}

static void say_routes(const char *what, const struct am_bgp_routes *routes)
{
	struct am_bgp_nlri_iter iter = am_bgp_nlri_iter(routes);
	struct am_bgp_nlri nlri;
	char text[AM_PREFIX_TEXT];

	while (am_bgp_nlri_next(&iter, &nlri))
		printf(" %s %s", what, am_prefix_text(&nlri.prefix, text));
}

static void say_update(struct am_bgp_span bytes, bool as4, bool path_ids)
{
	static uint8_t scratch[AM_BGP_SCRATCH(ROOM)];
	const struct am_bgp_context ctx = {.families = 7, .as4 = as4, .path_ids = path_ids ? 7 : 0};
	struct am_bgp_message m;
	struct am_bgp_update u;
	struct am_bgp_error err;

	if (am_bgp_message_parse(bytes.bytes, bytes.len, ROOM, &m, &err))
		die("a message", err.why);
	printf(" %s", am_bgp_type_name(m.type));
	if (m.type != AM_BGP_UPDATE)
		return;
	switch (am_bgp_update_decode(&ctx, m.body, scratch, &u)) {
	case AM_BGP_RESET:
		die("an UPDATE", u.fault.error.why);
		break;
	case AM_BGP_WITHDRAW:
		printf(" treated as withdrawn: %s", u.fault.error.why);
		return;
	default:
		break;
	}
	say_routes("announces", &u.announced);
	say_routes("announces", &u.mp_announced);
	say_routes("withdraws", &u.withdrawn);
	say_routes("withdraws", &u.mp_withdrawn);
	say_path(u.attrs.as_path);
}

static void say_rib(const struct am_bgp_mrt_rib *rib)
{
	struct am_reader list = am_reader(rib->list.bytes, rib->list.len);
	static uint8_t room[ROOM];
	struct am_bgp_mrt_entry entry;

	while (am_bgp_mrt_entry_next(&list, rib, &entry)) {
		struct am_writer w = am_writer(room, sizeof room);
		int rc = am_bgp_mrt_entry_update(&w, rib, &entry);

		if (rc == -ENOENT)
			continue; /* a route that came by no peer */
		if (rc)
			die("an entry", strerror(-rc));
		printf("route of peer %u", entry.peer);
		say_update((struct am_bgp_span){room, am_writer_len(&w)}, true, rib->path_ids);
		printf("\n");
	}
}

static void say_peers(const struct am_bgp_mrt_peers *peers)
{
	struct am_reader list = am_reader(peers->list.bytes, peers->list.len);
	struct am_bgp_mrt_peer peer;
	char text[AM_IP_TEXT];

	while (am_bgp_mrt_peer_next(&list, &peer))
		printf("peer %s AS %u\n", am_ip_text(&peer.address, text), peer.as);
}

static void say(const struct am_bgp_mrt_record *r)
{
	switch (r->kind) {
	case AM_BGP_MRT_PEERS:
		say_peers(&r->peers);
		break;
	case AM_BGP_MRT_RIB:
		say_rib(&r->rib);
		break;
	case AM_BGP_MRT_MESSAGE:
		printf("%s AS %u", r->message.sent ? "to" : "from", r->message.session.peer_as);
		say_update(r->message.message, r->message.as4, r->message.path_ids);
		printf("\n");
		break;
	case AM_BGP_MRT_STATE:
		printf("state %u to %u\n", r->state.from, r->state.to);
		break;
	case AM_BGP_MRT_OTHER:
		printf("type %u subtype %u\n", r->type, r->subtype);
		break;
	}
}

int main(int argc, char **argv)
{
	struct am_bgp_mrt_reader *reader = am_bgp_mrt_reader_create(AM_BGP_MRT_RECORD_MAX);
	FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
	struct am_bgp_mrt_record record;
	uint8_t piece[PIECE];
	size_t len;

	if (!file || !reader)
		return die(argc == 2 ? argv[1] : "usage: mrt_read FILE", strerror(errno));
	while ((len = fread(piece, 1, sizeof piece, file))) {
		struct am_bgp_span bytes = {piece, len};
		int rc;

		while ((rc = am_bgp_mrt_read(reader, &bytes, &record)) != -EAGAIN) {
			if (rc)
				return die("a record", rc == -ENOMEM ? "no memory" : record.why);
			say(&record);
		}
	}
	if (am_bgp_mrt_pending(reader))
		return die(argv[1], "it ends in the middle of a record");
	am_bgp_mrt_reader_free(reader);
	fclose(file);
	return 0;
}
