/* SPDX-License-Identifier: BSD-3-Clause */
#include "words.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static json_t *wrong(struct am_err *err, const char *usage)
{
	am_fail(err, EINVAL, "usage: amime-bgp %s", usage);
	return NULL;
}

/* All of them, or the one that is named. */
static json_t *show_named(const char *what, int n, char **words, const char *usage, struct am_err *err)
{
	if (n > 1)
		return wrong(err, usage);
	return n ? json_pack("{s:s, s:s, s:s}", "method", "show", "what", what, "name", words[0])
		 : json_pack("{s:s, s:s}", "method", "show", "what", what);
}

static int is_family(const char *word)
{
	return !strcmp(word, "ipv4") || !strcmp(word, "ipv6") || !strcmp(word, "evpn");
}

static json_t *show_routes(int n, char **words, struct am_err *err)
{
	json_t *out = json_pack("{s:s, s:s}", "method", "show", "what", "routes");

	for (int i = 0; i < n; i++) {
		if (is_family(words[i])) {
			json_object_set_new(out, "family", json_string(words[i]));
		} else if (strchr(words[i], '/')) {
			json_object_set_new(out, "prefix", json_string(words[i]));
		} else if (i + 1 < n && (!strcmp(words[i], "received") || !strcmp(words[i], "advertised"))) {
			json_object_set_new(out, "side", json_string(words[i]));
			json_object_set_new(out, "name", json_string(words[++i]));
		} else {
			json_decref(out);
			return wrong(err,
				"show routes [ipv4 | ipv6 | evpn] [PREFIX] [received NAME | advertised NAME]");
		}
	}
	return out;
}

/* Both are said. */
static const char *one_or_many(const char *word)
{
	if (!strcmp(word, "neighbor"))
		return "neighbors";
	return strcmp(word, "route") ? word : "routes";
}

static json_t *show(int n, char **words, const char **what, struct am_err *err)
{
	static const char *const usage = "show neighbors|routes|policies|rpki|bmp|counters|version ...";

	if (n == 0)
		return wrong(err, usage);
	*what = one_or_many(words[0]);
	if (!strcmp(*what, "neighbors"))
		return show_named("neighbors", n - 1, words + 1, "show neighbors [NAME]", err);
	if (!strcmp(*what, "policies"))
		return show_named("policies", n - 1, words + 1, "show policies [NAME]", err);
	if (!strcmp(*what, "routes"))
		return show_routes(n - 1, words + 1, err);
	if (n == 1 && (!strcmp(*what, "version") || !strcmp(*what, "counters") || !strcmp(*what, "rpki") ||
			      !strcmp(*what, "bmp")))
		return json_pack("{s:s, s:s}", "method", "show", "what", *what);
	return wrong(err, usage);
}

static json_t *clear(int n, char **words, struct am_err *err)
{
	if (n < 1 || n > 2 || (n == 2 && strcmp(words[1], "soft")))
		return wrong(err, "clear NAME [soft]");
	return json_pack("{s:s, s:s, s:b}", "method", "clear", "name", words[0], "soft", n == 2);
}

/* The speaker has another working directory. */
static json_t *dump(const char *file, struct am_err *err)
{
	char folder[PATH_MAX] = "";

	if (*file != '/' && !getcwd(folder, sizeof folder)) {
		am_fail(err, errno, "dump %s: %s", file, strerror(errno));
		return NULL;
	}
	return json_pack("{s:s, s:o}", "method", "dump", "file",
		json_sprintf("%s%s%s", folder, *folder ? "/" : "", file));
}

json_t *am_bgp_words(int n, char **words, const char **what, struct am_err *err)
{
	*what = NULL;
	if (!strcmp(words[0], "show"))
		return show(n - 1, words + 1, what, err);
	if (!strcmp(words[0], "clear"))
		return clear(n - 1, words + 1, err);
	if (!strcmp(words[0], "shutdown")) {
		if (n < 2 || n > 3)
			return wrong(err, "shutdown NAME [TEXT], with quotes around more than one word");
		return json_pack("{s:s, s:s, s:s}", "method", "shutdown", "name", words[1], "text",
			n == 3 ? words[2] : "");
	}
	if (!strcmp(words[0], "start"))
		return n == 2 ? json_pack("{s:s, s:s}", "method", "start", "name", words[1])
			      : wrong(err, "start NAME");
	if (!strcmp(words[0], "dump"))
		return n == 2 ? dump(words[1], err) : wrong(err, "dump FILE");
	if (!strcmp(words[0], "reload") && n == 1)
		return json_pack("{s:s}", "method", "reload");
	am_fail(err, EINVAL, "%s: no such command, or words too many; see amime-bgp --help", words[0]);
	return NULL;
}
