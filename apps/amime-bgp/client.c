/* SPDX-License-Identifier: BSD-3-Clause */
#include "client.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"

enum { ANSWER_WITHIN_S = 30, ANSWER_MAX = 64 << 20 };

static int the_only_one(char *path, size_t room, struct am_err *err)
{
	glob_t found;
	int rc = 0;

	if (glob(AM_BGPD_SOCKET_DIR "/*.sock", 0, NULL, &found))
		return am_fail(err, ENOENT, "no amime-bgp runs: there is no socket in " AM_BGPD_SOCKET_DIR);
	if (found.gl_pathc > 1)
		rc = am_fail(err, ENOENT, "several amime-bgp run; choose one with -s, for example -s %s",
			found.gl_pathv[0]);
	else
		snprintf(path, room, "%s", found.gl_pathv[0]);
	globfree(&found);
	return rc;
}

int am_bgp_client_connect(const char *name, struct am_err *err)
{
	const struct timeval patience = {.tv_sec = ANSWER_WITHIN_S};
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd, rc = 0;

	if (!name)
		rc = the_only_one(to.sun_path, sizeof to.sun_path, err);
	else
		snprintf(to.sun_path, sizeof to.sun_path,
			strchr(name, '/') ? "%s" : AM_BGPD_SOCKET_DIR "/%s.sock", name);
	if (rc)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return am_fail(err, errno, "cannot make a socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	rc = errno;
	close(fd);
	return am_fail(err, rc, "%s: %s; does amime-bgp run, and may you ask it?", to.sun_path, strerror(rc));
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

/* Caller frees. */
static char *read_line(int fd, size_t *len, struct am_err *err)
{
	size_t used = 0, room = 0;
	char *line = NULL, *grown;
	ssize_t n = 0;

	do {
		if (used == room) {
			room = room ? room * 2 : 4096;
			grown = room > ANSWER_MAX ? NULL : realloc(line, room);
			if (!grown) {
				free(line);
				am_fail(err, ENOMEM, "the answer is too long");
				return NULL;
			}
			line = grown;
		}
		n = recv(fd, line + used, room - used, 0);
		used += n > 0 ? (size_t)n : 0;
	} while ((n > 0 && line[used - 1] != '\n') || (n < 0 && errno == EINTR));
	if (n > 0) {
		*len = used - 1;
		return line;
	}
	am_fail(err, EIO, "amime-bgp %s", n < 0 && errno == EAGAIN ? "does not answer" : "hung up");
	free(line);
	return NULL;
}

static json_t *take_result(const char *line, size_t len, bool *refused, struct am_err *err)
{
	json_error_t why;
	json_t *answer = json_loadb(line, len, 0, &why), *result = NULL;
	const char *error;

	if (!answer) {
		am_fail(err, EPROTO, "amime-bgp answers what is not JSON: %s", why.text);
		return NULL;
	}
	error = json_string_value(json_object_get(answer, "error"));
	if (json_is_true(json_object_get(answer, "ok"))) {
		result = json_incref(json_object_get(answer, "result"));
	} else {
		*refused = true;
		am_fail(err, EREMOTEIO, "%s", error ? error : "amime-bgp refuses and does not say why");
	}
	json_decref(answer);
	return result;
}

json_t *am_bgp_client_ask(int fd, json_t *request, bool *refused, struct am_err *err)
{
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL, *line = NULL;
	json_t *result = NULL;
	size_t len;
	int rc;

	*refused = false;
	json_decref(request);
	if (!text) {
		am_fail(err, EINVAL, "the request is no text (is it UTF-8?)");
		return NULL;
	}
	len = strlen(text);
	text[len] = '\n'; /* the terminating zero is not sent */
	rc = send_all(fd, text, len + 1);
	if (rc)
		am_fail(err, -rc, "amime-bgp hung up: %s", strerror(-rc));
	else
		line = read_line(fd, &len, err);
	if (line)
		result = take_result(line, len, refused, err);
	free(line);
	free(text);
	return result;
}
