/* SPDX-License-Identifier: BSD-3-Clause */
/* A line of the file: what is accepted is written and read as the same. */
#include <stdlib.h>
#include <string.h>

#include "owned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 1), again[1024];
	struct am_owned owned, same;
	FILE *file;

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	text[strcspn(text, "\n")] = 0;
	if (am_owned_parse(text, &owned) == 0) {
		file = fmemopen(again, sizeof again, "w");
		if (!file || !am_owned_print(file, &owned) || fclose(file))
			abort();
		again[strcspn(again, "\n")] = 0;
		if (am_owned_parse(again, &same) || memcmp(&owned, &same, sizeof owned) != 0)
			abort();
	}
	free(text);
	return 0;
}
