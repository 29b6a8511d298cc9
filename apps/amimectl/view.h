/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMECTL_VIEW_H
#define AMIMECTL_VIEW_H
/* What amimed answered, for people. what is the word after show. */
#include <stdio.h>

#include <jansson.h>

void am_view_show(const char *what, const json_t *result, FILE *out);
void am_view_explain(const json_t *result, FILE *out);
/* Who applied what, and when. */
void am_view_history(const json_t *result, FILE *out);
/* A refused reload's errors, with the file where there is one. */
void am_view_errors(const json_t *errors, FILE *out);
void am_view_reload(const json_t *result, FILE *out);

#endif
