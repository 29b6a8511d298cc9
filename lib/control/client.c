/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/client.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	ANSWER_WITHIN_S = 30, /* a reload with many ports takes its time */
	ANSWER_MAX = 256 << 20,
	SUFFIX_LEN = sizeof ".sock" - 1,
};

static bool is_socket_name(const char *name)
{
	size_t len = strlen(name);

	return len > SUFFIX_LEN && strcmp(name + len - SUFFIX_LEN, ".sock") == 0;
}

/* Names of instances, separated by spaces. Returns how many there are. */
static int list_names(const char *dir, char *names, size_t room)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	size_t used = 0;
	int n = 0;

	names[0] = 0;
	while (d && (entry = readdir(d))) {
		if (!is_socket_name(entry->d_name))
			continue;
		n++;
		if (used < room)
			used += (size_t)snprintf(names + used, room - used, "%s%.*s", used ? " " : "",
				(int)(strlen(entry->d_name) - SUFFIX_LEN), entry->d_name);
	}
	if (d)
		closedir(d);
	return n;
}

int am_control_find(const struct am_control_daemon *daemon, const char *path, const char *name, char *out,
	size_t room, struct am_err *err)
{
	char names[300];
	int n;

	if (path) {
		snprintf(out, room, "%s", path);
		return 0;
	}
	n = list_names(daemon->dir, names, sizeof names);
	if (!name && n > 1)
		return am_fail(err, ENOENT, "several %s run; choose one with %s: %s", daemon->program,
			daemon->option, names);
	if (!name && n == 0)
		return am_fail(
			err, ENOENT, "no %s runs: there is no socket in %s", daemon->program, daemon->dir);
	snprintf(out, room, "%s/%s.sock", daemon->dir, name ? name : names);
	return 0;
}

int am_control_connect(const struct am_control_daemon *daemon, const char *path, struct am_err *err)
{
	const struct timeval patience = {.tv_sec = ANSWER_WITHIN_S};
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd, rc;

	if (strlen(path) >= sizeof to.sun_path)
		return am_fail(err, ENAMETOOLONG, "%s: longer than a socket's path can be", path);
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return am_fail(err, errno, "cannot make a socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	rc = errno;
	close(fd);
	if (rc == EACCES)
		return am_fail(
			err, rc, "%s: no permission; run as root or as a member of the socket's group", path);
	return am_fail(err, rc, "%s: %s; does %s run? systemctl status %s", path, strerror(rc),
		daemon->program, daemon->program);
}

static int send_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return -errno;
		text += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* A line, without its end; the caller frees it. NULL and err. */
static char *read_line(const struct am_control_daemon *daemon, int fd, size_t *len, struct am_err *err)
{
	size_t used = 0, room = 1 << 16;
	char *line = malloc(room);
	ssize_t n = 1;

	while (line && !(used && line[used - 1] == '\n')) {
		if (used == room && (room *= 2) <= ANSWER_MAX) {
			char *more = realloc(line, room);

			if (!more)
				break;
			line = more;
		}
		n = used < room ? recv(fd, line + used, room - used, 0) : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	if (line && used && line[used - 1] == '\n') {
		*len = used - 1;
		return line;
	}
	am_fail(err, EIO, "%s %s", daemon->program, n < 0 && errno == EAGAIN ? "does not answer" : "hung up");
	free(line);
	return NULL;
}

static json_t *take_result(const struct am_control_daemon *daemon, const char *line, size_t len,
	bool *refused, json_t **errors, struct am_err *err)
{
	json_error_t why;
	json_t *answer = json_loadb(line, len, 0, &why), *result = NULL;
	const char *error;

	if (!answer) {
		am_fail(err, EPROTO, "%s answers what is not JSON: %s", daemon->program, why.text);
		return NULL;
	}
	error = json_string_value(json_object_get(answer, "error"));
	if (json_is_true(json_object_get(answer, "ok"))) {
		result = json_incref(json_object_get(answer, "result"));
	} else {
		*refused = true;
		if (errors)
			*errors = json_incref(json_object_get(answer, "errors"));
		if (error)
			am_fail(err, EREMOTEIO, "%s", error);
		else
			am_fail(err, EREMOTEIO, "%s refuses and does not say why", daemon->program);
	}
	json_decref(answer);
	return result;
}

json_t *am_control_ask(const struct am_control_daemon *daemon, int fd, json_t *request, bool *refused,
	json_t **errors, struct am_err *err)
{
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL, *line = NULL;
	json_t *result = NULL;
	size_t len;
	int rc;

	*refused = false;
	if (errors)
		*errors = NULL;
	json_decref(request);
	if (!text) {
		am_fail(err, EINVAL, "the request is no text (is it UTF-8?)");
		return NULL;
	}
	len = strlen(text);
	text[len] = '\n'; /* the terminating zero is not sent */
	rc = send_all(fd, text, len + 1);
	if (rc)
		am_fail(err, -rc, "%s hung up: %s", daemon->program, strerror(-rc));
	else
		line = read_line(daemon, fd, &len, err);
	if (line)
		result = take_result(daemon, line, len, refused, errors, err);
	free(line);
	free(text);
	return result;
}
