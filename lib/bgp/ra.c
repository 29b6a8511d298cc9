/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/ra.h"

#include <errno.h>

#include "base/bytes.h"
#include "random.h"

enum {
	ROUTER_SOLICITATION = 133,
	ROUTER_ADVERTISEMENT = 134,
	RS_LEN = 8,
	RA_LEN = 16,
	OPTION_SOURCE_LINK_LAYER = 1,
	MAX_LIFETIME = 9000, /* s */
	BURST = 3,           /* MAX_INITIAL_RTR_ADVERTISEMENTS */
};

#define MIN_DELAY    (3 * AM_S)    /* MIN_DELAY_BETWEEN_RAS */
#define ANSWER_DELAY (500 * AM_MS) /* MAX_RA_DELAY_TIME */

static const am_time never = {UINT64_MAX};

int am_bgp_ra_init(struct am_bgp_ra *ra, const struct am_bgp_ra_config *config)
{
	if (config->interval < 4 || config->interval > 1800 || !config->patience)
		return -EINVAL;
	if (config->lifetime && (config->lifetime < config->interval || config->lifetime > MAX_LIFETIME))
		return -EINVAL;
	*ra = (struct am_bgp_ra){.config = *config, .random = config->seed, .next = never};
	return 0;
}

static am_time earlier(am_time a, am_time b)
{
	return am_time_before(b, a) ? b : a;
}

/* A time at most `spread` after `at`. */
static am_time jittered(struct am_bgp_ra *ra, am_time at, uint64_t spread)
{
	return am_time_add(at, am_bgp_draw(&ra->random) % (spread + 1));
}

static void gone(struct am_bgp_ra_neighbour *n, const char *why)
{
	if (n->there)
		*n = (struct am_bgp_ra_neighbour){
			.address = n->address, .told = n->told, .news = n->told, .why = why};
}

/* One is due now, and the one behind it when RFC 4861 6.2.4 says. */
static void send(struct am_bgp_ra *ra, am_time now)
{
	uint64_t most = ra->config.interval * AM_S;

	ra->due = true;
	ra->sent = now;
	if (ra->burst)
		ra->burst--;
	if (ra->burst)
		ra->next = am_time_add(now, MIN_DELAY);
	else
		ra->next = jittered(ra, am_time_add(now, most - most / 4), most / 4);
}

/* Somebody wants to hear us: soon, but not sooner after the last one than is allowed (RFC 4861 6.2.6). */
static void send_soon(struct am_bgp_ra *ra, am_time now)
{
	am_time allowed = am_time_add(ra->sent, MIN_DELAY), at = jittered(ra, now, ANSWER_DELAY);

	if (!ra->config.listen_only)
		ra->next = earlier(ra->next, am_time_before(at, allowed) ? allowed : at);
}

int am_bgp_ra_up(struct am_bgp_ra *ra, const struct am_ip *address, const struct am_mac *mac, am_time now)
{
	struct am_mac none = {{0}};

	if (address->family != AM_IPV6 || !am_ip_is_link_local(address))
		return -EINVAL;
	ra->mac = mac ? *mac : none;
	if (ra->up && am_ip_equal(&ra->own, address))
		return 0;
	ra->up = true;
	ra->last = false;
	ra->own = *address;
	ra->burst = BURST;
	if (!ra->config.listen_only)
		send(ra, now);
	return 0;
}

void am_bgp_ra_down(struct am_bgp_ra *ra)
{
	ra->up = ra->due = false;
	ra->next = never;
	for (unsigned i = 0; i < AM_BGP_RA_NEIGHBOURS; i++)
		gone(&ra->neighbours[i], "the link is down");
}

void am_bgp_ra_stop(struct am_bgp_ra *ra)
{
	ra->due = ra->last = ra->up && !ra->config.listen_only;
	ra->up = false;
	ra->next = never;
	memset(ra->neighbours, 0, sizeof ra->neighbours);
}

/* What an RA or RS says in its options (RFC 4861 4.6). False where one has no length or ends beyond the message. */
static bool read_options(struct am_reader *r, const uint8_t **mac)
{
	while (am_reader_left(r)) {
		uint8_t type = am_take8(r);
		size_t len = am_take8(r) * 8u;
		const uint8_t *value;

		if (!len)
			return false;
		value = am_take(r, len - 2);
		if (!value)
			return false;
		if (type == OPTION_SOURCE_LINK_LAYER && len == 8)
			*mac = value;
	}
	return !r->bad;
}

/* The row of a neighbour, or one that is free; NULL where there is neither. */
static struct am_bgp_ra_neighbour *row_of(struct am_bgp_ra *ra, const struct am_ip *address)
{
	struct am_bgp_ra_neighbour *empty = NULL;

	for (unsigned i = 0; i < AM_BGP_RA_NEIGHBOURS; i++) {
		struct am_bgp_ra_neighbour *n = &ra->neighbours[i];

		if ((n->there || n->told) && am_ip_equal(&n->address, address))
			return n;
		if (!n->there && !n->told && !empty)
			empty = n;
	}
	return empty;
}

static void advertised(
	struct am_bgp_ra *ra, const struct am_ip *source, uint16_t lifetime, const uint8_t *mac, am_time now)
{
	struct am_bgp_ra_neighbour *n = row_of(ra, source);

	if (!n) {
		ra->dropped++;
		return;
	}
	if (n->there && n->router && !lifetime) {
		gone(n, "it says that it is no router any more");
		return;
	}
	if (!n->there) {
		*n = (struct am_bgp_ra_neighbour){
			.address = *source, .there = true, .told = n->told, .news = true};
		send_soon(ra, now);
	}
	if (mac && (!n->has_mac || memcmp(n->mac.bytes, mac, 6))) {
		memcpy(n->mac.bytes, mac, 6);
		n->has_mac = n->news = true;
	}
	n->router |= lifetime != 0;
	n->expires = am_time_add(now, (lifetime ? lifetime : ra->config.patience) * AM_S);
}

static int bad(const char **why, const char *what)
{
	*why = what;
	return -EBADMSG;
}

int am_bgp_ra_input(struct am_bgp_ra *ra, const void *bytes, size_t len, const struct am_ip *source,
	uint8_t hop_limit, am_time now, const char **why)
{
	struct am_reader r = am_reader(bytes, len);
	uint8_t type = am_take8(&r), code = am_take8(&r);
	const uint8_t *mac = NULL, *fixed;

	if (r.bad || (type != ROUTER_SOLICITATION && type != ROUTER_ADVERTISEMENT))
		return 0;
	if (!ra->up || am_ip_equal(source, &ra->own))
		return 0;
	if (hop_limit != AM_BGP_RA_HOP_LIMIT)
		return bad(why, "its hop limit is not 255, so that it may have come from another link");
	fixed = am_take(&r, (type == ROUTER_SOLICITATION ? RS_LEN : RA_LEN) - 2);
	if (code || !fixed || !read_options(&r, &mac))
		return bad(why, "its code, its length or that of an option is wrong");
	if (type == ROUTER_SOLICITATION) {
		if (mac && am_ip_is_unspecified(source))
			return bad(why, "a solicitation without a source address has a link-layer address");
		send_soon(ra, now);
		return 0;
	}
	if (source->family != AM_IPV6 || !am_ip_is_link_local(source))
		return bad(why, "it does not come from a link-local address");
	advertised(ra, source, am_load16(fixed + 4), mac, now);
	return 0;
}

bool am_bgp_ra_output(struct am_bgp_ra *ra, uint8_t bytes[AM_BGP_RA_LEN], size_t *len)
{
	static const uint8_t no_mac[6];
	struct am_writer w = am_writer(bytes, AM_BGP_RA_LEN);

	if (!ra->due)
		return false;
	am_put8(&w, ROUTER_ADVERTISEMENT);
	am_put8(&w, 0);
	am_put16(&w, 0); /* the socket's to fill */
	am_put16(&w, 0); /* hop limit for hosts unspecified, no flags */
	am_put16(&w, ra->last ? 0 : ra->config.lifetime);
	am_put32(&w, 0);
	am_put32(&w, 0);
	if (memcmp(ra->mac.bytes, no_mac, 6)) {
		am_put8(&w, OPTION_SOURCE_LINK_LAYER);
		am_put8(&w, 1);
		am_put_bytes(&w, ra->mac.bytes, 6);
	}
	*len = am_writer_len(&w);
	ra->due = ra->last = false;
	return true;
}

am_time am_bgp_ra_deadline(const struct am_bgp_ra *ra)
{
	am_time at = ra->next;

	for (unsigned i = 0; i < AM_BGP_RA_NEIGHBOURS; i++) {
		if (ra->neighbours[i].there)
			at = earlier(at, ra->neighbours[i].expires);
	}
	return at;
}

void am_bgp_ra_expire(struct am_bgp_ra *ra, am_time now)
{
	for (unsigned i = 0; i < AM_BGP_RA_NEIGHBOURS; i++) {
		struct am_bgp_ra_neighbour *n = &ra->neighbours[i];

		if (n->there && !am_time_before(now, n->expires))
			gone(n, "it has sent no advertisement for the lifetime of its last one");
	}
	if (!am_time_before(now, ra->next))
		send(ra, now);
}

bool am_bgp_ra_next_event(struct am_bgp_ra *ra, struct am_bgp_ra_event *out)
{
	for (unsigned i = 0; i < AM_BGP_RA_NEIGHBOURS; i++) {
		struct am_bgp_ra_neighbour *n = &ra->neighbours[i];

		if (!n->news)
			continue;
		*out = (struct am_bgp_ra_event){
			.type = n->there ? AM_BGP_RA_APPEARED : AM_BGP_RA_GONE,
			.address = n->address,
			.mac = n->mac,
			.has_mac = n->has_mac,
			.why = n->why,
		};
		n->news = false;
		n->told = n->there;
		return true;
	}
	return false;
}
