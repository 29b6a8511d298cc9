/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends frames at a rate: junk DEVICE RATE SECONDS FILE. FILE has frames, each behind its length in two octets (network order);
 * they are sent in turn, in bursts small enough for the queues of a virtual device. Prints what the device took, what it refused,
 * and how long it was at it, as JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FRAMES = 4096, ROOM = 1 << 20, BURST = 64, LATE = 1024 };

static struct iovec frames[FRAMES];
static unsigned n_frames;

static int load(const char *path)
{
	static uint8_t octets[ROOM];
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(octets, 1, sizeof octets, f) : 0;

	for (size_t at = 0; at + 2 <= n && n_frames < FRAMES;) {
		size_t len = (size_t)octets[at] << 8 | octets[at + 1];

		if (len > n - at - 2)
			break;
		frames[n_frames++] = (struct iovec){octets + at + 2, len};
		at += 2 + len;
	}
	if (f)
		fclose(f);
	return n_frames ? 0 : -1;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int open_device(const char *device)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(device)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 || !to.sll_ifindex || bind(fd, (struct sockaddr *)&to, sizeof to) < 0)
		return -1;
	return fd;
}

/* A burst, frame by frame where one is refused. Returns how many were taken. */
static unsigned burst(int fd, unsigned from, unsigned n)
{
	struct mmsghdr messages[BURST];
	unsigned taken = 0;

	for (unsigned i = 0; i < n; i++)
		messages[i] = (struct mmsghdr){
			.msg_hdr = {.msg_iov = &frames[(from + i) % n_frames], .msg_iovlen = 1}};
	for (unsigned i = 0; i < n;) {
		int sent = sendmmsg(fd, messages + i, n - i, 0);

		taken += sent > 0 ? (unsigned)sent : 0;
		i += sent > 0 ? (unsigned)sent : 1;
	}
	return taken;
}

int main(int argc, char **argv)
{
	double rate, seconds, began, passed;
	uint64_t tried = 0, taken = 0, skipped = 0;
	int fd;

	if (argc != 5 || load(argv[4]) < 0 || (fd = open_device(argv[1])) < 0) {
		fprintf(stderr, "usage: junk DEVICE RATE SECONDS FILE: %s\n", strerror(errno));
		return 2;
	}
	rate = strtod(argv[2], NULL);
	seconds = strtod(argv[3], NULL);
	began = now();
	while ((passed = now() - began) < seconds) {
		uint64_t due = (uint64_t)(passed * rate) - skipped;
		unsigned n;

		/* What the machine did not let us send in time is not made up for: a queue must not overflow by that. */
		if (due > tried + LATE) {
			skipped += due - tried - LATE;
			due = tried + LATE;
		}
		n = due - tried < BURST ? (unsigned)(due - tried) : BURST;
		taken += burst(fd, (unsigned)(tried % n_frames), n);
		tried += n;
		if (n < BURST / 2)
			usleep(200);
	}
	printf("{\"sent\": %llu, \"refused\": %llu, \"seconds\": %f}\n", (unsigned long long)taken,
		(unsigned long long)(tried - taken), passed);
	close(fd);
	return 0;
}
