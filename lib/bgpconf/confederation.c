/* SPDX-License-Identifier: BSD-3-Clause */
/* A confederation (RFC 5065): what it is called outside, and which ASes are in it beside our own. */
#include <stdio.h>

#include "parts.h"

static void read_members(const struct place *at, void *object)
{
	struct am_bgpconf_confederation *c = &((struct am_bgpconf *)object)->confederation;

	if (!conf_want_array(at))
		return;
	if (json_array_size(at->json) > AM_BGPCONF_MEMBERS) {
		conf_complain(at, "%zu members are too many, at most %d are possible",
			json_array_size(at->json), AM_BGPCONF_MEMBERS);
		return;
	}
	for (size_t i = 0; i < json_array_size(at->json); i++) {
		struct place element = conf_place_element(at, i);

		if (conf_read_uint(&element, 1, UINT32_MAX, NULL, &c->members[c->n]))
			c->n++;
	}
}

static const struct field confederation_rows[] = {
	UINT("identifier", struct am_bgpconf, confederation.identifier, 0, UINT32_MAX, 0),
	OTHER("members", read_members, NULL, NULL),
};
const struct fields bgpconf_confederation_fields = FIELDS(confederation_rows);

static void check_member(const struct am_bgpconf *config, uint16_t i, struct am_config_errors *errors)
{
	const struct am_bgpconf_confederation *c = &config->confederation;
	char path[64];

	snprintf(path, sizeof path, "$.confederation.members[%u]", i);
	if (c->members[i] == config->as)
		am_bgpconf_complain(config, errors, path,
			"AS %u is our own, and always a member: name the other ones alone", config->as);
	if (c->members[i] == c->identifier)
		am_bgpconf_complain(config, errors, path,
			"AS %u is the confederation itself: name the ASes inside of it", c->identifier);
	for (uint16_t k = 0; k < i; k++) {
		if (c->members[k] == c->members[i])
			am_bgpconf_complain(
				config, errors, path, "AS %u is there already: remove one", c->members[i]);
	}
}

void bgpconf_check_confederation(const struct am_bgpconf *config, struct am_config_errors *errors)
{
	const struct am_bgpconf_confederation *c = &config->confederation;

	if (c->n && !c->identifier)
		am_bgpconf_complain(config, errors, "$.confederation",
			"there are members, but not what others call them: add \"identifier\", the AS of all of them");
	if (c->identifier && c->identifier == config->as)
		am_bgpconf_complain(config, errors, "$.confederation.identifier",
			"AS %u is our own: \"as\" is the member AS that we are in, and the identifier another one",
			config->as);
	for (uint16_t i = 0; i < c->n; i++)
		check_member(config, i, errors);
}
