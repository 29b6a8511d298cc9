/* SPDX-License-Identifier: BSD-3-Clause */
#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "json.h"
#include "plot.h"
#include "table.h"

enum { PATH = 4096 };

static int write_table(const struct report *r, const char *path, struct am_err *err)
{
	FILE *out = fopen(path, "w");
	bool good;

	if (!out)
		return am_fail(err, errno, "%s: %s", path, strerror(errno));
	report_print(r, out);
	good = !ferror(out);
	good &= fclose(out) == 0;
	return good ? 0 : am_fail(err, EIO, "%s: could not write the table; is the disk full?", path);
}

static int write_directory(const struct report *r, const char *dir, struct am_err *err)
{
	char path[PATH];
	int ret;

	if (mkdir(dir, 0777) && errno != EEXIST)
		return am_fail(err, errno, "%s: could not make this folder: %s", dir, strerror(errno));
	snprintf(path, sizeof path, "%s/result.json", dir);
	ret = result_write(r, path, err);
	if (ret)
		return ret;
	snprintf(path, sizeof path, "%s/table.txt", dir);
	ret = write_table(r, path, err);
	return ret ? ret : plot_all(r, dir, err);
}

int output_files(struct report *r, const struct output *o, struct am_err *err)
{
	int ret = report_settle(r);

	if (ret == -EDOM)
		return am_fail(
			err, EDOM, "some result is no number: a fault of amime-bench, please report it");
	if (ret)
		return am_fail(err, ENOMEM, "no memory for the results");
	if (o->json)
		ret = result_write(r, o->json, err);
	if (!ret && o->dir)
		ret = write_directory(r, o->dir, err);
	return ret;
}

int output_report(struct report *r, const struct output *o, struct am_err *err)
{
	int ret = output_files(r, o, err);

	if (ret != -EDOM && ret != -ENOMEM && (!o->json || strcmp(o->json, "-")))
		report_print(r, stdout);
	return ret;
}
