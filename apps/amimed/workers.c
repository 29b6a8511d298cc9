/* SPDX-License-Identifier: BSD-3-Clause */
#include "workers.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_lcore.h>

#include "drivers/umem.h"
#include "rest.h"

enum {
	IDLE_TURNS = 64,       /* empty turns before a worker goes to sleep: some 10 us of looking */
	REST_SHARE = 4,        /* of a port's queue what comes in a rest may be */
	REST_TURNS = 4,        /* the same before it rests, where there is traffic (rest.h) */
	TIMER_SLACK_NS = 1000, /* the kernel's own of 50 us would double a rest */
	FDS_MAX = AM_PORTS_MAX + 8,
	POLL_MIN_NS = 20000,  /* where a queue has no descriptor: sleep this long, and longer each time ... */
	POLL_MAX_NS = 500000, /* ... up to this, while nothing comes */
	WAIT_MAX_NS = 100000000,
	FIRST = -20, /* nice */
	DRAIN_NS = 100000000,
	DRAIN_TURNS = 64, /* empty ones: then there is nothing left */
};

enum order { RUN, PARK, STOP };

struct thread {
	struct am_workers *all;
	struct am_worker *worker;
	pthread_t id;
	bool started;
	int cpu;                /* -1: not bound */
	_Atomic int tid;        /* written by the thread once */
	_Atomic uint64_t rests; /* written by the thread, read by control */
	int wake;               /* eventfd: control writes, the thread polls and reads */
	_Atomic bool spin;      /* control writes, the thread reads */
	bool refused;           /* the thread could not register; under lock */
	uint64_t turns_seen;    /* control's own, for am_workers_advance */
	/* The thread's own. */
	struct pollfd fds[FDS_MAX];
	int n_fds; /* without wake; -1: something must be polled */
	uint64_t nap_ns;
	struct am_rest rest;
};

struct am_workers {
	_Atomic int order; /* written by control, read by the threads at each turn */
	unsigned n;
	pthread_mutex_t lock;
	pthread_cond_t change;
	unsigned standing;  /* under lock: threads that stand still, or have ended */
	unsigned ready;     /* under lock: threads that came up, or could not */
	cpu_set_t anywhere; /* where threads run that are not bound */
	struct thread threads[AM_WORKERS_MAX];
};

static void note_fds(struct thread *t)
{
	int fds[FDS_MAX - 1];

	t->n_fds = am_worker_wait_fds(t->worker, fds, FDS_MAX - 1);
	t->fds[0] = (struct pollfd){.fd = t->wake, .events = POLLIN};
	for (int i = 0; i < t->n_fds; i++)
		t->fds[i + 1] = (struct pollfd){.fd = fds[i], .events = POLLIN};
}

static void sleep_on(struct thread *t, int n, uint64_t ns)
{
	struct timespec wait = {.tv_sec = (time_t)(ns / AM_S), .tv_nsec = (long)(ns % AM_S)};
	uint64_t count;

	am_worker_offline(t->worker);
	if (ppoll(t->fds, (nfds_t)n, &wait, NULL) > 0 && t->fds[0].revents & POLLIN) {
		ssize_t got = read(t->wake, &count, sizeof count);

		(void)got; /* only to make it unreadable again */
	}
	am_worker_online(t->worker);
}

/* Some queue has no descriptor: look again after a nap that grows while nothing comes. */
static void nap(struct thread *t)
{
	sleep_on(t, 1, t->nap_ns);
	t->nap_ns = t->nap_ns * 2 > POLL_MAX_NS ? POLL_MAX_NS : t->nap_ns * 2;
}

static void wait_for_work(struct thread *t)
{
	uint64_t deadline = 0, now, ns = WAIT_MAX_NS;

	if (t->n_fds < 0) {
		nap(t);
		return;
	}
	if (!am_worker_wait_begin(t->worker, &deadline))
		return;
	now = am_clock_monotonic().ns;
	if (deadline)
		ns = deadline > now ? deadline - now : 0;
	if (ns > WAIT_MAX_NS)
		ns = WAIT_MAX_NS;
	sleep_on(t, t->n_fds + 1, ns);
	am_worker_wait_end(t->worker);
}

/* Stand still until the order is another one. */
static void stand(struct thread *t)
{
	struct am_workers *all = t->all;

	am_worker_offline(t->worker);
	pthread_mutex_lock(&all->lock);
	all->standing++;
	pthread_cond_broadcast(&all->change);
	while (atomic_load(&all->order) == PARK)
		pthread_cond_wait(&all->change, &all->lock);
	all->standing--;
	pthread_mutex_unlock(&all->lock);
	note_fds(t); /* ports may have come or gone */
	am_worker_online(t->worker);
}

static void rest(struct thread *t, uint64_t now)
{
	uint64_t ns = am_rest_take(&t->rest, now);

	if (!ns)
		return;
	sleep_on(t, 1, ns);
	atomic_store_explicit(
		&t->rests, atomic_load_explicit(&t->rests, memory_order_relaxed) + 1, memory_order_relaxed);
}

/* After so many empty turns; how many that is from now on. Where nobody wakes a worker it has no reason to rest. */
static unsigned idle(struct thread *t, unsigned empty, uint64_t now)
{
	if (am_rest_is_traffic(&t->rest) && t->n_fds >= 0) {
		if (empty < REST_TURNS)
			return empty;
		rest(t, now);
		return 0;
	}
	if (empty < IDLE_TURNS)
		return empty;
	wait_for_work(t);
	am_rest_woken(&t->rest, am_clock_monotonic().ns);
	return t->n_fds < 0 ? IDLE_TURNS - 1 : 0;
}

static void turn_until_told(struct thread *t)
{
	unsigned empty = 0;

	while (atomic_load_explicit(&t->all->order, memory_order_acquire) == RUN) {
		am_time now = am_clock_monotonic();
		unsigned n = am_worker_turn(t->worker, now);

		if (n) {
			empty = 0;
			t->rest.packets += n;
			t->nap_ns = POLL_MIN_NS;
		} else if (!atomic_load_explicit(&t->spin, memory_order_relaxed)) {
			empty = idle(t, empty + 1, now.ns);
		}
	}
}

/*
 * A worker that has packets goes before ordinary programs, as forwarding by the kernel does: what is late here is lost in a
 * device's queue. Not where workers could take every CPU: under load nobody could log in, and control would not learn.
 * Without CAP_SYS_NICE a worker takes its turn like any program.
 */
static void go_first(const struct am_workers *all)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) > (long)all->n)
		setpriority(PRIO_PROCESS, (id_t)gettid(), FIRST);
}

static bool come_up(struct thread *t)
{
	bool fine = rte_thread_register() == 0;

	go_first(t->all);
	prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS);
	pthread_mutex_lock(&t->all->lock);
	atomic_store(&t->tid, (int)gettid());
	t->refused = !fine;
	t->all->ready++;
	pthread_cond_broadcast(&t->all->change);
	pthread_mutex_unlock(&t->all->lock);
	return fine;
}

static void *run(void *arg)
{
	struct thread *t = arg;

	if (!come_up(t))
		return NULL;
	note_fds(t);
	am_worker_online(t->worker);
	for (;;) {
		int order = atomic_load(&t->all->order);

		if (order == STOP)
			break;
		if (order == PARK)
			stand(t);
		else
			turn_until_told(t);
	}
	am_worker_offline(t->worker);
	rte_thread_unregister();
	return NULL;
}

static int bind_to_cpu(pthread_attr_t *attr, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	return pthread_attr_setaffinity_np(attr, sizeof set, &set);
}

static int start_thread(struct am_workers *all, unsigned i, struct am_err *err)
{
	struct thread *t = &all->threads[i];
	pthread_attr_t attr;
	char name[16];
	int rc;

	t->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (t->wake < 0)
		return am_fail(err, errno, "worker %u: cannot make an eventfd: %s", i, strerror(errno));
	pthread_attr_init(&attr);
	rc = t->cpu >= 0 ? bind_to_cpu(&attr, t->cpu) : 0;
	if (rc == 0)
		rc = pthread_create(&t->id, &attr, run, t);
	pthread_attr_destroy(&attr);
	if (rc)
		return am_fail(err, rc,
			"worker %u: cannot start its thread on CPU %d: %s; look at system.cpus", i, t->cpu,
			strerror(rc));
	t->started = true;
	snprintf(name, sizeof name, "worker-%u", i);
	pthread_setname_np(t->id, name);
	return 0;
}

/* Wait until all came up; -EAGAIN where DPDK had no place for one. */
static int wait_ready(struct am_workers *all, struct am_err *err)
{
	int rc = 0;

	pthread_mutex_lock(&all->lock);
	while (all->ready < all->n)
		pthread_cond_wait(&all->change, &all->lock);
	for (unsigned i = 0; i < all->n; i++)
		if (all->threads[i].refused)
			rc = am_fail(err, EAGAIN, "worker %u: DPDK has no place for its thread", i);
	pthread_mutex_unlock(&all->lock);
	return rc;
}

struct am_workers *am_workers_start(struct am_plane *plane, const struct am_config *conf, struct am_err *err)
{
	struct am_workers *all = calloc(1, sizeof *all);
	int rc = 0;

	if (!all) {
		am_fail(err, ENOMEM, "workers: no memory");
		return NULL;
	}
	pthread_getaffinity_np(pthread_self(), sizeof all->anywhere, &all->anywhere);
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->change, NULL);
	for (unsigned i = 0; i < AM_WORKERS_MAX; i++)
		all->threads[i] = (struct thread){.all = all,
			.wake = -1,
			.cpu = -1,
			.nap_ns = POLL_MIN_NS,
			.rest.frames = am_umem_ring(conf->buffers) / REST_SHARE};
	for (unsigned i = 0; i < conf->workers && rc == 0; i++) {
		struct thread *t = &all->threads[i];

		t->worker = am_plane_worker(plane, i);
		atomic_store(&t->spin, conf->idle == AM_IDLE_SPIN);
		t->cpu = i < conf->n_cpus ? conf->cpus[i] : -1;
		rc = start_thread(all, i, err);
		all->n += rc == 0;
	}
	if (rc == 0)
		rc = wait_ready(all, err);
	if (rc) {
		am_workers_stop(all);
		return NULL;
	}
	return all;
}

static void give_order(struct am_workers *all, enum order order)
{
	const uint64_t one = 1;

	pthread_mutex_lock(&all->lock);
	atomic_store(&all->order, order);
	pthread_cond_broadcast(&all->change);
	pthread_mutex_unlock(&all->lock);
	for (unsigned i = 0; i < all->n && order != RUN; i++) {
		ssize_t n = write(all->threads[i].wake, &one, sizeof one);

		(void)n; /* full means that it is readable already */
	}
}

/* Threads of this program may run on the same CPUs, so this one tries. */
void am_workers_check_cpus(const struct am_config *conf, struct am_config_errors *errors)
{
	cpu_set_t before, one;
	char path[40];

	pthread_getaffinity_np(pthread_self(), sizeof before, &before);
	for (uint16_t i = 0; i < conf->n_cpus; i++) {
		CPU_ZERO(&one);
		CPU_SET(conf->cpus[i], &one);
		if (pthread_setaffinity_np(pthread_self(), sizeof one, &one) == 0)
			continue;
		snprintf(path, sizeof path, "$.system.cpus[%u]", i);
		am_config_complain(conf, errors, path,
			"CPU %u is not there, or not allowed for this program; see: lscpu --extended",
			conf->cpus[i]);
	}
	pthread_setaffinity_np(pthread_self(), sizeof before, &before);
}

void am_workers_adapt(struct am_workers *all, const struct am_config *conf)
{
	const uint64_t one = 1;

	for (unsigned i = 0; i < all->n; i++) {
		struct thread *t = &all->threads[i];
		int cpu = i < conf->n_cpus ? conf->cpus[i] : -1;
		cpu_set_t set = all->anywhere;
		ssize_t n;

		if (cpu >= 0) {
			CPU_ZERO(&set);
			CPU_SET((size_t)cpu, &set);
		}
		if (cpu != t->cpu && pthread_setaffinity_np(t->id, sizeof set, &set) == 0)
			t->cpu = cpu;
		atomic_store_explicit(&t->spin, conf->idle == AM_IDLE_SPIN, memory_order_relaxed);
		n = write(t->wake, &one, sizeof one);
		(void)n; /* full means that it is readable already */
	}
}

void am_workers_park(struct am_workers *all)
{
	give_order(all, PARK);
	pthread_mutex_lock(&all->lock);
	while (all->standing < all->n)
		pthread_cond_wait(&all->change, &all->lock);
	pthread_mutex_unlock(&all->lock);
}

void am_workers_resume(struct am_workers *all)
{
	give_order(all, RUN);
}

bool am_workers_advance(struct am_workers *all, const struct am_plane *plane)
{
	bool advance = true;

	for (unsigned i = 0; i < all->n; i++) {
		struct am_worker_stats stats;

		am_plane_worker_stats(plane, i, &stats);
		advance &= stats.turns != all->threads[i].turns_seen;
		all->threads[i].turns_seen = stats.turns;
	}
	return advance;
}

/* This thread takes the turns of all workers; receive: also what comes in. */
static unsigned turn_all(struct am_workers *all, bool receive)
{
	am_time now = am_clock_monotonic();
	unsigned moved = 0;

	for (unsigned i = 0; i < all->n; i++) {
		struct am_worker *w = all->threads[i].worker;

		moved += receive ? am_worker_turn(w, now) : am_worker_drain(w, now);
	}
	return moved;
}

void am_workers_drain(struct am_workers *all)
{
	am_time until = am_time_add(am_clock_monotonic(), DRAIN_NS);

	am_workers_park(all);
	for (unsigned i = 0; i < all->n; i++)
		am_worker_online(all->threads[i].worker);
	for (unsigned quiet = 0; quiet < DRAIN_TURNS && am_time_before(am_clock_monotonic(), until);)
		quiet = turn_all(all, true) ? 0 : quiet + 1;
	/* Traffic may go on: nothing new now, and a driver that sends a few at a time is asked often enough. */
	for (unsigned quiet = 0; quiet < DRAIN_TURNS;)
		quiet = turn_all(all, false) ? 0 : quiet + 1;
	for (unsigned i = 0; i < all->n; i++)
		am_worker_offline(all->threads[i].worker);
}

void am_workers_stop(struct am_workers *all)
{
	if (!all)
		return;
	give_order(all, STOP);
	for (unsigned i = 0; i < AM_WORKERS_MAX; i++) {
		if (all->threads[i].started)
			pthread_join(all->threads[i].id, NULL);
		if (all->threads[i].wake >= 0)
			close(all->threads[i].wake);
	}
	pthread_cond_destroy(&all->change);
	pthread_mutex_destroy(&all->lock);
	free(all);
}

unsigned am_workers_count(const struct am_workers *all)
{
	return all->n;
}

int am_workers_cpu(const struct am_workers *all, unsigned i)
{
	return i < all->n ? all->threads[i].cpu : -1;
}

int am_workers_tid(const struct am_workers *all, unsigned i)
{
	return i < all->n ? atomic_load(&all->threads[i].tid) : 0;
}

uint64_t am_workers_rests(const struct am_workers *all, unsigned i)
{
	return i < all->n ? atomic_load_explicit(&all->threads[i].rests, memory_order_relaxed) : 0;
}
