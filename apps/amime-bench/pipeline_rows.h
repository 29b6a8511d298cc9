/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_PIPELINE_ROWS_H
#define BENCH_PIPELINE_ROWS_H
/* Words for tables of pipeline cases. A setup is written (GRE, 4, 4, FLOOR, 1, ...): tunnel, IP version of the outer header and of VTEPs, split, bridges. */
#include "case_pipeline.h"
#include "net/ip.h"
#include "workload.h"

/* clang-format off */

#define SETUP(kind_, family_, vtep_, split_, bridges_, ...) \
	{.kind = AM_TUNNEL_##kind_, .family = AM_IPV##family_, .vtep_family = AM_IPV##vtep_, .split = AM_SPLIT_##split_, \
	 .bridges = bridges_, ##__VA_ARGS__}
#define TRAFFIC(way_, octets_, memory_, ...) \
	{.way_ = 1, .burst = BENCH_BURST, .memory = TRAFFIC_##memory_, .n_sizes = 1, .sizes = {{octets_, 1, TRAFFIC_DATA}}, ##__VA_ARGS__}
/* Of a hundred frames of TCP, two begin a connection and one is for all hosts. */
#define TCP_TRAFFIC(way_, octets_) \
	{.way_ = 1, .burst = BENCH_BURST, .protocol = TRAFFIC_TCP, .n_sizes = 3, \
	 .sizes = {{octets_, 97, TRAFFIC_DATA}, {WORK_SMALL + 4, 2, TRAFFIC_SYN}, {WORK_SMALL, 1, TRAFFIC_BROADCAST}}}
#define TCP_ROWS(name, about, per, null_, setup, everything_, way, octets) \
	ROW("tcp/" name, about, per, BENCH_BURST, .null = "null/" null_, ARG(SETUP setup, TCP_TRAFFIC(way, octets))), \
	ROW("tcp/" name "-everything", about ", with MSS clamp, storm control and a trace of one packet in 1000", per, BENCH_BURST, .null = "null/" null_, \
		TIMES("tcp/" name, 1.15), ARG(SETUP everything_, TCP_TRAFFIC(way, octets)))
#define ROW(name_, about_, per_, ops_, ...) \
	{.name = name_, .about = about_, .per = per_, .ops = ops_, .open = pipeline_open, .prepare = pipeline_arrive, .run = pipeline_work, \
	 .finish = pipeline_collect, .stages = pipeline_stages, .close = pipeline_close, .config_text = pipeline_config, __VA_ARGS__}
#define NULL_ROW(name_, about_, per_, ops_, ...) \
	{.name = "null/" name_, .about = about_, .per = per_, .ops = ops_, .open = pipeline_open, .prepare = pipeline_arrive_null, \
	 .run = pipeline_work_null, .finish = pipeline_collect_null, .close = pipeline_close, .config_text = pipeline_config, __VA_ARGS__}
#define IN_COLD .cold = true
#define ARG(setup_, traffic_, ...) .arg = &(const struct pipeline_arg){.setup = setup_, .traffic = traffic_, ##__VA_ARGS__}
#define NULL_ARG(setup_, ...) .arg = &(const struct pipeline_arg){.null = true, .setup = setup_, .traffic = __VA_ARGS__}

/* A row for each memory: hot, and name-cold. */
#define HOT_COLD(name, about, per, null_, ops, hot_, cold_, setup, way, octets, ...) \
	ROW(name, about, per, ops, .null = "null/" null_, hot_, ARG(SETUP setup, TRAFFIC(way, octets, HOT, ##__VA_ARGS__))), \
	ROW(name "-cold", about ", cold", per, ops, .null = "null/" null_ "-cold", cold_, IN_COLD, \
		ARG(SETUP setup, TRAFFIC(way, octets, COLD, ##__VA_ARGS__)))
#define NULLS(name, about, per, ops, setup, way, octets, ...) \
	NULL_ROW(name, about, per, ops, ARG_NULL_(setup, way, octets, HOT, ##__VA_ARGS__)), \
	NULL_ROW(name "-cold", about ", cold", per, ops, IN_COLD, ARG_NULL_(setup, way, octets, COLD, ##__VA_ARGS__))
#define ARG_NULL_(setup, way, octets, memory, ...) NULL_ARG(SETUP setup, TRAFFIC(way, octets, memory, ##__VA_ARGS__))
#define HOT_ONLY(name, about, per, null_, ops, goal_, setup, way, octets, ...) \
	ROW(name, about, per, ops, .null = "null/" null_, goal_, ARG(SETUP setup, TRAFFIC(way, octets, HOT, ##__VA_ARGS__)))

/* One worker, one beside a data plane of its own kind with which it shares nothing but the machine, and one of two. */
#define SETUP_TWO(...) SETUP(__VA_ARGS__, .workers = 2)
#define WORKERS(name, about, per, null_, ops, setup, way, octets) \
	ROW("workers/" name "-1", about ", one worker", per, ops, .null = "null/" null_, ARG(SETUP setup, TRAFFIC(way, octets, HOT))), \
	ROW("workers/" name "-2-apart", about ", beside one that shares nothing with it", per, ops, .null = "null/" null_, \
		IN_TWO, ARG(SETUP setup, TRAFFIC(way, octets, HOT), .beside = BESIDE_APART)), \
	ROW("workers/" name "-2", about ", one of two workers", per, ops, .null = "null/" null_, IN_TWO, \
		TIMES("workers/" name "-1", 1.10), ARG(SETUP_TWO setup, TRAFFIC(way, octets, HOT), .beside = BESIDE_WORKER))
#define IN_TWO .two_cpus = true, .beside = pipeline_beside

#define GOAL(cycles) .goal = cycles
#define NO_GOAL .goal = 0
#define PLUS(of_, more_) .relative = {of_, 1, more_}
#define OVER(of_, more_) PLUS(of_, more_), .memory = true
#define TIMES(of_, times_) .relative = {of_, times_, 0}
/* clang-format on */

#endif
