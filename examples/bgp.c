/* SPDX-License-Identifier: BSD-3-Clause */
/* Two BGP speakers of libamime-bgp, joined in memory where others have sockets; each announces a prefix.
 *   cc bgp.c -o bgp $(pkg-config --cflags --libs amime-bgp) && ./bgp */
#include <bgp/speaker.h>
#include <stdio.h>

static const am_time now = {1}; /* time stands still: nothing here waits for a timer */
static struct am_bgp_speaker *speaker[2];
static struct am_bgp_link conn[2]; /* what each of them calls the connection between them */
static struct am_bgp_speaker_end ends[] = {
	{.address = {AM_IPV4, {192, 0, 2, 65}}}, {.address = {AM_IPV4, {192, 0, 2, 66}}}};

static int begin(int i)
{
	uint8_t as = 65 + i, other = 66 - i;
	struct am_bgp_speaker_config config = {.as = as, .id = as, .rib.changes = true, .seed = as};
	struct am_bgp_speaker_peer p = {.address = ends[!i].address};
	struct am_bgp_nlri nlri = {.prefix = {{AM_IPV4, {198, 51, as}}, 24}};
	struct am_bgp_set set = {
		.attrs.has = AM_BGP_HAS(AM_BGP_ATTR_ORIGIN) | AM_BGP_HAS(AM_BGP_ATTR_AS_PATH)};

	p.session = (struct am_bgp_session_config){.local_as = as, .local_id = as, .remote_as = other};
	p.session.connect_retry = p.session.idle_hold = 1;
	p.session.passive = i;
	am_bgp_capability_family(&p.session.caps, AM_BGP_AFI_IPV4, AM_BGP_SAFI_UNICAST)->multiprotocol = true;
	p.routes.import.run = p.routes.export.run = am_bgp_filter_accept; /* without any: RFC 8212 */
	return am_bgp_speaker_create(&config, &speaker[i]) || am_bgp_speaker_add(speaker[i], &p, now) < 0 ||
	       am_bgp_speaker_announce(speaker[i], &nlri, &set);
}
/* What is due, what events ask for, what was learned, and octets to the other end. 0: nothing was. */
static int turn(int i)
{
	struct am_bgp_speaker_event e;
	struct am_bgp_rib_change c;

	am_bgp_speaker_run(speaker[i], now);
	while (am_bgp_speaker_next_event(speaker[i], &e, now)) {
		if (e.type == AM_BGP_SPEAKER_UP)
			printf("AS %d: up with AS %u\n", 65 + i, e.session->open.as);
		if (e.type == AM_BGP_SPEAKER_CONNECT &&
			!am_bgp_speaker_accept(speaker[!i], &ends[i].address, 0, &ends[!i], &conn[!i], now))
			am_bgp_speaker_connected(speaker[i], conn[i] = e.link, &ends[i], now);
	}
	while (am_bgp_speaker_next_change(speaker[i], &c)) {
		const uint8_t *ip = c.nlri.prefix.ip.bytes;
		if (c.n && am_bgp_speaker_peer_of(speaker[i], c.paths->peer) >= 0) /* else it is our own */
			printf("AS %d: %u.%u.%u.0/%u\n", 65 + i, ip[0], ip[1], ip[2], c.nlri.prefix.len);
	}
	struct am_bgp_span out = am_bgp_speaker_output(speaker[i], conn[i]);
	if (out.len && am_bgp_speaker_input(speaker[!i], conn[!i], out.bytes, out.len, now) == out.len)
		am_bgp_speaker_sent(speaker[i], conn[i], out.len, now);
	return out.len || !am_bgp_speaker_deadline(speaker[i]).ns;
}
int main(void)
{
	for (int go = !begin(0) && !begin(1); go;)
		go = turn(0) | turn(1);
	am_bgp_speaker_free(speaker[0]);
	am_bgp_speaker_free(speaker[1]);
}
