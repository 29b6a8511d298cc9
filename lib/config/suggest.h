/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONFIG_SUGGEST_H
#define CONFIG_SUGGEST_H
/* "did you mean": the closest of a few words to one that is not among them. */
#include <stddef.h>

struct suggestion {
	const char *word;
	size_t far; /* letters to change, add, remove or swap */
	size_t limit;
};

/* Start for a word that is unknown, offer each candidate, and take .word: NULL where nothing comes close. */
struct suggestion conf_suggest_for(const char *unknown);
void conf_suggest_offer(struct suggestion *s, const char *unknown, const char *candidate);

#endif
