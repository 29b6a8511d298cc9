/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_fact.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

void config_describe(struct report *r, const char *path, const char *canonical)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1] = "";
	unsigned n = 0;

	report_add_text(r, REPORT_SETTINGS, "config", "%s", path);
	if (!EVP_Digest(canonical, strlen(canonical), sum, &n, EVP_sha256(), NULL)) {
		r->no_memory = true; /* the only thing that SHA-256 fails for */
		return;
	}
	for (unsigned i = 0; i < n; i++)
		snprintf(hex + 2 * (size_t)i, 3, "%02x", sum[i]);
	report_add_text(r, REPORT_SETTINGS, "config_sha256", "%s", hex);
}
