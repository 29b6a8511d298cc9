/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BASE_MAP_H
#define BASE_MAP_H
/*
 * Numbers by key, for the control thread: who has this name, who claimed this before. Keys of one map have one
 * length, a multiple of 8 octets; what fills them up to it is zero. Nothing is ever taken out. Keys come from
 * the operator's own configuration, so the hash is not seeded.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct am_map;

/* NULL: no memory. */
struct am_map *am_map_create(size_t key_len);
void am_map_free(struct am_map *map);

/* False where the key has no value; *value is untouched then. */
bool am_map_find(const struct am_map *map, const void *key, uint32_t *value);
/*
 * Give key the value in *value. 0; or 1 where it has one already, which is then put into *value; or -ENOMEM.
 */
int am_map_add(struct am_map *map, const void *key, uint32_t *value);

#endif
