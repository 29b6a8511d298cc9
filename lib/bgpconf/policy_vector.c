/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory of policies: it grows while they are read, and goes with the configuration. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_parts.h"

void *bgpconf_push(const struct place *at, struct vector *v)
{
	if (v->n == v->room) {
		uint32_t room = v->room ? 2 * v->room : 8;
		void *grown = realloc(v->items, room * v->size);

		if (!grown) {
			conf_complain(at, "out of memory");
			return NULL;
		}
		v->items = grown;
		v->room = room;
	}
	return memset((char *)v->items + v->n++ * v->size, 0, v->size);
}

bool bgpconf_keep(const struct place *at, void *what, void (*destroy)(void *what))
{
	struct am_bgpconf_policies *p = policy_load(at)->policies;
	struct bgpconf_kept *kept = malloc(sizeof *kept);

	if (!kept) {
		conf_complain(at, "out of memory");
		destroy(what);
		return false;
	}
	*kept = (struct bgpconf_kept){p->kept, what, destroy};
	p->kept = kept;
	return true;
}

const void *bgpconf_keep_vector(const struct place *at, struct vector *v)
{
	if (!v->items || !bgpconf_keep(at, v->items, free)) {
		v->n = 0;
		return NULL;
	}
	return v->items;
}

char *bgpconf_keep_text(const struct place *at, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		conf_complain(at, "out of memory");
		return NULL;
	}
	return bgpconf_keep(at, text, free) ? text : NULL;
}

void bgpconf_each(const struct place *at, read_one read, void *to)
{
	if (!json_is_array(at->json)) {
		read(at, to);
		return;
	}
	if (!json_array_size(at->json))
		conf_complain(at, "the list is empty: write what is meant, or leave the key away");
	for (size_t i = 0; i < json_array_size(at->json); i++) {
		struct place element = conf_place_element(at, i);

		read(&element, to);
	}
}
