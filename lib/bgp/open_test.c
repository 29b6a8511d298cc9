/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "bgp/open.h"
#include "test_hex.h"

/* The bodies begin: version, AS, hold time, identifier. */
#define HEAD "04 fde9 00b4 0a000001 "

static const struct {
	const char *name, *body;
	int rc;
	uint8_t subcode;
	uint32_t as;
} rows[] = {
	{"no parameters", HEAD "00", 0, 0, 65001},
	{"hold time 0", "04 fde9 0000 0a000001 00", 0, 0, 65001},
	{"hold time 3", "04 fde9 0003 0a000001 00", 0, 0, 65001},
	{"an empty parameter", HEAD "02 0200", 0, 0, 65001},
	{"4-octet AS", "04 5ba0 00b4 0a000001 08 0206 4104 00030d40", 0, 0, 200000},
	{"4-octet AS that would fit the field", HEAD "08 0206 4104 0000fde9", 0, 0, 65001},
	{"AS_TRANS before a small AS", "04 5ba0 00b4 0a000001 08 0206 4104 0000fde9", 0, 0, 65001},
	{"one parameter a capability", HEAD "0c 0202 0200 0206 0104 00010001", 0, 0, 65001},
	{"extended, as RFC 9072 draws it", HEAD "ff ff 0009 02 0006 0104 00010001", 0, 0, 65001},
	{"extended, another length before it", HEAD "01 ff 0009 02 0006 0104 00010001", 0, 0, 65001},
	{"extended, none", HEAD "ff ff 0000", 0, 0, 65001},
	{"version 3", "03 fde9 00b4 0a000001 00", -EBADMSG, 1, 0},
	{"version 5", "05 fde9 00b4 0a000001 00", -EBADMSG, 1, 0},
	{"AS 0", "04 0000 00b4 0a000001 00", -EBADMSG, 2, 0},
	{"AS 0 in the capability", HEAD "08 0206 4104 00000000", -EBADMSG, 2, 0},
	{"AS 0 in the field alone", "04 0000 00b4 0a000001 08 0206 4104 0000fde9", -EBADMSG, 2, 0},
	{"two AS that differ", HEAD "08 0206 4104 0000fdea", -EBADMSG, 2, 0},
	{"two capabilities that differ", HEAD "0e 020c 4104 0000fde9 4104 0000fdea", -EBADMSG, 2, 0},
	{"a large AS behind a field that is not AS_TRANS", HEAD "08 0206 4104 00030d40", -EBADMSG, 2, 0},
	{"identifier 0", "04 fde9 00b4 00000000 00", -EBADMSG, 3, 0},
	{"authentication, which is gone", HEAD "02 0100", -EBADMSG, 4, 0},
	{"hold time 1", "04 fde9 0001 0a000001 00", -EBADMSG, 6, 0},
	{"hold time 2", "04 fde9 0002 0a000001 00", -EBADMSG, 6, 0},
	{"parameters that are not there", HEAD "02", -EBADMSG, 0, 0},
	{"octets behind the parameters", HEAD "00 00", -EBADMSG, 0, 0},
	{"half a parameter", HEAD "01 02", -EBADMSG, 0, 0},
	{"a parameter past the end", HEAD "02 0201", -EBADMSG, 0, 0},
	{"extended, cut", HEAD "ff ff 00", -EBADMSG, 0, 0},
	{"extended, past the end", HEAD "ff ff 0004 02 0001", -EBADMSG, 0, 0},
	{"extended, too short", HEAD "ff ff 0002 02 0000", -EBADMSG, 0, 0},
	{"half a capability", HEAD "03 0201 01", -EBADMSG, 0, 0},
	{"a capability past its parameter", HEAD "04 0202 0104", -EBADMSG, 0, 0},
	{"multiprotocol of 3", HEAD "07 0205 0103 000100", -EBADMSG, 0, 0},
	{"multiprotocol of 5", HEAD "09 0207 0105 0001000100", -EBADMSG, 0, 0},
	{"route refresh of 1", HEAD "05 0203 0201 00", -EBADMSG, 0, 0},
	{"4-octet AS of 2", HEAD "06 0204 4102 fde9", -EBADMSG, 0, 0},
	{"graceful restart of 1", HEAD "05 0203 4001 00", -EBADMSG, 0, 0},
	{"graceful restart, half a family", HEAD "08 0206 4004 0078 0001", -EBADMSG, 0, 0},
	{"add-path, half a family", HEAD "06 0204 4502 0001", -EBADMSG, 0, 0},
	{"next hop, half a family", HEAD "07 0205 0503 000100", -EBADMSG, 0, 0},
	{"long-lived, half a family", HEAD "08 0206 4704 00010180", -EBADMSG, 0, 0},
	{"role of 2", HEAD "06 0204 0902 0000", -EBADMSG, 0, 0},
	{"role of 0", HEAD "04 0202 0900", -EBADMSG, 0, 0},
	{"a role twice", HEAD "08 0206 090103 090103", 0, 0, 65001},
	{"two roles", HEAD "08 0206 090103 090104", -EBADMSG, 11, 0},
};

static struct am_bgp_message open_message(const struct packet *body, uint8_t *room, size_t size)
{
	struct am_writer w = am_writer(room, size);
	uint8_t *begin = am_bgp_message_begin(&w, AM_BGP_OPEN);
	struct am_bgp_message message;
	struct am_bgp_error err;

	am_put_bytes(&w, body->bytes, body->len);
	assert_int_equal(am_bgp_message_end(&w, begin, AM_BGP_MESSAGE_MAX), 0);
	assert_int_equal(
		am_bgp_message_parse(room, am_writer_len(&w), AM_BGP_MESSAGE_MAX, &message, &err), 0);
	return message;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct packet body = packet_of(rows[i].body);
		struct am_bgp_error err = {0};
		struct am_bgp_message message;
		struct am_bgp_open open;
		uint8_t room[128];

		print_message("%s\n", rows[i].name);
		message = open_message(&body, room, sizeof room);
		/* The body in a block of its own: an over-read is seen. */
		message.body.bytes = body.bytes;
		assert_int_equal(am_bgp_open_decode(&message, &open, &err), rows[i].rc);
		assert_int_equal(err.code, rows[i].rc ? AM_BGP_E_OPEN : 0);
		assert_int_equal(err.subcode, rows[i].subcode);
		if (rows[i].rc)
			assert_non_null(err.why);
		else
			assert_int_equal(open.as, rows[i].as);
		free(body.bytes);
	}
}

/* The version that we have is the data of the refusal (RFC 4271 6.2). */
static void test_version_data(void **state)
{
	struct packet body = packet_of("05 fde9 00b4 0a000001 00");
	struct am_bgp_open open;
	struct am_bgp_error err;
	uint8_t room[64];
	struct am_bgp_message message = open_message(&body, room, sizeof room);

	(void)state;
	assert_int_equal(am_bgp_open_decode(&message, &open, &err), -EBADMSG);
	assert_int_equal(err.data.len, 2);
	assert_memory_equal(err.data.bytes, "\0\4", 2);
	free(body.bytes);
}

static void same_caps(const struct am_bgp_capabilities *a, const struct am_bgp_capabilities *b)
{
	assert_int_equal(a->n_families, b->n_families);
	for (unsigned i = 0; i < a->n_families; i++) {
		const struct am_bgp_capability_family *x = &a->families[i], *y = &b->families[i];

		assert_int_equal(x->afi << 8 | x->safi, y->afi << 8 | y->safi);
		assert_int_equal(x->multiprotocol, y->multiprotocol);
		assert_int_equal(x->next_hop6, y->next_hop6);
		assert_int_equal(x->add_path_receive, y->add_path_receive);
		assert_int_equal(x->add_path_send, y->add_path_send);
		assert_int_equal(x->graceful, y->graceful);
		assert_int_equal(x->graceful_forwarding, y->graceful_forwarding);
		assert_int_equal(x->long_lived, y->long_lived);
		assert_int_equal(x->long_lived_forwarding, y->long_lived_forwarding);
		assert_int_equal(x->stale_time, y->stale_time);
	}
	assert_int_equal(a->n_others, b->n_others);
	for (unsigned i = 0; i < a->n_others; i++) {
		assert_int_equal(a->others[i].code, b->others[i].code);
		assert_int_equal(a->others[i].len, b->others[i].len);
		assert_memory_equal(a->others[i].value, b->others[i].value, a->others[i].len);
	}
	assert_int_equal(a->refresh, b->refresh);
	assert_int_equal(a->enhanced_refresh, b->enhanced_refresh);
	assert_int_equal(a->extended_message, b->extended_message);
	assert_int_equal(a->as4, b->as4);
	assert_int_equal(a->has_role, b->has_role);
	assert_int_equal(a->role, b->role);
	assert_int_equal(a->graceful, b->graceful);
	assert_int_equal(a->restarting, b->restarting);
	assert_int_equal(a->notification, b->notification);
	assert_int_equal(a->restart_time, b->restart_time);
}

static void round_trip(const struct am_bgp_open *sent, size_t want)
{
	static uint8_t room[AM_BGP_MESSAGE_MAX];
	struct am_writer w = am_writer(room, sizeof room);
	struct am_bgp_message message;
	struct am_bgp_open got;
	struct am_bgp_error err = {0};

	assert_int_equal(am_bgp_open_encode(&w, sent), 0);
	assert_int_equal(am_writer_len(&w), want);
	assert_int_equal(
		am_bgp_message_parse(room, am_writer_len(&w), AM_BGP_MESSAGE_MAX, &message, &err), 0);
	assert_int_equal(am_bgp_open_decode(&message, &got, &err), 0);
	assert_int_equal(got.as, sent->as);
	assert_int_equal(got.id, sent->id);
	assert_int_equal(got.hold_time, sent->hold_time);
	same_caps(&sent->caps, &got.caps);
}

static void test_round(void **state)
{
	static const uint8_t host[] = "\5rt-01";
	struct am_bgp_open open = {.as = 4200000000, .id = 0x0a000001, .hold_time = 90};
	struct am_bgp_capabilities *caps = &open.caps;

	(void)state;
	round_trip(&(struct am_bgp_open){.as = 65001, .id = 1}, 29);
	*caps = (struct am_bgp_capabilities){
		.refresh = true,
		.enhanced_refresh = true,
		.extended_message = true,
		.as4 = true,
		.as = 4200000000,
		.has_role = true,
		.role = AM_BGP_ROLE_CUSTOMER,
		.graceful = true,
		.restarting = true,
		.notification = true,
		.restart_time = 120,
		.n_families = 3,
		.families = {{.afi = 1,
				     .safi = 1,
				     .multiprotocol = true,
				     .next_hop6 = true,
				     .add_path_receive = true,
				     .graceful = true,
				     .graceful_forwarding = true},
			{.afi = 2,
				.safi = 1,
				.multiprotocol = true,
				.add_path_send = true,
				.add_path_receive = true,
				.long_lived = true,
				.stale_time = 86400},
			{.afi = 25,
				.safi = 70,
				.multiprotocol = true,
				.graceful = true,
				.long_lived = true,
				.long_lived_forwarding = true,
				.stale_time = 0xffffff}},
		.n_others = 1,
		.others = {{73, 7, host}},
	};
	round_trip(&open, 29 + 2 + 18 + 2 + 8 + 2 + 3 + 12 + 6 + 10 + 2 + 16 + 9);
}

/* Where the capabilities outgrow 255 octets, RFC 9072's form is used, and only then. */
static void test_extended(void **state)
{
	static const uint8_t value[255];
	struct am_bgp_open open = {.as = 65001, .id = 1, .hold_time = 9};

	(void)state;
	open.caps.n_others = 1;
	open.caps.others[0] = (struct am_bgp_capability_other){200, 251, value};
	round_trip(&open, 29 + 2 + 253);
	open.caps.others[0].len = 252;
	round_trip(&open, 29 + 3 + 3 + 254);
	open.caps.others[0].len = 255;
	for (unsigned i = 1; i < 15; i++)
		open.caps.others[i] = open.caps.others[0];
	open.caps.n_others = 15;
	round_trip(&open, 29 + 6 + 15 * 257);
}

static void test_too_much(void **state)
{
	static const uint8_t value[255];
	struct am_bgp_open open = {.as = 65001, .id = 1, .hold_time = 9};
	uint8_t room[8192];
	struct am_writer w = am_writer(room, sizeof room);

	(void)state;
	for (unsigned i = 0; i < 16; i++)
		open.caps.others[i] = (struct am_bgp_capability_other){200, 255, value};
	open.caps.n_others = 16;
	assert_int_equal(am_bgp_open_encode(&w, &open), -EMSGSIZE);
	assert_int_equal(am_writer_len(&w), 0);
	w = am_writer(room, 30);
	open.caps.n_others = 1;
	assert_int_equal(am_bgp_open_encode(&w, &open), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_version_data),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_extended),
		cmocka_unit_test(test_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
