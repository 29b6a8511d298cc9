/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/journal.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

enum { MESSAGE_MAX = 2048, FIELD_MAX = 16 };

/* JOURNAL_STREAM is "device:inode" of what systemd gave us as standard error; a shell may have put another there. */
static bool is_journals(const char *stream, int fd)
{
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(fd, &st) == 0 &&
	       st.st_dev == (dev_t)device && st.st_ino == (ino_t)inode;
}

bool am_journal_open(struct am_journal *j, const char *instance)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET};

	*j = (struct am_journal){.fd = -1, .instance = instance};
	if (!is_journals(getenv("JOURNAL_STREAM"), STDERR_FILENO))
		return false;
	j->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (j->fd < 0)
		return false;
	if (connect(j->fd, (const struct sockaddr *)&to, sizeof to) == 0)
		return true;
	am_journal_close(j);
	return false;
}

void am_journal_close(struct am_journal *j)
{
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
}

/* "wan" and AMIME_PORT of "port wan: link down"; false where a line begins otherwise. */
static bool find_subject(const char *text, char field[FIELD_MAX], const char **name, size_t *len)
{
	static const char *const kinds[] = {"port", "tunnel", "bridge", "xconnect", "vrf", "worker"};

	for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		size_t word = strlen(kinds[i]);

		if (strncmp(text, kinds[i], word) != 0 || text[word] != ' ')
			continue;
		*name = text + word + 1;
		*len = strcspn(*name, " :,");
		if (*len == 0 || (*name)[*len] != ':')
			return false;
		for (size_t c = 0; c <= word; c++)
			field[c] = (char)toupper((unsigned char)kinds[i][c]);
		return true;
	}
	return false;
}

struct out {
	char *at;
	size_t left;
};

static void put(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(struct out *o, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(o->at, o->left, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= o->left)
		n = 0; /* a field that does not fit is left out whole */
	o->at += n;
	o->left -= (size_t)n;
}

size_t am_journal_write(
	char *out, size_t room, int priority, const char *program, const char *instance, const char *text)
{
	struct out o = {out, room};
	char field[FIELD_MAX];
	const char *name;
	size_t len;

	put(&o, "PRIORITY=%d\n", priority);
	put(&o, "SYSLOG_IDENTIFIER=%s\n", program);
	put(&o, "MESSAGE=%s\n", text);
	if (instance)
		put(&o, "AMIME_INSTANCE=%s\n", instance);
	if (find_subject(text, field, &name, &len))
		put(&o, "AMIME_%s=%.*s\n", field, (int)len, name);
	return (size_t)(o.at - out);
}

bool am_journal_send(const struct am_journal *j, int priority, const char *program, const char *text)
{
	char message[MESSAGE_MAX];
	size_t len = am_journal_write(message, sizeof message, priority, program, j->instance, text);

	return send(j->fd, message, len, MSG_NOSIGNAL) == (ssize_t)len;
}
