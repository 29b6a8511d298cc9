/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon.h"
#include "pcapng.h"
#include "pipeline/tap.h"
#include "show.h"
#include "stories.h"

enum {
	LOOK_EVERY_MS = 5,
	LOOK_AGAIN_MS = 1,
	RECORDS_A_STEP = 256,
	WAITING_MAX =
		4 << 20, /* octets that a slow reader may have before it: then the workers' rings fill */
	LINKS = 2,
	COMMENT_ROOM = 200,
};

struct am_capture {
	struct am_daemon *daemon;
	struct am_capture_sink sink;
	struct am_look look;
	struct am_tap *tap;
	uv_timer_t timer;
	int64_t real_ns;  /* what to add to the workers' clock for the time since 1970 */
	uint32_t packets; /* written */
	bool abandoned;
	bool finishing; /* disarmed: what the rings hold, and then it ends */
	uint64_t token; /* of the moment when it was disarmed */
	struct am_pcapng file;
	uint32_t file_ifaces;
	uint32_t *iface_at; /* [iface * LINKS + link]: its number in the file, plus one */
	struct am_stories *stories;
};

static bool passes(const void *ctx, enum am_tap_link link, const uint8_t *octets, uint32_t len)
{
	const struct am_look *look = ctx;

	return am_filter_passes(link == AM_TAP_ETHERNET ? &look->ethernet : &look->ip, octets, len);
}

static json_t *name_iface(void *ctx, uint16_t iface)
{
	const struct am_capture *c = ctx;
	const struct am_iface_info *info =
		iface < am_model_ifaces(c->daemon->model) ? am_model_iface(c->daemon->model, iface) : NULL;

	return json_pack("{s:s, s:s}", "interface", info ? info->name : "?", "kind",
		info ? am_show_kind(info->kind) : "gone");
}

/* ---- pcapng ---- */

static void flush_file(struct am_capture *c)
{
	char *chunk;
	int head;

	if (!c->file.len)
		return;
	chunk = malloc(c->file.len + 24);
	if (chunk) {
		head = snprintf(chunk, 24, "%zu\n", c->file.len);
		memcpy(chunk + head, c->file.bytes, c->file.len);
		c->sink.write(c->sink.ctx, chunk, (size_t)head + c->file.len);
	}
	c->file.len = 0;
}

/* The interface's number in the file, where it is named when its first packet comes. */
static uint32_t file_iface(struct am_capture *c, const struct am_tap_record *record)
{
	uint32_t *at = &c->iface_at[record->iface * LINKS + record->link];
	json_t *name;
	char text[100];

	if (*at)
		return *at - 1;
	name = name_iface(c, record->iface);
	snprintf(text, sizeof text, "%s %s%s", json_string_value(json_object_get(name, "kind")),
		json_string_value(json_object_get(name, "interface")),
		record->link == AM_TAP_IP ? ", the IP packets in it" : "");
	am_pcapng_iface(&c->file, record->link == AM_TAP_IP ? AM_PCAPNG_RAW : AM_PCAPNG_ETHERNET,
		c->look.snaplen, json_string_value(json_object_get(name, "interface")), text);
	json_decref(name);
	*at = ++c->file_ifaces;
	return *at - 1;
}

static void write_packet(struct am_capture *c, const struct am_tap_record *record, const uint8_t *octets)
{
	enum am_tap_stage stage = (enum am_tap_stage)record->stage;
	struct am_pcapng_packet p = {.iface = file_iface(c, record),
		.ns = record->ns + (uint64_t)c->real_ns,
		.len = record->len,
		.caplen = record->caplen,
		.octets = octets,
		.way = stage == AM_TAP_ENCAP || stage == AM_TAP_TX ? AM_PCAPNG_OUT : AM_PCAPNG_IN};
	char comment[COMMENT_ROOM];

	if (stage == AM_TAP_DROP)
		snprintf(comment, sizeof comment, "drop %s: %s",
			am_verdict_name((enum am_verdict)record->verdict),
			am_verdict_text((enum am_verdict)record->verdict));
	else
		snprintf(comment, sizeof comment, "%s: %s", am_tap_stage_name(stage),
			am_tap_stage_text(stage));
	p.comment = comment;
	am_pcapng_packet(&c->file, &p);
	c->packets++;
}

/* ---- stories ---- */

static void write_line(struct am_capture *c, json_t *o)
{
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	size_t len = text ? strlen(text) : 0;

	json_decref(o);
	if (!text)
		return;
	text[len] = '\n'; /* the terminating zero is not sent */
	c->sink.write(c->sink.ctx, text, len + 1);
}

static void write_stories(struct am_capture *c, bool all)
{
	json_t *story;

	while (!am_stories_told(c->stories) &&
		(story = am_stories_next(c->stories, am_clock_monotonic().ns, all))) {
		c->packets++;
		write_line(c, story);
	}
}

/* ---- both ---- */

static bool has_enough(const struct am_capture *c)
{
	if (c->stories)
		return am_stories_told(c->stories);
	return c->look.count && c->packets >= c->look.count;
}

/* The oldest record of all workers. */
static const struct am_tap_record *oldest(struct am_capture *c, unsigned *worker, const uint8_t **octets)
{
	const struct am_tap_record *first = NULL;

	for (unsigned i = 0; i < am_model_config(c->daemon->model)->workers; i++) {
		const uint8_t *at;
		const struct am_tap_record *record = am_tap_peek(c->tap, i, &at);

		if (!record || (first && record->ns >= first->ns))
			continue;
		first = record;
		*worker = i;
		*octets = at;
	}
	return first;
}

/* True where there is more. */
static bool drain(struct am_capture *c)
{
	unsigned worker = 0;

	for (unsigned n = 0; n < RECORDS_A_STEP && !has_enough(c); n++) {
		const uint8_t *octets;
		const struct am_tap_record *record = oldest(c, &worker, &octets);

		if (!record)
			return false;
		if (c->stories)
			am_stories_add(c->stories, record, octets, record->ns + (uint64_t)c->real_ns,
				am_clock_monotonic().ns);
		else
			write_packet(c, record, octets);
		am_tap_take(c->tap, worker, record);
	}
	return !has_enough(c);
}

static void freed(uv_handle_t *handle)
{
	struct am_capture *c = handle->data;

	am_tap_free(c->tap);
	am_stories_free(c->stories);
	free(c->file.bytes);
	free(c->iface_at);
	free(c);
}

static void say_end(struct am_capture *c)
{
	uint64_t lost = am_tap_lost(c->tap);

	if (!c->stories) {
		for (uint32_t i = 0; i < c->file_ifaces && i == 0; i++)
			am_pcapng_lost(&c->file, i, am_clock_monotonic().ns + (uint64_t)c->real_ns, lost,
				"lost on all interfaces: the reader was slower than the packets");
		flush_file(c);
		c->sink.write(c->sink.ctx, strdup("0\n"), 2);
	}
	write_line(c, json_pack("{s:b, s:I, s:I}", "end", 1, c->stories ? "stories" : "packets",
			      (json_int_t)c->packets, "lost", (json_int_t)lost));
	c->sink.done(c->sink.ctx);
}

static void end(struct am_capture *c)
{
	if (!c->abandoned)
		say_end(c);
	c->daemon->capture = NULL;
	uv_close((uv_handle_t *)&c->timer, freed);
}

static void disarm(struct am_capture *c)
{
	if (c->finishing)
		return;
	c->finishing = true;
	am_plane_arm_tap(c->daemon->plane, NULL);
	c->token = am_plane_token(c->daemon->plane);
}

static void look(uv_timer_t *timer)
{
	struct am_capture *c = timer->data;
	bool slow = !c->abandoned && c->sink.waiting(c->sink.ctx) >= WAITING_MAX;
	bool more = !c->abandoned && (slow || drain(c));

	if (c->stories && !c->abandoned)
		write_stories(c, c->finishing && !more);
	else if (!c->abandoned)
		flush_file(c);
	if (has_enough(c))
		disarm(c);
	if (c->finishing && !more && am_plane_passed(c->daemon->plane, c->token))
		end(c);
	else
		uv_timer_start(timer, look, more && !slow ? LOOK_AGAIN_MS : LOOK_EVERY_MS, 0);
}

/* An interface by its name, or by kind and name where several have it. */
static int find_iface(struct am_daemon *d, const char *name, uint16_t *out, struct am_err *err)
{
	unsigned found = 0;

	*out = AM_TAP_ANY_IFACE;
	if (!*name)
		return 0;
	for (uint16_t i = 0; i < am_model_ifaces(d->model); i++) {
		const struct am_iface_info *info = am_model_iface(d->model, i);
		char full[128];

		if (!info)
			continue;
		snprintf(full, sizeof full, "%s %s", am_show_kind(info->kind), info->name);
		if (strcmp(name, info->name) != 0 && strcmp(name, full) != 0)
			continue;
		*out = i;
		found++;
	}
	if (found == 0)
		return am_fail(err, ENOENT,
			"there is no port, tunnel or VXLAN bridge %s; amimectl show interfaces has all",
			name);
	if (found > 1)
		return am_fail(err, EINVAL,
			"several have the name %s: say \"port %s\", \"tunnel %s\" or \"bridge %s\"", name,
			name, name, name);
	return 0;
}

static int64_t real_offset(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)((uint64_t)ts.tv_sec * AM_S + (uint64_t)ts.tv_nsec - am_clock_monotonic().ns);
}

/* What it writes into. */
static int make_output(struct am_capture *c, struct am_err *err)
{
	if (c->look.stories) {
		c->stories = am_stories_new(c->look.count, name_iface, c);
		return c->stories ? 0 : am_fail(err, ENOMEM, "no memory to trace");
	}
	c->iface_at = calloc(UINT16_MAX * LINKS, sizeof *c->iface_at);
	am_pcapng_begin(&c->file, "amimed " AM_VERSION);
	return c->iface_at && !c->file.failed ? 0 : am_fail(err, ENOMEM, "no memory to capture");
}

static int arm(struct am_capture *c, uint16_t iface, struct am_err *err)
{
	const struct am_tap_conf conf = {.stages = c->look.stages,
		.iface = iface,
		.snaplen = (uint16_t)c->look.snaplen,
		.stories = c->look.stories,
		.every = c->look.every,
		.match = c->look.ethernet.n ? passes : NULL,
		.ctx = &c->look};

	c->tap = am_tap_create(c->daemon->plane, &conf, err);
	if (!c->tap)
		return -ENOMEM;
	am_plane_arm_tap(c->daemon->plane, c->tap);
	return 0;
}

struct am_capture *am_capture_start(struct am_daemon *d, const struct am_look *want,
	const struct am_capture_sink *sink, struct am_err *err)
{
	struct am_capture *c;
	uint16_t iface;

	if (d->capture) {
		am_fail(err, EBUSY, "another capture or trace is under way; end that one first");
		return NULL;
	}
	if (find_iface(d, want->iface, &iface, err) < 0)
		return NULL;
	c = calloc(1, sizeof *c);
	if (!c) {
		am_fail(err, ENOMEM, "no memory to capture");
		return NULL;
	}
	c->daemon = d;
	c->sink = *sink;
	c->look = *want;
	c->real_ns = real_offset();
	c->timer.data = c;
	uv_timer_init(&d->loop, &c->timer);
	if (make_output(c, err) < 0 || arm(c, iface, err) < 0) {
		uv_close((uv_handle_t *)&c->timer, freed);
		return NULL;
	}
	d->capture = c;
	uv_timer_start(&c->timer, look, LOOK_EVERY_MS, 0);
	return c;
}

void am_capture_finish(struct am_capture *c)
{
	disarm(c);
}

void am_capture_abandon(struct am_capture *c)
{
	c->abandoned = true;
	disarm(c);
	if (!c->daemon->workers) /* the daemon ends: no worker can see the tap, and no timer will run */
		end(c);
}
