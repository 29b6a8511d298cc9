/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_CASES_H
#define BENCH_CASES_H
/* The cases of `amime-bench micro`, by what they exercise, and of `amime-bench pipeline`. Each table ends with a case without a name. */
#include "bench.h"

extern const struct bench_case bench_net_cases[];    /* plain bytes: parse, checksum, MSS, flow hash */
extern const struct bench_case bench_tunnel_cases[]; /* encap, encap and fragment, decap */
extern const struct bench_case bench_reasm_cases[];
extern const struct bench_case bench_table_cases[];   /* FDB, peers */
extern const struct bench_case bench_counter_cases[]; /* of interfaces, route classes, access lists */
extern const struct bench_case bench_acl_cases[];     /* access lists */
extern const struct bench_case bench_fib_cases[];

extern const struct bench_case bench_pipeline_cases[];
extern const struct bench_case bench_route_cases[]; /* routed, with many routes */
extern const struct bench_case bench_limit_cases[]; /* "limit/NAME": what row NAME cannot cost less than */
extern const struct bench_case bench_scale_cases[];
extern const struct bench_case bench_scale_route_cases[];
extern const struct bench_case bench_line_cases[];

#endif
