/* SPDX-License-Identifier: BSD-3-Clause */
#include "discovery.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"
#include "bgp/ra.h"
#include "socket.h"
#include "transport.h"

enum {
	INTERVAL = 10, /* s between advertisements */
	PATIENCE = 30, /* s that a neighbour is remembered whose advertisements stopped */
	LOOK_MS = 500, /* how often it is looked whether the interface is there, up, and has an address */
	READS_A_STEP = 16,
};

struct am_bgpd_discovery {
	struct am_bgpd *daemon;
	struct am_bgpd_neighbor *neighbor;
	struct am_bgp_ra ra;
	int fd; /* -1: there is no interface to open it on */
	uint32_t interface;
	bool up;
	struct am_ip own;
	uv_poll_t *poll; /* of the descriptor: with a new interface a new one is made */
	uv_timer_t look, timer;
	unsigned handles;
};

static void pump(struct am_bgpd_discovery *y);

/* ---- the socket ---- */

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value) ? -errno : 0;
}

static int join(int fd, const char *group, uint32_t interface)
{
	struct ipv6_mreq request = {.ipv6mr_interface = interface};
	struct am_ip ip;

	am_ip_parse_text(group, &ip);
	memcpy(&request.ipv6mr_multiaddr, ip.bytes, 16);
	return setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof request) ? -errno : 0;
}

static int configure(int fd, const char *name, uint32_t interface)
{
	struct icmp6_filter filter;
	int rc;

	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(ND_ROUTER_SOLICIT, &filter);
	ICMP6_FILTER_SETPASS(ND_ROUTER_ADVERT, &filter);
	if (setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter) ||
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name) + 1))
		return -errno;
	rc = set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, AM_BGP_RA_HOP_LIMIT);
	if (!rc)
		rc = set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)interface);
	if (!rc)
		rc = set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0);
	if (!rc)
		rc = set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
	if (!rc)
		rc = join(fd, "ff02::1", interface);
	return rc ? rc : join(fd, "ff02::2", interface);
}

static int open_socket(const char *name, uint32_t interface)
{
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	int rc = fd < 0 ? -errno : configure(fd, name, interface);

	if (!rc)
		return fd;
	if (fd >= 0)
		close(fd);
	return rc;
}

static void send_all(struct am_bgpd_discovery *y)
{
	uint8_t bytes[AM_BGP_RA_LEN];
	struct sockaddr_storage to;
	struct am_ip all;
	socklen_t size;
	size_t len;

	am_ip_parse_text("ff02::1", &all);
	size = am_bgp_sockaddr(&all, 0, 0, &to);
	((struct sockaddr_in6 *)&to)->sin6_scope_id = y->interface;
	while (am_bgp_ra_output(&y->ra, bytes, &len)) {
		if (y->fd >= 0 && sendto(y->fd, bytes, len, 0, (struct sockaddr *)&to, size) < 0)
			am_log(&y->daemon->log, AM_LOG_DEBUG, "%s: cannot send a router advertisement: %s",
				y->neighbor->conf.name, strerror(errno));
	}
}

static int hop_limit_of(struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		int value;

		if (c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_HOPLIMIT)
			continue;
		memcpy(&value, CMSG_DATA(c), sizeof value);
		return value;
	}
	return 0;
}

/* False: there is nothing more. */
static bool receive(struct am_bgpd_discovery *y)
{
	uint8_t bytes[1500], control[CMSG_SPACE(sizeof(int))];
	struct iovec part = {bytes, sizeof bytes};
	struct sockaddr_storage from = {0};
	struct msghdr message = {.msg_name = &from,
		.msg_namelen = sizeof from,
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control};
	ssize_t n = recvmsg(y->fd, &message, 0);
	const char *why;
	struct am_ip source;
	uint32_t scope;

	if (n < 0)
		return false;
	am_bgp_sockaddr_ip(&from, &source, &scope);
	if (am_bgp_ra_input(&y->ra, bytes, (size_t)n, &source, (uint8_t)hop_limit_of(&message),
		    am_clock_monotonic(), &why))
		am_log(&y->daemon->log, AM_LOG_DEBUG, "%s: a router advertisement is dropped: %s",
			y->neighbor->conf.name, why);
	return true;
}

static void on_message(uv_poll_t *poll, int status, int events)
{
	struct am_bgpd_discovery *y = poll->data;

	(void)status;
	(void)events;
	for (int i = 0; i < READS_A_STEP && receive(y); i++)
		continue;
	pump(y);
}

/* ---- the interface ---- */

static bool find_address(const char *name, struct am_ip *out)
{
	struct ifaddrs *all, *at;
	bool found = false;

	if (getifaddrs(&all))
		return false;
	for (at = all; at && !found; at = at->ifa_next) {
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)at->ifa_addr;

		if (!v6 || v6->sin6_family != AF_INET6 || strcmp(at->ifa_name, name) ||
			!(at->ifa_flags & IFF_UP) || !(at->ifa_flags & IFF_RUNNING))
			continue;
		*out = am_ip6(v6->sin6_addr.s6_addr);
		found = am_ip_is_link_local(out);
	}
	freeifaddrs(all);
	return found;
}

static void poll_gone(uv_handle_t *handle)
{
	free(handle);
}

static void close_socket(struct am_bgpd_discovery *y)
{
	if (y->fd < 0)
		return;
	uv_poll_stop(y->poll);
	close(y->fd);
	uv_close((uv_handle_t *)y->poll, poll_gone);
	y->fd = -1;
}

static int open_on(struct am_bgpd_discovery *y, uint32_t interface)
{
	int fd = open_socket(y->neighbor->conf.session.interface, interface);

	if (fd < 0)
		return fd;
	y->poll = calloc(1, sizeof *y->poll);
	if (!y->poll || uv_poll_init(&y->daemon->loop, y->poll, fd)) {
		free(y->poll);
		close(fd);
		return -ENOMEM;
	}
	y->fd = fd;
	y->interface = interface;
	y->poll->data = y;
	return uv_poll_start(y->poll, UV_READABLE, on_message);
}

static void went_down(struct am_bgpd_discovery *y)
{
	if (!y->up)
		return;
	y->up = false;
	am_bgp_ra_down(&y->ra);
}

static void on_look(uv_timer_t *timer)
{
	struct am_bgpd_discovery *y = timer->data;
	const char *name = y->neighbor->conf.session.interface;
	uint32_t interface = if_nametoindex(name);
	struct am_ip own;
	int rc = 0;

	if (interface != y->interface) {
		went_down(y);
		close_socket(y);
	}
	if (interface && y->fd < 0)
		rc = open_on(y, interface);
	if (rc < 0) {
		am_log(&y->daemon->log, AM_LOG_ERROR, "%s: cannot listen for router advertisements on %s: %s",
			y->neighbor->conf.name, name, strerror(-rc));
		uv_timer_stop(timer);
		return;
	}
	if (!interface || !find_address(name, &own)) {
		went_down(y);
	} else if (!y->up || !am_ip_equal(&own, &y->own)) {
		y->up = am_bgp_ra_up(&y->ra, &own, NULL, am_clock_monotonic()) == 0;
		y->own = own;
	}
	pump(y);
}

/* ---- who is there ---- */

static void appeared(struct am_bgpd_discovery *y, const struct am_ip *address)
{
	struct am_bgpd *d = y->daemon;
	struct am_bgp_speaker_view view;
	char text[AM_IP_TEXT];
	int rc;

	/* A session that is up knows better than an advertisement who is there. */
	if (!am_bgp_speaker_view(d->speaker, y->neighbor->peer, &view) && view.session)
		return;
	am_bgpd_transport_keys(d->transport, address, &y->neighbor->conf.session, true);
	rc = am_bgp_speaker_found(d->speaker, y->neighbor->peer, address, y->interface, am_clock_monotonic());
	am_log(&d->log, rc ? AM_LOG_WARN : AM_LOG_INFO, "%s: found at %s on %s%s%s", y->neighbor->conf.name,
		am_ip_text(address, text), y->neighbor->conf.session.interface, rc ? ": " : "",
		rc ? strerror(-rc) : "");
}

static void on_due(uv_timer_t *timer)
{
	struct am_bgpd_discovery *y = timer->data;

	am_bgp_ra_expire(&y->ra, am_clock_monotonic());
	pump(y);
}

static void pump(struct am_bgpd_discovery *y)
{
	struct am_bgp_ra_event event;
	am_time due;

	send_all(y);
	while (am_bgp_ra_next_event(&y->ra, &event)) {
		if (event.type == AM_BGP_RA_APPEARED)
			appeared(y, &event.address);
	}
	due = am_bgp_ra_deadline(&y->ra);
	if (due.ns == UINT64_MAX)
		uv_timer_stop(&y->timer);
	else
		uv_timer_start(&y->timer, on_due, am_time_since(due, am_clock_monotonic()) / AM_MS + 1, 0);
	am_bgpd_pump(y->daemon);
}

/* ---- begin and end ---- */

struct am_bgpd_discovery *am_bgpd_discovery_open(
	struct am_bgpd *d, struct am_bgpd_neighbor *neighbor, struct am_err *err)
{
	struct am_bgp_ra_config config = {.interval = INTERVAL, .patience = PATIENCE};
	struct am_bgpd_discovery *y = calloc(1, sizeof *y);

	if (!y) {
		am_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	y->daemon = d;
	y->neighbor = neighbor;
	y->fd = -1;
	y->handles = 2;
	am_random(&config.seed, sizeof config.seed);
	am_bgp_ra_init(&y->ra, &config);
	uv_timer_init(&d->loop, &y->look);
	uv_timer_init(&d->loop, &y->timer);
	y->look.data = y->timer.data = y;
	uv_timer_start(&y->look, on_look, 0, LOOK_MS);
	return y;
}

static void handle_gone(uv_handle_t *handle)
{
	struct am_bgpd_discovery *y = handle->data;

	if (!--y->handles)
		free(y);
}

void am_bgpd_discovery_close(struct am_bgpd_discovery *y)
{
	am_bgp_ra_stop(&y->ra);
	send_all(y);
	close_socket(y);
	uv_close((uv_handle_t *)&y->look, handle_gone);
	uv_close((uv_handle_t *)&y->timer, handle_gone);
}
