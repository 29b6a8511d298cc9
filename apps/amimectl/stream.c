/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bpf.h"

enum { BUFFER = 1 << 16, LINE_MAX_OCTETS = 1 << 20, STAGES = 7 };

/* Octets as they come from amimed. */
struct stream {
	int fd;
	int interrupts; /* readable where the user wants an end; -1: that was told to amimed */
	size_t at, used;
	uint8_t bytes[BUFFER];
};

static int complain(const struct am_err *err, int status)
{
	fprintf(stderr, "amimectl: %s\n", err->text);
	return status;
}

/* ---- the request ---- */

/* Which stages the direction and --stage leave. */
static json_t *stages_of(const struct am_ctl_args *args, struct am_err *err)
{
	static const struct {
		const char *name, *way;
	} stages[STAGES] = {{"rx", "in"}, {"whole", "in"}, {"decap", "in"}, {"route", "in"}, {"encap", "out"},
		{"tx", "out"}, {"drop", NULL}};
	json_t *list = json_array();

	for (unsigned i = 0; i < STAGES; i++) {
		const char *found = args->stage ? strstr(args->stage, stages[i].name) : stages[i].name;

		if (found &&
			(!args->direction || !stages[i].way || strcmp(stages[i].way, args->direction) == 0))
			json_array_append_new(list, json_string(stages[i].name));
	}
	if (json_array_size(list))
		return list;
	json_decref(list);
	am_fail(err, EINVAL, "--stage %s with --direction %s leaves no stage", args->stage, args->direction);
	return NULL;
}

static int add_filters(json_t *request, const struct am_ctl_args *args, struct am_err *err)
{
	char *ethernet = am_bpf_compile(true, args->filter, err), *ip;
	struct am_err none;

	if (!ethernet)
		return -EINVAL;
	/* What asks for Ethernet matches no packet without it. */
	ip = am_bpf_compile(false, args->filter, &none);
	json_object_set_new(request, "filter", json_string(ethernet));
	json_object_set_new(request, "filter_ip", json_string(ip ? ip : "1,6 0 0 0"));
	free(ethernet);
	free(ip);
	return 0;
}

json_t *am_stream_request(const struct am_ctl_args *args, struct am_err *err)
{
	bool trace = args->command == AM_CTL_TRACE;
	json_t *request = json_pack("{s:s}", "method", trace ? "trace" : "capture"), *stages;

	if (args->interface)
		json_object_set_new(request, "interface", json_string(args->interface));
	if (args->count)
		json_object_set_new(request, "count", json_integer(args->count));
	if (args->every)
		json_object_set_new(request, "every", json_integer(args->every));
	if (args->snaplen)
		json_object_set_new(request, "snaplen", json_integer(args->snaplen));
	stages = trace ? NULL : stages_of(args, err);
	if (stages)
		json_object_set_new(request, "stages", stages);
	if ((trace || stages) && (!args->filter || add_filters(request, args, err) == 0))
		return request;
	json_decref(request);
	return NULL;
}

/* ---- octets ---- */

/* Wait for more; an interrupt meanwhile tells amimed that it is enough, and what it still says is read. */
static int fill(struct stream *s)
{
	struct pollfd fds[2] = {{.fd = s->fd, .events = POLLIN}, {.fd = s->interrupts, .events = POLLIN}};
	ssize_t n;

	s->at = s->used = 0;
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return -errno;
		if (fds[1].revents) {
			shutdown(s->fd, SHUT_WR);
			fds[1].fd = s->interrupts = -1;
			fds[1].revents = 0;
		}
		if (fds[0].revents)
			break;
	}
	n = recv(s->fd, s->bytes, sizeof s->bytes, 0);
	if (n <= 0)
		return n < 0 ? -errno : -EPIPE;
	s->used = (size_t)n;
	return 0;
}

/* A line without its end; the caller frees it. NULL: amimed is gone. */
static char *take_line(struct stream *s)
{
	char *line = NULL;
	size_t len = 0;

	for (;;) {
		const uint8_t *from = s->bytes + s->at, *end = memchr(from, '\n', s->used - s->at);
		size_t n = end ? (size_t)(end - from) : s->used - s->at;
		char *more = len + n <= LINE_MAX_OCTETS ? realloc(line, len + n + 1) : NULL;

		if (!more)
			break;
		line = more;
		memcpy(line + len, from, n);
		len += n;
		line[len] = 0;
		s->at += n + (end != NULL);
		if (end)
			return line;
		if (fill(s) < 0)
			break;
	}
	free(line);
	return NULL;
}

static json_t *take_json(struct stream *s)
{
	char *line = take_line(s);
	json_t *o = line ? json_loads(line, 0, NULL) : NULL;

	free(line);
	return o;
}

/* Signals that are read from a descriptor, so that none comes between a look and a wait. */
static int open_interrupts(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* ---- begin and end ---- */

static int begin(struct stream *s, int fd, const struct am_ctl_args *args)
{
	const struct timeval forever = {0};
	struct am_err err;
	json_t *request = am_stream_request(args, &err), *answer;
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	const char *error;
	int status = AM_CTL_OK;

	json_decref(request);
	if (!text)
		return complain(&err, AM_CTL_USAGE);
	*s = (struct stream){.fd = fd, .interrupts = open_interrupts()};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof forever);
	if (dprintf(fd, "%s\n", text) < 0) {
		am_fail(&err, EPIPE, "amimed hung up");
		status = complain(&err, AM_CTL_NO_DAEMON);
	}
	free(text);
	answer = status == AM_CTL_OK ? take_json(s) : NULL;
	if (status == AM_CTL_OK && !json_is_true(json_object_get(answer, "ok"))) {
		error = json_string_value(json_object_get(answer, "error"));
		am_fail(&err, EIO, "%s", error ? error : "amimed hung up");
		status = complain(&err, error ? AM_CTL_FAILED : AM_CTL_NO_DAEMON);
	}
	json_decref(answer);
	return status;
}

static int hung_up(void)
{
	fprintf(stderr, "amimectl: amimed hung up\n");
	return AM_CTL_NO_DAEMON;
}

/* What was lost is said where it is seen. */
static int finish(json_t *end, const char *what, FILE *progress)
{
	long long n = (long long)json_integer_value(json_object_get(end, what));
	long long lost = (long long)json_integer_value(json_object_get(end, "lost"));

	if (!end)
		return hung_up();
	if (progress || lost)
		fprintf(stderr, "%s%lld %s%s", progress ? "\r\033[K" : "", n, what, lost ? "" : "\n");
	if (lost)
		fprintf(stderr,
			", and %lld lost, which came faster than they were read; ask for less by --interface, "
			"--snaplen or a filter\n",
			lost);
	json_decref(end);
	return AM_CTL_OK;
}

/* ---- capture ---- */

/* len octets to out; false where either end is gone. */
static bool copy(struct stream *s, size_t len, FILE *out)
{
	while (len) {
		size_t n = s->used - s->at < len ? s->used - s->at : len;

		if (n == 0) {
			if (fill(s) < 0)
				return false;
			continue;
		}
		if (fwrite(s->bytes + s->at, 1, n, out) != n)
			return false;
		s->at += n;
		len -= n;
	}
	return true;
}

static int write_failed(const char *file)
{
	fprintf(stderr, "amimectl: cannot write %s: %s\n", file, strerror(errno));
	return AM_CTL_FAILED;
}

/* Pieces of the file, each behind its length; 0 is the end. */
static int pump(struct stream *s, FILE *out, const char *file, FILE *progress)
{
	unsigned long long total = 0;

	for (;;) {
		char *line = take_line(s);
		size_t len = line ? strtoul(line, NULL, 10) : 0;
		bool last = line && len == 0;

		free(line);
		if (last)
			return finish(take_json(s), "packets", progress);
		if (len == 0)
			return hung_up();
		if (!copy(s, len, out))
			return ferror(out) ? write_failed(file) : hung_up();
		if (fflush(out) != 0)
			return write_failed(file);
		total += len;
		if (progress)
			fprintf(progress, "\r%llu KiB; Ctrl-C ends", total >> 10);
	}
}

int am_stream_capture(int fd, const struct am_ctl_args *args)
{
	bool to_file = args->write && strcmp(args->write, "-") != 0;
	const char *file = to_file ? args->write : "standard output";
	struct stream s;
	int status;
	FILE *out;

	if (!to_file && isatty(STDOUT_FILENO)) {
		fprintf(stderr,
			"amimectl: pcapng is not for a terminal: give --write FILE, or | tshark -r -\n");
		return AM_CTL_USAGE;
	}
	status = begin(&s, fd, args);
	if (status != AM_CTL_OK)
		return status;
	out = to_file ? fopen(args->write, "wb") : stdout;
	if (!out)
		return write_failed(file);
	status = pump(&s, out, file, isatty(STDERR_FILENO) ? stderr : NULL);
	if (to_file && fclose(out) != 0 && status == AM_CTL_OK)
		status = write_failed(file);
	return status;
}

/* ---- trace ---- */

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static void print_event(const json_t *e, FILE *out)
{
	char where[128];

	snprintf(where, sizeof where, "%s %s", text(e, "kind"), text(e, "interface"));
	fprintf(out, "  %-24s %-20s ", text(e, "text"), where);
	if (json_object_get(e, "verdict"))
		fprintf(out, "%s: %s. ", text(e, "verdict"), text(e, "why"));
	if (json_object_get(e, "to_worker"))
		fprintf(out, "from %lld to %lld ",
			(long long)json_integer_value(json_object_get(e, "worker")),
			(long long)json_integer_value(json_object_get(e, "to_worker")));
	if (json_object_get(e, "content"))
		fprintf(out, "%lld octets: %s", (long long)json_integer_value(json_object_get(e, "octets")),
			text(e, "content"));
	fputc('\n', out);
}

void am_stream_story(const json_t *story, FILE *out)
{
	json_int_t ns = json_integer_value(json_object_get(story, "time_ns"));
	time_t when = (time_t)(ns / 1000000000);
	const json_t *e;
	char clock[16];
	struct tm tm;
	size_t i;

	strftime(clock, sizeof clock, "%H:%M:%S", localtime_r(&when, &tm));
	fprintf(out, "packet %lld, %s.%06lld\n",
		(long long)json_integer_value(json_object_get(story, "packet")), clock,
		(long long)(ns % 1000000000 / 1000));
	json_array_foreach(json_object_get(story, "events"), i, e)
	{
		print_event(e, out);
	}
	if (json_is_true(json_object_get(story, "cut")))
		fprintf(out, "  and more\n");
	fputc('\n', out);
}

int am_stream_trace(int fd, const struct am_ctl_args *args)
{
	struct stream s;
	int status = begin(&s, fd, args);
	json_t *o;

	while (status == AM_CTL_OK && (o = take_json(&s))) {
		if (json_object_get(o, "end"))
			return finish(o, "stories", NULL);
		if (args->json) {
			json_dumpf(o, stdout, JSON_COMPACT);
			putchar('\n');
		} else {
			am_stream_story(o, stdout);
		}
		fflush(stdout);
		json_decref(o);
	}
	return status == AM_CTL_OK ? hung_up() : status;
}
