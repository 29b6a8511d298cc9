/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BASE_CPU_H
#define BASE_CPU_H
/*
 * Variants of a hot function: one for the baseline that the build is for, one for AVX2. The loader asks the CPU once, when
 * the program starts (ifunc): a call costs one indirect jump and no test, and no pointer is left that could be written.
 *
 *   static inline AM_INLINE uint64_t add_words(const uint8_t *p, uint32_t words) { plain C, compiled once for each }
 *   AM_VARIANTS(uint64_t, add_many_words, add_words, (const uint8_t *p, uint32_t words), (p, words));
 *   AM_CHOOSE(copy, copy_base, copy_avx2);     where they differ: static, copy_avx2 is AM_AVX2 and may use intrinsics
 *
 * It is worth it for what does much in a call, a loop or a burst, since a variant is never inlined. clang makes the name
 * global, so it is the program's only one.
 *
 * The C library is asked rather than the CPU, so that GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2 leaves the baseline of everything,
 * its own functions too: tools/test --variants runs the tests with and without.
 */
#define AM_INLINE __attribute__((always_inline))

#ifdef __x86_64__
#include <sys/platform/x86.h>

/*
 * Tuned as the rest of its file, or gcc inlines nothing of that into it. Where that is for the first CPUs of DPDK's baseline,
 * gcc splits every store of 32 octets in two: -mtune=generic.
 */
#define AM_AVX2 __attribute__((target("avx2"), unused))

/* The loader runs a chooser before any sanitizer is ready. clang's thread sanitizer would still count the call. */
#ifdef __clang__
#define AM_EARLY                                                                                             \
	__attribute__((                                                                                      \
		disable_sanitizer_instrumentation, no_sanitize("address", "undefined", "coverage"), unused))
#else
#define AM_EARLY __attribute__((no_sanitize("address", "thread", "undefined"), unused))
#endif

/* CPU_FEATURE_ACTIVE(AVX2), without a function of a header that sanitizers would get at. */
#define AM_USE_AVX2                                                                                          \
	(__x86_get_cpuid_feature_leaf(x86_cpu_AVX2 / 128)->active_array[x86_cpu_AVX2 / 32 % 4] >>            \
			(x86_cpu_AVX2 % 32) &                                                                \
		1)

#define AM_CHOOSE(name, base, avx2)                                                                          \
	static AM_EARLY __typeof__(base) *name##_choose(void)                                                \
	{                                                                                                    \
		return AM_USE_AVX2 ? (avx2) : (base);                                                        \
	}                                                                                                    \
	static __typeof__(base) name __attribute__((ifunc(#name "_choose")))

#define AM_VARIANTS(type, name, body, params, args)                                                          \
	static type name##_base params                                                                       \
	{                                                                                                    \
		return body args;                                                                            \
	}                                                                                                    \
	static AM_AVX2 type name##_avx2 params                                                               \
	{                                                                                                    \
		return body args;                                                                            \
	}                                                                                                    \
	AM_CHOOSE(name, name##_base, name##_avx2)
#else
#define AM_AVX2                     __attribute__((unused))
#define AM_CHOOSE(name, base, avx2) static __typeof__(base) *const name = (base)
#define AM_VARIANTS(type, name, body, params, args)                                                          \
	static type name params                                                                              \
	{                                                                                                    \
		return body args;                                                                            \
	}                                                                                                    \
	static type name params
#endif

#endif
