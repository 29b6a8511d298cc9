/* SPDX-License-Identifier: BSD-3-Clause */
#include "stories.h"

#include <stdlib.h>

#include "base/clock.h"
#include "words.h"

enum {
	OPEN_MAX = 256,  /* stories that wait for their end */
	EVENTS_MAX = 64, /* of one: a flood goes to many */
	WORDS_ROOM = 400,
};

static const uint64_t settled_ns = 50 * AM_MS; /* later than that nothing of a story comes any more */

struct story {
	uint32_t id;
	uint64_t begun_ns;
	json_t *json;
};

struct am_stories {
	uint32_t most, begun, told;
	am_stories_name *name;
	void *ctx;
	unsigned n; /* open ones, the oldest first */
	struct story open[OPEN_MAX];
};

struct am_stories *am_stories_new(uint32_t most, am_stories_name *name, void *ctx)
{
	struct am_stories *s = calloc(1, sizeof *s);

	if (s) {
		s->most = most ? most : UINT32_MAX;
		s->name = name;
		s->ctx = ctx;
	}
	return s;
}

void am_stories_free(struct am_stories *s)
{
	for (unsigned i = 0; s && i < s->n; i++)
		json_decref(s->open[i].json);
	free(s);
}

static struct story *find(struct am_stories *s, uint32_t id)
{
	for (unsigned i = s->n; i > 0; i--)
		if (s->open[i - 1].id == id)
			return &s->open[i - 1];
	return NULL;
}

/* The first record of a story; only the worker that received the packet begins one. */
static struct story *begin(
	struct am_stories *s, const struct am_tap_record *record, uint64_t real_ns, uint64_t now_ns)
{
	struct story *story = &s->open[s->n];
	json_t *json;

	if (record->stage != AM_TAP_RX || s->begun == s->most || s->n == OPEN_MAX)
		return NULL;
	json = json_pack("{s:I, s:I, s:i, s:[]}", "packet", (json_int_t)s->begun + 1, "time_ns",
		(json_int_t)real_ns, "octets", (int)record->len, "events");
	if (!json)
		return NULL;
	*story = (struct story){record->story, now_ns, json};
	s->begun++;
	s->n++;
	return story;
}

static json_t *event(struct am_stories *s, const struct am_tap_record *record, const uint8_t *octets)
{
	enum am_tap_stage stage = (enum am_tap_stage)record->stage;
	enum am_verdict verdict = (enum am_verdict)record->verdict;
	json_t *o = s->name(s->ctx, record->iface);
	char text[WORDS_ROOM];

	json_object_set_new(o, "stage", json_string(am_tap_stage_name(stage)));
	json_object_set_new(o, "text", json_string(am_tap_stage_text(stage)));
	json_object_set_new(o, "worker", json_integer(record->worker));
	if (record->caplen) {
		am_words_packet(record->link == AM_TAP_ETHERNET, octets, record->caplen, text, sizeof text);
		json_object_set_new(o, "octets", json_integer(record->len));
		json_object_set_new(o, "content", json_string(text));
	}
	if (stage == AM_TAP_DROP) {
		json_object_set_new(o, "verdict", json_string(am_verdict_name(verdict)));
		json_object_set_new(o, "why", json_string(am_verdict_text(verdict)));
	}
	if (stage == AM_TAP_HANDOFF)
		json_object_set_new(o, "to_worker", json_integer(record->other));
	return o;
}

void am_stories_add(struct am_stories *s, const struct am_tap_record *record, const uint8_t *octets,
	uint64_t real_ns, uint64_t now_ns)
{
	struct story *story = find(s, record->story);
	json_t *events;

	if (!story)
		story = begin(s, record, real_ns, now_ns);
	if (!story)
		return;
	events = json_object_get(story->json, "events");
	if (json_array_size(events) < EVENTS_MAX)
		json_array_append_new(events, event(s, record, octets));
	else
		json_object_set_new(story->json, "cut", json_true());
}

json_t *am_stories_next(struct am_stories *s, uint64_t now_ns, bool all)
{
	json_t *json;

	if (s->n == 0 || (!all && now_ns - s->open[0].begun_ns < settled_ns))
		return NULL;
	json = s->open[0].json;
	s->n--;
	for (unsigned i = 0; i < s->n; i++)
		s->open[i] = s->open[i + 1];
	s->told++;
	return json;
}

bool am_stories_told(const struct am_stories *s)
{
	return s->told == s->most;
}
