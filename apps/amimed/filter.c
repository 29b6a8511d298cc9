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

/* Where its jump may end, counted from the next one; 0: it is none. */
static uint32_t furthest(const struct bpf_insn *insn)
{
	if (BPF_CLASS(insn->code) != BPF_JMP)
		return 0;
	if (BPF_OP(insn->code) == BPF_JA)
		return insn->k;
	return insn->jt > insn->jf ? insn->jt : insn->jf;
}

/*
 * libpcap aborts the program at a code that it does not know, and lets an unconditional jump wrap round: neither is caught by
 * bpf_validate. left: instructions behind this one.
 */
static bool is_sound(const struct bpf_insn *insn, uint32_t left)
{
	static const uint16_t known[] = {BPF_RET | BPF_K, BPF_RET | BPF_A, BPF_LD | BPF_W | BPF_ABS,
		BPF_LD | BPF_H | BPF_ABS, BPF_LD | BPF_B | BPF_ABS, BPF_LD | BPF_W | BPF_LEN,
		BPF_LDX | BPF_W | BPF_LEN, BPF_LD | BPF_W | BPF_IND, BPF_LD | BPF_H | BPF_IND,
		BPF_LD | BPF_B | BPF_IND, BPF_LDX | BPF_MSH | BPF_B, BPF_LD | BPF_IMM, BPF_LDX | BPF_IMM,
		BPF_LD | BPF_MEM, BPF_LDX | BPF_MEM, BPF_ST, BPF_STX, BPF_JMP | BPF_JA, BPF_ALU | BPF_NEG,
		BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA};
	uint16_t op = BPF_OP(insn->code), class = BPF_CLASS(insn->code);

	if (furthest(insn) > 0 && furthest(insn) >= left)
		return false;
	for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
		if (insn->code == known[i])
			return true;
	if (insn->code != (class | op | BPF_SRC(insn->code)))
		return false;
	if (class == BPF_JMP)
		return op == BPF_JEQ || op == BPF_JGT || op == BPF_JGE || op == BPF_JSET;
	if (op == BPF_LSH || op == BPF_RSH)
		return class == BPF_ALU && (BPF_SRC(insn->code) == BPF_X || insn->k < 32);
	return class == BPF_ALU && op <= BPF_XOR && op != BPF_NEG;
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
	for (uint32_t i = 0; i < n; i++)
		if (!is_sound(&out->insn[i], n - i - 1))
			return am_fail(err, EINVAL, "instruction %u of the filter is none of classic BPF", i);
	if (!bpf_validate(out->insn, (int)n))
		return am_fail(err, EINVAL, "the filter is no valid BPF program");
	out->n = n;
	return 0;
}

bool am_filter_passes(const struct am_filter *f, const uint8_t *octets, uint32_t len)
{
	return f->n == 0 || bpf_filter(f->insn, octets, len, len) != 0;
}
