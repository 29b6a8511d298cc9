/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

enum { IP6_GROUPS = 8 };

struct am_ip am_ip4(const uint8_t bytes[4])
{
	struct am_ip ip = {.family = AM_IPV4};

	memcpy(ip.bytes, bytes, 4);
	return ip;
}

struct am_ip am_ip6(const uint8_t bytes[16])
{
	struct am_ip ip = {.family = AM_IPV6};

	memcpy(ip.bytes, bytes, 16);
	return ip;
}

int am_ip_parse_text(const char *text, struct am_ip *out)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1)
		*out = am_ip4(bytes);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		*out = am_ip6(bytes);
	else
		return -EINVAL;
	return 0;
}

/* A decimal of one to three digits without a leading zero, or -1. */
static int parse_prefix_len(const char *text)
{
	int value = 0;

	if (!*text || strlen(text) > 3 || (text[0] == '0' && text[1]))
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		value = value * 10 + (*text - '0');
	}
	return value;
}

static uint8_t prefix_mask(unsigned bits)
{
	return (uint8_t)(0xff00 >> (bits < 8 ? bits : 8));
}

struct am_prefix am_prefix_around(const struct am_ip *ip, uint8_t len)
{
	struct am_prefix prefix = {.ip = *ip, .len = len};

	for (unsigned i = len / 8; i < am_ip_len(ip); i++)
		prefix.ip.bytes[i] &= i == len / 8u ? prefix_mask(len % 8) : 0;
	return prefix;
}

static bool has_host_bits(const struct am_prefix *prefix)
{
	struct am_prefix without = am_prefix_around(&prefix->ip, prefix->len);

	return !am_ip_equal(&without.ip, &prefix->ip);
}

int am_prefix_parse_text(const char *text, struct am_prefix *out)
{
	const char *slash = strchr(text, '/');
	char ip_text[AM_IP_TEXT];
	struct am_prefix prefix;
	int len;

	if (!slash || (size_t)(slash - text) >= sizeof ip_text)
		return -EINVAL;
	memcpy(ip_text, text, (size_t)(slash - text));
	ip_text[slash - text] = '\0';
	len = parse_prefix_len(slash + 1);
	if (len < 0 || am_ip_parse_text(ip_text, &prefix.ip) < 0 || (size_t)len > am_ip_len(&prefix.ip) * 8)
		return -EINVAL;
	prefix.len = (uint8_t)len;
	if (has_host_bits(&prefix))
		return -EINVAL;
	*out = prefix;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int am_mac_parse_text(const char *text, struct am_mac *out)
{
	struct am_mac mac;
	int high, low;

	if (strlen(text) != AM_MAC_TEXT - 1)
		return -EINVAL;
	for (unsigned i = 0; i < 6; i++, text += 3) {
		high = hex_digit(text[0]);
		low = hex_digit(text[1]);
		if (high < 0 || low < 0 || text[2] != (i < 5 ? ':' : '\0'))
			return -EINVAL;
		mac.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*out = mac;
	return 0;
}

/* The longest run of at least two zero groups, the first of equals (RFC 5952 4.2); len 0 where there is none.
 */
static void longest_zero_run(const uint8_t *bytes, unsigned groups, unsigned *start, unsigned *len)
{
	unsigned run = 0;

	*start = groups;
	*len = 0;
	for (unsigned i = 0; i < groups; i++) {
		run = am_load16(bytes + 2 * i) == 0 ? run + 1 : 0;
		if (run >= 2 && run > *len) {
			*len = run;
			*start = i + 1 - run;
		}
	}
}

static void ip6_text(const uint8_t *bytes, char *buf)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	bool mixed = memcmp(bytes, mapped, sizeof mapped) == 0;
	unsigned groups = mixed ? 6 : IP6_GROUPS;
	unsigned start, len;
	char *at = buf;

	longest_zero_run(bytes, groups, &start, &len);
	for (unsigned i = 0; i < groups; i++) {
		if (i == start) {
			at += sprintf(at, "::");
			i += len - 1;
			continue;
		}
		at += sprintf(at, "%s%x", i > 0 && i != start + len ? ":" : "", am_load16(bytes + 2 * i));
	}
	if (mixed)
		sprintf(at, ":%u.%u.%u.%u", bytes[12], bytes[13], bytes[14], bytes[15]);
}

const char *am_ip_text(const struct am_ip *ip, char buf[AM_IP_TEXT])
{
	const uint8_t *b = ip->bytes;

	if (ip->family == AM_IPV4)
		snprintf(buf, AM_IP_TEXT, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
	else if (ip->family == AM_IPV6)
		ip6_text(b, buf);
	else
		snprintf(buf, AM_IP_TEXT, "none");
	return buf;
}

const char *am_prefix_text(const struct am_prefix *prefix, char buf[AM_PREFIX_TEXT])
{
	char ip[AM_IP_TEXT];

	snprintf(buf, AM_PREFIX_TEXT, "%s/%u", am_ip_text(&prefix->ip, ip), prefix->len);
	return buf;
}

const char *am_mac_text(const struct am_mac *mac, char buf[AM_MAC_TEXT])
{
	const uint8_t *b = mac->bytes;

	snprintf(buf, AM_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
	return buf;
}

bool am_ip_equal(const struct am_ip *a, const struct am_ip *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

size_t am_ip_len(const struct am_ip *ip)
{
	switch (ip->family) {
	case AM_IPV4:
		return 4;
	case AM_IPV6:
		return 16;
	default:
		return 0;
	}
}

bool am_ip_is_unspecified(const struct am_ip *ip)
{
	static const uint8_t zero[16];

	return memcmp(ip->bytes, zero, sizeof zero) == 0;
}

bool am_ip_is_multicast(const struct am_ip *ip)
{
	if (ip->family == AM_IPV6)
		return ip->bytes[0] == 0xff;
	return ip->family == AM_IPV4 && ((ip->bytes[0] & 0xf0) == 0xe0 || am_load32(ip->bytes) == UINT32_MAX);
}

bool am_ip_is_link_local(const struct am_ip *ip)
{
	if (ip->family == AM_IPV6)
		return (am_load16(ip->bytes) & 0xffc0) == 0xfe80;
	return ip->family == AM_IPV4 && am_load16(ip->bytes) == 0xa9fe;
}

bool am_prefix_contains(const struct am_prefix *prefix, const struct am_ip *ip)
{
	unsigned whole = prefix->len / 8, rest = prefix->len % 8;

	if (ip->family != prefix->ip.family || memcmp(ip->bytes, prefix->ip.bytes, whole) != 0)
		return false;
	return rest == 0 || ((ip->bytes[whole] ^ prefix->ip.bytes[whole]) & prefix_mask(rest)) == 0;
}
