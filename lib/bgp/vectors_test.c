/* SPDX-License-Identifier: BSD-3-Clause */
/* What other implementations send: it decodes to what they say of it, and encodes to the same attributes and routes again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "bgp/as_path.h"
#include "bgp/open.h"
#include "bgp/update.h"
#include "test_hex.h"

enum { LINE_ROOM = 16384, ALL_FAMILIES = 7 };

struct line {
	char text[LINE_ROOM];
	char *column[4];
};

static FILE *open_vectors(const char *name)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof path, "%s/lib/bgp/vectors/%s", SOURCE_ROOT, name);
	file = fopen(path, "r");
	assert_non_null(file);
	return file;
}

/* The next line that is no comment, cut into columns. */
static bool next_line(FILE *file, struct line *line)
{
	char *at = line->text;

	do {
		if (!fgets(line->text, sizeof line->text, file))
			return false;
	} while (line->text[0] == '#');
	line->text[strcspn(line->text, "\n")] = 0;
	for (unsigned i = 0; i < 4; i++)
		line->column[i] = at ? strsep(&at, "\t") : line->text + strlen(line->text);
	return true;
}

static struct packet octets(char *hex)
{
	for (char *c = hex; *c; c++)
		*c = (char)tolower(*c);
	return packet_of(hex);
}

static struct am_bgp_span span_of(struct am_writer *w)
{
	return (struct am_bgp_span){w->start, am_writer_len(w)};
}

/* One attribute of a list, by its code: flags that matter and value. */
struct found {
	uint8_t flags;
	struct am_bgp_span value;
	bool there;
};

static void index_attributes(struct am_bgp_span list, struct found out[256])
{
	struct am_reader r = am_reader(list.bytes, list.len);

	memset(out, 0, 256 * sizeof *out);
	while (am_reader_left(&r)) {
		uint8_t flags = am_take8(&r), code = am_take8(&r);
		size_t len = flags & AM_BGP_FLAG_EXTENDED ? am_take16(&r) : am_take8(&r);

		out[code] = (struct found){flags & 0xe0, {am_take(&r, len), len}, true};
		assert_false(r.bad);
	}
}

static struct am_bgp_span attribute_list(struct am_bgp_span body)
{
	struct am_reader r = am_reader(body.bytes, body.len);
	size_t len = am_take16(&r);

	am_take(&r, len);
	len = am_take16(&r);
	return (struct am_bgp_span){am_take(&r, len), len};
}

/* What becomes of an attribute that is not known here (RFC 4271 5): gone, or passed on with the Partial bit. */
static void pass_on(struct found *f, unsigned code)
{
	if (strcmp(am_bgp_attr_name((uint8_t)code), "unknown"))
		return;
	f->there &= (f->flags & AM_BGP_FLAG_TRANSITIVE) != 0;
	f->flags |= AM_BGP_FLAG_PARTIAL;
}

/* The same attributes with the same values, in whatever order and with whatever form of length. */
static void same_attributes(struct am_bgp_span a, struct am_bgp_span b)
{
	static struct found x[256], y[256];

	index_attributes(a, x);
	index_attributes(b, y);
	for (unsigned code = 0; code < 256; code++) {
		pass_on(&x[code], code);
		assert_int_equal(x[code].there, y[code].there);
		if (!x[code].there)
			continue;
		assert_int_equal(x[code].flags, y[code].flags);
		assert_int_equal(x[code].value.len, y[code].value.len);
		if (x[code].value.len)
			assert_memory_equal(x[code].value.bytes, y[code].value.bytes, x[code].value.len);
	}
}

/* Each route, written by itself, gives the octets that it was read from. */
static void same_routes(const struct am_bgp_routes *routes)
{
	static uint8_t room[AM_BGP_EXTENDED_MAX];
	struct am_writer w = am_writer(room, sizeof room);
	struct am_bgp_nlri_iter iter = am_bgp_nlri_iter(routes);
	struct am_bgp_nlri nlri;

	if (routes->family == AM_BGP_FAMILY_OTHER)
		return;
	while (am_bgp_nlri_next(&iter, &nlri))
		assert_int_equal(am_bgp_nlri_encode(&w, &nlri, routes->path_ids), 0);
	assert_int_equal(am_writer_len(&w), routes->nlri.len);
	if (routes->nlri.len)
		assert_memory_equal(room, routes->nlri.bytes, routes->nlri.len);
}

static void again(
	const struct am_bgp_update *update, struct am_bgp_span body, const struct am_bgp_context *ctx)
{
	static uint8_t room[AM_BGP_EXTENDED_MAX];
	struct am_writer w = am_writer(room, sizeof room);
	struct am_bgp_message message;
	struct am_bgp_error err;

	assert_int_equal(am_bgp_update_encode(&w, update, ctx, AM_BGP_EXTENDED_MAX), 0);
	assert_int_equal(
		am_bgp_message_parse(room, am_writer_len(&w), AM_BGP_EXTENDED_MAX, &message, &err), 0);
	same_attributes(attribute_list(body), attribute_list(message.body));
	same_routes(&update->withdrawn);
	same_routes(&update->announced);
	same_routes(&update->mp_withdrawn);
	same_routes(&update->mp_announced);
}

/* What ExaBGP says of a message, by the words of its commands; each function writes our value as it would. */

static void say_origin(const struct am_bgp_update *u, char *out, size_t room)
{
	static const char *const names[] = {"igp", "egp", "incomplete"};

	snprintf(out, room, "%s", names[u->attrs.origin]);
}

static void say_local_pref(const struct am_bgp_update *u, char *out, size_t room)
{
	snprintf(out, room, "%u", u->attrs.local_pref);
}

static void say_med(const struct am_bgp_update *u, char *out, size_t room)
{
	snprintf(out, room, "%u", u->attrs.med);
}

static void say_as_path(const struct am_bgp_update *u, char *out, size_t room)
{
	struct am_reader r = am_reader(u->attrs.as_path.bytes, u->attrs.as_path.len);
	struct am_bgp_segment s;
	size_t at = (size_t)snprintf(out, room, "[");

	while (am_bgp_segment_next(&r, &s)) {
		for (unsigned i = 0; i < s.count; i++)
			at += (size_t)snprintf(
				out + at, room - at, "%s%u", at > 1 ? " " : "", am_load32(s.numbers + 4 * i));
	}
	snprintf(out + at, room - at, "]");
}

static void say_list(struct am_bgp_span list, unsigned each, unsigned half, char *out, size_t room)
{
	size_t at = (size_t)snprintf(out, room, "[");

	for (size_t i = 0; i < list.len; i += each) {
		for (unsigned part = 0; part < each; part += half) {
			const uint8_t *p = list.bytes + i + part;
			uint32_t v = half == 2 ? am_load16(p) : am_load32(p);

			at += (size_t)snprintf(out + at, room - at, "%s%u", part ? ":" : i ? " " : "", v);
		}
	}
	snprintf(out + at, room - at, "]");
}

static void say_communities(const struct am_bgp_update *u, char *out, size_t room)
{
	say_list(u->attrs.communities, 4, 2, out, room);
}

static void say_large(const struct am_bgp_update *u, char *out, size_t room)
{
	say_list(u->attrs.large_communities, 12, 4, out, room);
}

static void say_id(uint32_t id, char *out, size_t room)
{
	snprintf(out, room, "%u.%u.%u.%u", id >> 24, id >> 16 & 255, id >> 8 & 255, id & 255);
}

static void say_originator(const struct am_bgp_update *u, char *out, size_t room)
{
	say_id(u->attrs.originator_id, out, room);
}

static void say_aggregator(const struct am_bgp_update *u, char *out, size_t room)
{
	size_t at = (size_t)snprintf(out, room, "%u:", u->attrs.aggregator.as);

	say_id(u->attrs.aggregator.id, out + at, room - at);
}

static void say_next_hop(const struct am_bgp_update *u, char *out, size_t room)
{
	struct am_ip global = am_ip4(u->attrs.next_hop), link_local;
	char text[AM_IP_TEXT];

	if (u->has_mp_reach && u->mp_announced.family != AM_BGP_FAMILY_OTHER) {
		am_bgp_next_hop_split(&u->mp_next_hop, &global, &link_local);
		if (global.family == AM_AF_NONE)
			global = link_local;
	} else if (u->has_mp_reach) {
		/* With VPN families a distinguisher of 8 octets comes first. */
		struct am_bgp_span hop = u->mp_next_hop_other;

		if (hop.len != 4 && hop.len != 12 && hop.len != 16 && hop.len != 24) {
			snprintf(out, room, "a next hop of %zu octets", hop.len);
			return;
		}
		global = hop.len < 16 ? am_ip4(hop.bytes + hop.len - 4) : am_ip6(hop.bytes + hop.len - 16);
	}
	snprintf(out, room, "%s", am_ip_text(&global, text));
}

static const struct {
	const char *word;
	void (*say)(const struct am_bgp_update *u, char *out, size_t room);
} words[] = {
	{"origin", say_origin},
	{"local-preference", say_local_pref},
	{"med", say_med},
	{"as-path", say_as_path},
	{"community", say_communities},
	{"large-community", say_large},
	{"originator-id", say_originator},
	{"aggregator", say_aggregator},
	{"next-hop", say_next_hop},
};

/* The next word of a command; what stands in brackets is one, always written with them. */
static bool next_word(char **at, char *out, size_t room)
{
	char *begin = *at + strspn(*at, " "), *end = begin + strcspn(begin, " ");

	if (!*begin)
		return false;
	if (*begin == '[' && strchr(begin, ']'))
		end = strchr(begin, ']') + 1;
	snprintf(out, room, "%.*s", (int)(end - begin), begin);
	*at = end;
	return true;
}

/* "[ a b ]" and "[a b]" are the same list, and IP addresses are written in more than one way. */
static void tidy(char *word)
{
	struct am_ip ip;
	char text[AM_IP_TEXT];

	if (!strncmp(word, "[ ", 2))
		memmove(word + 1, word + 2, strlen(word + 1));
	if (strlen(word) > 2 && !strcmp(word + strlen(word) - 2, " ]"))
		strcpy(word + strlen(word) - 2, "]");
	if (!am_ip_parse_text(word, &ip))
		strcpy(word, am_ip_text(&ip, text));
}

static void check_prefix(const struct am_bgp_routes *routes, const char *want, const char *path_id)
{
	struct am_bgp_nlri_iter iter = am_bgp_nlri_iter(routes);
	char text[AM_PREFIX_TEXT], id[32];
	struct am_prefix prefix;
	struct am_bgp_nlri nlri;

	assert_int_equal(am_prefix_parse_text(want, &prefix), 0);
	assert_true(am_bgp_nlri_next(&iter, &nlri));
	assert_string_equal(
		am_prefix_text(&nlri.prefix, text), am_prefix_text(&prefix, (char[AM_PREFIX_TEXT]){0}));
	say_id(nlri.path_id, id, sizeof id);
	if (*path_id)
		assert_string_equal(id, path_id);
}

/* The family that a command is about; the first line whose words all stand in it. */
static const struct {
	const char *words[2];
	uint8_t safi;
} families[] = {
	{{" mcast-vpn"}, 5},
	{{" sr-policy"}, 73},
	{{" mup"}, 85},
	{{" flow", " rd "}, 134},
	{{" flow-vpn"}, 134},
	{{" flow"}, 133},
	{{"vpls"}, 65},
	{{" evpn"}, 70},
	{{"mpls-vpn"}, 128},
	{{"nlri-mpls"}, 4},
	{{" route ", " rd "}, 128},
	{{" route ", " label "}, 4},
	{{" route "}, 1},
	{{" unicast"}, 1},
};

/* 0 where it does not say. */
static uint8_t safi_of(const char *command)
{
	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
		const char *const *w = families[i].words;

		if (strstr(command, w[0]) && (!w[1] || strstr(command, w[1])))
			return families[i].safi;
	}
	return 0;
}

static uint16_t afi_of(const char *command, const char *prefix)
{
	if (strstr(command, "vpls") || strstr(command, "l2vpn"))
		return AM_BGP_AFI_L2VPN;
	if (strstr(command, " ipv4 ") || strstr(command, " ipv6 "))
		return strstr(command, " ipv6 ") ? AM_BGP_AFI_IPV6 : AM_BGP_AFI_IPV4;
	return strchr(prefix, ':') ? AM_BGP_AFI_IPV6 : AM_BGP_AFI_IPV4;
}

/* The family in its own numbers, whether it is known here or not. */
static unsigned check_family(const struct am_bgp_update *u, const char *command, const char *prefix)
{
	const struct am_bgp_routes *routes = u->has_mp_reach ? &u->mp_announced : &u->mp_withdrawn;
	bool known = routes->family != AM_BGP_FAMILY_OTHER;

	if ((!u->has_mp_reach && !u->has_mp_unreach) || !safi_of(command))
		return 0;
	assert_int_equal(known ? am_bgp_safi(routes->family) : routes->safi, safi_of(command));
	assert_int_equal(known ? am_bgp_afi(routes->family) : routes->afi, afi_of(command, prefix));
	return 1;
}

/* Only words of one form are asked: target or origin, an AS or an address, and a number. */
static bool is_asked(const char *word)
{
	const char *at = strncmp(word, "target:", 7) && strncmp(word, "origin:", 7) ? "" : word + 7;
	size_t first = strspn(at, "0123456789."),
	       second = first && at[first] == ':' ? strspn(at + first + 1, "0123456789") : 0;

	return second && !at[first + 1 + second];
}

static bool is_ext(const uint8_t *octets, const char *word)
{
	const char *name = octets[1] == 2 ? "target" : "origin";
	char ours[64] = "";

	if (octets[1] == 2 || octets[1] == 3) {
		if (octets[0] == 0)
			snprintf(ours, sizeof ours, "%s:%u:%u", name, am_load16(octets + 2),
				am_load32(octets + 4));
		else if (octets[0] == 1)
			snprintf(ours, sizeof ours, "%s:%u.%u.%u.%u:%u", name, octets[2], octets[3],
				octets[4], octets[5], am_load16(octets + 6));
		else if (octets[0] == 2)
			snprintf(ours, sizeof ours, "%s:%u:%u", name, am_load32(octets + 2),
				am_load16(octets + 6));
	}
	return !strcmp(ours, word);
}

/* Each that is asked is there; where all are, there are no others. */
static void check_ext(const struct am_bgp_update *u, char *list)
{
	struct am_bgp_span ext = u->attrs.ext_communities;
	unsigned n = 0, asked = 0;

	for (char *save, *word = strtok_r(list, "[] ", &save); word; word = strtok_r(NULL, "[] ", &save)) {
		bool found = !is_asked(word);

		for (size_t at = 0; at + 8 <= ext.len; at += 8)
			found |= is_ext(ext.bytes + at, word);
		assert_true(found);
		n++;
		asked += is_asked(word);
	}
	if (asked == n)
		assert_int_equal(n * 8, ext.len);
}

/* Compare with a command, word by word; the number of words that said something. */
static unsigned check_command(const struct am_bgp_update *u, char *command)
{
	char word[1024], value[1024], ours[1024], prefix[1024] = "", path_id[1024] = "", *whole = command;
	bool withdraw = strstr(command, "withdraw") != NULL;
	uint8_t safi = safi_of(command);
	bool unicast = safi == AM_BGP_SAFI_UNICAST, no_hop = safi == 133 || safi == 134;
	unsigned said = 0;

	while (next_word(&command, word, sizeof word)) {
		if ((!strcmp(word, "route") || !strcmp(word, "unicast")) && strchr(command, '/'))
			next_word(&command, prefix, sizeof prefix);
		if (!strcmp(word, "path-information"))
			next_word(&command, path_id, sizeof path_id);
		if (!strcmp(word, "extended-community") && !withdraw &&
			next_word(&command, value, sizeof value)) {
			check_ext(u, value);
			said++;
		}
		for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
			if (strcmp(word, words[i].word) || withdraw ||
				!next_word(&command, value, sizeof value) || !strcmp(value, "self"))
				continue;
			tidy(value);
			words[i].say(u, ours, sizeof ours);
			if (!strcmp(word, "next-hop") && no_hop)
				continue;
			assert_string_equal(ours, value);
			said++;
		}
	}
	said += check_family(u, whole, prefix);
	if (*prefix && unicast) {
		const struct am_bgp_routes *mp = withdraw ? &u->mp_withdrawn : &u->mp_announced;
		const struct am_bgp_routes *old = withdraw ? &u->withdrawn : &u->announced;

		check_prefix(strchr(prefix, ':') || !old->nlri.len ? mp : old, prefix, path_id);
		said++;
	}
	return said;
}

/* Commands whose messages no RFC lets pass: what they do is refused, and so is what they say of it not asked. */
static const struct {
	const char *command;
	enum am_bgp_class class;
	uint8_t attr;
} refused[] = {
	/* 0x60 and 0x70: not optional, so well-known (RFC 4271 4.3), and nobody knows it. */
	{"attribute [0x99 0x60 0x00000064]", AM_BGP_RESET, 0x99},
	{"attribute [0x99 0x70 0x00000064]", AM_BGP_RESET, 0x99},
	{"next-hop 255.255.255.255", AM_BGP_WITHDRAW, AM_BGP_ATTR_NEXT_HOP},
};

/* How UPDATEs were compared, and what was said of each kind. */
struct tally {
	unsigned routes, octets, markers, refused;
	unsigned said, said_of_octets, silent;
};

static void count(struct tally *t, const struct am_bgp_update *u, unsigned said)
{
	bool other = (u->has_mp_reach && u->mp_announced.family == AM_BGP_FAMILY_OTHER) ||
		     (u->has_mp_unreach && u->mp_withdrawn.family == AM_BGP_FAMILY_OTHER);

	t->said += said;
	t->said_of_octets += other ? said : 0;
	t->silent += !said;
	if (u->end_of_rib)
		t->markers++;
	else if (other)
		t->octets++;
	else
		t->routes++;
}

static void exabgp_update(struct line *line, struct am_bgp_span body, struct tally *tally)
{
	static uint8_t scratch[AM_BGP_SCRATCH(AM_BGP_EXTENDED_MAX)];
	char *command = line->column[3];
	struct am_bgp_context ctx = {
		.kind = AM_BGP_INTERNAL,
		.families = ALL_FAMILIES,
		.path_ids = strstr(command, "path-information") ? ALL_FAMILIES : 0,
		.as4 = true,
		.aigp = true,
	};
	struct am_bgp_update update;
	enum am_bgp_class class;

	/* Only messages to an internal peer have a LOCAL_PREF; among the others are those to one of 2-octet numbers. */
	if (!strstr(command, "local-preference") && strstr(command, "announce route"))
		ctx.kind = AM_BGP_EXTERNAL;
	class = am_bgp_update_decode(&ctx, body, scratch, &update);
	if (class != AM_BGP_OK && update.fault.attr == AM_BGP_ATTR_AS_PATH) {
		ctx.as4 = false;
		class = am_bgp_update_decode(&ctx, body, scratch, &update);
	}
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		if (!strstr(command, refused[i].command))
			continue;
		assert_int_equal(class, refused[i].class);
		assert_int_equal(update.fault.attr, refused[i].attr);
		tally->refused++;
		return;
	}
	if (class != AM_BGP_OK)
		print_error("%s\n%s: %s: %s\n", line->column[0], command, am_bgp_attr_name(update.fault.attr),
			update.fault.error.why);
	assert_int_equal(class, AM_BGP_OK);
	assert_int_equal(update.end_of_rib, strstr(command, "announce eor") || body.len == 4);
	again(&update, body, &ctx);
	print_message("%s: %s\n", line->column[0], command);
	count(tally, &update, check_command(&update, command));
}

static void other_message(const struct am_bgp_message *message)
{
	struct am_bgp_open open;
	struct am_bgp_error err;
	struct am_bgp_refresh refresh;
	struct am_bgp_notification notification;
	uint8_t room[AM_BGP_MESSAGE_MAX];
	struct am_writer w = am_writer(room, sizeof room);

	if (message->type == AM_BGP_OPEN) {
		struct am_bgp_open second;
		struct am_bgp_message copy;

		assert_int_equal(am_bgp_open_decode(message, &open, &err), 0);
		assert_int_equal(am_bgp_open_encode(&w, &open), 0);
		assert_int_equal(
			am_bgp_message_parse(room, am_writer_len(&w), AM_BGP_MESSAGE_MAX, &copy, &err), 0);
		assert_int_equal(am_bgp_open_decode(&copy, &second, &err), 0);
		assert_int_equal(second.as, open.as);
		assert_int_equal(second.caps.n_families, open.caps.n_families);
		assert_int_equal(second.caps.n_others, open.caps.n_others);
		return;
	}
	if (message->type == AM_BGP_ROUTE_REFRESH) {
		assert_int_equal(am_bgp_refresh_decode(message, &refresh, &err), 0);
		assert_int_equal(am_bgp_refresh_encode(&w, &refresh), 0);
	} else {
		am_bgp_notification_decode(message, &notification);
		assert_int_equal(am_bgp_notification_encode(&w, &notification, AM_BGP_MESSAGE_MAX), 0);
	}
	assert_int_equal(am_writer_len(&w), message->whole.len);
	assert_memory_equal(room, message->whole.bytes, span_of(&w).len);
}

static void test_exabgp(void **state)
{
	FILE *file = open_vectors("exabgp-qa-messages.txt");
	static struct line line;
	struct tally t = {0};
	unsigned messages = 0;

	(void)state;
	while (next_line(file, &line)) {
		struct packet p = octets(line.column[2]);
		struct am_bgp_message message;
		struct am_bgp_error err;

		assert_int_equal(
			am_bgp_message_parse(p.bytes, p.len, AM_BGP_EXTENDED_MAX, &message, &err), 0);
		assert_int_equal(message.whole.len, p.len);
		if (message.type == AM_BGP_UPDATE)
			exabgp_update(&line, message.body, &t);
		else
			other_message(&message);
		messages++;
		free(p.bytes);
	}
	fclose(file);
	print_message(
		"%u messages; of the UPDATEs, each encodes again to the same attributes and octets:\n"
		"  %u with their routes, each decoded and written again\n"
		"  %u of families not known here: family, next hop and every attribute, their NLRI as octets\n"
		"  %u End-of-RIB\n"
		"  %u refused, as RFCs demand\n"
		"  %u statements of the source hold (%u about families not known here), and of %u it says nothing\n",
		messages, t.routes, t.octets, t.markers, t.refused, t.said, t.said_of_octets, t.silent);
	assert_int_equal(messages, 391);
	assert_int_equal(t.routes + t.octets + t.markers + t.refused, 380);
	assert_true(t.said > 1000 && t.said_of_octets > 300);
}

/* Captured between external peers with 4-octet numbers. */
static unsigned captured(const char *name, unsigned types[6])
{
	static uint8_t scratch[AM_BGP_SCRATCH(AM_BGP_EXTENDED_MAX)];
	const struct am_bgp_context ctx = {.kind = AM_BGP_EXTERNAL, .families = ALL_FAMILIES, .as4 = true};
	FILE *file = open_vectors(name);
	static struct line line;
	unsigned messages = 0;

	while (next_line(file, &line)) {
		struct packet p = octets(line.column[2]);
		struct am_bgp_message message;
		struct am_bgp_error err;
		struct am_bgp_update update;
		struct am_bgp_nlri_iter iter;
		struct am_bgp_nlri nlri;

		assert_int_equal(am_bgp_message_parse(p.bytes, p.len, AM_BGP_MESSAGE_MAX, &message, &err), 0);
		messages++;
		if (message.type != AM_BGP_UPDATE) {
			other_message(&message);
			free(p.bytes);
			continue;
		}
		assert_int_equal(am_bgp_update_decode(&ctx, message.body, scratch, &update), AM_BGP_OK);
		again(&update, message.body, &ctx);
		iter = am_bgp_nlri_iter(&update.mp_announced);
		while (am_bgp_nlri_next(&iter, &nlri))
			types[nlri.family == AM_BGP_L2VPN_EVPN ? nlri.evpn.type : 0]++;
		free(p.bytes);
	}
	fclose(file);
	return messages;
}

static void test_evpn(void **state)
{
	unsigned types[6] = {0};

	(void)state;
	assert_int_equal(
		captured("evpn-frr-frr.txt", types) + captured("evpn-frr-gobgp.txt", types), 22 + 19);
	for (unsigned type = 1; type <= 5; type++)
		assert_true(types[type] > 0);
}

/* FRR sends a link-local next hop twice; it is one. */
static void test_unnumbered(void **state)
{
	unsigned types[6] = {0};

	(void)state;
	assert_int_equal(captured("unnumbered-frr.txt", types), 14);
	assert_true(types[0] > 0);
}

/* Whatever these are taken for, and from whomever: no crash, and no session would go on with one that is not a message. */
static void test_gobgp(void **state)
{
	static uint8_t scratch[AM_BGP_SCRATCH(AM_BGP_EXTENDED_MAX)];
	FILE *file = open_vectors("gobgp-bad-len.txt");
	static struct line line;
	unsigned refused_ones = 0, inputs = 0;

	(void)state;
	while (next_line(file, &line)) {
		struct packet p = octets(line.column[1]);
		const struct am_bgp_context ctx = {.families = ALL_FAMILIES, .as4 = true};
		struct am_bgp_message message;
		struct am_bgp_update update;
		struct am_bgp_error err;

		inputs++;
		assert_int_equal(
			am_bgp_message_parse(p.bytes, p.len, AM_BGP_MESSAGE_MAX, &message, &err), -EBADMSG);
		/* With a marker in place of theirs, the body is looked at, too. */
		assert_true(p.len > AM_BGP_HEADER_LEN);
		refused_ones +=
			am_bgp_update_decode(&ctx,
				(struct am_bgp_span){p.bytes + AM_BGP_HEADER_LEN, p.len - AM_BGP_HEADER_LEN},
				scratch, &update) == AM_BGP_RESET;
		free(p.bytes);
	}
	fclose(file);
	assert_int_equal(inputs, 11);
	assert_int_equal(refused_ones, 11);
}

/* What ExaBGP decodes of a message, beside the words above. */

static const struct am_bgp_routes *routes_of(const struct am_bgp_update *u)
{
	return u->has_mp_reach ? &u->mp_announced : u->has_mp_unreach ? &u->mp_withdrawn : &u->announced;
}

static void say_family(const struct am_bgp_update *u, char *out, size_t room)
{
	snprintf(out, room, "%u/%u", routes_of(u)->afi, routes_of(u)->safi);
}

static void say_evpn(const struct am_bgp_evpn *e, char *out, size_t room)
{
	char mac[AM_MAC_TEXT], ip[AM_IP_TEXT], rd[32];

	if (e->type != AM_BGP_EVPN_MAC_IP) {
		snprintf(out, room, "type=%u", e->type);
		return;
	}
	assert_int_equal(am_load16(e->rd), 1);
	say_id(am_load32(e->rd + 2), rd, sizeof rd);
	snprintf(out, room, "type=%u,rd=%s:%u,tag=%u,mac=%s,label=%u%s%s", e->type, rd, am_load16(e->rd + 6),
		e->tag, am_mac_text(&e->mac, mac), e->labels[0] >> 4, am_ip_len(&e->ip) ? ",ip=" : "",
		am_ip_len(&e->ip) ? am_ip_text(&e->ip, ip) : "");
}

static void say_routes(const struct am_bgp_update *u, char *out, size_t room)
{
	struct am_bgp_nlri_iter iter = am_bgp_nlri_iter(routes_of(u));
	char text[256];
	struct am_bgp_nlri nlri;
	size_t at = (size_t)snprintf(out, room, "[");

	while (am_bgp_nlri_next(&iter, &nlri)) {
		if (nlri.family == AM_BGP_L2VPN_EVPN)
			say_evpn(&nlri.evpn, text, sizeof text);
		else
			am_prefix_text(&nlri.prefix, text);
		at += (size_t)snprintf(out + at, room - at, "%s%s", at > 1 ? " " : "", text);
	}
	snprintf(out + at, room - at, "]");
}

static void say_clusters(const struct am_bgp_update *u, char *out, size_t room)
{
	char id[32];

	assert_int_equal(u->attrs.cluster_list.len, 4);
	say_id(am_load32(u->attrs.cluster_list.bytes), id, sizeof id);
	snprintf(out, room, "[%s]", id);
}

static void say_ext(const struct am_bgp_update *u, char *out, size_t room)
{
	assert_int_equal(u->attrs.ext_communities.len, 8);
	snprintf(out, room, "[%llu]", (unsigned long long)am_load64(u->attrs.ext_communities.bytes));
}

static void say_atomic(const struct am_bgp_update *u, char *out, size_t room)
{
	snprintf(out, room, "%s", u->attrs.has & AM_BGP_HAS(AM_BGP_ATTR_ATOMIC_AGGREGATE) ? "yes" : "no");
}

static const struct {
	const char *word;
	void (*say)(const struct am_bgp_update *u, char *out, size_t room);
} decoded_words[] = {
	{"announce", say_family},
	{"withdraw", say_family},
	{"routes", say_routes},
	{"cluster-list", say_clusters},
	{"extended-community", say_ext},
	{"atomic-aggregate", say_atomic},
};

/* Our value of a word; every word that a statement has is known. */
static void say_word(const struct am_bgp_update *u, const char *word, char *out, size_t room)
{
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (!strcmp(word, words[i].word)) {
			words[i].say(u, out, room);
			return;
		}
	}
	for (size_t i = 0; i < sizeof decoded_words / sizeof decoded_words[0]; i++) {
		if (!strcmp(word, decoded_words[i].word)) {
			decoded_words[i].say(u, out, room);
			return;
		}
	}
	fail_msg("no such word: %s", word);
}

static unsigned decoded_update(struct am_bgp_span body, char *statement)
{
	static uint8_t scratch[AM_BGP_SCRATCH(AM_BGP_EXTENDED_MAX)];
	const struct am_bgp_context ctx = {
		.kind = strstr(statement, "local-preference") ? AM_BGP_INTERNAL : AM_BGP_EXTERNAL,
		.families = ALL_FAMILIES,
		.as4 = true,
	};
	char word[1024], value[1024], ours[1024];
	struct am_bgp_update update;
	unsigned said = 0;

	assert_int_equal(am_bgp_update_decode(&ctx, body, scratch, &update), AM_BGP_OK);
	again(&update, body, &ctx);
	while (next_word(&statement, word, sizeof word)) {
		assert_true(next_word(&statement, value, sizeof value));
		say_word(&update, word, ours, sizeof ours);
		assert_string_equal(ours, value);
		said++;
	}
	return said;
}

static unsigned decoded_open(const struct am_bgp_message *message, const char *statement)
{
	struct am_bgp_error err;
	struct am_bgp_open open;
	char id[32], ours[1024];

	assert_int_equal(am_bgp_open_decode(message, &open, &err), 0);
	say_id(open.id, id, sizeof id);
	assert_int_equal(open.caps.n_families, 1);
	assert_int_equal(open.caps.n_others, 1);
	snprintf(ours, sizeof ours, "as %u hold-time %u router-id %s multiprotocol %u/%u asn4 %u other %u",
		open.as, open.hold_time, id, open.caps.families[0].afi, open.caps.families[0].safi,
		open.caps.as, open.caps.others[0].code);
	assert_string_equal(ours, statement);
	other_message(message);
	return 6;
}

static void test_decoding(void **state)
{
	FILE *file = open_vectors("exabgp-qa-decoding.txt");
	static struct line line;
	unsigned messages = 0, said = 0;

	(void)state;
	while (next_line(file, &line)) {
		struct packet p = octets(line.column[2]);
		struct am_bgp_message message;
		struct am_bgp_error err;

		print_message("%s: %s\n", line.column[0], line.column[3]);
		assert_int_equal(am_bgp_message_parse(p.bytes, p.len, AM_BGP_MESSAGE_MAX, &message, &err), 0);
		assert_int_equal(message.whole.len, p.len);
		if (message.type == AM_BGP_OPEN)
			said += decoded_open(&message, line.column[3]);
		else
			said += decoded_update(message.body, line.column[3]);
		messages++;
		free(p.bytes);
	}
	fclose(file);
	assert_int_equal(messages, 22);
	assert_true(said > 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exabgp),
		cmocka_unit_test(test_decoding),
		cmocka_unit_test(test_evpn),
		cmocka_unit_test(test_unnumbered),
		cmocka_unit_test(test_gobgp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
