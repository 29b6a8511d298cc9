/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MODEL_ACL_H
#define MODEL_ACL_H
/*
 * Compiled access lists, which outlive reloads: a list stays as it is, with its counters, for as long as its rules and the
 * prefixes of the sets they name are the same.
 */
#include <stdint.h>

#include "config/config.h"
#include "table/acl.h"

struct am_build;

struct am_acl_entry {
	struct am_acl_entry *next, **head; /* of the model's */
	char name[AM_NAME_MAX];
	uint64_t mark; /* of the rules and of those prefixes */
	uint32_t refs; /* snapshots */
	struct am_acl *acl;
};

/* What a snapshot has of a list. */
struct am_acl_use {
	struct am_acl_entry *entry;
	uint32_t row; /* of counters, of its first rule */
};

/* All of the configuration, into the snapshot. 0 or -errno. */
int am_build_acls(struct am_build *b);
/* How a list is used by its name; one that denies nothing where there is no name. */
struct am_access_group am_build_access_group(const struct am_build *b, const char *name);
/* One snapshot lets go. */
void am_acl_drop(struct am_acl_entry *entry);

#endif
