/* SPDX-License-Identifier: BSD-3-Clause */
#include "bpf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <pcap/pcap.h>

enum { SNAPLEN = 65535, INSN_ROOM = 32 };

static char *print(const struct bpf_program *program)
{
	size_t room = (size_t)(program->bf_len + 1) * INSN_ROOM, used;
	char *text = malloc(room);

	if (!text)
		return NULL;
	used = (size_t)snprintf(text, room, "%u", program->bf_len);
	for (unsigned i = 0; i < program->bf_len; i++) {
		const struct bpf_insn *insn = &program->bf_insns[i];

		used += (size_t)snprintf(
			text + used, room - used, ",%u %u %u %u", insn->code, insn->jt, insn->jf, insn->k);
	}
	return text;
}

char *am_bpf_compile(bool ethernet, const char *text, struct am_err *err)
{
	pcap_t *p = pcap_open_dead(ethernet ? DLT_EN10MB : DLT_RAW, SNAPLEN);
	struct bpf_program program;
	char *compiled = NULL;

	if (!p) {
		am_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	if (pcap_compile(p, &program, text, 1, PCAP_NETMASK_UNKNOWN) == 0) {
		compiled = print(&program);
		pcap_freecode(&program);
		if (!compiled)
			am_fail(err, ENOMEM, "no memory");
	} else {
		am_fail(err, EINVAL, "filter \"%s\": %s; see pcap-filter(7)", text, pcap_geterr(p));
	}
	pcap_close(p);
	return compiled;
}
