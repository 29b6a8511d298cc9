/* SPDX-License-Identifier: BSD-3-Clause */
#include "who.h"

#include <pwd.h>
#include <stdio.h>

enum { NOBODY_LOGGED_IN = -1, PASSWD_ROOM = 4096 };

static void name_of(uid_t uid, char *out, size_t room)
{
	char buf[PASSWD_ROOM];
	struct passwd entry, *found = NULL;

	if (getpwuid_r(uid, &entry, buf, sizeof buf, &found) == 0 && found)
		snprintf(out, room, "%s", found->pw_name);
	else
		snprintf(out, room, "uid %u", uid);
}

static uid_t login_of(pid_t pid)
{
	char path[64];
	unsigned uid = (unsigned)NOBODY_LOGGED_IN;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/loginuid", (int)pid);
	f = fopen(path, "re");
	if (f && fscanf(f, "%u", &uid) != 1)
		uid = (unsigned)NOBODY_LOGGED_IN;
	if (f)
		fclose(f);
	return uid;
}

void am_who(pid_t pid, uid_t uid, char *out, size_t room)
{
	uid_t login = login_of(pid);
	char user[24], person[24];

	name_of(uid, user, sizeof user);
	if (login == (uid_t)NOBODY_LOGGED_IN || login == uid) {
		snprintf(out, room, "%s", user);
		return;
	}
	name_of(login, person, sizeof person);
	snprintf(out, room, "%s (%s logged in)", user, person);
}
