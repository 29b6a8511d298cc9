/* SPDX-License-Identifier: BSD-3-Clause */
#include "socket.h"

#include <errno.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

enum { TTL_MAX = 255, TTL_INTERNAL = 64, BACKLOG = 128 };

socklen_t am_bgp_sockaddr(const struct am_ip *ip, uint16_t port, uint32_t scope, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof *out);
	if (ip->family == AM_IPV4) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, ip->bytes, 4);
		return sizeof *v4;
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	v6->sin6_scope_id = am_ip_is_link_local(ip) ? scope : 0;
	memcpy(&v6->sin6_addr, ip->bytes, 16);
	return sizeof *v6;
}

void am_bgp_sockaddr_ip(const struct sockaddr_storage *from, struct am_ip *ip, uint32_t *scope)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;

	*scope = 0;
	if (from->ss_family == AF_INET) {
		*ip = am_ip4((const uint8_t *)&v4->sin_addr);
	} else {
		*ip = am_ip6(v6->sin6_addr.s6_addr);
		*scope = v6->sin6_scope_id;
	}
}

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value) ? -errno : 0;
}

int am_bgp_socket(uint8_t family)
{
	int fd =
		socket(family == AM_IPV4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	/* RFC 4271 says nothing of it; an UPDATE that waits for a full segment is late. DSCP CS6 is what routers give it. */
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (family == AM_IPV4)
		set(fd, IPPROTO_IP, IP_TOS, 0xc0);
	else
		set(fd, IPPROTO_IPV6, IPV6_TCLASS, 0xc0);
	return fd;
}

static bool is_ipv4(int fd)
{
	int domain = AF_INET6;
	socklen_t len = sizeof domain;

	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
	return domain == AF_INET;
}

static int set_ttl(int fd, int ttl)
{
	return is_ipv4(fd) ? set(fd, IPPROTO_IP, IP_TTL, ttl) : set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl);
}

int am_bgp_socket_ttl(int fd, const struct am_bgpconf_session *session, bool external)
{
	int least = TTL_MAX + 1 - session->ttl_security, rc;

	if (!session->ttl_security)
		return set_ttl(fd, session->ttl ? session->ttl : external ? 1 : TTL_INTERNAL);
	rc = set_ttl(fd, TTL_MAX);
	if (rc)
		return rc;
	return is_ipv4(fd) ? set(fd, IPPROTO_IP, IP_MINTTL, least)
			   : set(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, least);
}

int am_bgp_socket_check_syn(int fd, const struct am_bgpconf_session *session)
{
	uint8_t syn[128];
	socklen_t len = sizeof syn;
	size_t at;

	if (!session->ttl_security)
		return 0;
	if (getsockopt(fd, IPPROTO_TCP, TCP_SAVED_SYN, syn, &len))
		return -errno;
	/* Where the IP header has its TTL, or hop limit. */
	at = len && syn[0] >> 4 == 4 ? 8 : 7;
	if (len <= at || syn[at] < TTL_MAX + 1 - session->ttl_security)
		return -EPERM;
	return 0;
}

int am_bgp_socket_password(int fd, const struct am_ip *address, const char *password)
{
	struct tcp_md5sig key = {.tcpm_keylen = (uint16_t)strlen(password)};

	am_bgp_sockaddr(address, 0, 0, (struct sockaddr_storage *)&key.tcpm_addr);
	memcpy(key.tcpm_key, password, key.tcpm_keylen);
	if (!setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, &key, sizeof key))
		return 0;
	return errno == ENOENT && !*password ? 0 : -errno; /* there was none to take away */
}

/* What Linux 6.7 has, which the headers of an older one do not name. */
enum { AO_ADD_KEY = 38, AO_DEL_KEY = 39, AO_MAC_LEN = 12 };

struct ao_add {
	struct sockaddr_storage address;
	char algorithm[64];
	int32_t ifindex;
	uint32_t flags;
	uint16_t reserved;
	uint8_t prefix, send_id, receive_id, mac_len, key_flags, key_len;
	uint8_t key[AM_BGPCONF_PASSWORD];
} __attribute__((aligned(8)));

struct ao_del {
	struct sockaddr_storage address;
	int32_t ifindex;
	uint32_t flags;
	uint16_t reserved;
	uint8_t prefix, send_id, receive_id, current_id, rnext_id, key_flags;
} __attribute__((aligned(8)));

int am_bgp_socket_ao(int fd, const struct am_ip *address, const struct am_bgpconf_tcp_ao *ao)
{
	static const char *const algorithms[] = {"hmac(sha1)", "cmac(aes128)"};
	struct ao_add add = {
		.prefix = (uint8_t)(8 * am_ip_len(address)),
		.send_id = ao->send_id,
		.receive_id = ao->receive_id,
		.mac_len = AO_MAC_LEN,
		.key_len = (uint8_t)strlen(ao->key),
	};

	am_bgp_sockaddr(address, 0, 0, &add.address);
	strcpy(add.algorithm, algorithms[ao->algorithm]);
	memcpy(add.key, ao->key, add.key_len);
	return setsockopt(fd, IPPROTO_TCP, AO_ADD_KEY, &add, sizeof add) ? -errno : 0;
}

int am_bgp_socket_ao_remove(int fd, const struct am_ip *address, const struct am_bgpconf_tcp_ao *ao)
{
	struct ao_del del = {
		.prefix = (uint8_t)(8 * am_ip_len(address)),
		.send_id = ao->send_id,
		.receive_id = ao->receive_id,
	};

	am_bgp_sockaddr(address, 0, 0, &del.address);
	return setsockopt(fd, IPPROTO_TCP, AO_DEL_KEY, &del, sizeof del) ? -errno : 0;
}

bool am_bgp_socket_has_ao(void)
{
	const struct ao_add nothing = {0};
	int fd = am_bgp_socket(AM_IPV4);
	bool has;

	if (fd < 0)
		return false;
	/* It is refused either way: for what is in it, or because nobody knows it. */
	has = !setsockopt(fd, IPPROTO_TCP, AO_ADD_KEY, &nothing, sizeof nothing) || errno != ENOPROTOOPT;
	close(fd);
	return has;
}

static int bind_source(int fd, const struct am_bgpconf_session *session, uint32_t scope)
{
	struct sockaddr_storage from;
	socklen_t len = am_bgp_sockaddr(&session->source, 0, scope, &from);

	return bind(fd, (struct sockaddr *)&from, len) ? -errno : 0;
}

int am_bgp_socket_connect(
	int fd, const struct am_bgpconf_session *session, const struct am_ip *to, uint32_t scope)
{
	struct sockaddr_storage peer;
	socklen_t len = am_bgp_sockaddr(to, session->port, scope, &peer);
	int rc = session->source.family ? bind_source(fd, session, scope) : 0;

	if (!rc && *session->password)
		rc = am_bgp_socket_password(fd, to, session->password);
	if (!rc && *session->tcp_ao.key)
		rc = am_bgp_socket_ao(fd, to, &session->tcp_ao);
	if (rc)
		return rc;
	if (connect(fd, (struct sockaddr *)&peer, len) && errno != EINPROGRESS)
		return -errno;
	return 0;
}

int am_bgp_socket_listen(const struct am_ip *at, uint16_t port)
{
	struct sockaddr_storage here;
	socklen_t len = am_bgp_sockaddr(at, port, 0, &here);
	int fd = am_bgp_socket(at->family), rc;

	if (fd < 0)
		return fd;
	rc = set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!rc && at->family == AM_IPV6)
		rc = set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (!rc)
		rc = set(fd, IPPROTO_TCP, TCP_SAVE_SYN, 1);
	/* A SYN-ACK has to pass a peer's GTSM, and who it is for is not known yet. */
	if (!rc)
		rc = set_ttl(fd, TTL_MAX);
	if (!rc && (bind(fd, (struct sockaddr *)&here, len) || listen(fd, BACKLOG)))
		rc = -errno;
	if (!rc)
		return fd;
	close(fd);
	return rc;
}
