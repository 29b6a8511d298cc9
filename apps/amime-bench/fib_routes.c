/* SPDX-License-Identifier: BSD-3-Clause */
#include "fib_routes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { ROOM_MIN = 4096, TEXT_SHOWN = 60 };

void fib_routes_free(struct fib_routes *r)
{
	free(r->at);
	*r = (struct fib_routes){.at = NULL};
}

int fib_routes_add(struct fib_routes *r, const struct am_prefix *prefix)
{
	uint32_t room = r->room ? 2 * r->room : ROOM_MIN;

	if (r->n == r->room) {
		struct am_prefix *at = reallocarray(r->at, room, sizeof *at);

		if (!at)
			return -ENOMEM;
		r->at = at;
		r->room = room;
	}
	r->at[r->n++] = *prefix;
	return 0;
}

int fib_routes_line(const char *text, size_t len, struct am_prefix *out)
{
	char word[AM_PREFIX_TEXT];
	size_t n = 0;

	while (n < len && !strchr(" \t\r\n", text[n]))
		n++;
	if (n == 0)
		return len == 0 || strchr("\r\n", *text) ? 0 : -EINVAL;
	if (*text == '#')
		return 0;
	if (n >= sizeof word)
		return -EINVAL;
	memcpy(word, text, n);
	word[n] = '\0';
	return am_prefix_parse_text(word, out) == 0 ? 1 : -EINVAL;
}

static int load_line(const char *path, unsigned long line, const char *text, size_t len,
	struct fib_routes *ipv4, struct fib_routes *ipv6, struct am_err *err)
{
	struct am_prefix p;
	int r = fib_routes_line(text, len, &p);
	struct fib_routes *to;

	if (r == 0)
		return 0;
	if (r < 0)
		return am_fail(err, EINVAL,
			"%s:%lu: \"%.*s\" does not begin with a prefix like 192.0.2.0/24 or 2001:db8::/32 without "
			"host bits",
			path, line, (int)(len < TEXT_SHOWN ? strcspn(text, "\r\n") : TEXT_SHOWN), text);
	to = p.ip.family == AM_IPV4 ? ipv4 : ipv6;
	if (to->n == FIB_ROUTES_MAX)
		return am_fail(
			err, E2BIG, "%s:%lu: more than %d routes of one family", path, line, FIB_ROUTES_MAX);
	return fib_routes_add(to, &p) ? am_fail(err, ENOMEM, "%s: no memory", path) : 0;
}

int fib_routes_load(const char *path, struct fib_routes *ipv4, struct fib_routes *ipv6, struct am_err *err)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "r") : stdin;
	char *text = NULL;
	size_t room = 0;
	ssize_t len;
	int r = 0;

	if (!file)
		return am_fail(err, errno, "%s: %s", path, strerror(errno));
	for (unsigned long line = 1; r == 0 && (len = getline(&text, &room, file)) >= 0; line++)
		r = load_line(path, line, text, (size_t)len, ipv4, ipv6, err);
	if (r == 0 && ferror(file))
		r = am_fail(err, EIO, "%s: cannot be read to its end", path);
	free(text);
	if (file != stdin)
		fclose(file);
	return r;
}

uint32_t fib_routes_roll(uint64_t *dice, uint32_t sides)
{
	*dice += 0x9e3779b97f4a7c15ull;
	return (uint32_t)(am_hash64(*dice, 1106) >> 24) % sides;
}

struct am_prefix fib_routes_draw(enum am_family family, uint64_t *dice)
{
	struct am_ip ip = {.family = (uint8_t)family};
	unsigned bits = family == AM_IPV4 ? 32 : 128;
	uint32_t kind = fib_routes_roll(dice, 10);

	for (unsigned i = 0; i < bits / 8; i++)
		ip.bytes[i] = (uint8_t)fib_routes_roll(dice, 256);
	if (family == AM_IPV4) {
		ip.bytes[0] = (uint8_t)(1 + fib_routes_roll(dice, 223));
		/* About six of ten are /24, as in the Internet's table. */
		return am_prefix_around(&ip, (uint8_t)(kind < 6 ? 24 : 16 + fib_routes_roll(dice, 8)));
	}
	ip.bytes[0] = (uint8_t)(0x24 + fib_routes_roll(dice, 7));
	ip.bytes[1] &= 0x1f;
	return am_prefix_around(&ip, (uint8_t)(kind < 5   ? 48
					       : kind < 8 ? 32
							  : 29 + fib_routes_roll(dice, 19)));
}
