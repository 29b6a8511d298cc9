/* SPDX-License-Identifier: BSD-3-Clause */
#include "feed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feed_read.h"

enum { CHUNK = 1 << 14 };

struct am_bgpd_feeds {
	struct am_bgpd *daemon;
	uv_idle_t idle;
	struct am_bgpconf_feed *list; /* as they were at the start */
	uint16_t n, at;               /* at: the one that is read */
	int fd;                       /* -1: the next one is to be opened */
	struct am_bgp_feed_reader *reader;
	uint64_t announced;
	am_time begun, said; /* said: when the terminal was told last */
	int failed;          /* the first error of the table */
	uint8_t bytes[CHUNK];
};

static const struct am_bgpconf_feed *present(const struct am_bgpd_feeds *f)
{
	return &f->list[f->at];
}

static void take(void *ctx, const struct am_bgp_nlri *nlri, const struct am_bgp_set *set)
{
	struct am_bgpd_feeds *f = ctx;
	uint32_t limit = present(f)->limit;
	int rc;

	if (!set) {
		am_bgp_speaker_withdraw(f->daemon->speaker, nlri);
		return;
	}
	if (limit && f->announced >= limit)
		return;
	rc = am_bgp_speaker_announce(f->daemon->speaker, nlri, set);
	f->announced += !rc;
	if (rc && !f->failed)
		f->failed = rc;
}

static void finish(struct am_bgpd_feeds *f)
{
	struct am_bgp_feed_counts c = am_bgp_feed_counts(f->reader);
	double seconds = (double)am_time_since(am_clock_monotonic(), f->begun) / AM_S;
	const struct am_log *log = &f->daemon->log;

	am_log(log, AM_LOG_INFO, "feed %s: %llu routes in %.2f s", present(f)->file,
		(unsigned long long)f->announced, seconds);
	if (c.bad && present(f)->format == AM_BGPCONF_FORMAT_TEXT)
		am_log(log, AM_LOG_WARN, "feed %s: %llu lines were passed over, the first is line %llu: %s",
			present(f)->file, (unsigned long long)c.bad, (unsigned long long)c.first_line, c.why);
	else if (c.bad)
		am_log(log, AM_LOG_WARN, "feed %s: %llu records were passed over; of the first: %s",
			present(f)->file, (unsigned long long)c.bad, c.why);
	if (f->failed)
		am_log(log, AM_LOG_ERROR, "feed %s: routes were not taken: %s", present(f)->file,
			strerror(-f->failed));
	close(f->fd);
	f->fd = -1;
	am_bgp_feed_reader_free(f->reader);
	f->reader = NULL;
	f->at++;
}

static int begin(struct am_bgpd_feeds *f, struct am_err *err)
{
	const struct am_bgpconf_feed *c = present(f);

	f->fd = open(c->file, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0)
		return am_fail(err, errno, "feed %s: %s; name a readable file", c->file, strerror(errno));
	f->reader = am_bgp_feed_reader_create(c->format == AM_BGPCONF_FORMAT_MRT, take, f);
	f->announced = 0;
	f->failed = 0;
	f->begun = f->said = am_clock_monotonic();
	return f->reader ? 0 : am_fail(err, ENOMEM, "feed %s: no memory", c->file);
}

/* Once a second, for who watches. */
static void say(struct am_bgpd_feeds *f)
{
	am_time now = am_clock_monotonic();

	if (am_time_since(now, f->said) < AM_S || !isatty(STDERR_FILENO))
		return;
	f->said = now;
	am_log(&f->daemon->log, AM_LOG_INFO, "feed %s: %llu routes so far", present(f)->file,
		(unsigned long long)f->announced);
}

static void read_piece(struct am_bgpd_feeds *f)
{
	ssize_t n = read(f->fd, f->bytes, sizeof f->bytes);

	if (n < 0)
		am_log(&f->daemon->log, AM_LOG_ERROR, "feed %s: %s", present(f)->file, strerror(errno));
	am_bgp_feed_read(f->reader, f->bytes, n > 0 ? (size_t)n : 0, n <= 0);
	say(f);
	if (n <= 0)
		finish(f);
}

static void on_idle(uv_idle_t *idle)
{
	struct am_bgpd_feeds *f = idle->data;
	struct am_err err;

	if (f->at == f->n) {
		uv_idle_stop(idle);
	} else if (f->fd >= 0) {
		read_piece(f);
	} else if (begin(f, &err)) {
		am_log(&f->daemon->log, AM_LOG_ERROR, "%s", err.text);
		f->at++;
	}
	am_bgpd_pump(f->daemon);
}

struct am_bgpd_feeds *am_bgpd_feeds_open(struct am_bgpd *d, struct am_err *err)
{
	struct am_bgpd_feeds *f = calloc(1, sizeof *f);

	struct am_bgpconf_feed *list = calloc(d->config->n_feeds + 1u, sizeof *list);

	if (!f || !list) {
		free(f);
		free(list);
		am_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	if (d->config->n_feeds)
		memcpy(list, d->config->feeds, d->config->n_feeds * sizeof *list);
	f->list = list;
	f->n = d->config->n_feeds;
	f->daemon = d;
	f->fd = -1;
	uv_idle_init(&d->loop, &f->idle);
	f->idle.data = f;
	if (f->n)
		uv_idle_start(&f->idle, on_idle);
	return f;
}

void am_bgpd_feeds_close(struct am_bgpd_feeds *f)
{
	uv_close((uv_handle_t *)&f->idle, NULL);
	if (f->fd >= 0)
		close(f->fd);
	am_bgp_feed_reader_free(f->reader);
	f->reader = NULL;
}

void am_bgpd_feeds_free(struct am_bgpd_feeds *f)
{
	if (f)
		free(f->list);
	free(f);
}
