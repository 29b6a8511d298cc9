/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MODEL_IDS_H
#define MODEL_IDS_H
/*
 * Stable numbers for names: a name keeps its index for as long as somebody holds it. Each snapshot holds those that it
 * uses, so an index is free for another name only when the last snapshot that knew the old one is gone.
 */
#include <stdbool.h>
#include <stdint.h>

enum { AM_ID_NAME = 192 };

struct am_ids;

/* Indexes are first..max-1. NULL: no memory. */
struct am_ids *am_ids_create(uint32_t first, uint32_t max);
void am_ids_free(struct am_ids *ids);

/*
 * Hold name, which stands for span indexes in a row (give the same span each time), and say where they begin. An owner takes
 * all its names before the next owner begins, and holds each once: 1 where it had this one already. Else 0, -ENOSPC or
 * -ENOMEM.
 */
int am_ids_take(struct am_ids *ids, const char *name, uint32_t span, uint64_t owner, uint32_t *index);
/* One owner lets go. */
void am_ids_drop(struct am_ids *ids, uint32_t index);

/* How many hold the name at index; 0 where it is free. */
uint32_t am_ids_holders(const struct am_ids *ids, uint32_t index);
/* Refuse new indexes at or above max. */
void am_ids_set_max(struct am_ids *ids, uint32_t max);
uint32_t am_ids_max(const struct am_ids *ids);

#endif
