/* SPDX-License-Identifier: BSD-3-Clause */
/* Two BGP sessions of libamime-bgp, joined in memory where others have sockets; both announce a route.
 *   cc bgp.c -o bgp $(pkg-config --cflags --libs amime-bgp) && ./bgp */
#include <bgp/session.h>
#include <stdio.h>

static const am_time now = {1}; /* time stands still: nothing here waits for a timer */

static struct am_bgp_session *session(uint32_t as, bool passive)
{
	struct am_bgp_session_config c = {.local_as = as, .local_id = as, .passive = passive, .seed = as};
	struct am_bgp_session *s = NULL;

	c.connect_retry = c.idle_hold = 1;
	am_bgp_capability_family(&c.caps, AM_BGP_AFI_IPV4, AM_BGP_SAFI_UNICAST)->multiprotocol = true;
	if (!am_bgp_session_create(&c, &s))
		am_bgp_start(s, now);
	return s;
}

static void announce(struct am_bgp_session *s, uint8_t as)
{
	const uint8_t prefix[] = {24, 198, 51, as},
		      path[] = {2, 1, 0, 0, 0, as}; /* a sequence of one number */
	struct am_bgp_update u = {.attrs = {.as_path = {path, sizeof path}, .next_hop = {192, 0, 2, as}}};

	u.announced = (struct am_bgp_routes){.family = AM_BGP_IPV4_UNICAST, .nlri = {prefix, sizeof prefix}};
	u.attrs.has = AM_BGP_HAS(AM_BGP_ATTR_ORIGIN) | AM_BGP_HAS(AM_BGP_ATTR_AS_PATH) |
		      AM_BGP_HAS(AM_BGP_ATTR_NEXT_HOP);
	am_bgp_send_update(s, &u, now);
}

/* Do what an event of s asks for, and carry octets to the other end. True where there were any of either. */
static bool turn(struct am_bgp_session *s, struct am_bgp_session *other, uint8_t as)
{
	struct am_bgp_nlri route;
	struct am_bgp_event e;

	if (am_bgp_next_event(s, &e, now)) {
		if (e.type == AM_BGP_EVENT_CONNECT) {
			am_bgp_accept(other, now);
			am_bgp_connected(s, e.conn, now);
		} else if (e.type == AM_BGP_EVENT_UP) {
			printf("AS %u: up with AS %u\n", as, e.peer->open.as);
			announce(s, as);
		} else if (e.type == AM_BGP_EVENT_UPDATE) {
			struct am_bgp_nlri_iter i = am_bgp_nlri_iter(&e.update->announced);
			while (am_bgp_nlri_next(&i, &route))
				printf("AS %u: %u.%u.%u.0/%u\n", as, route.prefix.ip.bytes[0],
					route.prefix.ip.bytes[1], route.prefix.ip.bytes[2], route.prefix.len);
		}
		return true;
	}
	struct am_bgp_span out = am_bgp_output(s, 0);
	size_t took = am_bgp_input(other, 0, out.bytes, out.len);
	am_bgp_sent(s, 0, took, now);
	return took;
}

int main(void)
{
	struct am_bgp_session *a = session(65, false), *b = session(66, true);

	while (a && b && (turn(a, b, 65) || turn(b, a, 66)))
		;
	am_bgp_session_free(a);
	am_bgp_session_free(b);
}
