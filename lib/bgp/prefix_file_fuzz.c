/* SPDX-License-Identifier: BSD-3-Clause */
/* Any text is a list or is complained about, in a bounded number of sentences that each say where; what is a list can be made one. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/prefix_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void hear(void *to, unsigned line, unsigned column, const char *text)
{
	unsigned *n = to;

	++*n;
	demand(line && column && *text, "a complaint that says nothing");
}

/* Where no entry denies, each entry's own prefix, made as long as it demands, is permitted. */
static void check_list(const struct am_bgp_prefix_file *file)
{
	struct am_bgp_prefix_list *list;
	bool denies = false;

	for (size_t i = 0; i < file->n; i++)
		denies |= !file->entries[i].permit;
	demand(!am_bgp_prefix_list_create(file->entries, file->n, &list), "a list that is none");
	for (size_t i = 0; i < file->n; i++) {
		struct am_prefix p = {file->entries[i].prefix.ip, file->entries[i].ge};

		demand(am_bgp_prefix_list_match(list, &p, NULL) != AM_BGP_PREFIX_NO_MATCH &&
				(denies || am_bgp_prefix_list_permits(list, &p)),
			"an entry does not fit its own prefix");
	}
	am_bgp_prefix_list_free(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct am_bgp_prefix_file file;
	unsigned complaints = 0;
	const char *name = size && data[0] & 1 ? "A" : NULL;
	int rc;

	if (!size)
		return 0;
	rc = am_bgp_prefix_file_parse((const char *)data + 1, size - 1, name, hear, &complaints, &file);
	demand((rc == 0) == (complaints == 0), "a fault without a complaint, or a complaint without a fault");
	demand(complaints <= AM_BGP_PREFIX_COMPLAINTS, "too many complaints");
	if (rc)
		return 0;
	check_list(&file);
	am_bgp_prefix_file_free(&file);
	return 0;
}
