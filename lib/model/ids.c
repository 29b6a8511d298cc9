/* SPDX-License-Identifier: BSD-3-Clause */
#include "ids.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { BUCKETS_MIN = 64 };

struct id {
	struct id *next; /* in its bucket */
	uint32_t index, span, holders;
	uint64_t last_owner;
	char name[AM_ID_NAME];
};

struct am_ids {
	uint32_t max;
	uint32_t lowest_free; /* nothing below it is free */
	uint32_t n_slots;     /* allocated in slots */
	struct id **slots;    /* by index; a span fills several */
	uint32_t n, n_buckets;
	struct id **buckets;
};

struct am_ids *am_ids_create(uint32_t first, uint32_t max)
{
	struct am_ids *ids = calloc(1, sizeof *ids);

	if (!ids)
		return NULL;
	*ids = (struct am_ids){.lowest_free = first, .max = max, .n_buckets = BUCKETS_MIN};
	ids->buckets = calloc(ids->n_buckets, sizeof *ids->buckets);
	if (ids->buckets)
		return ids;
	free(ids);
	return NULL;
}

void am_ids_free(struct am_ids *ids)
{
	struct id *id, *next;

	if (!ids)
		return;
	for (uint32_t i = 0; i < ids->n_buckets; i++) {
		for (id = ids->buckets[i]; id; id = next) {
			next = id->next;
			free(id);
		}
	}
	free(ids->buckets);
	free(ids->slots);
	free(ids);
}

/* The names are the operator's own, so the seed need not be secret. */
static struct id **bucket_of(struct am_ids *ids, const char name[AM_ID_NAME])
{
	return &ids->buckets[am_hash_words(name, AM_ID_NAME, 0) % ids->n_buckets];
}

/* One bucket for each name. Without memory the chains get longer, which works too. */
static void grow_buckets(struct am_ids *ids)
{
	struct am_ids wider = {.n_buckets = ids->n_buckets * 2};
	struct id *id, *next, **bucket;

	if (ids->n < ids->n_buckets)
		return;
	wider.buckets = calloc(wider.n_buckets, sizeof *wider.buckets);
	if (!wider.buckets)
		return;
	for (uint32_t i = 0; i < ids->n_buckets; i++) {
		for (id = ids->buckets[i]; id; id = next) {
			next = id->next;
			bucket = bucket_of(&wider, id->name);
			id->next = *bucket;
			*bucket = id;
		}
	}
	free(ids->buckets);
	ids->buckets = wider.buckets;
	ids->n_buckets = wider.n_buckets;
}

static bool slot_free(const struct am_ids *ids, uint32_t i)
{
	return i >= ids->n_slots || !ids->slots[i];
}

static int find_run(const struct am_ids *ids, uint32_t span, uint32_t *index)
{
	uint32_t run = 0;

	for (uint32_t i = ids->lowest_free; i < ids->max; i++) {
		run = slot_free(ids, i) ? run + 1 : 0;
		if (run == span) {
			*index = i + 1 - span;
			return 0;
		}
	}
	return -ENOSPC;
}

static int grow(struct am_ids *ids, uint32_t end)
{
	uint32_t n = ids->n_slots ? ids->n_slots : 64;
	struct id **slots;

	while (n < end)
		n *= 2;
	if (n == ids->n_slots)
		return 0;
	slots = realloc(ids->slots, n * sizeof *slots);
	if (!slots)
		return -ENOMEM;
	memset(slots + ids->n_slots, 0, (n - ids->n_slots) * sizeof *slots);
	ids->slots = slots;
	ids->n_slots = n;
	return 0;
}

static int allocate(struct am_ids *ids, const char name[AM_ID_NAME], uint32_t span, struct id **out)
{
	struct id **bucket, *id;
	uint32_t at;
	int rc;

	rc = find_run(ids, span, &at);
	if (rc == 0)
		rc = grow(ids, at + span);
	if (rc < 0)
		return rc;
	id = calloc(1, sizeof *id);
	if (!id)
		return -ENOMEM;
	grow_buckets(ids);
	ids->n++;
	bucket = bucket_of(ids, name);
	*id = (struct id){.next = *bucket, .index = at, .span = span};
	memcpy(id->name, name, AM_ID_NAME);
	*bucket = id;
	for (uint32_t i = 0; i < span; i++)
		ids->slots[at + i] = id;
	while (ids->lowest_free < ids->max && !slot_free(ids, ids->lowest_free))
		ids->lowest_free++;
	*out = id;
	return 0;
}

int am_ids_take(struct am_ids *ids, const char *name, uint32_t span, uint64_t owner, uint32_t *index)
{
	char key[AM_ID_NAME] = {0};
	struct id *id;
	int rc;

	if (snprintf(key, sizeof key, "%s", name) >= (int)sizeof key)
		return -ENOSPC;
	for (id = *bucket_of(ids, key); id; id = id->next)
		if (memcmp(id->name, key, sizeof key) == 0)
			break;
	if (!id) {
		rc = allocate(ids, key, span, &id);
		if (rc < 0)
			return rc;
	}
	*index = id->index;
	if (id->holders && id->last_owner == owner)
		return 1;
	id->holders++;
	id->last_owner = owner;
	return 0;
}

void am_ids_drop(struct am_ids *ids, uint32_t index)
{
	struct id *id = ids->slots[index], **at;

	if (--id->holders)
		return;
	for (at = bucket_of(ids, id->name); *at != id;)
		at = &(*at)->next;
	*at = id->next;
	ids->n--;
	for (uint32_t i = 0; i < id->span; i++)
		ids->slots[id->index + i] = NULL;
	if (id->index < ids->lowest_free)
		ids->lowest_free = id->index;
	free(id);
}

uint32_t am_ids_holders(const struct am_ids *ids, uint32_t index)
{
	return slot_free(ids, index) ? 0 : ids->slots[index]->holders;
}

void am_ids_set_max(struct am_ids *ids, uint32_t max)
{
	ids->max = max;
}

uint32_t am_ids_max(const struct am_ids *ids)
{
	return ids->max;
}
