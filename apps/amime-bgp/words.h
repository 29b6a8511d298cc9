/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_WORDS_H
#define AMIME_BGP_WORDS_H
/* A command's words into a request. */
#include <jansson.h>

#include "base/err.h"

/* NULL, and what is wrong with the words. *what: what is shown, for the view; NULL where nothing is. */
json_t *am_bgp_words(int n, char **words, const char **what, struct am_err *err);

#endif
