/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONFIG_PARTS_H
#define CONFIG_PARTS_H
/*
 * The sections of a configuration, one file each: its table of keys, how it is read and printed, and the checks that
 * need the whole configuration (names that refer to something, things that exclude each other).
 */
#include "base/map.h"
#include "config/diff.h"
#include "config/field.h"
#include "sources.h"

extern const struct fields conf_root_fields;
extern const struct fields conf_vrf_fields, conf_route_fields, conf_vlan_fields;
extern const struct fields conf_tunnel_fields, conf_bridge_fields, conf_xconnect_fields;
extern const struct fields conf_member_fields;
extern const struct fields conf_acl_fields, conf_acl_rule_fields, conf_prefix_set_fields;

/* Readers and printers of sections; object is the struct am_config. */
void conf_read_tunnels(const struct place *at, void *object);
void conf_read_bridges(const struct place *at, void *object);
void conf_read_xconnects(const struct place *at, void *object);
void conf_read_vrfs(const struct place *at, void *object);
void conf_read_acls(const struct place *at, void *object);
void conf_read_prefix_sets(const struct place *at, void *object);
json_t *conf_print_acls(const void *object);
json_t *conf_print_prefix_sets(const void *object);
json_t *conf_print_vrfs(const void *object);
json_t *conf_print_tunnels(const void *object);
json_t *conf_print_bridges(const void *object);
json_t *conf_print_xconnects(const void *object);

/* Object is a struct am_conf_bridge. */
void conf_read_members(const struct place *at, void *object);
json_t *conf_print_members(const void *object);
void conf_read_static(const struct place *at, void *object);
json_t *conf_print_static(const void *object);
extern const struct fields conf_static_fields;
void conf_read_hosts(const struct place *at, void *object);
json_t *conf_print_hosts(const void *object);
extern const struct fields conf_host_fields;
extern const struct fields conf_arp_nd_fields;
/* claims: addresses of hosts, by bridge, that were seen before. */
void conf_check_host(const struct am_config *config, struct am_config_errors *errors, struct am_map *claims,
	const struct am_conf_bridge *b, uint16_t i);

/* A bridge or an xconnect's path: section, name and what follows. */
struct where conf_bridge_where(const struct am_conf_bridge *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Where the complaints from number `from` on are, and all that they lie in. NULL: no memory. */
struct am_map *conf_faults_create(const struct am_config_errors *errors, size_t from);

/* An error at a place that was looked up. */
void conf_errors_add(
	struct am_config_errors *errors, const char *path, const struct source *at, const char *text);

/* Fill in the marks and the hash, when all else is final. */
void conf_mark(struct am_config *config);

/* The two VRFs that always exist. */
void conf_begin_vrfs(struct am_config *config);
enum am_vrf_kind conf_vrf_kind(const char *name);
void conf_free_vrfs(struct am_config *config);
void conf_free_tunnels(struct am_config *config);
void conf_free_bridges(struct am_config *config);
void conf_free_acls(struct am_config *config);

void conf_check_acls(const struct am_config *config, struct am_config_errors *errors);
void conf_check_tunnels(const struct am_config *config, struct am_config_errors *errors);
void conf_check_vrfs(const struct am_config *config, struct am_config_errors *errors);
void conf_check_bridges(const struct am_config *config, struct am_config_errors *errors);
void conf_check_claims(const struct am_config *config, struct am_config_errors *errors);

/* Objects that begin with their names, to their places; NULL: no memory. */
struct am_map *conf_names(const void *objects, uint32_t n, size_t size);
/* False where there is no object of that name. */
bool conf_find_name(const struct am_map *names, const char *name, uint32_t *at);

/* Complain where no port, tunnel or whatever it is has this name. */
bool conf_check_port_name(
	const struct am_config *config, struct am_config_errors *errors, const char *path, const char *name);
bool conf_check_vrf_name(
	const struct am_config *config, struct am_config_errors *errors, const char *path, const char *name);
bool conf_check_bridge_name(
	const struct am_config *config, struct am_config_errors *errors, const char *path, const char *name);
bool conf_check_acl_name(
	const struct am_config *config, struct am_config_errors *errors, const char *path, const char *name);
bool conf_check_prefix_set_name(
	const struct am_config *config, struct am_config_errors *errors, const char *path, const char *name);
bool conf_check_tunnel_name(
	const struct am_config *config, struct am_config_errors *errors, const char *path, const char *name);

/*
 * True where key has an owner already, who is then in *owner; else it becomes *owner's. claims may be NULL; out of
 * memory is complained about.
 */
bool conf_claim(const struct am_config *config, struct am_config_errors *errors, struct am_map *claims,
	const void *key, uint32_t *owner);

/* impact.c: what an item does to traffic. old and new_ are printed ones; a port that is opened anew also says whose. */
void conf_impact_of_change(struct am_diff_item *item, const json_t *old, const json_t *new_);
void conf_impact_of_rest(struct am_diff_item *item);
void conf_impact_users(struct am_diff_item *item, const struct am_config *config);

/* An array's elements as keys of an object, so that one is found in one step. */
json_t *conf_json_set(const json_t *array);
bool conf_json_is_in(const json_t *set, const json_t *element);

/* Key of an object differs, and a running daemon cannot change it. old and new_ are printed ones. */
bool conf_needs_restart(enum am_diff_object object, const json_t *old, const json_t *new_, const char *key);

/* The whole configuration as JSON, every default spelled out. */
json_t *conf_print_root(const struct am_config *config);

#endif
