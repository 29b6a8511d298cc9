/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_HEAL_H
#define AMIMED_HEAL_H
/*
 * Ports whose devices go and come back. The kernel's news of links start a look, and every second does, since news can
 * be lost. A lost device's port is taken from the workers, so that what would leave there is dropped as port_down; when a
 * device of its name is there, the running configuration is committed once more with the port opened again.
 */
struct am_daemon;

/* The kernel deleted this device, though there may be another one of its name and number already. */
void am_heal_note_gone(struct am_daemon *d, int ifindex);
/* Those that were noted while a transaction was prepared, which looks at the ports. */
void am_heal_note_late(struct am_daemon *d);

/* Let go of the ports whose devices are not those any more that were opened. */
void am_heal_find_lost(struct am_daemon *d);

/* That, open again what is there again, and say in the log what has changed about links. */
void am_heal_run(struct am_daemon *d);

#endif
