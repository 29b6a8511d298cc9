/* SPDX-License-Identifier: BSD-3-Clause */
#include "dump.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dump_table.h"

enum { PATH_ROOM = 512 };

/* The dump that is under way. */
struct dump {
	char file[PATH_ROOM], beside[PATH_ROOM];
	int fd;
	uint64_t octets;
	am_time begun;
	am_bgpd_dump_done done; /* NULL: nobody waits */
	void *ctx;
	struct am_bgpd_dump_table table;
};

struct am_bgpd_dumps {
	struct am_bgpd *daemon;
	uv_idle_t idle;
	uv_timer_t timer;
	struct am_bgpconf_dump conf; /* that the timer runs for */
	struct dump *dump;           /* NULL: none */
};

static json_t *summary(const struct dump *p)
{
	return json_pack("{s:s, s:I, s:I, s:I}", "file", p->file, "routes",
		(json_int_t)p->table.counts.routes, "octets", (json_int_t)p->octets, "left_out",
		(json_int_t)p->table.counts.left_out);
}

/* The end of the dump, good or bad. */
static void finish(struct am_bgpd_dumps *d, const char *why)
{
	const struct am_log *log = &d->daemon->log;
	struct dump *p = d->dump;

	d->dump = NULL;
	uv_idle_stop(&d->idle);
	if (p->fd >= 0)
		close(p->fd);
	if (why) {
		unlink(p->beside);
		am_log(log, AM_LOG_ERROR, "%s", why);
	} else {
		am_log(log, AM_LOG_INFO, "dump %s: %llu routes, %llu octets in %.2f s", p->file,
			(unsigned long long)p->table.counts.routes, (unsigned long long)p->octets,
			(double)am_time_since(am_clock_monotonic(), p->begun) / AM_S);
	}
	if (p->table.counts.left_out)
		am_log(log, AM_LOG_WARN, "dump %s: %llu routes of peers that came meanwhile are not in it",
			p->file, (unsigned long long)p->table.counts.left_out);
	if (p->done)
		p->done(p->ctx, why ? NULL : summary(p), why);
	free(p);
}

static void fail(struct am_bgpd_dumps *d, int error)
{
	struct am_err err;

	am_fail(&err, error, "dump %s: %s", d->dump->file, strerror(error));
	finish(d, err.text);
}

/* 0, or a negative errno. */
static int write_all(struct dump *p, struct am_bgp_span piece)
{
	while (piece.len) {
		ssize_t n = write(p->fd, piece.bytes, piece.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		piece.bytes += n;
		piece.len -= (size_t)n;
		p->octets += (uint64_t)n;
	}
	return 0;
}

/* Without fsync(), which could keep the sessions waiting for seconds. */
static int give_name(struct dump *p)
{
	int rc = close(p->fd) ? -errno : 0;

	p->fd = -1;
	if (!rc && rename(p->beside, p->file))
		rc = -errno;
	return rc;
}

static void on_idle(uv_idle_t *idle)
{
	struct am_bgpd_dumps *d = idle->data;
	struct am_bgp_span piece;
	bool more = am_bgpd_dump_table_next(&d->dump->table, &piece);
	int rc = more ? write_all(d->dump, piece) : give_name(d->dump);

	if (rc)
		fail(d, -rc);
	else if (!more)
		finish(d, NULL);
}

static int begin(struct am_bgpd_dumps *d, struct dump *p, const char *file, struct am_err *err)
{
	struct am_bgp_span peers;
	int rc;

	if (snprintf(p->file, sizeof p->file, "%s", file) >= PATH_ROOM ||
		snprintf(p->beside, sizeof p->beside, "%s.new", file) >= PATH_ROOM)
		return am_fail(err, ENAMETOOLONG, "dump %.60s: the name is too long", file);
	p->fd = open(p->beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (p->fd < 0)
		return am_fail(err, errno, "dump %s: %s; name a file in a folder that amime-bgp may write",
			p->beside, strerror(errno));
	p->begun = am_clock_monotonic();
	rc = am_bgpd_dump_table_begin(&p->table, d->daemon, &peers);
	if (!rc)
		rc = write_all(p, peers);
	if (!rc)
		return 0;
	close(p->fd);
	unlink(p->beside);
	return am_fail(err, -rc, "dump %s: %s", file, strerror(-rc));
}

int am_bgpd_dump(
	struct am_bgpd_dumps *d, const char *file, am_bgpd_dump_done done, void *ctx, struct am_err *err)
{
	struct dump *p;
	int rc;

	if (d->dump)
		return am_fail(err, EBUSY, "a dump into %s is under way: wait for it", d->dump->file);
	p = calloc(1, sizeof *p);
	if (!p)
		return am_fail(err, ENOMEM, "no memory");
	rc = begin(d, p, file, err);
	if (rc) {
		free(p);
		return rc;
	}
	p->done = done;
	p->ctx = ctx;
	d->dump = p;
	uv_idle_start(&d->idle, on_idle);
	return 0;
}

void am_bgpd_dump_forget(struct am_bgpd_dumps *d, const void *ctx)
{
	if (d->dump && d->dump->ctx == ctx)
		d->dump->done = NULL;
}

static void on_timer(uv_timer_t *timer)
{
	struct am_bgpd_dumps *d = timer->data;
	struct am_err err;

	if (am_bgpd_dump(d, d->conf.rib, NULL, NULL, &err))
		am_log(&d->daemon->log, AM_LOG_ERROR, "%s", err.text);
}

void am_bgpd_dumps_take(struct am_bgpd_dumps *d)
{
	const struct am_bgpconf_dump *now = &d->daemon->config->dump;
	bool same = !strcmp(d->conf.rib, now->rib) && d->conf.every == now->every;

	d->conf = *now;
	if (same)
		return;
	uv_timer_stop(&d->timer);
	if (*now->rib)
		uv_timer_start(&d->timer, on_timer, now->every * UINT64_C(1000), now->every * UINT64_C(1000));
}

struct am_bgpd_dumps *am_bgpd_dumps_open(struct am_bgpd *daemon, struct am_err *err)
{
	struct am_bgpd_dumps *d = calloc(1, sizeof *d);

	if (!d) {
		am_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	d->daemon = daemon;
	uv_idle_init(&daemon->loop, &d->idle);
	uv_timer_init(&daemon->loop, &d->timer);
	d->idle.data = d->timer.data = d;
	am_bgpd_dumps_take(d);
	return d;
}

void am_bgpd_dumps_close(struct am_bgpd_dumps *d)
{
	if (d->dump)
		fail(d, ECANCELED);
	uv_close((uv_handle_t *)&d->idle, NULL);
	uv_close((uv_handle_t *)&d->timer, NULL);
}

void am_bgpd_dumps_free(struct am_bgpd_dumps *d)
{
	free(d);
}
