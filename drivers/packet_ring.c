/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet_ring.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	SLOT = 4096,
	SLOTS = 2048,
	BLOCK = 16 * SLOT,
	STATUS_GSO = 1 << 8, /* TP_STATUS_GSO_TCP, which older headers lack */
};

static struct tpacket2_hdr *slot(const struct packet_ring *r)
{
	return (struct tpacket2_hdr *)(r->map + (size_t)r->at * SLOT);
}

static int set_options(int fd)
{
	int version = TPACKET_V2, yes = 1;
	struct tpacket_req ring = {
		.tp_block_size = BLOCK,
		.tp_block_nr = SLOTS * SLOT / BLOCK,
		.tp_frame_size = SLOT,
		.tp_frame_nr = SLOTS,
	};

	if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) ||
		setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes) ||
		setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring))
		return -errno;
	return 0;
}

static int start(struct packet_ring *r, int ifindex)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = ifindex};
	void *map;
	int rc = set_options(r->fd);

	if (rc)
		return rc;
	map = mmap(NULL, (size_t)SLOTS * SLOT, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	r->map = map;
	return bind(r->fd, (struct sockaddr *)&at, sizeof at) ? -errno : 0;
}

int packet_ring_open(struct packet_ring *r, int ifindex, struct am_err *err)
{
	int rc;

	*r = (struct packet_ring){.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
	if (r->fd < 0 && (errno == EPERM || errno == EACCES))
		return am_fail(
			err, errno, "no permission for packet sockets; run as root or with CAP_NET_RAW");
	rc = r->fd < 0 ? -errno : start(r, ifindex);
	if (rc) {
		packet_ring_close(r);
		return am_fail(err, -rc, "packet socket: %s", strerror(-rc));
	}
	return 0;
}

void packet_ring_close(struct packet_ring *r)
{
	if (r->map)
		munmap(r->map, (size_t)SLOTS * SLOT);
	if (r->fd >= 0)
		close(r->fd);
	*r = (struct packet_ring){.fd = -1};
}

bool packet_ring_peek(const struct packet_ring *r, struct packet_frame *out)
{
	struct tpacket2_hdr *h = slot(r);
	uint32_t status = __atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE);

	if (!(status & TP_STATUS_USER))
		return false;
	*out = (struct packet_frame){
		.bytes = (const uint8_t *)h + h->tp_mac,
		.len = h->tp_snaplen,
		.wire_len = h->tp_len,
		.tagged = status & TP_STATUS_VLAN_VALID,
		.tpid = status & TP_STATUS_VLAN_TPID_VALID ? h->tp_vlan_tpid : ETH_P_8021Q,
		.tci = h->tp_vlan_tci,
		.partial = status & TP_STATUS_CSUMNOTREADY,
		.gso = status & STATUS_GSO,
	};
	return true;
}

void packet_ring_release(struct packet_ring *r)
{
	__atomic_store_n(&slot(r)->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	r->at = r->at + 1 == SLOTS ? 0 : r->at + 1;
}

uint64_t packet_ring_lost(const struct packet_ring *r)
{
	struct tpacket_stats s = {0};
	socklen_t len = sizeof s;

	return getsockopt(r->fd, SOL_PACKET, PACKET_STATISTICS, &s, &len) ? 0 : s.tp_drops;
}
