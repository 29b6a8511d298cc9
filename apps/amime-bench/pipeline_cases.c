/* SPDX-License-Identifier: BSD-3-Clause */
/* The built-in cases of `amime-bench pipeline`, those of the goals first. */
#include "cases.h"
#include "pipeline_rows.h"

enum { MANY_PAIRS = 50000, BRIDGES = 16, WINDOW = 128 };

/* clang-format off */
#define MANY .mac_pairs = MANY_PAIRS, .flows = MANY_PAIRS
#define INTERLEAVED .order = TRAFFIC_INTERLEAVED, .window = WINDOW

#define ENCAP_SETUP(split, ...) (GRE, 4, 4, split, 1, ##__VA_ARGS__)
#define DECAP_SETUP(split, ...) (GRE, 4, 4, split, BRIDGES, ##__VA_ARGS__)
/* So that a broadcast leaves as one packet. */
#define ONE_TUNNEL(...) (GRE, 4, 4, FLOOR, 1, .tunnels = 1, ##__VA_ARGS__)
#define V6_ENCAP(split, vtep) (GRE, 6, vtep, split, 1)
#define V6_DECAP(split, vtep) (GRE, 6, vtep, split, BRIDGES)

const struct bench_case bench_pipeline_cases[] = {
	NULLS("forward", "one packet in, one out: the ports alone", "packet", BENCH_BURST, ENCAP_SETUP(FLOOR), encap, WORK_SMALL),
	NULLS("cut", "one packet in, two out", "packet", BENCH_BURST, ENCAP_SETUP(FLOOR), encap, WORK_FULL),
	NULLS("spread", "one packet in, one out by one of 16 ports", "packet", BENCH_BURST, DECAP_SETUP(FLOOR), decap, WORK_SMALL),
	NULLS("join", "two packets in, one out by one of 16 ports", "datagram", BENCH_BURST, DECAP_SETUP(FLOOR), decap, WORK_FULL),
	NULLS("join-interleaved", "the same, 128 firsts and then 128 seconds", "datagram", WINDOW, DECAP_SETUP(FLOOR), decap, WORK_FULL, INTERLEAVED),

	NULL_ROW("join-one", "two packets in, one out", "datagram", BENCH_BURST,
		NULL_ARG(SETUP(GRE, 4, 4, FLOOR, 1, .tunnels = 1), TRAFFIC(decap, WORK_FULL, HOT))),

	HOT_COLD("encap/64", "64-octet frame, bridge, VXLAN, GRE, IPv4", "packet", "forward", BENCH_BURST,
		GOAL(40), GOAL(60), ENCAP_SETUP(FLOOR), encap, WORK_SMALL),
	HOT_COLD("encap/1514-floor", "1514-octet frame, the same, cut at 1276", "packet", "cut", BENCH_BURST,
		GOAL(75), GOAL(150), ENCAP_SETUP(FLOOR), encap, WORK_FULL),
	HOT_COLD("encap/1514-fill", "1514-octet frame, the same, cut at 1500", "packet", "cut", BENCH_BURST,
		GOAL(60), GOAL(105), ENCAP_SETUP(FILL), encap, WORK_FULL),
	HOT_COLD("join/1514", "1276 + rest side by side, reassembled, GRE, VXLAN, bridge", "datagram", "join", BENCH_BURST,
		GOAL(115), GOAL(205), DECAP_SETUP(FLOOR), decap, WORK_FULL),
	HOT_COLD("join/1514-interleaved", "the same, 128 firsts and then 128 seconds", "datagram", "join-interleaved", WINDOW,
		GOAL(180), GOAL(260), DECAP_SETUP(FLOOR), decap, WORK_FULL, INTERLEAVED),
	HOT_COLD("decap/64", "IPv4, GRE, VXLAN around a 64-octet frame, bridge", "packet", "spread", BENCH_BURST,
		GOAL(60), GOAL(65), DECAP_SETUP(FLOOR), decap, WORK_SMALL),

	HOT_ONLY("join/1514-fill", "1500 + rest side by side", "datagram", "join", BENCH_BURST,
		NO_GOAL, DECAP_SETUP(FILL), decap, WORK_FULL),
	HOT_ONLY("join/1514-reversed", "second halves first", "datagram", "join", BENCH_BURST,
		NO_GOAL, DECAP_SETUP(FLOOR), decap, WORK_FULL, .order = TRAFFIC_REVERSED),
	HOT_ONLY("encap/64-one-tunnel", "1024 MAC pairs, but one tunnel and VTEP", "packet", "forward", BENCH_BURST,
		NO_GOAL, (GRE, 4, 4, FLOOR, 1, .tunnels = 1), encap, WORK_SMALL),
	HOT_ONLY("encap/64-trunk", "16 bridges with a VLAN each of one LAN port", "packet", "forward", BENCH_BURST,
		NO_GOAL, DECAP_SETUP(FLOOR, .vlans = true), encap, WORK_SMALL),
	HOT_ONLY("decap/64-trunk", "out of them", "packet", "forward", BENCH_BURST,
		NO_GOAL, DECAP_SETUP(FLOOR, .vlans = true), decap, WORK_SMALL),
	HOT_ONLY("encap/90-inner6", "UDP in IPv6 inside", "packet", "forward", BENCH_BURST,
		NO_GOAL, ENCAP_SETUP(FLOOR), encap, WORK_SMALL6, .inner = TRAFFIC_IPV6),
	HOT_ONLY("encap/1514-floor-inner6", "UDP in IPv6 inside, cut at 1276", "packet", "cut", BENCH_BURST,
		NO_GOAL, ENCAP_SETUP(FLOOR), encap, WORK_FULL, .inner = TRAFFIC_IPV6),
	HOT_ONLY("join/1514-inner6", "UDP in IPv6 inside, 1276 + rest side by side", "datagram", "join", BENCH_BURST,
		NO_GOAL, DECAP_SETUP(FLOOR), decap, WORK_FULL, .inner = TRAFFIC_IPV6),
	HOT_ONLY("decap/90-inner6", "UDP in IPv6 inside", "packet", "spread", BENCH_BURST,
		NO_GOAL, DECAP_SETUP(FLOOR), decap, WORK_SMALL6, .inner = TRAFFIC_IPV6),
	HOT_ONLY("encap/1440-fill", "1440-octet frame, the longest that leaves whole at 1500", "packet", "forward", BENCH_BURST,
		NO_GOAL, ENCAP_SETUP(FILL), encap, WORK_WHOLE),
	HOT_ONLY("decap/64-one-tunnel", "1024 MAC pairs, but one tunnel, VTEP and LAN port", "packet", "forward", BENCH_BURST,
		NO_GOAL, (GRE, 4, 4, FLOOR, 1, .tunnels = 1), decap, WORK_SMALL),

	HOT_COLD("encap/64-100k", "100,000 MAC addresses", "packet", "forward", BENCH_BURST, OVER("encap/64", 15),
		OVER("encap/64-cold", 20), ENCAP_SETUP(FLOOR, .macs = 2 * MANY_PAIRS), encap, WORK_SMALL, MANY),
	HOT_COLD("encap/1514-floor-100k", "100,000 MAC addresses", "packet", "cut", BENCH_BURST, OVER("encap/1514-floor", 15),
		OVER("encap/1514-floor-cold", 20), ENCAP_SETUP(FLOOR, .macs = 2 * MANY_PAIRS), encap, WORK_FULL, MANY),
	HOT_COLD("encap/1514-fill-100k", "100,000 MAC addresses", "packet", "cut", BENCH_BURST, OVER("encap/1514-fill", 15),
		OVER("encap/1514-fill-cold", 20), ENCAP_SETUP(FILL, .macs = 2 * MANY_PAIRS), encap, WORK_FULL, MANY),
	HOT_COLD("join/1514-100k", "100,000 MAC addresses", "datagram", "join", BENCH_BURST, OVER("join/1514", 15),
		OVER("join/1514-cold", 20), DECAP_SETUP(FLOOR, .macs = 2 * MANY_PAIRS), decap, WORK_FULL, MANY),
	HOT_COLD("join/1514-interleaved-100k", "100,000 MAC addresses", "datagram", "join-interleaved", WINDOW, OVER("join/1514-interleaved", 15),
		OVER("join/1514-interleaved-cold", 20), DECAP_SETUP(FLOOR, .macs = 2 * MANY_PAIRS), decap, WORK_FULL, MANY, INTERLEAVED),
	HOT_COLD("decap/64-100k", "100,000 MAC addresses", "packet", "spread", BENCH_BURST, OVER("decap/64", 15),
		OVER("decap/64-cold", 20), DECAP_SETUP(FLOOR, .macs = 2 * MANY_PAIRS), decap, WORK_SMALL, MANY),

	HOT_ONLY("encap/64-ipv6", "over IPv6", "packet", "forward", BENCH_BURST,
		TIMES("encap/64", 1.15), V6_ENCAP(FLOOR, 4), encap, WORK_SMALL),
	HOT_ONLY("encap/1514-floor-ipv6", "over IPv6, cut at 1280", "packet", "cut", BENCH_BURST,
		TIMES("encap/1514-floor", 1.15), V6_ENCAP(FLOOR, 4), encap, WORK_FULL),
	HOT_ONLY("encap/1514-fill-ipv6", "over IPv6, cut at 1500", "packet", "cut", BENCH_BURST,
		TIMES("encap/1514-fill", 1.15), V6_ENCAP(FILL, 4), encap, WORK_FULL),
	HOT_ONLY("join/1514-ipv6", "over IPv6, 1280 + rest side by side", "datagram", "join", BENCH_BURST,
		TIMES("join/1514", 1.15), V6_DECAP(FLOOR, 4), decap, WORK_FULL),
	HOT_ONLY("join/1514-interleaved-ipv6", "over IPv6, 128 firsts and then 128 seconds", "datagram", "join-interleaved", WINDOW,
		TIMES("join/1514-interleaved", 1.15), V6_DECAP(FLOOR, 4), decap, WORK_FULL, INTERLEAVED),
	HOT_ONLY("decap/64-ipv6", "over IPv6", "packet", "spread", BENCH_BURST,
		TIMES("decap/64", 1.15), V6_DECAP(FLOOR, 4), decap, WORK_SMALL),
	HOT_ONLY("encap/64-vtep6", "over IPv6, and VTEPs on IPv6: a UDP checksum over everything inside", "packet", "forward", BENCH_BURST,
		NO_GOAL, V6_ENCAP(FLOOR, 6), encap, WORK_SMALL),
	HOT_ONLY("encap/1514-floor-vtep6", "the same, cut at 1280", "packet", "cut", BENCH_BURST,
		NO_GOAL, V6_ENCAP(FLOOR, 6), encap, WORK_FULL),
	HOT_ONLY("join/1514-vtep6", "the same, 1280 + rest side by side", "datagram", "join", BENCH_BURST,
		NO_GOAL, V6_DECAP(FLOOR, 6), decap, WORK_FULL),
	HOT_ONLY("decap/64-vtep6", "the same, out of it", "packet", "spread", BENCH_BURST,
		NO_GOAL, V6_DECAP(FLOOR, 6), decap, WORK_SMALL),

	HOT_ONLY("encap/64-etherip", "VXLAN in EtherIP", "packet", "forward", BENCH_BURST,
		NO_GOAL, (ETHERIP, 4, 4, FLOOR, 1), encap, WORK_SMALL),
	HOT_ONLY("encap/1514-floor-etherip", "VXLAN in EtherIP, cut at 1276", "packet", "cut", BENCH_BURST,
		NO_GOAL, (ETHERIP, 4, 4, FLOOR, 1), encap, WORK_FULL),
	HOT_ONLY("join/1514-etherip", "VXLAN in EtherIP, 1276 + rest side by side", "datagram", "join", BENCH_BURST,
		NO_GOAL, (ETHERIP, 4, 4, FLOOR, BRIDGES), decap, WORK_FULL),
	HOT_ONLY("decap/64-etherip", "out of VXLAN in EtherIP", "packet", "spread", BENCH_BURST,
		NO_GOAL, (ETHERIP, 4, 4, FLOOR, BRIDGES), decap, WORK_SMALL),

	TCP_ROWS("encap-64", "64 octets of TCP, some SYNs and broadcasts", "packet", "forward", ONE_TUNNEL(), ONE_TUNNEL(.everything = true), encap, WORK_SMALL),
	TCP_ROWS("encap-1514", "1514 octets of TCP, cut at 1276, some SYNs and broadcasts", "packet", "cut", ONE_TUNNEL(),
		ONE_TUNNEL(.everything = true), encap, WORK_FULL),
	TCP_ROWS("join-1514", "1276 + rest of TCP, some SYNs and broadcasts", "datagram", "join", DECAP_SETUP(FLOOR),
		DECAP_SETUP(FLOOR, .everything = true), decap, WORK_FULL),
	TCP_ROWS("decap-64", "around 64 octets of TCP, some SYNs and broadcasts", "packet", "spread", DECAP_SETUP(FLOOR),
		DECAP_SETUP(FLOOR, .everything = true), decap, WORK_SMALL),

	WORKERS("encap-many", "64 tunnels", "packet", "forward", BENCH_BURST, (GRE, 4, 4, FLOOR, 1), encap, WORK_SMALL),
	WORKERS("decap-many", "64 tunnels", "packet", "spread", BENCH_BURST, (GRE, 4, 4, FLOOR, BRIDGES), decap, WORK_SMALL),
	WORKERS("join-many", "64 tunnels", "datagram", "join", BENCH_BURST, (GRE, 4, 4, FLOOR, BRIDGES), decap, WORK_FULL),
	WORKERS("encap-striped", "a tunnel of 16 address pairs", "packet", "forward", BENCH_BURST,
		(GRE, 4, 4, FLOOR, 1, .tunnels = 1, .stripes = 16), encap, WORK_SMALL),
	WORKERS("decap-striped", "a tunnel of 16 address pairs", "packet", "forward", BENCH_BURST,
		(GRE, 4, 4, FLOOR, 1, .tunnels = 1, .stripes = 16), decap, WORK_SMALL),
	WORKERS("join-striped", "a tunnel of 16 address pairs", "datagram", "join-one", BENCH_BURST,
		(GRE, 4, 4, FLOOR, 1, .tunnels = 1, .stripes = 16), decap, WORK_FULL),
	ROW("handoff/decap", "one queue and one tunnel: half of the frames go to a second worker; cycles of both", "packet", BENCH_BURST,
		.null = "null/forward", IN_TWO, .exchange = pipeline_exchange,
		ARG(SETUP(GRE, 4, 4, FLOOR, 1, .tunnels = 1, .workers = 2, .handoff = true), TRAFFIC(decap, WORK_SMALL, HOT), .beside = BESIDE_WORKER)),
	ROW("handoff/join", "the same with fragments: the first worker reassembles", "datagram", BENCH_BURST,
		.null = "null/join-one", IN_TWO, .exchange = pipeline_exchange,
		ARG(SETUP(GRE, 4, 4, FLOOR, 1, .tunnels = 1, .workers = 2, .handoff = true), TRAFFIC(decap, WORK_FULL, HOT), .beside = BESIDE_WORKER)),
	{.name = NULL},
};
/* clang-format on */
