/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire_search.h"

enum {
	FLOOR_PARTS = 10000, /* below this part of the maximum nothing is looked for */
	SHORTS_MAX = 3,      /* trials at one rate that the tester could not offer */
};

static const double enough = 0.98; /* of a rate, that counts as that rate */

void wire_search_init(struct wire_search *s, double max, double resolution)
{
	*s = (struct wire_search){.rate = max, .high = max, .max = max, .resolution = resolution};
}

bool wire_search_goes_on(const struct wire_search *s)
{
	if (!s->tried)
		return true;
	return s->high - s->low > s->high * s->resolution && s->high > s->max / FLOOR_PARTS;
}

/* A busy moment of the tester's machine is not its limit: it gets some more chances. */
static void take_short(struct wire_search *s, double offered)
{
	if (++s->shorts < SHORTS_MAX)
		return;
	s->tester_limit = true;
	s->high = s->low > offered ? s->low : offered;
}

void wire_search_take(struct wire_search *s, double offered, bool passed)
{
	double reached = offered < s->rate ? offered : s->rate;

	s->tried = true;
	if (passed && reached > s->low)
		s->low = reached;
	if (!passed) {
		s->failed = true;
		s->tester_limit = false;
		s->high = reached < s->high ? reached : s->high;
	} else if (offered < s->rate * enough) {
		take_short(s, offered);
		if (!s->tester_limit)
			return;
	}
	if (s->low > s->high)
		s->high = s->low;
	s->shorts = 0;
	s->rate = (s->low + s->high) / 2;
}
