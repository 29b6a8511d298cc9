/* SPDX-License-Identifier: BSD-3-Clause */
#include "fib_reference.h"

#include <stdlib.h>

#include "base/bytes.h"

typedef unsigned __int128 address;

/* A route as first and last address; len orders those that begin at the same one. */
struct range {
	address first, last;
	uint32_t len;
	int32_t route;
};

/* From here on to the next one. */
struct part {
	address first;
	int32_t route;
};

struct fib_reference {
	struct part *parts;
	size_t n;
};

static address address_of(const struct am_ip *ip)
{
	if (ip->family == AM_IPV4)
		return am_load32(ip->bytes);
	return (address)am_load64(ip->bytes) << 64 | am_load64(ip->bytes + 8);
}

static int by_first(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->len < y->len ? -1 : x->len > y->len;
}

static struct range range_of(const struct am_prefix *p, int32_t route)
{
	unsigned host = (p->ip.family == AM_IPV4 ? 32u : 128u) - p->len;
	address first = address_of(&p->ip);

	/* In two steps: by 128 at once is no shift. */
	return (struct range){
		first, first | (host ? (((address)1 << (host - 1)) << 1) - 1 : 0), p->len, route};
}

static void begin(struct fib_reference *r, address first, int32_t route)
{
	if (r->n && r->parts[r->n - 1].first == first)
		r->n--;
	r->parts[r->n++] = (struct part){first, route};
}

/* Ranges nest or are apart: those that are open at some address are a stack. */
static void sweep(struct fib_reference *r, const struct range *ranges, uint32_t n)
{
	const struct range *open[129];
	unsigned depth = 0;

	begin(r, 0, -1);
	for (uint32_t i = 0; i <= n; i++) {
		while (depth && (i == n || open[depth - 1]->last < ranges[i].first)) {
			address next = open[--depth]->last + 1;

			if (next)
				begin(r, next, depth ? open[depth - 1]->route : -1);
		}
		if (i == n)
			return;
		open[depth++] = &ranges[i];
		begin(r, ranges[i].first, ranges[i].route);
	}
}

struct fib_reference *fib_reference_make(const struct am_prefix *routes, uint32_t n)
{
	struct fib_reference *r = calloc(1, sizeof *r);
	struct range *ranges = calloc((size_t)n + 1, sizeof *ranges);

	if (r)
		r->parts = calloc(2 * (size_t)n + 1, sizeof *r->parts);
	if (!r || !ranges || !r->parts) {
		fib_reference_free(r);
		free(ranges);
		return NULL;
	}
	for (uint32_t i = 0; i < n; i++)
		ranges[i] = range_of(&routes[i], (int32_t)i);
	qsort(ranges, n, sizeof *ranges, by_first);
	sweep(r, ranges, n);
	free(ranges);
	return r;
}

void fib_reference_free(struct fib_reference *r)
{
	if (r)
		free(r->parts);
	free(r);
}

int32_t fib_reference_find(const struct fib_reference *r, const struct am_ip *ip)
{
	address a = address_of(ip);
	size_t low = 0, high = r->n;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (r->parts[middle].first <= a)
			low = middle;
		else
			high = middle;
	}
	return r->parts[low].route;
}
