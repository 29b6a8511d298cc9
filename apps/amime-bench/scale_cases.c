/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a packet costs by how many there are of everything else: one number changes within a group, the rest stays. The
 * number stands behind the last slash of a name.
 */
#include "cases.h"
#include "pipeline_rows.h"

/* clang-format off */
#define FLOWS(pairs, n) .mac_pairs = pairs, .flows = n
#define SCALE(group, n, about, null_, setup, way, pairs, flows) \
	ROW(group "/" #n, about, "packet", BENCH_BURST, .null = "null/" null_, .memory = true, \
		ARG(SETUP setup, TRAFFIC(way, WORK_SMALL, HOT, FLOWS(pairs, flows))))
#define ENCAP_DECAP(group, n, about, setup, pairs, flows) \
	SCALE(group "/encap", n, about, "forward", setup, encap, pairs, flows), \
	SCALE(group "/decap", n, about, "forward", setup, decap, pairs, flows)
#define WORKER(way, null_) \
	ROW("workers/" #way "/1", "one worker, 64 tunnels", "packet", BENCH_BURST, .null = null_, \
		ARG(SETUP(GRE, 4, 4, FLOOR, 1), TRAFFIC(way, WORK_SMALL, HOT))), \
	ROW("workers/" #way "/2-apart", "one worker beside that of another data plane, 64 tunnels", "packet", BENCH_BURST, .null = null_, IN_TWO, \
		ARG(SETUP(GRE, 4, 4, FLOOR, 1), TRAFFIC(way, WORK_SMALL, HOT), .beside = BESIDE_APART)), \
	ROW("workers/" #way "/2", "one of two workers, 64 tunnels", "packet", BENCH_BURST, .null = null_, IN_TWO, \
		ARG(SETUP(GRE, 4, 4, FLOOR, 1, .workers = 2), TRAFFIC(way, WORK_SMALL, HOT), .beside = BESIDE_WORKER))

const struct bench_case bench_scale_cases[] = {
	NULL_ROW("forward", "one packet in, one out: the ports alone", "packet", BENCH_BURST,
		NULL_ARG(SETUP(GRE, 4, 4, FLOOR, 1), TRAFFIC(encap, WORK_SMALL, HOT))),

	ENCAP_DECAP("tunnels", 1, "4 bridges, 10,000 MAC pairs, tunnels with a VTEP each",
		(GRE, 4, 4, FLOOR, 4, .tunnels = 1, .vlans = true, .macs = 40000), 10000, 10000),
	ENCAP_DECAP("tunnels", 100, "4 bridges, 10,000 MAC pairs, tunnels with a VTEP each",
		(GRE, 4, 4, FLOOR, 4, .tunnels = 100, .vlans = true, .macs = 40000), 10000, 10000),
	ENCAP_DECAP("tunnels", 10000, "4 bridges, 10,000 MAC pairs, tunnels with a VTEP each",
		(GRE, 4, 4, FLOOR, 4, .tunnels = 10000, .vlans = true, .macs = 40000), 10000, 10000),

	ENCAP_DECAP("bridges", 1, "64 tunnels, 10,000 MAC pairs, bridges with a VLAN and a VNI each",
		(GRE, 4, 4, FLOOR, 1, .tunnels = 64, .vlans = true, .macs = 40000), 10000, 10000),
	ENCAP_DECAP("bridges", 4000, "64 tunnels, 10,000 MAC pairs, bridges with a VLAN and a VNI each",
		(GRE, 4, 4, FLOOR, 4000, .tunnels = 64, .vlans = true, .macs = 40000), 10000, 10000),

	ENCAP_DECAP("macs", 10, "64 tunnels, a bridge", (GRE, 4, 4, FLOOR, 1, .tunnels = 64), 5, 5),
	ENCAP_DECAP("macs", 1000, "64 tunnels, a bridge", (GRE, 4, 4, FLOOR, 1, .tunnels = 64), 500, 500),
	ENCAP_DECAP("macs", 100000, "64 tunnels, a bridge",
		(GRE, 4, 4, FLOOR, 1, .tunnels = 64, .macs = 100000), 50000, 50000),
	ENCAP_DECAP("macs", 1000000, "64 tunnels, a bridge",
		(GRE, 4, 4, FLOOR, 1, .tunnels = 64, .macs = 1000000), 500000, 500000),

	ENCAP_DECAP("flows", 1, "a pair of hosts, a tunnel", (GRE, 4, 4, FLOOR, 1, .tunnels = 1), 1, 1),
	ENCAP_DECAP("flows", 1000, "a pair of hosts, a tunnel", (GRE, 4, 4, FLOOR, 1, .tunnels = 1), 1, 1000),
	ENCAP_DECAP("flows", 1000000, "a pair of hosts, a tunnel", (GRE, 4, 4, FLOOR, 1, .tunnels = 1), 1, 1000000),

	WORKER(encap, "null/forward"),
	WORKER(decap, "null/forward"),
	{.name = NULL},
};
/* clang-format on */
