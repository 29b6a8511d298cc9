/* SPDX-License-Identifier: BSD-3-Clause */
#include "control.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "answer.h"
#include "daemon.h"
#include "dump.h"
#include "request.h"

enum { CLIENTS_MAX = 32, BACKLOG = 16 };

struct client {
	struct client *next;
	struct am_bgpd_control *control;
	uv_pipe_t pipe;
	bool said_all;    /* sends no more; gone when its answers are */
	unsigned pending; /* answers under way */
	bool closing;
	size_t used;
	char line[AM_BGP_REQUEST_MAX + 1];
};

struct am_bgpd_control {
	struct am_bgpd *daemon;
	uv_pipe_t listener;
	char path[sizeof((struct sockaddr_un *)0)->sun_path];
	struct client *clients;
	unsigned n_clients;
	bool bound;
};

struct sent {
	uv_write_t req;
	char *text;
};

static void client_gone(uv_handle_t *handle)
{
	struct client *c = handle->data, **at;

	for (at = &c->control->clients; *at != c;)
		at = &(*at)->next;
	*at = c->next;
	c->control->n_clients--;
	free(c);
}

static void drop_client(struct client *c)
{
	am_bgpd_dump_forget(c->control->daemon->dumps, c);
	if (!c->closing)
		uv_close((uv_handle_t *)&c->pipe, client_gone);
	c->closing = true;
}

static void written(uv_write_t *req, int status)
{
	struct sent *sent = (struct sent *)req;
	struct client *c = req->data;

	c->pending--;
	if (status < 0 || (c->said_all && !c->pending))
		drop_client(c);
	free(sent->text);
	free(sent);
}

/* Takes over result or error text; one of them is given. */
static void send_answer(struct client *c, json_t *result, const char *error)
{
	struct sent *sent = calloc(1, sizeof *sent);
	json_t *object = result ? json_pack("{s:b,s:o}", "ok", 1, "result", result)
				: json_pack("{s:b,s:s}", "ok", 0, "error", error);
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	size_t len = text ? strlen(text) : 0;
	uv_buf_t buf;

	json_decref(object);
	if (!sent || !text || c->closing) {
		free(sent);
		free(text);
		drop_client(c);
		return;
	}
	text[len] = '\n'; /* the terminating zero is not sent */
	sent->text = text;
	sent->req.data = c;
	buf = uv_buf_init(text, (unsigned)len + 1);
	c->pending++;
	if (uv_write(&sent->req, (uv_stream_t *)&c->pipe, &buf, 1, written) < 0) {
		c->pending--;
		free(text);
		free(sent);
		drop_client(c);
	}
}

static void dumped(void *ctx, json_t *result, const char *why)
{
	struct client *c = ctx;

	c->pending--;
	send_answer(c, result, why);
}

static void serve_dump(struct client *c, const struct am_bgp_request *request)
{
	struct am_err err;

	if (am_bgpd_dump(c->control->daemon->dumps, request->file, dumped, c, &err))
		send_answer(c, NULL, err.text);
	else
		c->pending++;
}

static void serve(struct client *c, const char *line, size_t len)
{
	struct am_bgp_request request;
	struct am_err err = {"no memory"};
	json_t *result = NULL;

	if (!am_bgp_request_parse(line, len, &request, &err)) {
		if (request.method == AM_BGP_METHOD_DUMP) {
			serve_dump(c, &request);
			return;
		}
		result = am_bgpd_answer(c->control->daemon, &request, &err);
	}
	send_answer(c, result, err.text);
}

/* Serve every complete line; what is left stays at the front. */
static void serve_lines(struct client *c)
{
	char *end;

	while (!c->closing && (end = memchr(c->line, '\n', c->used))) {
		size_t len = (size_t)(end - c->line);

		serve(c, c->line, len);
		c->used -= len + 1;
		memmove(c->line, end + 1, c->used);
	}
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct client *c = handle->data;

	(void)suggested;
	*buf = uv_buf_init(c->line + c->used, (unsigned)(sizeof c->line - c->used));
}

static void got_bytes(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct client *c = stream->data;

	(void)buf;
	if (n < 0) {
		c->said_all = true;
		uv_read_stop(stream);
		if (n != UV_EOF || !c->pending)
			drop_client(c);
		return;
	}
	c->used += (size_t)n;
	serve_lines(c);
	if (c->used == sizeof c->line && !c->closing)
		drop_client(c); /* longer than any request */
}

static void got_client(uv_stream_t *listener, int status)
{
	struct am_bgpd_control *control = listener->data;
	struct client *c = status < 0 ? NULL : calloc(1, sizeof *c);

	if (!c)
		return;
	c->control = control;
	c->next = control->clients;
	control->clients = c;
	control->n_clients++;
	uv_pipe_init(listener->loop, &c->pipe, 0);
	c->pipe.data = c;
	if (uv_accept(listener, (uv_stream_t *)&c->pipe) < 0 || control->n_clients > CLIENTS_MAX ||
		uv_read_start((uv_stream_t *)&c->pipe, give_room, got_bytes) < 0)
		drop_client(c);
}

/* Does somebody answer there? */
static bool is_taken(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool taken;

	if (fd < 0)
		return false;
	snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
	taken = connect(fd, (const struct sockaddr *)&to, sizeof to) == 0;
	close(fd);
	return taken;
}

static int bind_socket(struct am_bgpd_control *c, struct am_err *err)
{
	mode_t mask;
	int rc;

	if (is_taken(c->path))
		return am_fail(err, EADDRINUSE,
			"%s answers: an amime-bgp of this name runs; give this one another system.name",
			c->path);
	unlink(c->path);
	mask = umask(0117);
	rc = uv_pipe_bind(&c->listener, c->path);
	umask(mask);
	c->bound = rc == 0;
	if (rc == 0)
		rc = uv_listen((uv_stream_t *)&c->listener, BACKLOG, got_client);
	if (rc)
		return am_fail(err, -rc,
			"cannot listen on %s: %s; run as root, or name another with --socket", c->path,
			uv_strerror(rc));
	return 0;
}

static int set_path(struct am_bgpd_control *c, struct am_err *err)
{
	const struct am_bgpd *d = c->daemon;
	int n;

	if (d->socket && strchr(d->socket, '/')) {
		n = snprintf(c->path, sizeof c->path, "%s", d->socket);
	} else {
		if (mkdir(AM_BGPD_SOCKET_DIR, 0755) != 0 && errno != EEXIST)
			return am_fail(err, errno,
				"cannot make " AM_BGPD_SOCKET_DIR
				": %s; run as root, or name a socket with --socket",
				strerror(errno));
		n = snprintf(c->path, sizeof c->path, AM_BGPD_SOCKET_DIR "/%s.sock",
			d->socket ? d->socket : d->config->name);
	}
	if ((size_t)n >= sizeof c->path)
		return am_fail(err, ENAMETOOLONG, "%s: longer than a socket's path can be", d->socket);
	return 0;
}

struct am_bgpd_control *am_bgpd_control_open(struct am_bgpd *d, struct am_err *err)
{
	struct am_bgpd_control *c = calloc(1, sizeof *c);

	if (!c) {
		am_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	c->daemon = d;
	uv_pipe_init(&d->loop, &c->listener, 0);
	c->listener.data = c;
	if (!set_path(c, err) && !bind_socket(c, err))
		return c;
	am_bgpd_control_close(c);
	uv_run(&d->loop, UV_RUN_NOWAIT);
	free(c);
	return NULL;
}

void am_bgpd_control_close(struct am_bgpd_control *c)
{
	for (struct client *at = c->clients, *next; at; at = next) {
		next = at->next;
		drop_client(at);
	}
	uv_close((uv_handle_t *)&c->listener, NULL);
	if (c->bound)
		unlink(c->path);
}

void am_bgpd_control_free(struct am_bgpd_control *c)
{
	free(c);
}
