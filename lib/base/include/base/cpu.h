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
 * It is worth it for what does much in a call, a loop or a burst, since a variant is never inlined. Where the build's option
 * "variants" is baseline or avx2 instead of auto, the choice is fixed: tools/test --variants runs the tests so.
 */
#include <stdbool.h>

#define AM_INLINE __attribute__((always_inline))

#ifdef __x86_64__
/* Scheduled for the first CPUs that had it: tuned for the baseline's, gcc splits every load of 32 octets in two. */
#define AM_AVX2 __attribute__((target("avx2,tune=haswell"), unused))

/* The loader runs a chooser before any sanitizer is ready. */
#ifdef __clang__
#define AM_EARLY __attribute__((no_sanitize("address", "thread", "undefined", "coverage"), unused))
#else
#define AM_EARLY __attribute__((no_sanitize("address", "thread", "undefined"), unused))
#endif

#if defined(AM_VARIANTS_BASELINE)
#define AM_USE_AVX2 false
#elif defined(AM_VARIANTS_AVX2)
#define AM_USE_AVX2 true
#else
#define AM_USE_AVX2 __builtin_cpu_supports("avx2")
#endif

#define AM_CHOOSE(name, base, avx2)                                                                          \
	static AM_EARLY __typeof__(base) *name##_choose(void)                                                \
	{                                                                                                    \
		__builtin_cpu_init();                                                                        \
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
