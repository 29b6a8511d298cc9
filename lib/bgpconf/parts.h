/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGPCONF_PARTS_H
#define BGPCONF_PARTS_H
/* The sections of the file, one .c each: how it is read, and the checks that need the whole of it. object is the struct am_bgpconf. */
#include "bgpconf/bgpconf.h"
#include "config/field.h"

extern const struct fields bgpconf_root_fields, bgpconf_neighbor_fields, bgpconf_rpki_fields,
	bgpconf_dump_fields, bgpconf_bmp_fields, bgpconf_confederation_fields;
extern const char *const bgpconf_family_words[];

void bgpconf_read_neighbors(const struct place *at, void *object);
void bgpconf_read_announce(const struct place *at, void *object);
void bgpconf_read_evpn(const struct place *at, void *object);
void bgpconf_read_feeds(const struct place *at, void *object);

/* The four sections of policies, once the rest is read; folder: that files are named from, or NULL. */
void bgpconf_read_policies(const struct place *root, const char *folder, struct am_bgpconf_policies **out);
void bgpconf_read_later(const struct place *at, void *object);
void bgpconf_free_policies(struct am_bgpconf_policies *policies);

/* What follows from several keys. */
void bgpconf_work_out(struct am_bgpconf *config);

void bgpconf_check_confederation(const struct am_bgpconf *config, struct am_config_errors *errors);
void bgpconf_check_neighbors(const struct am_bgpconf *config, struct am_config_errors *errors);
void bgpconf_check_announce(const struct am_bgpconf *config, struct am_config_errors *errors);
void bgpconf_check_dump(const struct am_bgpconf *config, struct am_config_errors *errors);
void bgpconf_check_bmp(const struct am_bgpconf *config, struct am_config_errors *errors);
void bgpconf_check_rpki(const struct am_bgpconf *config, struct am_config_errors *errors);
void bgpconf_check_policies(const struct am_bgpconf *config, struct am_config_errors *errors);

#endif
