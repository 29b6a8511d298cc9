/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BASE_ERR_H
#define BASE_ERR_H
/*
 * An error for a person: what is wrong, where, and what to do about it. Functions return the negative errno
 * and fill one of these where the caller passed it.
 */
#define AM_ERR_TEXT 512

struct am_err {
	char text[AM_ERR_TEXT];
};

/* Write the text and return -code (code is a positive errno), so that a caller can `return am_fail(...)`. */
int am_fail(struct am_err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Put "context: " before what err already says; returns code unchanged. */
int am_fail_in(struct am_err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
