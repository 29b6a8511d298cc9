/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_SOCKET_H
#define AMIME_BGP_SOCKET_H
/* Sockets as BGP wants them: each call is one step, and a negative errno. */
#include <stdint.h>
#include <sys/socket.h>

#include "base/addr.h"
#include "bgpconf/bgpconf.h"

/* Returns the length. scope counts for IPv6 alone. */
socklen_t am_bgp_sockaddr(
	const struct am_ip *ip, uint16_t port, uint32_t scope, struct sockaddr_storage *out);
void am_bgp_sockaddr_ip(const struct sockaddr_storage *from, struct am_ip *ip, uint32_t *scope);

/* A socket that does not block and is closed on exec. */
int am_bgp_socket(uint8_t family);
/* TTL and GTSM of a connection to this neighbour. */
int am_bgp_socket_ttl(int fd, const struct am_bgpconf_session *session, bool external);
/*
 * GTSM of a connection that came in: its SYN passed before the neighbour was known, so it is looked at now. -EPERM where it may have come from
 * farther away than the neighbour.
 */
int am_bgp_socket_check_syn(int fd, const struct am_bgpconf_session *session);
/* RFC 2385: the key for connections with address; empty: none any more. */
int am_bgp_socket_password(int fd, const struct am_ip *address, const char *password);
/* TCP-AO (RFC 5925): the key for connections with address. */
int am_bgp_socket_ao(int fd, const struct am_ip *address, const struct am_bgpconf_tcp_ao *ao);
/* The key for connections with address goes, for those that are to come. */
int am_bgp_socket_ao_remove(int fd, const struct am_ip *address, const struct am_bgpconf_tcp_ao *ao);
/* Does this kernel have it? */
bool am_bgp_socket_has_ao(void);
/* Begin to connect: 0, also where it is under way. scope: the interface of a link-local address. */
int am_bgp_socket_connect(
	int fd, const struct am_bgpconf_session *session, const struct am_ip *to, uint32_t scope);
int am_bgp_socket_listen(const struct am_ip *at, uint16_t port);

#endif
