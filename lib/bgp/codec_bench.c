/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many UPDATEs of a full table's kind are read and written in a second of one core: framing, every check of RFC 7606, and each route.
 * Each line is the best of several rounds over a feed of 4 MB. A full table of 1,000,000 prefixes with 100,000 attribute sets is ten routes an UPDATE.
 *
 * usage: bgp_codec_bench [--json] [--least UPDATES]
 *   --json           for programs
 *   --least UPDATES  status 1 where fewer than so many UPDATEs of ten routes are read in a second
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bgp/update.h"

enum { FEED = 4 << 20, ROUNDS = 7, TABLE = 10 /* routes an UPDATE */ };

static const struct am_bgp_context ctx = {.kind = AM_BGP_EXTERNAL, .families = 7, .as4 = true};

struct feed {
	uint8_t *bytes;
	size_t len;
	unsigned updates, routes;
};

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* One UPDATE: a path of 2 to 6, up to four communities, so many routes of /16 to /24. */
static int put_update(struct am_writer *w, unsigned number, unsigned routes)
{
	uint8_t path[2 + 6 * 4] = {2, (uint8_t)(2 + number % 5)}, communities[16], nlri[64 * 5];
	struct am_writer n = am_writer(nlri, sizeof nlri);
	struct am_bgp_update u = {
		.attrs = {.has = AM_BGP_HAS(1) | AM_BGP_HAS(2) | AM_BGP_HAS(3) | AM_BGP_HAS(4) |
				 AM_BGP_HAS(8),
			.next_hop = {192, 0, 2, 1},
			.med = number,
			.as_path = {path, 2 + 4 * (size_t)path[1]},
			.communities = {communities, 4 + 4 * (size_t)(number % 4)}},
		.announced = {.family = AM_BGP_IPV4_UNICAST},
	};

	for (unsigned i = 0; i < path[1]; i++)
		am_store32(path + 2 + 4 * i, 64512 + (number * 31 + i) % 4000);
	memset(communities, 0x55, sizeof communities);
	for (unsigned i = 0; i < routes; i++) {
		uint32_t address = (number * routes + i) << 8;
		uint8_t len = (uint8_t)(16 + (number + i) % 9);

		am_put8(&n, len);
		am_put_bytes(&n,
			(uint8_t[]){
				(uint8_t)(address >> 24), (uint8_t)(address >> 16), (uint8_t)(address >> 8)},
			(len + 7u) / 8);
	}
	u.announced.nlri = (struct am_bgp_span){nlri, am_writer_len(&n)};
	return am_bgp_update_encode(w, &u, &ctx, AM_BGP_MESSAGE_MAX);
}

static struct feed make_feed(unsigned routes)
{
	struct feed f = {.bytes = malloc(FEED)};
	struct am_writer w = am_writer(f.bytes, FEED);

	while (!put_update(&w, f.updates, routes)) {
		f.updates++;
		f.routes += routes;
	}
	f.len = am_writer_len(&w);
	return f;
}

static unsigned read_feed(const struct feed *f)
{
	static uint8_t scratch[AM_BGP_SCRATCH(AM_BGP_MESSAGE_MAX)];
	const uint8_t *at = f->bytes, *end = at + f->len;
	struct am_bgp_message message;
	struct am_bgp_update u;
	struct am_bgp_error err;
	unsigned routes = 0;

	while (!am_bgp_message_parse(at, (size_t)(end - at), AM_BGP_MESSAGE_MAX, &message, &err)) {
		struct am_bgp_nlri_iter iter;
		struct am_bgp_nlri nlri;

		at += message.whole.len;
		if (am_bgp_update_decode(&ctx, message.body, scratch, &u) != AM_BGP_OK)
			abort();
		iter = am_bgp_nlri_iter(&u.announced);
		while (am_bgp_nlri_next(&iter, &nlri))
			routes++;
	}
	return routes;
}

static double best_read(const struct feed *f)
{
	double best = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		double begin = seconds(), took;

		if (read_feed(f) != f->routes)
			abort();
		took = seconds() - begin;
		best = took < best ? took : best;
	}
	return best;
}

static double best_write(const struct feed *f, unsigned routes)
{
	uint8_t *room = malloc(FEED);
	double best = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		struct am_writer w = am_writer(room, FEED);
		double begin = seconds(), took;

		for (unsigned n = 0; n < f->updates; n++)
			put_update(&w, n, routes);
		took = seconds() - begin;
		best = took < best ? took : best;
	}
	free(room);
	return best;
}

struct options {
	bool json;
	double least;
};

static bool read_options(int argc, char **argv, struct options *out)
{
	for (int i = 1; i < argc; i++) {
		char *end = NULL;

		if (!strcmp(argv[i], "--json")) {
			out->json = true;
			continue;
		}
		if (strcmp(argv[i], "--least") || ++i == argc)
			return false;
		out->least = strtod(argv[i], &end);
		if (end == argv[i] || *end)
			return false;
	}
	return true;
}

static void print_row(const struct feed *f, unsigned routes, double in, double out, bool json, bool first)
{
	printf(json ? "%s{\"routes\": %u, \"read_updates\": %.0f, \"read_routes\": %.0f, \"write_updates\": %.0f, "
		      "\"write_routes\": %.0f}\n"
		    : "%s%17u   %15.0f %10.0f   %16.0f %10.0f\n",
		json && !first ? "," : "", routes, f->updates / in, f->routes / in, f->updates / out,
		f->routes / out);
}

int main(int argc, char **argv)
{
	static const unsigned kinds[] = {1, TABLE, 50};
	struct options options = {0};
	double table = 0;

	if (!read_options(argc, argv, &options)) {
		fprintf(stderr, "usage: %s [--json] [--least UPDATES]\n", argv[0]);
		return 2;
	}
	puts(options.json ? "["
			  : "routes per UPDATE   read: UPDATEs/s, routes/s   write: UPDATEs/s, routes/s");
	for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct feed f = make_feed(kinds[i]);
		double in = best_read(&f), out = best_write(&f, kinds[i]);

		print_row(&f, kinds[i], in, out, options.json, i == 0);
		table = kinds[i] == TABLE ? f.updates / in : table;
		free(f.bytes);
	}
	if (options.json)
		puts("]");
	if (table >= options.least)
		return 0;
	fprintf(stderr, "%.0f UPDATEs of %u routes a second are read, fewer than %.0f\n", table, TABLE,
		options.least);
	return 1;
}
