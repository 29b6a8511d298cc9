/* SPDX-License-Identifier: BSD-3-Clause */
#include "resolver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"

struct am_resolver {
	uv_loop_t *loop;
	am_resolver_changed *changed;
	void *ctx;
	bool ending;
	unsigned n, room;
	struct am_question **items;
};

struct am_resolver *am_resolver_create(uv_loop_t *loop, am_resolver_changed *changed, void *ctx)
{
	struct am_resolver *r = calloc(1, sizeof *r);

	/* A server that is away must not hold up the daemon's end. The operator's own choice counts more. */
	setenv("RES_OPTIONS", "timeout:1 attempts:2", 0);
	if (r)
		*r = (struct am_resolver){.loop = loop, .changed = changed, .ctx = ctx};
	return r;
}

static void question_free(struct am_question *q)
{
	free(q->name);
	free(q);
}

void am_resolver_free(struct am_resolver *r)
{
	if (!r)
		return;
	for (unsigned i = 0; i < r->n; i++)
		question_free(r->items[i]);
	free(r->items);
	free(r);
}

void am_resolver_cancel(struct am_resolver *r)
{
	r->ending = true;
	for (unsigned i = 0; i < r->n; i++)
		if (r->items[i]->busy)
			uv_cancel((uv_req_t *)&r->items[i]->request);
}

/* ---- answers ---- */

static struct am_ip address_of(const struct addrinfo *info)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct am_ip none = {0};

	if (info->ai_family == AF_INET && info->ai_addrlen >= sizeof v4) {
		memcpy(&v4, info->ai_addr, sizeof v4);
		return am_ip4((const uint8_t *)&v4.sin_addr);
	}
	if (info->ai_family == AF_INET6 && info->ai_addrlen >= sizeof v6) {
		memcpy(&v6, info->ai_addr, sizeof v6);
		return am_ip6((const uint8_t *)&v6.sin6_addr);
	}
	return none;
}

static bool is_among(const struct am_ip *ips, unsigned n, const struct am_ip *ip)
{
	for (unsigned i = 0; i < n; i++)
		if (am_ip_equal(&ips[i], ip))
			return true;
	return false;
}

/* What nobody could be reached by is left out; a link-local one would lack its link. */
static unsigned read_answers(const struct addrinfo *list, struct am_ip *out)
{
	unsigned n = 0;

	for (; list && n < AM_ANSWERS_MAX; list = list->ai_next) {
		struct am_ip ip = address_of(list);

		if (am_source_is_unicast(&ip) && !am_ip_is_link_local(&ip) && !is_among(out, n, &ip))
			out[n++] = ip;
	}
	return n;
}

static void take_answers(struct am_question *q, const struct addrinfo *list)
{
	struct am_ip ips[AM_ANSWERS_MAX];
	unsigned n = read_answers(list, ips);

	if (!n) {
		q->error = list ? UV_EAI_ADDRFAMILY : UV_EAI_NODATA;
		return;
	}
	q->error = 0;
	q->n = n;
	memcpy(q->answers, ips, n * sizeof *ips);
}

static uint64_t pause_of(const struct am_question *q)
{
	uint64_t pause = 1;

	if (!q->failures)
		return q->interval_s;
	for (unsigned i = 1; i < q->failures && pause < q->interval_s; i++)
		pause *= 2;
	return pause < q->interval_s ? pause : q->interval_s;
}

static void sweep(struct am_resolver *r)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < r->n; i++) {
		struct am_question *q = r->items[i];

		if (q->wanted || q->busy)
			r->items[kept++] = q;
		else
			question_free(q);
	}
	r->n = kept;
}

static void answered(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
	struct am_question *q = request->data;
	struct am_resolver *r = q->resolver;

	q->busy = false;
	q->error = status;
	if (status == 0)
		take_answers(q, list);
	uv_freeaddrinfo(list);
	q->failures = q->error ? q->failures + 1 : 0;
	q->due = am_time_add(am_clock_monotonic(), pause_of(q) * AM_S);
	if (r->ending)
		return;
	if (q->wanted)
		r->changed(r->ctx);
	sweep(r);
}

/* ---- questions ---- */

void am_resolver_begin(struct am_resolver *r)
{
	for (unsigned i = 0; i < r->n; i++)
		r->items[i]->wanted = false;
}

static struct am_question *find(struct am_resolver *r, const char *name, uint8_t family)
{
	for (unsigned i = 0; i < r->n; i++)
		if (r->items[i]->family == family && !strcmp(r->items[i]->name, name))
			return r->items[i];
	return NULL;
}

static struct am_question *add(struct am_resolver *r, const char *name, uint8_t family)
{
	struct am_question **more, *q;

	if (r->n == r->room) {
		more = realloc(r->items, (r->room * 2 + 8) * sizeof(struct am_question *));
		if (!more)
			return NULL;
		r->items = more;
		r->room = r->room * 2 + 8;
	}
	q = calloc(1, sizeof *q);
	if (q)
		q->name = strdup(name);
	if (!q || !q->name) {
		free(q);
		return NULL;
	}
	q->resolver = r;
	q->family = family;
	q->due = am_clock_monotonic();
	r->items[r->n++] = q;
	return q;
}

struct am_question *am_resolver_want(
	struct am_resolver *r, const char *name, uint8_t family, uint32_t interval_s)
{
	struct am_question *q = find(r, name, family);

	if (!q)
		q = add(r, name, family);
	if (!q)
		return NULL;
	q->interval_s = q->wanted && q->interval_s < interval_s ? q->interval_s : interval_s;
	q->wanted = true;
	return q;
}

void am_resolver_end(struct am_resolver *r)
{
	sweep(r);
	am_resolver_run(r, am_clock_monotonic());
}

static void ask(struct am_resolver *r, struct am_question *q)
{
	const struct addrinfo hints = {
		.ai_family = !q->family             ? AF_UNSPEC
			     : q->family == AM_IPV6 ? AF_INET6
						    : AF_INET,
		.ai_socktype = SOCK_DGRAM,
	};

	q->request.data = q;
	q->asked++;
	q->busy = uv_getaddrinfo(r->loop, &q->request, answered, q->name, NULL, &hints) == 0;
	if (!q->busy)
		q->due = am_time_add(am_clock_monotonic(), AM_S);
}

void am_resolver_run(struct am_resolver *r, am_time now)
{
	for (unsigned i = 0; i < r->n && !r->ending; i++)
		if (!r->items[i]->busy && !am_time_before(now, r->items[i]->due))
			ask(r, r->items[i]);
}

void am_resolver_hurry(struct am_resolver *r, am_time now)
{
	for (unsigned i = 0; i < r->n; i++)
		if (r->items[i]->failures)
			r->items[i]->due = now;
	am_resolver_run(r, now);
}

const char *am_question_text(const struct am_question *q, char *buf, size_t room)
{
	*buf = 0;
	if (!q->asked)
		snprintf(buf, room, "not asked yet");
	else if (q->error == UV_EAI_ADDRFAMILY)
		snprintf(buf, room, "none of its addresses is a unicast one");
	else if (q->failures)
		snprintf(buf, room, "%s (%u times; asked again within %u s)", uv_strerror(q->error),
			q->failures, (unsigned)pause_of(q));
	else if (!q->n)
		snprintf(buf, room, "no answer yet");
	return buf;
}
