/* SPDX-License-Identifier: BSD-3-Clause */
#include "message_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bgp/mrt.h"

enum {
	PATH_ROOM = 300,
	ROOM = 1 << 18, /* octets that wait to be written, at least two records of the longest message */
	RECORD_MAX = AM_BGP_EXTENDED_MAX + 128,
	TICK_MS = 1000,   /* a record waits no longer */
	NAMES_MAX = 1000, /* files of one second */
};

struct am_bgpd_message_log {
	struct am_bgpd *daemon;
	uv_timer_t timer;
	struct am_bgpconf_dump conf; /* messages is empty: nothing is logged */
	char beside[PATH_ROOM];      /* the file that grows */
	int fd;                      /* -1: none */
	am_time begun;
	time_t begun_at;
	uint64_t octets;  /* in the file, all of them of whole records */
	unsigned waiting; /* records in room */
	size_t used;
	uint64_t records, lost, files;
	struct am_bgpd_pace faults;
	uint8_t room[ROOM];
};

static void complain(struct am_bgpd_message_log *l, const char *what, const char *file)
{
	unsigned more = 0;
	int error = errno;

	if (am_bgpd_pace_due(&l->faults, am_clock_monotonic(), &more))
		am_log(&l->daemon->log, AM_LOG_ERROR, "messages: %s %s: %s; %llu records are lost so far",
			what, file, strerror(error), (unsigned long long)l->lost);
}

/* ---- files ---- */

/* The name that a file of this second gets; link() does not replace what is there. */
static int give_name(const char *beside, const char *file, time_t begun)
{
	char stamp[32], name[PATH_ROOM + 64];
	struct tm tm;

	gmtime_r(&begun, &tm);
	strftime(stamp, sizeof stamp, "%Y%m%d.%H%M%S", &tm);
	for (unsigned i = 0; i < NAMES_MAX; i++) {
		snprintf(name, sizeof name, i ? "%s.%s.%u" : "%s.%s", file, stamp, i);
		if (!link(beside, name))
			return unlink(beside) ? -errno : 0;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

static void lose(struct am_bgpd_message_log *l)
{
	l->lost += l->waiting;
	l->waiting = 0;
	l->used = 0;
}

/* All that waits goes out, or none of it: the file ends with a whole record. */
static void flush(struct am_bgpd_message_log *l)
{
	size_t done = 0;

	if (!l->used)
		return;
	while (l->fd >= 0 && done < l->used) {
		ssize_t n = write(l->fd, l->room + done, l->used - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		done += (size_t)n;
	}
	if (done < l->used) {
		lose(l);
		complain(l, "cannot write", l->beside);
		if (l->fd >= 0 && (ftruncate(l->fd, (off_t)l->octets) || lseek(l->fd, 0, SEEK_END) < 0))
			complain(l, "cannot cut", l->beside);
		return;
	}
	l->octets += done;
	l->records += l->waiting;
	l->waiting = 0;
	l->used = 0;
}

static void open_file(struct am_bgpd_message_log *l)
{
	struct stat left;

	if (!stat(l->beside, &left) && left.st_size && give_name(l->beside, l->conf.messages, left.st_mtime))
		complain(l, "cannot give a name to what was left in", l->beside);
	l->fd = open(l->beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (l->fd < 0)
		complain(l, "cannot open", l->beside);
	l->octets = 0;
}

/* The file gets its name; one without a record goes. */
static void end_file(struct am_bgpd_message_log *l)
{
	int rc = 0;

	flush(l);
	if (l->fd < 0)
		return;
	close(l->fd);
	l->fd = -1;
	if (l->octets)
		rc = give_name(l->beside, l->conf.messages, l->begun_at);
	else
		unlink(l->beside);
	l->files += l->octets && !rc;
	errno = -rc;
	if (rc)
		complain(l, "cannot give a name to", l->beside);
}

static bool is_done(const struct am_bgpd_message_log *l)
{
	return l->octets >= (uint64_t)l->conf.messages_size << 20 ||
	       (l->octets && am_time_since(am_clock_monotonic(), l->begun) >= l->conf.messages_every * AM_S);
}

static void on_timer(uv_timer_t *timer)
{
	struct am_bgpd_message_log *l = timer->data;

	flush(l);
	if (l->fd >= 0 && is_done(l))
		end_file(l);
}

/* ---- records ---- */

static struct am_bgp_mrt_time calendar(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (struct am_bgp_mrt_time){(uint32_t)now.tv_sec, (uint32_t)(now.tv_nsec / 1000)};
}

/* Room for one record, and a file behind it. */
static struct am_writer begin_record(struct am_bgpd_message_log *l, struct am_bgp_mrt_time time)
{
	if (ROOM - l->used < RECORD_MAX)
		flush(l);
	if (l->fd >= 0 && is_done(l))
		end_file(l);
	if (l->fd < 0) {
		open_file(l);
		l->begun = am_clock_monotonic();
		l->begun_at = (time_t)time.s;
	}
	return am_writer(l->room + l->used, ROOM - l->used);
}

/* False where the peer has no address yet. */
static bool session_of(const struct am_bgpd *d, const struct am_bgpd_neighbor *n, unsigned peer,
	const struct am_bgp_speaker_end *here, const struct am_bgp_seen *seen, struct am_bgp_mrt_session *out)
{
	struct am_bgp_speaker_view v;

	if (!n || am_bgp_speaker_view(d->speaker, peer, &v) || !v.address.family)
		return false;
	*out = (struct am_bgp_mrt_session){
		.peer_as = seen->peer ? seen->peer->open.as : n->conf.session.as,
		.local_as = n->conf.session.own_as,
		.interface = (uint16_t)v.interface,
		.peer = v.address,
		.local = here->address.family == v.address.family
				 ? here->address
				 : (struct am_ip){.family = v.address.family},
	};
	return true;
}

/* RFC 8050 3: is what this message says of routes behind path identifiers? */
static bool has_path_ids(const struct am_bgp_seen *seen, const struct am_bgp_context *ctx)
{
	struct am_bgp_span body = seen->message;

	if (!ctx->path_ids || seen->message.bytes[AM_BGP_HEADER_LEN - 1] != AM_BGP_UPDATE)
		return false;
	body.bytes += AM_BGP_HEADER_LEN;
	body.len -= AM_BGP_HEADER_LEN;
	return ctx->path_ids & AM_BGP_IN(am_bgp_update_family(body));
}

static int put(struct am_writer *w, struct am_bgp_mrt_time time, const struct am_bgp_mrt_session *session,
	const struct am_bgp_seen *seen)
{
	const struct am_bgp_context both = {.as4 = true}, *ctx = &both;
	const struct am_bgp_mrt_state state = {
		.session = *session, .from = (uint16_t)(seen->from + 1), .to = (uint16_t)(seen->to + 1)};
	struct am_bgp_mrt_message message = {.session = *session, .message = seen->message};

	if (seen->type == AM_BGP_SEEN_STATE)
		return am_bgp_mrt_put_state(w, time, &state);
	message.sent = seen->type == AM_BGP_SEEN_SENT;
	if (seen->peer)
		ctx = message.sent ? &seen->peer->send : &seen->peer->receive;
	message.as4 = ctx->as4;
	message.path_ids = has_path_ids(seen, ctx);
	return am_bgp_mrt_put_message(w, time, &message);
}

void am_bgpd_message_log_put(struct am_bgpd_message_log *l, const struct am_bgpd_neighbor *n, unsigned peer,
	const struct am_bgp_speaker_end *here, const struct am_bgp_seen *seen)
{
	struct am_bgp_mrt_session session;
	struct am_bgp_mrt_time time;
	struct am_writer w;

	if (!l || !*l->conf.messages || !session_of(l->daemon, n, peer, here, seen, &session))
		return;
	time = calendar();
	w = begin_record(l, time);
	if (put(&w, time, &session, seen)) {
		l->lost++;
		return;
	}
	l->used += am_writer_len(&w);
	l->waiting++;
}

/* ---- begin and end ---- */

void am_bgpd_message_log_take(struct am_bgpd_message_log *l)
{
	const struct am_bgpconf_dump *now = &l->daemon->config->dump;

	if (strcmp(l->conf.messages, now->messages)) {
		end_file(l);
		snprintf(l->beside, sizeof l->beside, "%s.new", now->messages);
	}
	l->conf = *now;
	uv_timer_stop(&l->timer);
	if (*now->messages)
		uv_timer_start(&l->timer, on_timer, TICK_MS, TICK_MS);
}

struct am_bgpd_message_log *am_bgpd_message_log_open(struct am_bgpd *d, struct am_err *err)
{
	struct am_bgpd_message_log *l = calloc(1, sizeof *l);

	if (!l) {
		am_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	l->daemon = d;
	l->fd = -1;
	uv_timer_init(&d->loop, &l->timer);
	l->timer.data = l;
	am_bgpd_message_log_take(l);
	return l;
}

void am_bgpd_message_log_close(struct am_bgpd_message_log *l)
{
	end_file(l);
	uv_close((uv_handle_t *)&l->timer, NULL);
}

void am_bgpd_message_log_free(struct am_bgpd_message_log *l)
{
	free(l);
}

json_t *am_bgpd_message_log_show(const struct am_bgpd_message_log *l)
{
	if (!*l->conf.messages)
		return NULL;
	return json_pack("{s:s, s:I, s:I, s:I}", "file", l->conf.messages, "records",
		(json_int_t)(l->records + l->waiting), "lost", (json_int_t)l->lost, "files",
		(json_int_t)l->files);
}
