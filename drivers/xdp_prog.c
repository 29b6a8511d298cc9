/* SPDX-License-Identifier: BSD-3-Clause */
#include "xdp_prog.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "amime_xdp.skel.h"

static int silent(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

int xdp_prog_load(struct xdp_prog *prog, struct am_err *err)
{
	*prog = (struct xdp_prog){.link = -1};
	libbpf_set_print(silent);
	prog->skel = amime_xdp__open_and_load();
	if (prog->skel)
		return 0;
	if (errno == EPERM || errno == EACCES)
		return am_fail(err, errno,
			"no permission to load an XDP program; run as root, or with CAP_NET_ADMIN, "
			"CAP_NET_RAW, CAP_BPF, CAP_PERFMON and CAP_IPC_LOCK");
	return am_fail(err, errno,
		"the XDP program is refused by the kernel (%s); use the driver af_packet here",
		strerror(errno));
}

int xdp_prog_set_socket(struct xdp_prog *prog, uint32_t queue, int xsk)
{
	return bpf_map_update_elem(bpf_map__fd(prog->skel->maps.xsks), &queue, &xsk, BPF_ANY) ? -errno : 0;
}

/* The driver's own mode where it has one, the generic one otherwise, also where this MTU or setting rules the former out. */
int xdp_prog_attach(struct xdp_prog *prog, int ifindex, struct am_err *err)
{
	LIBBPF_OPTS(bpf_link_create_opts, generic, .flags = XDP_FLAGS_SKB_MODE);
	int fd = bpf_program__fd(prog->skel->progs.amime);

	prog->link = bpf_link_create(fd, ifindex, BPF_XDP, NULL);
	prog->ifindex = ifindex;
	prog->generic = prog->link < 0 && errno != EBUSY && errno != EEXIST && errno != EPERM;
	if (prog->generic)
		prog->link = bpf_link_create(fd, ifindex, BPF_XDP, &generic);
	if (prog->link >= 0)
		return 0;
	if (errno == EBUSY || errno == EEXIST)
		return am_fail(err, EBUSY,
			"has an XDP program already (another amimed?); see: ip link, bpftool net");
	return am_fail(err, errno, "does not take an XDP program (%s); use the driver af_packet here",
		strerror(errno));
}

static bool contains(const struct am_ip *ips, uint16_t n, const struct am_ip *ip)
{
	for (uint16_t i = 0; i < n; i++)
		if (am_ip_equal(&ips[i], ip))
			return true;
	return false;
}

/* The two tables, by family, of a set of addresses. */
struct tables {
	const struct bpf_map *v4, *v6;
};

static int fd_of(const struct tables *t, const struct am_ip *ip)
{
	return bpf_map__fd(ip->family == AM_IPV4 ? t->v4 : t->v6);
}

/* Add what is new, then remove what has left: what stays is there all the time. 0 or -errno. */
static int set_addresses(
	const struct tables *tables, struct xdp_set *set, const struct am_ip *ips, uint16_t n)
{
	struct am_ip *copy = calloc(n + 1u, sizeof *copy);
	uint8_t yes = 1;

	if (!copy)
		return -ENOMEM;
	for (uint16_t i = 0; i < n; i++) {
		copy[i] = ips[i];
		if (!contains(set->ips, set->n, &ips[i]) &&
			bpf_map_update_elem(fd_of(tables, &ips[i]), ips[i].bytes, &yes, BPF_ANY)) {
			free(copy);
			return -errno;
		}
	}
	for (uint16_t i = 0; i < set->n; i++)
		if (!contains(copy, n, &set->ips[i]))
			bpf_map_delete_elem(fd_of(tables, &set->ips[i]), set->ips[i].bytes);
	free(set->ips);
	*set = (struct xdp_set){copy, n};
	return 0;
}

/* What the kernel keeps is told before what is routed, and forgotten after it. */
int xdp_prog_steer(struct xdp_prog *prog, const struct am_steer *steer, const struct am_mac *mac)
{
	const struct tables locals = {prog->skel->maps.locals4, prog->skel->maps.locals6};
	const struct tables kernel = {prog->skel->maps.kernel4, prog->skel->maps.kernel6};
	struct amime_xdp__bss *bss = prog->skel->bss;
	int rc = set_addresses(&locals, &prog->locals, steer->locals, steer->n_locals);

	if (!steer->routed)
		bss->routed = false;
	if (!rc)
		rc = set_addresses(&kernel, &prog->kernel, steer->kernel, steer->n_kernel);
	if (rc)
		return rc;
	memcpy(bss->mac, mac->bytes, sizeof bss->mac);
	bss->routed_vid = steer->routed_vid;
	bss->routed = steer->routed;
	for (unsigned vid = 0; vid < sizeof bss->vids; vid++)
		bss->vids[vid] = steer->vids[vid / 64] >> (vid % 64) & 1;
	bss->take_all = steer->all;
	return 0;
}

void xdp_prog_counts(const struct xdp_prog *prog, uint64_t out[AM_STEER_RULES])
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *each = cpus > 0 ? calloc((size_t)cpus, sizeof *each) : NULL;

	memset(out, 0, AM_STEER_RULES * sizeof *out);
	for (uint32_t rule = 0; each && rule < AM_STEER_RULES; rule++) {
		if (bpf_map_lookup_elem(bpf_map__fd(prog->skel->maps.hits), &rule, each))
			continue;
		for (int i = 0; i < cpus; i++)
			out[rule] += each[i];
	}
	free(each);
}

/*
 * A test run with live frames: what the program passes goes into the stack by the device that the context names, with all
 * that depends on it (reverse path filter, reassembly, sockets bound to it), which a TAP beside it could not do.
 */
int xdp_prog_give_back(const struct xdp_prog *prog, const uint8_t *frame, uint32_t len)
{
	struct xdp_md ctx = {.data_end = len, .ingress_ifindex = (uint32_t)prog->ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = len, .ctx_in = &ctx,
		.ctx_size_in = sizeof ctx, .repeat = 1, .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

	return bpf_prog_test_run_opts(bpf_program__fd(prog->skel->progs.give_back), &run) ? -errno : 0;
}

void xdp_prog_detach(struct xdp_prog *prog)
{
	if (prog->link >= 0)
		close(prog->link);
	prog->link = -1;
}

void xdp_prog_free(struct xdp_prog *prog)
{
	xdp_prog_detach(prog);
	amime_xdp__destroy(prog->skel);
	free(prog->locals.ips);
	free(prog->kernel.ips);
	*prog = (struct xdp_prog){.link = -1};
}
