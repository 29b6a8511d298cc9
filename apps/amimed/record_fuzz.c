/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a record of the history; one that was read is read again as the same. */
#include <stdlib.h>
#include <string.h>

#include "record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct am_record record = {0}, again = {0};
	struct am_err err;
	char *text;

	if (am_record_parse((const char *)data, size, &record, &err) < 0)
		return 0;
	text = am_record_print(&record);
	/* A text that was cut off within a character is no UTF-8 any more, and cannot be printed. */
	if (text && (am_record_parse(text, strlen(text), &again, &err) < 0 || again.time_s != record.time_s ||
			    strcmp(again.who, record.who) != 0))
		abort();
	free(text);
	return 0;
}
