/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_fact.h"

#include <stdio.h>

#include <openssl/evp.h>

static bool add_file(EVP_MD_CTX *sum, const char *path)
{
	unsigned char some[4096];
	FILE *f = fopen(path, "rb");
	bool good = f != NULL;
	size_t n;

	while (good && (n = fread(some, 1, sizeof some, f)) > 0)
		good = EVP_DigestUpdate(sum, some, n);
	good = good && !ferror(f);
	if (f)
		fclose(f);
	return good;
}

void config_describe(struct report *r, const char *what, const char *path)
{
	unsigned char octets[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1] = "unknown", name[32];
	EVP_MD_CTX *sum = EVP_MD_CTX_new();
	unsigned n = 0;

	if (sum && EVP_DigestInit_ex(sum, EVP_sha256(), NULL) && add_file(sum, path) &&
		EVP_DigestFinal_ex(sum, octets, &n))
		for (unsigned i = 0; i < n; i++)
			snprintf(hex + 2 * (size_t)i, 3, "%02x", octets[i]);
	EVP_MD_CTX_free(sum);
	snprintf(name, sizeof name, "%s_sha256", what);
	report_add_text(r, REPORT_SETTINGS, what, "%s", path);
	report_add_text(r, REPORT_SETTINGS, name, "%s", hex);
}
