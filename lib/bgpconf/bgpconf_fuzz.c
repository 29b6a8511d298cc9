/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Either a configuration that sessions can be made of, or complaints that say something. The input is the file, and behind a zero octet, what any file
 * that it names has in it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpconf/bgpconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* The linker sends conf_read_file() here: no file is opened. */
char *__wrap_conf_read_file(const char *path, size_t *len, struct am_config_errors *errors);

static const char own_name[] = "folder/file";

/* What the next files have in them. Written by the target, read by the loader it calls. */
static struct {
	const uint8_t *own, *named;
	size_t own_len, named_len;
} files;

char *__wrap_conf_read_file(const char *path, size_t *len, struct am_config_errors *errors)
{
	bool own = !strcmp(path, own_name);
	char *text;

	*len = own ? files.own_len : files.named_len;
	text = malloc(*len + 1);
	if (!own && !files.named) {
		am_config_errors_add(errors, "$", 0, 0, "cannot read %s", path);
		free(text);
		return NULL;
	}
	if (*len)
		memcpy(text, own ? files.own : files.named, *len);
	text[*len] = 0;
	return text;
}

static void cut(const uint8_t *data, size_t size)
{
	const uint8_t *zero = size ? memchr(data, 0, size) : NULL;

	files.own = data;
	files.own_len = zero ? (size_t)(zero - data) : size;
	files.named = zero ? zero + 1 : NULL;
	files.named_len = zero ? size - files.own_len - 1 : 0;
}

static void demand(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void make_sessions(const struct am_bgpconf *c)
{
	for (uint16_t i = 0; i < c->n_neighbors && i < 8; i++) {
		struct am_bgp_session_config config = am_bgpconf_session_config(c, &c->neighbors[i]);
		struct am_bgp_session *session;

		demand(am_bgp_session_create(&config, &session) == 0,
			"a neighbour that no session can be made for");
		am_bgp_session_free(session);
	}
}

static void make_clients(const struct am_bgpconf *c)
{
	const struct am_bgp_rtr_config config = am_bgpconf_rtr_config(c, 1);
	struct am_bgp_rtr *rtr;

	demand(c->rpki.n <= AM_BGP_ROA_SOURCES, "more caches than a table has sources");
	demand(am_bgp_rtr_create(&config, &rtr) == 0, "timers that no client can be made with");
	am_bgp_rtr_free(rtr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct am_config_errors errors = {0};
	struct am_bgpconf *c;

	cut(data, size);
	c = am_bgpconf_load_file(own_name, &errors);

	demand((c == NULL) == (errors.n > 0), "an error without a reason, or a reason without an error");
	for (size_t i = 0; i < errors.n; i++)
		demand(*errors.items[i].path == '$' && *errors.items[i].text, "an error that says nothing");
	if (c) {
		make_sessions(c);
		make_clients(c);
		for (uint16_t i = 0; i < c->n_neighbors; i++)
			demand(am_bgpconf_neighbor(c, c->neighbors[i].name) == &c->neighbors[i],
				"a neighbour that is not found by its name");
	}
	am_bgpconf_free(c);
	am_config_errors_free(&errors);
	return 0;
}
