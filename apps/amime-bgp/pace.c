/* SPDX-License-Identifier: BSD-3-Clause */
#include "pace.h"

bool am_bgpd_pace_due(struct am_bgpd_pace *p, am_time now, unsigned *more)
{
	if (am_time_before(now, p->next)) {
		p->held++;
		return false;
	}
	*more = p->held;
	*p = (struct am_bgpd_pace){.next = am_time_add(now, AM_S)};
	return true;
}
