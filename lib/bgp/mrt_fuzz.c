/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MRT, after one octet that says how long pieces are. Pieces or whole, it reads the same; lists have as many rows as they say; an entry that
 * becomes an UPDATE has a right header.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/message.h"
#include "bgp/mrt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORD_MAX = 1 << 16 };

static void fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

static void read_entry(const struct am_bgp_mrt_rib *rib, const struct am_bgp_mrt_entry *entry)
{
	static uint8_t room[AM_BGP_EXTENDED_MAX + 1];
	struct am_writer w = am_writer(room, sizeof room);
	struct am_bgp_message message;
	struct am_bgp_error err;

	if (am_bgp_mrt_entry_update(&w, rib, entry)) {
		if (am_writer_len(&w))
			fail("what was refused left something behind");
		return;
	}
	if (am_bgp_message_parse(room, am_writer_len(&w), AM_BGP_EXTENDED_MAX, &message, &err))
		fail("an entry becomes no message");
}

static void read_lists(const struct am_bgp_mrt_record *record)
{
	struct am_bgp_mrt_entry entry;
	struct am_bgp_mrt_peer peer;
	struct am_reader list;
	unsigned n = 0;

	if (record->kind == AM_BGP_MRT_PEERS) {
		list = am_reader(record->peers.list.bytes, record->peers.list.len);
		while (am_bgp_mrt_peer_next(&list, &peer))
			n++;
		if (n != record->peers.n)
			fail("another number of peers");
	} else if (record->kind == AM_BGP_MRT_RIB) {
		list = am_reader(record->rib.list.bytes, record->rib.list.len);
		while (am_bgp_mrt_entry_next(&list, &record->rib, &entry)) {
			read_entry(&record->rib, &entry);
			n++;
		}
		if (n != record->rib.n)
			fail("another number of entries");
	}
}

/* Numbers that depend on everything read. */
static uint64_t read_all(const uint8_t *data, size_t size, size_t piece)
{
	struct am_bgp_mrt_reader *reader = am_bgp_mrt_reader_create(RECORD_MAX);
	struct am_bgp_mrt_record record;
	uint64_t sum = 0;

	for (size_t at = 0; at < size; at += piece) {
		size_t len = size - at < piece ? size - at : piece;
		uint8_t *copy = malloc(len);
		struct am_bgp_span bytes = {copy, len};
		int rc;

		memcpy(copy, data + at, len);
		while ((rc = am_bgp_mrt_read(reader, &bytes, &record)) != -EAGAIN) {
			sum = sum * 31 + (uint64_t)(rc + 1000) + record.kind + record.type + record.time.us;
			if (!rc)
				read_lists(&record);
		}
		free(copy);
	}
	sum = sum * 31 + am_bgp_mrt_pending(reader);
	am_bgp_mrt_reader_free(reader);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	if (read_all(data + 1, size - 1, size) != read_all(data + 1, size - 1, data[0] + 1u))
		fail("pieces read as something else");
	return 0;
}
