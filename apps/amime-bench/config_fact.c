/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_fact.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

/* NULL where there is none to be had. */
static EVP_MD_CTX *begin_sum(void)
{
	EVP_MD_CTX *sum = EVP_MD_CTX_new();

	if (sum && EVP_DigestInit_ex(sum, EVP_sha256(), NULL))
		return sum;
	EVP_MD_CTX_free(sum);
	return NULL;
}

/* Takes sum. good: all octets are in it. */
static void end_sum(EVP_MD_CTX *sum, bool good, char out[CONFIG_SUM])
{
	unsigned char octets[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	snprintf(out, CONFIG_SUM, "unknown");
	if (good && EVP_DigestFinal_ex(sum, octets, &n))
		for (unsigned i = 0; i < n && 2 * i + 2 < CONFIG_SUM; i++)
			snprintf(out + 2 * (size_t)i, 3, "%02x", octets[i]);
	EVP_MD_CTX_free(sum);
}

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

void config_sum(const char *text, char out[CONFIG_SUM])
{
	EVP_MD_CTX *sum = begin_sum();

	end_sum(sum, sum && EVP_DigestUpdate(sum, text, strlen(text)), out);
}

void config_describe(struct report *r, const char *what, const char *path)
{
	EVP_MD_CTX *sum = begin_sum();
	char hex[CONFIG_SUM], name[32];

	end_sum(sum, sum && add_file(sum, path), hex);
	snprintf(name, sizeof name, "%s_sha256", what);
	report_add_text(r, REPORT_SETTINGS, what, "%s", path);
	report_add_text(r, REPORT_SETTINGS, name, "%s", hex);
}
