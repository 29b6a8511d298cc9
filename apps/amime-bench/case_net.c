/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "cases.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/flow.h"
#include "net/ip.h"
#include "net/mss.h"
#include "workload.h"

enum {
	CSUM_LEN = 1480,
	CLAMP_TO = 1206,
};

struct frames {
	unsigned burst, groups, at; /* a run works on one group */
	uint16_t len;
	uint8_t bytes[][WORK_FRAME_MAX];
};

/* What the frames of a case are. */
enum content { UDP4, UDP6, UDP6_FRAGMENT, SYN4 };

struct net_arg {
	enum content content;
	uint16_t len;
};

/* Make the UDP in an IPv6 frame a first fragment: a Fragment header takes the place of the first payload octets. */
static void make_fragment(uint8_t *frame, uint32_t id)
{
	uint8_t *ip = frame + AM_ETH_LEN;
	uint8_t *fragment = ip + AM_IP6_LEN;

	ip[6] = AM_PROTO_FRAGMENT;
	memmove(fragment + AM_IP6_FRAG_LEN, fragment, AM_IP6_FRAG_LEN);
	fragment[0] = AM_PROTO_UDP;
	fragment[1] = 0;
	am_store16(fragment + 2, 1); /* offset 0, more to come */
	am_store32(fragment + 4, id);
}

static uint8_t *frame_of(struct frames *f, unsigned i)
{
	return f->bytes[f->at * f->burst + i];
}

static void *open_frames(const struct bench_env *env, const void *arg, struct am_err *err)
{
	unsigned groups = work_groups(env), n = groups * env->burst;
	const struct net_arg *a = arg;
	struct frames *f = work_alloc(sizeof *f + (size_t)n * sizeof f->bytes[0]);

	if (!f) {
		am_fail(err, ENOMEM, "no memory for %u frames", n);
		return NULL;
	}
	f->burst = env->burst;
	f->groups = groups;
	f->len = a->len;
	for (uint32_t i = 0; i < n; i++) {
		if (a->content == SYN4)
			f->len = work_syn_frame(f->bytes[i], i);
		else
			work_udp_frame(f->bytes[i], a->len, a->content == UDP4 ? AM_IPV4 : AM_IPV6, i);
		if (a->content == UDP6_FRAGMENT)
			make_fragment(f->bytes[i], i);
	}
	return f;
}

static bool prepare_frames(void *state)
{
	struct frames *f = state;

	f->at = f->at + 1 < f->groups ? f->at + 1 : 0;
	return true;
}

static bool run_parse(void *state)
{
	struct frames *f = state;
	struct am_ip_hdr ip;
	struct am_ether eth;
	unsigned good = 0;

	for (unsigned i = 0; i < f->burst; i++) {
		const uint8_t *frame = frame_of(f, i);

		if (am_ether_parse(frame, f->len, &eth) != AM_V_OK)
			continue;
		good += am_ip_parse(frame + eth.len, (uint32_t)f->len - eth.len, &ip) == AM_V_OK;
	}
	return good == f->burst;
}

static bool run_csum(void *state)
{
	struct frames *f = state;
	unsigned sums = 0;

	for (unsigned i = 0; i < f->burst; i++)
		sums += am_csum_fold(am_csum_add(frame_of(f, i), CSUM_LEN, 0)) != 0;
	return sums == f->burst;
}

static bool run_flow(void *state)
{
	struct frames *f = state;
	uint32_t first = am_flow_hash_frame(frame_of(f, 0), f->len), differ = 0;

	for (unsigned i = 1; i <= f->burst; i++)
		differ |= am_flow_hash_frame(frame_of(f, i % f->burst), f->len) ^ first;
	return differ != 0 || f->burst == 1;
}

/* A clamped SYN would pass untouched the next time. */
static bool prepare_syn(void *state)
{
	struct frames *f = state;

	for (uint32_t i = 0; i < f->burst; i++)
		work_syn_frame(frame_of(f, i), i);
	return prepare_frames(state);
}

static bool run_clamp(void *state)
{
	struct frames *f = state;
	unsigned changed = 0;

	for (unsigned i = 0; i < f->burst; i++)
		changed += am_mss_clamp_frame(frame_of(f, i), f->len, CLAMP_TO, CLAMP_TO);
	return changed == f->burst;
}

static bool run_clamp_nothing(void *state)
{
	struct frames *f = state;
	unsigned changed = 0;

	for (unsigned i = 0; i < f->burst; i++)
		changed += am_mss_clamp_frame(frame_of(f, i), f->len, CLAMP_TO, CLAMP_TO);
	return changed == 0;
}

/* clang-format off */
#define FRAMES(name_, about_, prepare_, run_, content_, len_) \
	SHAPED(name_, about_, BENCH_BURSTS | BENCH_COLD, prepare_, run_, content_, len_)
#define KEY_FRAMES(name_, about_, prepare_, run_, content_, len_) \
	SHAPED(name_, about_, BENCH_BURSTS | BENCH_COLD | BENCH_KEY, prepare_, run_, content_, len_)
#define SHAPED(name_, about_, shapes_, prepare_, run_, content_, len_) \
	{.name = name_, .per = "packet", .about = about_, .ops = BENCH_BURST, .shapes = shapes_, .open = open_frames, .prepare = prepare_, \
	 .run = run_, .close = free, .arg = &(const struct net_arg){.content = content_, .len = len_}}

const struct bench_case bench_net_cases[] = {
	KEY_FRAMES("parse/ipv4", "Ethernet and IPv4 headers, checksum verified", prepare_frames, run_parse, UDP4, WORK_SMALL),
	FRAMES("parse/ipv6", "Ethernet and IPv6 headers", prepare_frames, run_parse, UDP6, 80),
	FRAMES("parse/ipv6-fragment", "Ethernet, IPv6 and Fragment headers", prepare_frames, run_parse, UDP6_FRAGMENT, 86),
	FRAMES("checksum/1480", "Internet checksum of 1480 octets", prepare_frames, run_csum, UDP4, WORK_FULL),
	FRAMES("mss/syn", "clamp the MSS of a TCP SYN", prepare_syn, run_clamp, SYN4, 0),
	FRAMES("mss/other", "see that a UDP packet is no TCP SYN", prepare_frames, run_clamp_nothing, UDP4, WORK_SMALL),
	KEY_FRAMES("flow/ipv4", "flow hash of a UDP frame over IPv4", prepare_frames, run_flow, UDP4, WORK_SMALL),
	FRAMES("flow/ipv6", "flow hash of a UDP frame over IPv6", prepare_frames, run_flow, UDP6, 80),
	{.name = NULL},
};
/* clang-format on */
