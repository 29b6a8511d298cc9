/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_BOOT_H
#define AMIMED_BOOT_H
/*
 * Which configuration a start takes: the file's, or the one that was committed last, where the file is wrong or says what
 * was never confirmed. amimed --check judges by the same.
 */
#include <stdbool.h>
#include <stdint.h>

#include "archive.h"
#include "base/err.h"
#include "config/config.h"

struct am_boot {
	struct am_config *config;       /* NULL: there is none to start with */
	struct am_config_errors errors; /* of the file */
	bool instead;                   /* it is the committed one, and not the file's */
	struct am_err why;              /* then */
	struct am_archive archive;
	uint64_t committed_hash; /* of the committed one; 0 where there is none */
};

/* base: AM_ARCHIVE_BASE or another. The caller frees errors and config. */
void am_boot_choose(const char *base, const char *path, struct am_boot *out);

#endif
