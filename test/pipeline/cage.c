/* SPDX-License-Identifier: BSD-3-Clause */
#include "cage.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096, BLOCKS_MAX = 65536, MAPPED_MAX = 64 };
#define ROOM ((size_t)1 << 30) /* addresses; only what is used takes memory */

/* Each allocation has pages of its own, so that each can be protected, and said to be written, by itself. */
struct block {
	size_t at, len; /* in whole pages */
	bool writable;
};

/* malloc has no argument for it. */
static struct {
	uint8_t *base;
	size_t used;
	unsigned n;
	struct block blocks[BLOCKS_MAX];
} cage;
static _Thread_local unsigned filling; /* EAL has threads of its own */
static _Thread_local bool caged;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *p);

/* What was mapped while the cage was being filled. */
static struct {
	void *at;
	size_t len;
} mapped[MAPPED_MAX];
static unsigned n_mapped;

/* The linker puts it in front of libc's mmap, which is this one with 64-bit offsets: tables that never move are mapped. */
void *__real_mmap64(void *at, size_t len, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *at, size_t len, int protection, int flags, int fd, off_t offset);

static void die(const char *what)
{
	fprintf(stderr, "cage: %s: %s\n", what, strerror(errno));
	_exit(3);
}

static bool is_mapped(const void *p)
{
	for (unsigned i = 0; i < n_mapped; i++)
		if ((const uint8_t *)p - (uint8_t *)mapped[i].at < (ptrdiff_t)mapped[i].len &&
			(const uint8_t *)p >= (uint8_t *)mapped[i].at)
			return true;
	return false;
}

void *__wrap_mmap64(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	void *p = __real_mmap64(at, len, protection, flags, fd, offset);

	if (!filling || p == MAP_FAILED)
		return p;
	if (n_mapped == MAPPED_MAX)
		die("full of mappings");
	mapped[n_mapped].at = p;
	mapped[n_mapped++].len = len;
	return p;
}

static bool is_allocated(const void *p)
{
	return cage.base && (const uint8_t *)p >= cage.base && (const uint8_t *)p < cage.base + cage.used;
}

bool cage_holds(const void *p)
{
	return is_allocated(p) || is_mapped(p);
}

void cage_fill_begin(void)
{
	if (!cage.base) {
		cage.base = __real_mmap64(NULL, ROOM, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (cage.base == MAP_FAILED)
			die("mmap");
	}
	filling++;
}

void cage_fill_end(void)
{
	filling--;
}

static void *take(size_t align, size_t size)
{
	size_t at = cage.used, len = (size + PAGE) / PAGE * PAGE;

	if (align > PAGE)
		at += (align - (uintptr_t)(cage.base + at) % align) % align;
	if (cage.n == BLOCKS_MAX || at + len > ROOM)
		die("full");
	cage.blocks[cage.n++] = (struct block){at, len, false};
	cage.used = at + len;
	return cage.base + at;
}

static struct block *block_of(const void *p)
{
	size_t at = (size_t)((const uint8_t *)p - cage.base);

	for (unsigned i = 0; i < cage.n; i++)
		if (at >= cage.blocks[i].at && at < cage.blocks[i].at + cage.blocks[i].len)
			return &cage.blocks[i];
	return NULL;
}

void cage_exempt(const void *p)
{
	if (is_allocated(p))
		block_of(p)->writable = true;
}

unsigned cage_exempt_written(void (*write)(void *arg), void *arg)
{
	uint8_t *before =
		__real_mmap64(NULL, cage.used, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned changed = 0;

	if (before == MAP_FAILED)
		die("mmap");
	memcpy(before, cage.base, cage.used);
	write(arg);
	for (unsigned i = 0; i < cage.n; i++) {
		struct block *b = &cage.blocks[i];

		if (memcmp(before + b->at, cage.base + b->at, b->len) != 0) {
			b->writable = true;
			changed++;
		}
	}
	munmap(before, cage.used);
	return changed;
}

void cage_close(void)
{
	if (mprotect(cage.base, cage.used, PROT_READ) < 0)
		die("mprotect");
	for (unsigned i = 0; i < n_mapped; i++)
		if (mprotect(mapped[i].at, mapped[i].len, PROT_READ) < 0)
			die("mprotect");
	for (unsigned i = 0; i < cage.n; i++)
		if (cage.blocks[i].writable && mprotect(cage.base + cage.blocks[i].at, cage.blocks[i].len,
						       PROT_READ | PROT_WRITE) < 0)
			die("mprotect");
}

void cage_enter(void)
{
	struct sock_filter kill = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	struct sock_fprog program = {.len = 1, .filter = &kill};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		die("prctl");
	caged = true;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		die("seccomp");
}

/* ---- the allocator of the whole process ---- */

static inline void allowed(void)
{
	if (caged)
		__builtin_trap();
}

void *malloc(size_t size)
{
	allowed();
	return filling ? take(0, size) : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	size_t octets;

	allowed();
	if (!filling)
		return __libc_calloc(n, size);
	return __builtin_mul_overflow(n, size, &octets) ? NULL : take(0, octets); /* fresh pages are zero */
}

void *memalign(size_t align, size_t size)
{
	allowed();
	return filling ? take(align, size) : __libc_memalign(align, size);
}

void *aligned_alloc(size_t align, size_t size)
{
	return memalign(align, size);
}

int posix_memalign(void **out, size_t align, size_t size)
{
	*out = memalign(align, size);
	return *out ? 0 : ENOMEM;
}

/* Nothing is given back to the cage. */
void free(void *p)
{
	allowed();
	if (!is_allocated(p))
		__libc_free(p);
}

void *realloc(void *p, size_t size)
{
	void *to;

	allowed();
	if (!filling && !is_allocated(p))
		return __libc_realloc(p, size);
	to = malloc(size);
	if (to && p) {
		size_t had = is_allocated(p) ? block_of(p)->len : malloc_usable_size(p);

		memcpy(to, p, had < size ? had : size);
		free(p);
	}
	return to;
}
