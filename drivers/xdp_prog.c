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
	if (prog->link < 0 && errno != EBUSY && errno != EEXIST && errno != EPERM)
		prog->link = bpf_link_create(fd, ifindex, BPF_XDP, &generic);
	if (prog->link >= 0)
		return 0;
	if (errno == EBUSY || errno == EEXIST)
		return am_fail(err, EBUSY,
			"has an XDP program already (another amimed?); see: ip link, bpftool net");
	return am_fail(err, errno, "does not take an XDP program (%s); use the driver af_packet here",
		strerror(errno));
}

static struct bpf_map *table_of(struct xdp_prog *prog, const struct am_ip *ip)
{
	return ip->family == AM_IPV4 ? prog->skel->maps.locals4 : prog->skel->maps.locals6;
}

static bool contains(const struct am_ip *ips, uint16_t n, const struct am_ip *ip)
{
	for (uint16_t i = 0; i < n; i++)
		if (am_ip_equal(&ips[i], ip))
			return true;
	return false;
}

static int add_locals(struct xdp_prog *prog, const struct am_steer *steer)
{
	uint8_t yes = 1;

	for (uint16_t i = 0; i < steer->n_locals; i++)
		if (bpf_map_update_elem(bpf_map__fd(table_of(prog, &steer->locals[i])),
			    steer->locals[i].bytes, &yes, BPF_ANY))
			return -errno;
	return 0;
}

static void remove_locals(struct xdp_prog *prog, const struct am_ip *keep, uint16_t n)
{
	for (uint16_t i = 0; i < prog->n_locals; i++)
		if (!contains(keep, n, &prog->locals[i]))
			bpf_map_delete_elem(
				bpf_map__fd(table_of(prog, &prog->locals[i])), prog->locals[i].bytes);
}

int xdp_prog_steer(struct xdp_prog *prog, const struct am_steer *steer)
{
	struct amime_xdp__bss *bss = prog->skel->bss;
	struct am_ip *locals = calloc(steer->n_locals + 1u, sizeof *locals);
	int rc;

	if (!locals)
		return -ENOMEM;
	rc = add_locals(prog, steer);
	if (rc) {
		free(locals);
		return rc;
	}
	if (steer->n_locals)
		memcpy(locals, steer->locals, steer->n_locals * sizeof *locals);
	for (unsigned vid = 0; vid < sizeof bss->vids; vid++)
		bss->vids[vid] = steer->vids[vid / 64] >> (vid % 64) & 1;
	bss->take_all = steer->all;
	remove_locals(prog, locals, steer->n_locals);
	free(prog->locals);
	prog->locals = locals;
	prog->n_locals = steer->n_locals;
	return 0;
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
	free(prog->locals);
	prog->skel = NULL;
	prog->locals = NULL;
}
