/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter.h"

#include <errno.h>

/* A decimal number up to most, and the character behind it, which must be end. */
static bool take_number(const char **at, uint32_t most, char end, uint32_t *out)
{
	uint64_t n = 0;
	const char *p = *at;

	for (; *p >= '0' && *p <= '9' && n <= most; p++)
		n = n * 10 + (unsigned)(*p - '0');
	if (p == *at || n > most || *p != end)
		return false;
	*at = p + (end != 0);
	*out = (uint32_t)n;
	return true;
}

static bool take_insn(const char **at, char end, struct bpf_insn *out)
{
	uint32_t code, jt, jf, k;

	if (!take_number(at, UINT16_MAX, ' ', &code) || !take_number(at, UINT8_MAX, ' ', &jt) ||
		!take_number(at, UINT8_MAX, ' ', &jf) || !take_number(at, UINT32_MAX, end, &k))
		return false;
	*out = (struct bpf_insn){.code = (uint16_t)code, .jt = (uint8_t)jt, .jf = (uint8_t)jf, .k = k};
	return true;
}

int am_filter_parse(const char *text, struct am_filter *out, struct am_err *err)
{
	uint32_t n;

	out->n = 0;
	if (!take_number(&text, UINT32_MAX, ',', &n) || n == 0)
		return am_fail(
			err, EINVAL, "a filter is \"N,code jt jf k,...\": N instructions of classic BPF");
	if (n > AM_FILTER_MAX)
		return am_fail(err, E2BIG,
			"a filter of %u instructions; at most %d are taken, ask for less at once", n,
			AM_FILTER_MAX);
	for (uint32_t i = 0; i < n; i++)
		if (!take_insn(&text, i + 1 < n ? ',' : 0, &out->insn[i]))
			return am_fail(
				err, EINVAL, "instruction %u of the filter is not \"code jt jf k\"", i);
	if (!bpf_validate(out->insn, (int)n))
		return am_fail(err, EINVAL, "the filter is no valid BPF program");
	out->n = n;
	return 0;
}

bool am_filter_passes(const struct am_filter *f, const uint8_t *octets, uint32_t len)
{
	return f->n == 0 || bpf_filter(f->insn, octets, len, len) != 0;
}
