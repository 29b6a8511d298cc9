/* SPDX-License-Identifier: BSD-3-Clause */
#include "crowd.h"

struct crowd crowd_of(double alone, double beside)
{
	return (struct crowd){.alone = alone, .more = beside > alone ? beside / alone - 1 : 0};
}

double crowd_cost(const struct crowd *c, unsigned workers)
{
	return c->alone * (1 + c->more * (workers - 1));
}
