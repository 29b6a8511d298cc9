/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/request.h"

#include <errno.h>
#include <string.h>

int am_control_parse(const char *line, size_t len, size_t most, json_t **out, struct am_err *err)
{
	json_error_t why;

	if (len > most)
		return am_fail(err, EINVAL, "a request is at most %zu octets long", most);
	*out = json_loadb(line, len, JSON_REJECT_DUPLICATES, &why);
	return *out ? 0 : am_fail(err, EINVAL, "not a JSON object: %s", why.text);
}

int am_control_find_word(const json_t *object, const char *key, const char *const *words, int n)
{
	const char *word = json_string_value(json_object_get(object, key));

	for (int i = 0; word && i < n; i++) {
		if (strcmp(word, words[i]) == 0)
			return i;
	}
	return -EINVAL;
}

int am_control_read_count(
	const json_t *object, const char *key, uint32_t most, uint32_t *out, struct am_err *err)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
		json_integer_value(value) > (json_int_t)most)
		return am_fail(err, EINVAL, "\"%s\" is a number from 0 to %u", key, most);
	*out = (uint32_t)json_integer_value(value);
	return 0;
}

int am_control_read_text(const json_t *object, const char *key, char *out, size_t room, struct am_err *err)
{
	const json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);

	if (!value)
		return 0;
	if (!text || strlen(text) >= room)
		return am_fail(err, EINVAL, "\"%s\" is a text of at most %zu octets", key, room - 1);
	strcpy(out, text);
	return 0;
}
