/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire_config.h"

#include <stdlib.h>
#include <string.h>

#include "config/field.h"
#include "wire_frame.h"

enum {
	RATE_MAX = 200000000,
	HOUR_MS = 3600 * 1000,
	WEEK_S = 7 * 24 * 3600,
	PORT_DISCARD = 9, /* RFC 2544 C.2.2.3 */
	PORT_FIRST = 49152,
};

/* ---- reading ---- */

/* Each element of an array; the place's own complaint where it is too long. */
typedef void read_element(const struct place *at, struct wire_config *c);

static void read_array(const struct place *at, struct wire_config *c, size_t most, read_element *read)
{
	if (!conf_want_array(at))
		return;
	if (json_array_size(at->json) > most) {
		conf_complain(at, "%zu are too many, at most %zu are possible: remove some",
			json_array_size(at->json), most);
		return;
	}
	for (size_t i = 0; i < json_array_size(at->json); i++) {
		struct place element = conf_place_element(at, i);

		read(&element, c);
	}
}

static void read_allowed_mac(const struct place *at, struct wire_config *c)
{
	c->allow.n_macs += conf_read_mac(at, &c->allow.macs[c->allow.n_macs]);
}

static void read_allowed_prefix(const struct place *at, struct wire_config *c)
{
	c->allow.n_prefixes += conf_read_prefix(at, &c->allow.prefixes[c->allow.n_prefixes]);
}

static void read_allowed_device(const struct place *at, struct wire_config *c)
{
	c->allow.n_devices += conf_read_text(at, c->allow.devices[c->allow.n_devices], AM_NAME_MAX);
}

static void read_macs(const struct place *at, void *object)
{
	read_array(at, object, WIRE_ALLOW_MAX, read_allowed_mac);
}

static void read_prefixes(const struct place *at, void *object)
{
	read_array(at, object, WIRE_ALLOW_MAX, read_allowed_prefix);
}

static void read_devices(const struct place *at, void *object)
{
	read_array(at, object, WIRE_ALLOW_MAX, read_allowed_device);
}

static void read_size(const struct place *at, struct wire_config *c)
{
	static const char *const words[] = {"imix", NULL};
	uint32_t size = WIRE_IMIX;
	unsigned word;
	bool good = conf_is_word(at) ? conf_read_word(at, words, &word)
				     : conf_read_uint(at, WIRE_SIZE_MIN, WIRE_SIZE_MAX, NULL, &size);

	if (good)
		c->sizes[c->n_sizes++] = (uint16_t)size;
}

static void read_sizes(const struct place *at, void *object)
{
	read_array(at, object, WIRE_SIZES_MAX, read_size);
}

static const struct field mix_rows[] = {
	UINT("size", struct wire_mix, size, WIRE_SIZE_MIN, WIRE_SIZE_MAX, WIRE_SIZE_MIN),
	UINT("weight", struct wire_mix, weight, 1, 100, 1),
};
static const struct fields mix_fields = FIELDS(mix_rows);

static void read_mix_row(const struct place *at, struct wire_config *c)
{
	if (conf_want_object(at))
		conf_read_fields(at, &mix_fields, &c->mix[c->n_mix++]);
}

static void read_mix(const struct place *at, void *object)
{
	read_array(at, object, WIRE_MIX_MAX, read_mix_row);
}

static void read_loads(const struct place *at, struct wire_loads *loads)
{
	uint32_t percent;

	if (!conf_want_array(at))
		return;
	if (json_array_size(at->json) > WIRE_LOADS_MAX) {
		conf_complain(at, "%zu are too many, at most %d are possible: remove some",
			json_array_size(at->json), WIRE_LOADS_MAX);
		return;
	}
	for (size_t i = 0; i < json_array_size(at->json); i++) {
		struct place element = conf_place_element(at, i);

		if (conf_read_uint(&element, 1, 200, NULL, &percent))
			loads->percent[loads->n++] = (uint16_t)percent;
	}
}

static void read_latency_loads(const struct place *at, void *object)
{
	read_loads(at, &((struct wire_config *)object)->latency);
}

static void read_loss_loads(const struct place *at, void *object)
{
	read_loads(at, &((struct wire_config *)object)->loss);
}

#define REQUIRED(key, kind_, member)                                                                         \
	{                                                                                                    \
		.name = (key), .kind = (kind_), AT(struct wire_stream, member), .required = true             \
	}
#define REQUIRED_MAC(key, member, has)                                                                       \
	{                                                                                                    \
		.name = (key), .kind = FIELD_MAC, AT(struct wire_stream, member), .required = true,          \
		.flag = offsetof(struct wire_stream, has)                                                    \
	}

static const struct field stream_rows[] = {
	REQUIRED("from", FIELD_NAME, from),
	REQUIRED("to", FIELD_NAME, to),
	REQUIRED_MAC("src_mac", src_mac, has_src_mac),
	REQUIRED_MAC("dst_mac", dst_mac, has_dst_mac),
	REQUIRED("src_ip", FIELD_IP, src),
	REQUIRED("dst_ip", FIELD_IP, dst),
	UINT("src_port", struct wire_stream, src_port, 1, 65535, PORT_FIRST),
	UINT("dst_port", struct wire_stream, dst_port, 1, 65535, PORT_DISCARD),
	UINT("flows", struct wire_stream, flows, 1, WIRE_FLOWS_MAX, 1),
	UINT("vlan", struct wire_stream, vlan, 0, 4094, 0),
};
static const struct fields stream_fields = FIELDS(stream_rows);

static void read_stream(const struct place *at, void *item)
{
	conf_read_fields(at, &stream_fields, item);
}

static void read_streams(const struct place *at, void *object)
{
	struct wire_config *c = object;

	conf_read_map(
		at, (void **)&c->streams, &c->n_streams, sizeof *c->streams, WIRE_STREAMS_MAX, read_stream);
}

#define GROUP(key, fields)                                                                                   \
	{                                                                                                    \
		.name = (key), .kind = FIELD_GROUP, .sub = &(fields)                                         \
	}

static const struct field allow_rows[] = {
	OTHER("macs", read_macs, NULL, NULL),
	OTHER("prefixes", read_prefixes, NULL, NULL),
	OTHER("devices", read_devices, NULL, NULL),
};
static const struct fields allow_fields = FIELDS(allow_rows);

static const struct field frame_rows[] = {
	OTHER("sizes", read_sizes, NULL, NULL),
	OTHER("imix", read_mix, NULL, &mix_fields),
};
static const struct fields frame_fields = FIELDS(frame_rows);

static const struct field trial_rows[] = {
	UINT("duration_ms", struct wire_config, duration_ms, 10, HOUR_MS, 10000),
	UINT("settle_ms", struct wire_config, settle_ms, 1, 60000, 2000),
	UINT("reach_ms", struct wire_config, reach_ms, 10, 600000, 10000),
};
static const struct fields trial_fields = FIELDS(trial_rows);

static const struct field throughput_rows[] = {
	UINT("loss_ppm", struct wire_config, loss_ppm, 0, 1000000, 0),
	UINT("resolution_permille", struct wire_config, resolution_permille, 1, 500, 10),
};
static const struct fields throughput_fields = FIELDS(throughput_rows);

static const struct field latency_rows[] = {
	OTHER("load_percent", read_latency_loads, NULL, NULL),
};
static const struct fields latency_fields = FIELDS(latency_rows);

static const struct field loss_rows[] = {
	OTHER("load_percent", read_loss_loads, NULL, NULL),
};
static const struct fields loss_fields = FIELDS(loss_rows);

static const struct field burst_rows[] = {
	UINT("frames", struct wire_config, burst_frames, 2, 10000000, 10000),
};
static const struct fields burst_fields = FIELDS(burst_rows);

static const struct field soak_rows[] = {
	UINT("duration_s", struct wire_config, soak_s, 1, WEEK_S, 3600),
	UINT("load_percent", struct wire_config, soak_percent, 1, 100, 50),
};
static const struct fields soak_fields = FIELDS(soak_rows);

static const struct field root_rows[] = {
	GROUP("system", conf_system_fields),
	OTHER("ports", conf_read_ports, NULL, &conf_port_fields),
	GROUP("allow", allow_fields),
	{.name = "max_rate",
		.kind = FIELD_UINT,
		AT(struct wire_config, max_rate),
		.min = 1,
		.max = RATE_MAX,
		.required = true},
	OTHER("streams", read_streams, NULL, &stream_fields),
	GROUP("frames", frame_fields),
	GROUP("trial", trial_fields),
	GROUP("throughput", throughput_fields),
	GROUP("latency", latency_fields),
	GROUP("loss", loss_fields),
	GROUP("back_to_back", burst_fields),
	GROUP("soak", soak_fields),
};
const struct fields wire_fields = FIELDS(root_rows);

/* ---- what needs the whole file ---- */

uint16_t wire_stream_least(const struct wire_stream *s)
{
	return (uint16_t)(wire_frame_overhead(s->src.family, s->vlan != 0) + WIRE_PROBE_LEN + WIRE_FCS);
}

static void complain(const struct wire_config *c, struct am_config_errors *errors,
	const struct wire_stream *s, const char *key, const char *text, const char *what)
{
	am_config_complain(&c->base, errors, conf_where("streams", s->name, ".%s", key).path, text, what);
}

static const char *find_port(const struct wire_config *c, const char *name, uint16_t *at)
{
	for (*at = 0; *at < c->base.n_ports; ++*at)
		if (!strcmp(c->base.ports[*at].name, name))
			return name;
	return NULL;
}

static void check_ends(const struct wire_config *c, struct am_config_errors *errors, struct wire_stream *s)
{
	if (*s->from && !find_port(c, s->from, &s->from_port))
		complain(c, errors, s, "from", "there is no port \"%s\": add it to \"ports\"", s->from);
	if (*s->to && !find_port(c, s->to, &s->to_port))
		complain(c, errors, s, "to", "there is no port \"%s\": add it to \"ports\"", s->to);
	if (*s->to && !strcmp(s->from, s->to))
		complain(c, errors, s, "to",
			"\"%s\" is where the frames come from: what is tested stands between two ports",
			s->to);
}

static bool is_allowed_mac(const struct wire_allow *allow, const struct am_mac *mac)
{
	for (uint16_t i = 0; i < allow->n_macs; i++)
		if (!memcmp(&allow->macs[i], mac, sizeof *mac))
			return true;
	return false;
}

static bool is_allowed_ip(const struct wire_allow *allow, const struct am_ip *ip)
{
	for (uint16_t i = 0; i < allow->n_prefixes; i++)
		if (am_prefix_contains(&allow->prefixes[i], ip))
			return true;
	return false;
}

static void check_mac(const struct wire_config *c, struct am_config_errors *errors,
	const struct wire_stream *s, const char *key, const struct am_mac *mac)
{
	static const struct am_mac none;
	char text[AM_MAC_TEXT];

	if (memcmp(mac, &none, sizeof none) && !is_allowed_mac(&c->allow, mac))
		complain(c, errors, s, key, "nothing is sent to %s: list it in \"allow\": {\"macs\": [...]}",
			am_mac_text(mac, text));
}

static void check_ip(const struct wire_config *c, struct am_config_errors *errors,
	const struct wire_stream *s, const char *key, const struct am_ip *ip)
{
	char text[AM_IP_TEXT];

	if (ip->family == AM_AF_NONE)
		return;
	am_ip_text(ip, text);
	if (am_ip_is_multicast(ip) || am_ip_is_unspecified(ip))
		complain(
			c, errors, s, key, "%s is no single host's address: use one of a test network", text);
	else if (!is_allowed_ip(&c->allow, ip))
		complain(c, errors, s, key,
			"nothing is sent to %s: list a prefix around it in \"allow\": {\"prefixes\": [...]}",
			text);
}

static void check_size(const struct wire_config *c, struct am_config_errors *errors, uint16_t size,
	const char *where, size_t i)
{
	for (uint16_t k = 0; k < c->n_streams; k++) {
		const struct wire_stream *s = &c->streams[k];
		char path[64];

		if (size == WIRE_IMIX || size >= wire_stream_least(s))
			continue;
		snprintf(path, sizeof path, "$.frames.%s[%zu]", where, i);
		am_config_complain(&c->base, errors, path,
			"%u octets with FCS are too few for the headers of stream \"%s\" and what is measured "
			"with: use %u or more",
			size, s->name, wire_stream_least(s));
		return;
	}
}

static void check_stream(const struct wire_config *c, struct am_config_errors *errors, struct wire_stream *s)
{
	check_ends(c, errors, s);
	/* frames that let a bridge learn go the other way, so both ends are sent to */
	check_mac(c, errors, s, "src_mac", &s->src_mac);
	check_mac(c, errors, s, "dst_mac", &s->dst_mac);
	check_ip(c, errors, s, "src_ip", &s->src);
	check_ip(c, errors, s, "dst_ip", &s->dst);
	if (s->dst.family && s->src.family && s->src.family != s->dst.family)
		complain(c, errors, s, "dst_ip",
			"%s: source and destination must both be IPv4 or both be IPv6",
			"the families differ");
	if (s->src_port + s->flows - 1 > UINT16_MAX)
		complain(c, errors, s, "flows",
			"%s: each flow has a source port of its own, counted up from src_port; lower one of "
			"both",
			"they go beyond port 65535");
}

static void check_ports(const struct wire_config *c, struct am_config_errors *errors)
{
	for (uint16_t i = 0; i < c->base.n_ports; i++) {
		const struct am_conf_port *p = &c->base.ports[i];

		if (p->driver == AM_DRIVER_PCAP || p->driver == AM_DRIVER_MEM)
			am_config_complain(&c->base, errors, conf_where("ports", p->name, ".driver").path,
				"a tester's port needs a wire: use af_packet, af_xdp or ethdev");
	}
}

static void check(struct wire_config *c, struct am_config_errors *errors)
{
	conf_check_system(&c->base, errors);
	conf_check_ports(&c->base, errors);
	check_ports(c, errors);
	if (!c->n_streams)
		am_config_complain(&c->base, errors, "$.streams",
			"there is none: add one, such as \"a-to-b\": {\"from\": \"a\", \"to\": \"b\", ...}");
	for (uint16_t i = 0; i < c->n_streams; i++)
		check_stream(c, errors, &c->streams[i]);
	for (uint16_t i = 0; i < c->n_sizes; i++)
		check_size(c, errors, c->sizes[i], "sizes", i);
	for (uint16_t i = 0; i < c->n_mix; i++)
		check_size(c, errors, c->mix[i].size, "imix", i);
}

/* ---- defaults that depend on others ---- */

static uint16_t at_least(const struct wire_config *c, uint16_t size)
{
	for (uint16_t i = 0; i < c->n_streams; i++)
		if (size < wire_stream_least(&c->streams[i]))
			size = wire_stream_least(&c->streams[i]);
	return size;
}

static void settle(struct wire_config *c)
{
	/* RFC 2544 9.1, and the mix of 7, 4 and 1 that everybody calls simple IMIX */
	static const uint16_t sizes[] = {64, 128, 256, 512, 1024, 1280, 1518, WIRE_IMIX};
	static const struct wire_mix mix[] = {{64, 7}, {594, 4}, {1518, 1}};
	static const struct wire_loads latency = {3, {10, 50, 90}};
	static const struct wire_loads loss = {10, {100, 90, 80, 70, 60, 50, 40, 30, 20, 10}};

	conf_settle_system(&c->base);
	for (size_t i = 0; !c->n_sizes && i < sizeof sizes / sizeof *sizes; i++)
		c->sizes[i] = sizes[i] == WIRE_IMIX ? sizes[i] : at_least(c, sizes[i]);
	if (!c->n_sizes)
		c->n_sizes = sizeof sizes / sizeof *sizes;
	if (!c->n_mix)
		for (; c->n_mix < sizeof mix / sizeof *mix; c->n_mix++)
			c->mix[c->n_mix] =
				(struct wire_mix){at_least(c, mix[c->n_mix].size), mix[c->n_mix].weight};
	if (!c->latency.n)
		c->latency = latency;
	if (!c->loss.n)
		c->loss = loss;
}

/* ---- the whole ---- */

static void complain_twins(const struct wire_config *c, struct am_config_errors *errors)
{
	struct am_position_twin twin;

	for (size_t i = 0; am_position_twin(c->base.positions, i, &twin); i++)
		am_config_errors_add(errors, twin.path, twin.line, twin.column,
			"this name stands twice in one { ... }, first in line %u: remove or rename one",
			twin.first_line);
}

static void read_root(struct wire_config *c, const json_t *json, struct am_config_errors *errors)
{
	struct load load = {.errors = errors, .positions = c->base.positions};
	struct place root = {.load = &load, .json = json};

	conf_fields_default(&wire_fields, c);
	if (!conf_want_object(&root))
		return;
	conf_read_fields(&root, &wire_fields, c);
	complain_twins(c, errors);
	check(c, errors);
}

struct wire_config *wire_config_load(const char *text, size_t len, struct am_config_errors *errors)
{
	struct wire_config *c = calloc(1, sizeof *c);
	size_t before = errors->n;
	json_t *json = c ? conf_parse(text, len, &c->base.positions, errors) : NULL;

	if (!c)
		am_config_errors_add(errors, "$", 0, 0, "out of memory");
	else if (json)
		read_root(c, json, errors);
	json_decref(json);
	if (errors->n == before) {
		settle(c);
		return c;
	}
	conf_sort_errors(errors, before);
	wire_config_free(c);
	return NULL;
}

struct wire_config *wire_config_load_file(const char *path, struct am_config_errors *errors)
{
	size_t len;
	char *text = conf_read_file(path, &len, errors);
	struct wire_config *c = text ? wire_config_load(text, len, errors) : NULL;

	free(text);
	return c;
}

void wire_config_free(struct wire_config *c)
{
	if (!c)
		return;
	free(c->streams);
	conf_free_ports(&c->base);
	am_position_free(c->base.positions);
	free(c);
}
