/* SPDX-License-Identifier: BSD-3-Clause */
/* Routes of each family, after one octet that says which: each that is read is written, and read again to the same. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/nlri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t put(const struct am_bgp_nlri *nlri, bool path_ids, uint8_t room[300])
{
	struct am_writer w = am_writer(room, 300);
	int rc = am_bgp_nlri_encode(&w, nlri, path_ids);

	if (rc) {
		fprintf(stderr, "a route that was read cannot be written: %d\n", rc);
		abort();
	}
	return am_writer_len(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct am_bgp_routes routes;
	struct am_bgp_nlri_iter iter;
	struct am_bgp_nlri nlri;

	if (size < 1)
		return 0;
	routes = (struct am_bgp_routes){.family = data[0] % AM_BGP_FAMILIES,
		.path_ids = data[0] & 0x80,
		.nlri = {data + 1, size - 1}};
	iter = am_bgp_nlri_iter(&routes);
	while (am_bgp_nlri_next(&iter, &nlri)) {
		uint8_t one[300], two[300];
		size_t len = put(&nlri, routes.path_ids, one);
		struct am_bgp_routes single = {
			routes.family, .path_ids = routes.path_ids, .nlri = {one, len}};
		struct am_bgp_nlri_iter inner = am_bgp_nlri_iter(&single);
		struct am_bgp_nlri copy;

		if (!am_bgp_nlri_next(&inner, &copy) || put(&copy, routes.path_ids, two) != len ||
			memcmp(one, two, len)) {
			fprintf(stderr, "a route is not read as it was written\n");
			abort();
		}
	}
	return 0;
}
