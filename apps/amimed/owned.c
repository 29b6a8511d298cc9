/* SPDX-License-Identifier: BSD-3-Clause */
#include "owned.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_OCTETS = 512, OWNED_MAX = 1 << 17 };

int am_owned_parse(const char *text, struct am_owned *out)
{
	char ip[AM_IP_TEXT];
	unsigned len;
	int used = 0;

	memset(out, 0, sizeof *out);
	_Static_assert(sizeof ip == 46, "the width below");
	if (sscanf(text, "%10u %15s %45[^/]/%3u%n", &out->table, out->device, ip, &len, &used) != 4 ||
		text[used++] != ' ' || strlen(text + used) >= sizeof out->netns)
		return -EINVAL;
	if (am_ip_parse_text(ip, &out->address.ip) || len > am_ip_len(&out->address.ip) * 8)
		return -EINVAL;
	out->address.len = (uint8_t)len;
	memcpy(out->netns, text + used, strlen(text + used));
	return 0;
}

bool am_owned_print(FILE *file, const struct am_owned *owned)
{
	char text[AM_PREFIX_TEXT];

	return fprintf(file, "%u %s %s %s\n", owned->table, owned->device,
		       am_prefix_text(&owned->address, text), owned->netns) > 0;
}

struct am_owned *am_owned_read(const char *path, unsigned *n)
{
	FILE *file = fopen(path, "re");
	struct am_owned *all = NULL, *more;
	char line[LINE_MAX_OCTETS];
	unsigned room = 0;

	*n = 0;
	while (file && *n < OWNED_MAX && fgets(line, sizeof line, file)) {
		if (*n == room) {
			room = room * 2 + 64;
			more = realloc(all, room * sizeof *all);
			if (!more)
				break;
			all = more;
		}
		line[strcspn(line, "\n")] = 0;
		*n += am_owned_parse(line, &all[*n]) == 0;
	}
	if (file)
		fclose(file);
	return all;
}

int am_owned_write(const char *path, am_owned_fn *print, const void *ctx, struct am_err *err)
{
	char fresh[PATH_MAX];
	FILE *file;
	bool good;

	snprintf(fresh, sizeof fresh, "%s.new", path);
	file = fopen(fresh, "we");
	good = file && print(file, ctx);
	if (file)
		good &= fclose(file) == 0;
	if (good && rename(fresh, path) == 0)
		return 0;
	return am_fail(err, errno,
		"%s: %s; what is put into the kernel from now on stays there if this process is killed", path,
		strerror(errno));
}
