/* SPDX-License-Identifier: BSD-3-Clause */
#include "rpc.h"

#include <errno.h>
#include <grp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "capture.h"
#include "daemon.h"
#include "request.h"
#include "show.h"

enum { CLIENTS_MAX = 32, BACKLOG = 16 };

struct client {
	struct client *next;
	struct am_rpc *rpc;
	uv_pipe_t pipe;
	bool waits; /* for a reload to end, or a capture */
	struct am_capture *capture;
	bool said_all;    /* sends no more; gone when its answers are */
	unsigned pending; /* answers under way */
	bool closing;
	size_t used;
	char line[AM_REQUEST_MAX + 1];
};

struct am_rpc {
	struct am_daemon *daemon;
	uv_pipe_t listener;
	char path[sizeof((struct sockaddr_un *)0)->sun_path];
	struct client *clients;
	unsigned n_clients;
	bool bound;
};

struct answer {
	uv_write_t req;
	char *text;
};

static void client_gone(uv_handle_t *handle)
{
	struct client *c = handle->data, **at;

	for (at = &c->rpc->clients; *at != c;)
		at = &(*at)->next;
	*at = c->next;
	c->rpc->n_clients--;
	am_reload_forget(&c->rpc->daemon->reload, c);
	free(c);
}

static void drop_client(struct client *c)
{
	if (c->capture)
		am_capture_abandon(c->capture);
	c->capture = NULL;
	if (!c->closing)
		uv_close((uv_handle_t *)&c->pipe, client_gone);
	c->closing = true;
}

static void written(uv_write_t *req, int status)
{
	struct answer *answer = (struct answer *)req;
	struct client *c = req->data;

	c->pending--;
	if (status < 0 || (c->said_all && !c->pending && !c->waits))
		drop_client(c);
	free(answer->text);
	free(answer);
}

/* Takes over text, from malloc. */
static void send_octets(struct client *c, char *text, size_t len)
{
	struct answer *answer = text && !c->closing ? calloc(1, sizeof *answer) : NULL;
	uv_buf_t buf = uv_buf_init(text, (unsigned)len);

	if (!answer) {
		free(text);
		drop_client(c);
		return;
	}
	answer->text = text;
	answer->req.data = c;
	c->pending++;
	if (uv_write(&answer->req, (uv_stream_t *)&c->pipe, &buf, 1, written) < 0) {
		c->pending--;
		free(text);
		free(answer);
		drop_client(c);
	}
}

/* Takes text over, a line without its end; NULL is no memory. */
static void send_text(struct client *c, char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (text)
		text[len] = '\n'; /* the terminating zero is not sent */
	send_octets(c, text, len + 1);
}

/* Takes object over. */
static void send_object(struct client *c, json_t *object)
{
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	send_text(c, text);
}

/* Takes over result or error text; one of them is given. */
static void send_answer(struct client *c, json_t *result, const char *error)
{
	json_t *object = result ? json_pack("{s:b,s:o}", "ok", 1, "result", result)
				: json_pack("{s:b,s:s}", "ok", 0, "error", error);

	send_object(c, object);
}

static void serve_lines(struct client *c);

static void reload_done(void *ctx, const struct am_err *err)
{
	struct client *c = ctx;

	c->waits = false;
	if (err)
		send_object(c, json_pack("{s:b, s:s, s:o}", "ok", 0, "error", err->text, "errors",
				       am_show_errors(c->rpc->daemon)));
	else
		send_answer(c, am_show_reload(c->rpc->daemon), NULL);
	serve_lines(c);
}

static void explain(struct client *c, const struct am_request *request)
{
	const struct am_daemon *d = c->rpc->daemon;
	struct am_err err = {"no memory"};
	json_t *result = request->packet.interface[0]
				 ? am_show_explain_packet(d, &request->packet, &err)
				 : am_show_explain(am_model_config(d->model), request->tunnel, &err);

	send_answer(c, result, err.text);
}

/* The process at the other end, for the history. */
static void note_peer(struct client *c, struct am_ask *ask)
{
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t len = sizeof peer;
	uv_os_fd_t fd;

	if (uv_fileno((uv_handle_t *)&c->pipe, &fd) == 0)
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	ask->pid = peer.pid;
	ask->uid = peer.uid;
}

static void ask_change(struct client *c, const struct am_request *request)
{
	static const enum am_change changes[AM_METHODS] = {
		[AM_METHOD_RELOAD] = AM_CHANGE_FILE,
		[AM_METHOD_CONFIRM] = AM_CHANGE_CONFIRM,
		[AM_METHOD_ROLLBACK] = AM_CHANGE_HISTORY,
	};
	struct am_ask ask = {
		.change = changes[request->method],
		.number = request->number,
		.confirm_s = request->confirm_s,
	};
	struct am_err err;

	note_peer(c, &ask);
	c->waits = true;
	if (am_reload_ask(c->rpc->daemon, &ask, reload_done, c, &err) == 0)
		return;
	c->waits = false;
	send_answer(c, NULL, err.text);
}

static size_t capture_waiting(void *ctx)
{
	struct client *c = ctx;

	return uv_stream_get_write_queue_size((uv_stream_t *)&c->pipe);
}

static void capture_write(void *ctx, void *octets, size_t len)
{
	send_octets(ctx, octets, len);
}

static void capture_done(void *ctx)
{
	struct client *c = ctx;

	c->capture = NULL;
	c->waits = false;
	c->said_all = true;
	if (!c->pending)
		drop_client(c);
}

static void capture(struct client *c, const struct am_look *look)
{
	const struct am_capture_sink sink = {c, capture_waiting, capture_write, capture_done};
	struct am_err err;

	c->capture = am_capture_start(c->rpc->daemon, look, &sink, &err);
	c->waits = c->capture;
	send_answer(c, c->capture ? json_object() : NULL, err.text);
}

static void serve(struct client *c, const char *line, size_t len)
{
	struct am_daemon *d = c->rpc->daemon;
	struct am_request request;
	struct am_err err = {"no memory"};
	json_t *result;

	if (am_request_parse(line, len, &request, &err) < 0) {
		send_answer(c, NULL, err.text);
		return;
	}
	switch (request.method) {
	case AM_METHOD_SHOW:
		if (request.what == AM_SHOW_CONFIG) {
			send_text(c, am_show_config(d));
			break;
		}
		result = am_show(d, &request, &err);
		send_answer(c, result, err.text);
		break;
	case AM_METHOD_EXPLAIN:
		explain(c, &request);
		break;
	case AM_METHOD_RELOAD:
	case AM_METHOD_CONFIRM:
	case AM_METHOD_ROLLBACK:
		ask_change(c, &request);
		break;
	case AM_METHOD_HISTORY:
		result = am_show_history(d);
		send_answer(c, result, "no memory");
		break;
	case AM_METHODS:
		break;
	case AM_METHOD_CAPTURE:
	case AM_METHOD_TRACE:
		capture(c, &request.look);
		break;
	}
}

/* Serve every complete line; what is left stays at the front. */
static void serve_lines(struct client *c)
{
	char *end;

	while (!c->waits && !c->closing && (end = memchr(c->line, '\n', c->used))) {
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
		if (n != UV_EOF || (!c->pending && !c->waits))
			drop_client(c);
		else if (c->capture)
			am_capture_finish(c->capture);
		return;
	}
	c->used += (size_t)n;
	serve_lines(c);
	if (c->used == sizeof c->line && !c->closing)
		drop_client(c); /* longer than any request */
}

static void got_client(uv_stream_t *listener, int status)
{
	struct am_rpc *rpc = listener->data;
	struct client *c = status < 0 ? NULL : calloc(1, sizeof *c);

	if (!c)
		return;
	c->rpc = rpc;
	c->next = rpc->clients;
	rpc->clients = c;
	rpc->n_clients++;
	uv_pipe_init(listener->loop, &c->pipe, 0);
	c->pipe.data = c;
	if (uv_accept(listener, (uv_stream_t *)&c->pipe) < 0 || rpc->n_clients > CLIENTS_MAX ||
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

static int bind_socket(struct am_rpc *rpc, struct am_err *err)
{
	mode_t mask;
	int rc;

	if (mkdir(AM_SOCKET_DIR, 0755) != 0 && errno != EEXIST)
		return am_fail(err, errno,
			"cannot make " AM_SOCKET_DIR ": %s; run as root, or make it for this user",
			strerror(errno));
	if (is_taken(rpc->path))
		return am_fail(err, EADDRINUSE,
			"%s answers: an amimed of this name runs; give this one another system.name",
			rpc->path);
	unlink(rpc->path);
	mask = umask(0117);
	rc = uv_pipe_bind(&rpc->listener, rpc->path);
	umask(mask);
	if (rc == 0)
		rc = uv_listen((uv_stream_t *)&rpc->listener, BACKLOG, got_client);
	if (rc)
		return am_fail(err, -rc, "cannot listen on %s: %s; run as root", rpc->path, uv_strerror(rc));
	rpc->bound = true;
	return 0;
}

/* Where that cannot be, the socket stays the daemon's own, and the log says why. */
void am_rpc_follow(struct am_rpc *rpc)
{
	static const mode_t modes[] = {
		[AM_CONTROL_0600] = 0600,
		[AM_CONTROL_0660] = 0660,
		[AM_CONTROL_0666] = 0666,
	};
	const struct am_config *config = am_model_config(rpc->daemon->model);
	const struct group *group = config->control_group[0] ? getgrnam(config->control_group) : NULL;

	if (config->control_group[0] && !group)
		am_log(&rpc->daemon->log, AM_LOG_WARN,
			"there is no group %s (system.control_group): the control socket is for root alone; make it: "
			"groupadd --system %s",
			config->control_group, config->control_group);
	if (chown(rpc->path, (uid_t)-1, group ? group->gr_gid : getegid()) != 0 ||
		chmod(rpc->path, modes[config->control_mode]) != 0)
		am_log(&rpc->daemon->log, AM_LOG_WARN, "cannot change group or mode of %s: %s", rpc->path,
			strerror(errno));
}

struct am_rpc *am_rpc_open(struct am_daemon *d, struct am_err *err)
{
	struct am_rpc *rpc = calloc(1, sizeof *rpc);

	if (!rpc || uv_pipe_init(&d->loop, &rpc->listener, 0) < 0) {
		am_fail(err, ENOMEM, "control socket: no memory");
		free(rpc);
		return NULL;
	}
	rpc->daemon = d;
	rpc->listener.data = rpc;
	snprintf(rpc->path, sizeof rpc->path, AM_SOCKET_DIR "/%s.sock", d->name);
	/* On failure the caller closes it as it would an open one. */
	bind_socket(rpc, err);
	return rpc;
}

bool am_rpc_is_open(const struct am_rpc *rpc)
{
	return rpc->bound;
}

void am_rpc_close(struct am_rpc *rpc)
{
	for (struct client *c = rpc->clients, *next; c; c = next) {
		next = c->next;
		drop_client(c);
	}
	uv_close((uv_handle_t *)&rpc->listener, NULL);
	if (rpc->bound)
		unlink(rpc->path);
}

void am_rpc_free(struct am_rpc *rpc)
{
	free(rpc);
}
