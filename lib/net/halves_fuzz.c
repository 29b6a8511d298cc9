/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two packets that may be halves of a datagram: where they are said to be, all that is said of them holds.
 *
 * Input: {flags, length of the first (2 octets, little endian), both packets}; see the enum.
 */
#include <stdlib.h>

#include "net/csum.h"
#include "test_halves.h"

enum {
	FLAG_FIX = 1,   /* make both IPv4 header checksums right: no mutation does */
	FLAG_ALIKE = 2, /* the second has the first's addresses and identification */
	HEAD = 3,
	INPUT_MAX = 4096,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool held)
{
	if (!held)
		abort();
}

static uint8_t *copy_of(const uint8_t *data, uint32_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	must(copy != NULL);
	if (len)
		memcpy(copy, data, len);
	return copy;
}

static void fix(uint8_t *ip, uint32_t len)
{
	uint16_t csum;

	if (len < AM_IP4_LEN || ip[0] >> 4 != AM_IPV4)
		return;
	memset(ip + 10, 0, sizeof csum);
	csum = am_csum_finish(am_csum_add(ip, AM_IP4_LEN, 0));
	memcpy(ip + 10, &csum, sizeof csum);
}

static void make_alike(const uint8_t *a, uint32_t a_len, uint8_t *b, uint32_t b_len)
{
	uint32_t least = a_len < b_len ? a_len : b_len;

	if (least >= AM_IP4_LEN && a[0] >> 4 == AM_IPV4) {
		memcpy(b, a, 2);
		memcpy(b + 4, a + 4, 2);
		memcpy(b + 12, a + 12, 8);
	} else if (least >= AM_IP6_LEN + AM_IP6_FRAG_LEN) {
		memcpy(b, a, 2);
		memcpy(b + 8, a + 8, 33);
		memcpy(b + 44, a + 44, 4);
	}
}

static void check(const uint8_t *a, uint32_t a_len, const uint8_t *b, uint32_t b_len)
{
	must(halves_wrong(AM_IPV4, a, a_len, b, b_len) == NULL);
	must(halves_wrong(AM_IPV6, a, a_len, b, b_len) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t len, a_len, b_len;
	uint8_t *a, *b;

	if (size < HEAD)
		return 0;
	len = size < INPUT_MAX ? (uint32_t)size - HEAD : INPUT_MAX - HEAD;
	a_len = (uint32_t)(data[1] | data[2] << 8) % (len + 1);
	b_len = len - a_len;
	a = copy_of(data + HEAD, a_len);
	b = copy_of(data + HEAD + a_len, b_len);
	if (data[0] & FLAG_ALIKE)
		make_alike(a, a_len, b, b_len);
	if (data[0] & FLAG_FIX) {
		fix(a, a_len);
		fix(b, b_len);
	}
	check(a, a_len, b, b_len);
	check(b, b_len, a, a_len);
	free(a);
	free(b);
	return 0;
}
