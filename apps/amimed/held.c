/* SPDX-License-Identifier: BSD-3-Clause */
#include "held.h"

#include <string.h>

#define HELD_FOR (1 * AM_S)

/* The neighbour's place, or a free one for it; AM_HELD_NEIGHBOURS where there is neither. */
static unsigned find(const struct am_held *held, const struct am_glean *who)
{
	unsigned free = AM_HELD_NEIGHBOURS;

	for (unsigned i = 0; i < AM_HELD_NEIGHBOURS; i++) {
		if (!held->places[i].n)
			free = free == AM_HELD_NEIGHBOURS ? i : free;
		else if (held->places[i].who.interface == who->interface &&
			 am_ip_equal(&held->places[i].who.ip, &who->ip))
			return i;
	}
	return free;
}

static unsigned empty(struct am_held *held, unsigned at, bool found, struct rte_mbuf **out)
{
	unsigned n = held->places[at].n;

	memcpy(out, held->places[at].m, n * sizeof *out);
	held->places[at].n = 0;
	held->sent += found ? n : 0;
	held->lost += found ? 0 : n;
	return n;
}

struct rte_mbuf *am_held_put(
	struct am_held *held, const struct am_glean *who, struct rte_mbuf *m, am_time now)
{
	unsigned at = find(held, who);
	struct rte_mbuf *out = NULL;

	if (at == AM_HELD_NEIGHBOURS) {
		held->lost++;
		return m;
	}
	if (!held->places[at].n) {
		held->places[at].who = *who;
		held->places[at].until = am_time_add(now, HELD_FOR);
	} else if (held->places[at].n == AM_HELD_EACH) {
		out = held->places[at].m[0];
		held->lost++;
		held->places[at].n--;
		memmove(held->places[at].m, held->places[at].m + 1, (AM_HELD_EACH - 1) * sizeof m);
	}
	held->places[at].m[held->places[at].n++] = m;
	held->held++;
	return out;
}

unsigned am_held_take(struct am_held *held, const struct am_glean *who, bool found, struct rte_mbuf **out)
{
	unsigned at = find(held, who);

	return at < AM_HELD_NEIGHBOURS && held->places[at].n ? empty(held, at, found, out) : 0;
}

unsigned am_held_expire(struct am_held *held, am_time now, struct am_glean *who, struct rte_mbuf **out)
{
	for (unsigned i = 0; i < AM_HELD_NEIGHBOURS; i++) {
		if (!held->places[i].n || am_time_before(now, held->places[i].until))
			continue;
		*who = held->places[i].who;
		return empty(held, i, false, out);
	}
	return 0;
}
