/* SPDX-License-Identifier: BSD-3-Clause */
#include "record.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

char *am_record_print(const struct am_record *record)
{
	json_t *json = json_pack("{s:I, s:s, s:s, s:s, s:b}", "time", (json_int_t)record->time_s, "who",
		record->who, "how", record->how, "file", record->file, "committed", (int)record->committed);
	char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;

	json_decref(json);
	return text;
}

int am_record_parse(const char *text, size_t len, struct am_record *out, struct am_err *err)
{
	const char *who, *how, *file;
	json_int_t time;
	int committed;
	json_error_t why;
	json_t *json = json_loadb(text, len, 0, &why);
	int rc = 0;

	if (!json)
		return am_fail(err, EINVAL, "line %d: %s", why.line, why.text);
	if (json_unpack_ex(json, &why, 0, "{s:I, s:s, s:s, s:s, s:b}", "time", &time, "who", &who, "how",
		    &how, "file", &file, "committed", &committed) < 0) {
		rc = am_fail(err, EINVAL, "%s", why.text);
	} else {
		out->time_s = time;
		out->committed = committed;
		snprintf(out->who, sizeof out->who, "%s", who);
		snprintf(out->how, sizeof out->how, "%s", how);
		snprintf(out->file, sizeof out->file, "%s", file);
	}
	json_decref(json);
	return rc;
}
