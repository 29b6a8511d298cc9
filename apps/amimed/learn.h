/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_LEARN_H
#define AMIMED_LEARN_H
/* What workers report as sources goes into the FDB as soon as they ring. */
#include <stdbool.h>

struct am_daemon;

/* Take what waits, within the budget of one step. True where more may wait. */
bool am_learn_drain(struct am_daemon *d);
/* How workers are idle may have changed: those that spin are quiet, and then control looks each millisecond. */
void am_learn_adapt(struct am_daemon *d);

#endif
