/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_NOTIFY_H
#define AMIMED_NOTIFY_H
/* Tell the service manager: the datagram protocol of sd_notify(3). Does nothing where $NOTIFY_SOCKET is not set. */

void am_notify_ready(void);
void am_notify_reloading(void);
void am_notify_stopping(void);
/* All is well; where it is not said for WatchdogSec=, the manager starts amimed anew. */
void am_notify_watchdog(void);

#endif
