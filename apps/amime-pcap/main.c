/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "args.h"
#include "replay.h"
#include "report.h"

/* Plain memory, no devices, nothing shared: two of them at once do not meet. */
static int start_eal(void)
{
	char prefix[48];
	char *argv[] = {"amime-pcap", "--no-huge", "--no-pci", "--no-shconf", "--no-telemetry", "-m", "256",
		"--lcores", "0@0", "--log-level", "error", "--file-prefix", prefix, NULL};

	snprintf(prefix, sizeof prefix, "amime-pcap-%d", (int)getpid());
	if (rte_eal_init((int)(sizeof argv / sizeof *argv) - 1, argv) < 0) {
		fprintf(stderr, "amime-pcap: DPDK does not start: %s\n", rte_strerror(rte_errno));
		return -1;
	}
	return 0;
}

/* DPDK leaves its runtime directory behind, empty with the options above. */
static void stop_eal(void)
{
	char dir[256];

	snprintf(dir, sizeof dir, "%s", rte_eal_get_runtime_dir());
	rte_eal_cleanup();
	if (rmdir(dir) < 0)
		fprintf(stderr, "amime-pcap: cannot remove %s\n", dir);
}

static void print_errors(const char *file, const struct am_config_errors *errors)
{
	am_config_errors_print(errors, file, stderr);
}

static int run(const struct args *args, struct am_config *config)
{
	struct am_config_errors errors = {0};
	struct am_err err = {""};
	struct replay r;
	int ret = replay_open(&r, config, args, &errors, &err);

	if (ret == 0)
		ret = replay_run(&r, &err);
	if (ret == 0)
		ret = report_write(&r, args->counters, &err);
	print_errors(args->config, &errors);
	if (err.text[0])
		fprintf(stderr, "amime-pcap: %s\n", err.text);
	am_config_errors_free(&errors);
	replay_close(&r);
	return ret;
}

int main(int argc, char **argv)
{
	struct am_config_errors errors = {0};
	struct am_config *config;
	struct args args;
	int ret;

	if (args_parse(argc, argv, &args) < 0)
		return 2;
	if (args.help || args.version) {
		if (args.help)
			args_usage();
		else
			puts("amime-pcap " AM_VERSION);
		return 0;
	}
	config = am_config_load_file_checked(args.config, am_model_check, &errors);
	if (!config) {
		print_errors(args.config, &errors);
		am_config_errors_free(&errors);
		return 1;
	}
	if (start_eal() < 0) {
		am_config_free(config);
		return 1;
	}
	ret = run(&args, config);
	stop_eal();
	return ret < 0 ? 1 : 0;
}
