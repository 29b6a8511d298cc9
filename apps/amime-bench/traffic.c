/* SPDX-License-Identifier: BSD-3-Clause */
#include "traffic.h"

#include <stdlib.h>
#include <string.h>

#include "net/ether.h"
#include "net/ip.h"
#include "traffic_keys.h"

enum {
	TCP_LEN = 20,
	TCP_MSS_LEN = 4, /* a SYN has that option */
	UDP_LEN = 8,
	MARK_UDP = 12, /* number of the flow, and twice that of the frame */
	MARK_TCP = 8,  /* the flow's is the sequence number */
	OCTETS_MAX = 9014,
};

static const char *const inner_words[] = {"ipv4", "ipv6", NULL};
static const char *const protocol_words[] = {"udp", "tcp", NULL};
static const char *const memory_words[] = {"hot", "cold", NULL};
static const char *const sink_words[] = {"hold", "free", NULL};
static const char *const frame_words[] = {"data", "syn", "broadcast", NULL};
static const char *const order_words[] = {
	"adjacent", "reversed", "interleaved", "seconds-first", "shuffled", NULL};

static const struct field direction_rows[] = {
	UINT("encap", struct traffic, encap, 0, 1000, 1),
	UINT("decap", struct traffic, decap, 0, 1000, 0),
};
static const struct fields direction_fields = FIELDS(direction_rows);

static const struct field fragment_rows[] = {
	WORD("order", struct traffic, order, order_words, TRAFFIC_ADJACENT),
	UINT("window", struct traffic, window, 1, TRAFFIC_WINDOW_MAX, 64),
	UINT("loss", struct traffic, loss, 0, 1000, 0),
};
static const struct fields fragment_fields = FIELDS(fragment_rows);

static const struct field size_rows[] = {
	{.name = "octets",
		.kind = FIELD_UINT,
		.required = true,
		AT(struct traffic_size, octets),
		.min = 60,
		.max = OCTETS_MAX,
		.hint = "octets of an Ethernet frame, without its checksum"},
	UINT("weight", struct traffic_size, weight, 1, 1000, 1),
	WORD("is", struct traffic_size, is, frame_words, TRAFFIC_DATA),
};
static const struct fields traffic_size_fields = FIELDS(size_rows);

/* The usual mixture: seven small, four middle, one full. */
static void set_imix(struct traffic *t)
{
	static const struct traffic_size imix[] = {{64, 7, 0}, {590, 4, 0}, {1514, 1, 0}};

	t->n_sizes = sizeof imix / sizeof *imix;
	memcpy(t->sizes, imix, sizeof imix);
}

static void read_size(const struct place *at, void *item)
{
	if (conf_want_object(at))
		conf_read_fields(at, &traffic_size_fields, item);
}

static void read_sizes(const struct place *at, void *object)
{
	static const char *const words[] = {"imix", NULL};
	struct traffic *t = object;
	void *sizes = NULL;
	uint16_t n = 0;
	unsigned word;

	t->n_sizes = 0;
	if (json_is_string(at->json)) {
		if (conf_read_word(at, words, &word))
			set_imix(t);
		return;
	}
	conf_read_list(at, &sizes, &n, sizeof t->sizes[0], TRAFFIC_SIZES_MAX, read_size);
	t->n_sizes = n > TRAFFIC_SIZES_MAX ? TRAFFIC_SIZES_MAX : n;
	if (sizes)
		memcpy(t->sizes, sizes, t->n_sizes * sizeof t->sizes[0]);
	if (json_is_array(at->json) && !n)
		conf_complain(at, "no size at all: add one, such as { \"octets\": 64 }, or write \"imix\"");
	free(sizes);
}

static json_t *print_sizes(const void *object)
{
	const struct traffic *t = object;
	json_t *list = json_array();

	for (uint16_t i = 0; i < t->n_sizes; i++)
		json_array_append_new(list, conf_print_fields(&traffic_size_fields, &t->sizes[i]));
	return list;
}

static const struct field rows[] = {
	UINT("mac_pairs", struct traffic, mac_pairs, 1, TRAFFIC_FLOWS_MAX, 1024),
	UINT("flows", struct traffic, flows, 1, TRAFFIC_FLOWS_MAX, 1024),
	WORD("inner", struct traffic, inner, inner_words, TRAFFIC_IPV4),
	WORD("protocol", struct traffic, protocol, protocol_words, TRAFFIC_UDP),
	{.name = "directions", .kind = FIELD_GROUP, .sub = &direction_fields},
	OTHER("sizes", read_sizes, print_sizes, &traffic_size_fields),
	{.name = "fragments", .kind = FIELD_GROUP, .sub = &fragment_fields},
	UINT("burst", struct traffic, burst, 1, TRAFFIC_BURST_MAX, TRAFFIC_BURST_MAX),
	WORD("memory", struct traffic, memory, memory_words, TRAFFIC_HOT),
	WORD("sink", struct traffic, sink, sink_words, TRAFFIC_HOLD),
};
const struct fields traffic_fields = FIELDS(rows);

uint16_t traffic_least(const struct traffic *t, enum traffic_frame is)
{
	return (uint16_t)(AM_ETH_LEN + (t->inner == TRAFFIC_IPV4 ? AM_IP4_LEN : AM_IP6_LEN) +
			  (t->protocol == TRAFFIC_UDP ? UDP_LEN + MARK_UDP : TCP_LEN + MARK_TCP) +
			  (is == TRAFFIC_SYN ? TCP_MSS_LEN : 0));
}

unsigned traffic_datagrams(const struct traffic *t)
{
	unsigned n = t->window > t->burst ? t->window : t->burst;

	return t->order == TRAFFIC_ADJACENT || t->order == TRAFFIC_REVERSED ? t->burst : n;
}

static struct place at_key(const struct place *root, const char *key)
{
	return json_object_get(root->json, key) ? conf_place_member(root, key) : *root;
}

static void check_sizes(const struct place *root, const struct traffic *t)
{
	struct place sizes = at_key(root, "sizes");

	for (uint16_t i = 0; i < t->n_sizes; i++) {
		struct place size = json_is_array(sizes.json) ? conf_place_element(&sizes, i) : sizes;

		uint16_t least = traffic_least(t, t->sizes[i].is);

		if (t->sizes[i].is == TRAFFIC_SYN && t->protocol != TRAFFIC_TCP)
			conf_complain(&size, "a SYN is TCP's: set \"protocol\" to \"tcp\"");
		if (t->sizes[i].octets && t->sizes[i].octets < least)
			conf_complain(&size,
				"%u octets are too few for these headers and the number that each frame "
				"carries: use %u or more",
				t->sizes[i].octets, least);
	}
}

/* What goes through more than one key. */
static void check(const struct place *root, struct traffic *t)
{
	struct place directions = at_key(root, "directions"), flows = at_key(root, "flows");

	if (!t->encap && !t->decap)
		conf_complain(&directions, "nothing goes either way: give \"encap\" or \"decap\" a weight");
	if (!json_object_get(root->json, "flows"))
		t->flows = t->flows > t->mac_pairs ? t->flows : t->mac_pairs;
	else if (t->flows < t->mac_pairs)
		conf_complain(&flows,
			"%u flows leave some of %u MAC pairs without one: use as many flows, or more",
			t->flows, t->mac_pairs);
	check_sizes(root, t);
}

/* jansson would take the last of them. */
static void complain_twins(const struct am_position *positions, struct am_config_errors *errors)
{
	struct am_position_twin twin;

	for (size_t i = 0; am_position_twin(positions, i, &twin); i++)
		am_config_errors_add(errors, twin.path, twin.line, twin.column,
			"this name stands twice in one { ... }, first in line %u: remove or rename one",
			twin.first_line);
}

bool traffic_load(const char *text, size_t len, struct traffic *out, struct am_config_errors *errors)
{
	size_t before = errors->n;
	struct am_position *positions;
	json_t *json = conf_parse(text, len, &positions, errors);
	struct load load = {.errors = errors, .positions = positions};
	struct place root = {.load = &load, .json = json};

	*out = (struct traffic){.n_sizes = 1, .sizes = {{64, 1, 0}}};
	if (!json)
		return false;
	complain_twins(positions, errors);
	if (conf_want_object(&root)) {
		conf_read_fields(&root, &traffic_fields, out);
		check(&root, out);
	}
	json_decref(json);
	am_position_free(positions);
	conf_sort_errors(errors, before);
	return errors->n == before;
}

bool traffic_load_file(const char *path, struct traffic *out, struct am_config_errors *errors)
{
	size_t len;
	char *text = conf_read_file(path, &len, errors);
	bool good = text && traffic_load(text, len, out, errors);

	free(text);
	return good;
}
