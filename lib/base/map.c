/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { SLOTS_MIN = 16 };

/* Open addressing, linear probing, at most half full. */
struct slot {
	uint32_t used, value;
	uint64_t key[];
};

struct am_map {
	size_t key_len, stride;
	uint32_t n, n_slots;
	uint8_t *slots;
};

static uint8_t *alloc_slots(const struct am_map *map, uint32_t n)
{
	return calloc(n, map->stride);
}

struct am_map *am_map_create(size_t key_len)
{
	struct am_map *map = calloc(1, sizeof *map);

	if (!map)
		return NULL;
	*map = (struct am_map){
		.key_len = key_len, .stride = sizeof(struct slot) + key_len, .n_slots = SLOTS_MIN};
	map->slots = alloc_slots(map, SLOTS_MIN);
	if (map->slots)
		return map;
	free(map);
	return NULL;
}

void am_map_free(struct am_map *map)
{
	if (!map)
		return;
	free(map->slots);
	free(map);
}

static struct slot *slot_at(const struct am_map *map, uint32_t i)
{
	return (struct slot *)(void *)(map->slots + i * map->stride);
}

/* The slot that has the key, or the free one where it would go. */
static struct slot *find(const struct am_map *map, const void *key)
{
	uint32_t i = (uint32_t)am_hash_words(key, map->key_len, 0);

	for (;; i++) {
		struct slot *s = slot_at(map, i & (map->n_slots - 1));

		if (!s->used || !memcmp(s->key, key, map->key_len))
			return s;
	}
}

bool am_map_find(const struct am_map *map, const void *key, uint32_t *value)
{
	const struct slot *s = find(map, key);

	if (s->used)
		*value = s->value;
	return s->used;
}

/* Make sure that one more fits. */
static int grow(struct am_map *map)
{
	struct am_map wider = *map;

	if ((map->n + 1) * 2 <= map->n_slots)
		return 0;
	wider.n_slots *= 2;
	wider.slots = wider.n_slots ? alloc_slots(map, wider.n_slots) : NULL;
	if (!wider.slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < map->n_slots; i++) {
		const struct slot *s = slot_at(map, i);

		if (s->used)
			memcpy(find(&wider, s->key), s, map->stride);
	}
	free(map->slots);
	*map = wider;
	return 0;
}

int am_map_add(struct am_map *map, const void *key, uint32_t *value)
{
	struct slot *s;

	if (grow(map))
		return -ENOMEM;
	s = find(map, key);
	if (s->used) {
		*value = s->value;
		return 1;
	}
	s->used = 1;
	s->value = *value;
	memcpy(s->key, key, map->key_len);
	map->n++;
	return 0;
}
