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
	uint32_t hash; /* of a run's last frame */
	uint8_t (*bytes)[WORK_FRAME_MAX];
	uint8_t *now[BENCH_BURST]; /* those of the group */
	uint8_t *frame[];          /* of all groups */
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

static void turn_to(struct frames *f, unsigned group)
{
	f->at = group;
	memcpy(f->now, f->frame + group * f->burst, f->burst * sizeof f->now[0]);
}

static void close_frames(void *state)
{
	struct frames *f = state;

	free(f->bytes);
	free(f);
}

static void make_frame(struct frames *f, const struct net_arg *a, uint32_t i)
{
	uint8_t *frame = f->frame[i];

	if (a->content == SYN4)
		f->len = work_syn_frame(frame, i);
	else
		work_udp_frame(frame, a->len, a->content == UDP4 ? AM_IPV4 : AM_IPV6, i);
	if (a->content == UDP6_FRAGMENT)
		make_fragment(frame, i);
}

static void *open_frames(const struct bench_env *env, const void *arg, struct am_err *err)
{
	unsigned groups = work_groups(env), n = groups * env->burst;
	const struct net_arg *a = arg;
	struct frames *f = work_alloc(sizeof *f + (size_t)n * sizeof f->frame[0]);

	if (f)
		f->bytes = work_alloc((size_t)n * sizeof f->bytes[0]);
	if (!f || !f->bytes) {
		am_fail(err, ENOMEM, "no memory for %u frames", n);
		free(f);
		return NULL;
	}
	f->burst = env->burst;
	f->groups = groups;
	f->len = a->len;
	for (uint32_t i = 0; i < n; i++) {
		f->frame[i] = f->bytes[work_scatter(i, n)];
		make_frame(f, a, i);
	}
	turn_to(f, 0);
	return f;
}

static bool prepare_frames(void *state)
{
	struct frames *f = state;

	turn_to(f, f->at + 1 < f->groups ? f->at + 1 : 0);
	return true;
}

static bool run_parse(void *state)
{
	struct frames *f = state;
	struct am_ip_hdr ip;
	struct am_ether eth;
	unsigned good = 0;

	for (unsigned i = 0; i < f->burst; i++) {
		const uint8_t *frame = f->now[i];

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
		sums += am_csum_fold(am_csum_add(f->now[i], CSUM_LEN, 0)) != 0;
	return sums == f->burst;
}

/* Each frame is of another flow; the last run's last one too, unless that frame is the only one there is. */
static bool run_flow(void *state)
{
	struct frames *f = state;
	uint32_t hash = f->hash, last = hash, differ = 0;

	for (unsigned i = 0; i < f->burst; i++) {
		hash = am_flow_hash_frame(f->now[i], f->len);
		differ |= hash ^ last;
	}
	f->hash = hash;
	return differ != 0 || f->burst * f->groups == 1;
}

/* A clamped SYN would pass untouched the next time. */
static bool prepare_syn(void *state)
{
	struct frames *f = state;

	for (uint32_t i = 0; i < f->burst; i++)
		work_syn_frame(f->now[i], f->at * f->burst + i);
	return prepare_frames(state);
}

static bool run_clamp(void *state)
{
	struct frames *f = state;
	unsigned changed = 0;

	for (unsigned i = 0; i < f->burst; i++)
		changed += am_mss_clamp_frame(f->now[i], f->len, CLAMP_TO, CLAMP_TO);
	return changed == f->burst;
}

static bool run_clamp_nothing(void *state)
{
	struct frames *f = state;
	unsigned changed = 0;

	for (unsigned i = 0; i < f->burst; i++)
		changed += am_mss_clamp_frame(f->now[i], f->len, CLAMP_TO, CLAMP_TO);
	return changed == 0;
}

/* clang-format off */
#define FRAMES(name_, about_, prepare_, run_, content_, len_) \
	{.name = name_, .per = "packet", .about = about_, .ops = BENCH_BURST, .shapes = BENCH_BURSTS | BENCH_COLD, .open = open_frames, .prepare = prepare_, \
	 .run = run_, .close = close_frames, .arg = &(const struct net_arg){.content = content_, .len = len_}}

const struct bench_case bench_net_cases[] = {
	FRAMES("parse/ipv4", "Ethernet and IPv4 headers, checksum verified", prepare_frames, run_parse, UDP4, WORK_SMALL),
	FRAMES("parse/ipv6", "Ethernet and IPv6 headers", prepare_frames, run_parse, UDP6, 80),
	FRAMES("parse/ipv6-fragment", "Ethernet, IPv6 and Fragment headers", prepare_frames, run_parse, UDP6_FRAGMENT, 86),
	FRAMES("checksum/1480", "Internet checksum of 1480 octets", prepare_frames, run_csum, UDP4, WORK_FULL),
	FRAMES("mss/syn", "clamp the MSS of a TCP SYN", prepare_syn, run_clamp, SYN4, 0),
	FRAMES("mss/other", "see that a UDP packet is no TCP SYN", prepare_frames, run_clamp_nothing, UDP4, WORK_SMALL),
	FRAMES("flow/ipv4", "flow hash of a UDP frame over IPv4", prepare_frames, run_flow, UDP4, WORK_SMALL),
	FRAMES("flow/ipv6", "flow hash of a UDP frame over IPv6", prepare_frames, run_flow, UDP6, 80),
	{.name = NULL},
};
/* clang-format on */
