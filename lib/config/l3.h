/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONFIG_L3_H
#define CONFIG_L3_H
/* The keys of an L3 identity, as rows for the tables of ports, VLANs, tunnels and bridges. */
#include "parts.h"

/* Readers and printers get the struct am_conf_l3: rows begin where it stands in the object. */
void conf_read_vrf_name(const struct place *at, void *l3);
json_t *conf_print_vrf_name(const void *l3);
void conf_read_l3_addresses(const struct place *at, void *l3);
json_t *conf_print_l3_addresses(const void *l3);
void conf_read_host(const struct place *at, void *l3);
json_t *conf_print_host(const void *l3);

/* These get the name itself. */
void conf_read_acl_name(const struct place *at, void *name);
json_t *conf_print_acl_name(const void *name);

extern const char *const conf_urpf_words[];

#define L3_OTHER(key, type, reader, printer)                                                                 \
	{                                                                                                    \
		.name = (key), .kind = FIELD_OTHER, .at = offsetof(type, l3), .read = (reader),              \
		.print = (printer)                                                                           \
	}

#define L3_ACL(key, type, member)                                                                            \
	{                                                                                                    \
		.name = (key), .kind = FIELD_OTHER, .at = offsetof(type, member),                            \
		.read = conf_read_acl_name, .print = conf_print_acl_name                                     \
	}

#define L3_ROWS(type)                                                                                        \
	L3_OTHER("vrf", type, conf_read_vrf_name, conf_print_vrf_name),                                      \
		L3_OTHER("addresses", type, conf_read_l3_addresses, conf_print_l3_addresses),                \
		WORD("urpf", type, l3.urpf, conf_urpf_words, AM_URPF_OFF),                                   \
		L3_ACL("acl_in", type, l3.acl_in), L3_ACL("acl_out", type, l3.acl_out),                      \
		L3_OTHER("host", type, conf_read_host, conf_print_host)

/* Before the keys are read: what they are where they are missing. */
void conf_l3_default(struct am_conf_l3 *l3, const char *vrf);

/* l3 stands at path; type says in words what it is of. */
void conf_check_l3(const struct am_config *config, struct am_config_errors *errors, const char *path,
	const struct am_conf_l3 *l3);

/* $.vrfs.default.routes and the like lead out of here: the L3 identity, or NULL. */
const struct am_conf_l3 *conf_route_l3(const struct am_config *config, const struct am_conf_route *route);

#endif
