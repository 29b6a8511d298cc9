/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H
/* Addresses and prefixes as values, with their text forms. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum am_family {
	AM_AF_NONE = 0,
	AM_IPV4 = 4,
	AM_IPV6 = 6,
};

/* An IP address. bytes is zero past the family's length, so two of them compare with memcmp of the struct. */
struct am_ip {
	uint8_t family; /* enum am_family */
	uint8_t bytes[16];
};

struct am_prefix {
	struct am_ip ip; /* host bits are zero */
	uint8_t len;     /* bits */
};

struct am_mac {
	uint8_t bytes[6];
};

#define AM_IP_TEXT     46
#define AM_PREFIX_TEXT 50
#define AM_MAC_TEXT    18

/* Parse the whole of text. 0, or -EINVAL; *out is untouched on error. A prefix with host bits is -EINVAL. */
int am_ip_parse_text(const char *text, struct am_ip *out);
int am_prefix_parse_text(const char *text, struct am_prefix *out);
int am_mac_parse_text(const char *text, struct am_mac *out);

/* Write the canonical text (RFC 5952 for IPv6) and return buf. */
const char *am_ip_text(const struct am_ip *ip, char buf[AM_IP_TEXT]);
const char *am_prefix_text(const struct am_prefix *prefix, char buf[AM_PREFIX_TEXT]);
const char *am_mac_text(const struct am_mac *mac, char buf[AM_MAC_TEXT]);

struct am_ip am_ip4(const uint8_t bytes[4]);
struct am_ip am_ip6(const uint8_t bytes[16]);
bool am_ip_equal(const struct am_ip *a, const struct am_ip *b);
size_t am_ip_len(const struct am_ip *ip); /* 4, 16, or 0 */
bool am_ip_is_unspecified(const struct am_ip *ip);
bool am_ip_is_multicast(const struct am_ip *ip); /* IPv4 limited broadcast counts */
bool am_ip_is_link_local(const struct am_ip *ip);
/* The prefix of so many bits that ip lies in; len is at most the family's bits. */
struct am_prefix am_prefix_around(const struct am_ip *ip, uint8_t len);
bool am_prefix_contains(const struct am_prefix *prefix, const struct am_ip *ip);

static inline bool am_mac_is_group(const uint8_t *mac)
{
	return mac[0] & 1;
}

#endif
