/* SPDX-License-Identifier: BSD-3-Clause */
#include "slow.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <rte_lcore.h>

#include "net/ether.h"
#include "pipeline/punt.h"
#include "pipeline/worker.h"
#include "pkt/buf.h"

enum {
	TARGETS = 1 << 16,
	BATCH = 64,
	ROUNDS = 8, /* of a worker's ring in one go */
	READS = 32, /* of one device */
	EVENTS = 32,
	FIRST = -20,    /* nice */
	WAKE = TARGETS, /* in an event's data, beside targets */
	STOP,
	LOOK_MS = 1,
	REPORTS = 64, /* that control has not seen; more are lost, and the next ones say the same */
	GLEANS = 256, /* that control has not seen; more are asked for again by the next packet */
};

struct device {
	struct am_host host;
	struct am_slow_stats stats;
};

struct am_slow {
	struct am_plane *plane;
	struct rte_mempool *pool;
	unsigned workers;
	pthread_t id;
	bool started;
	_Atomic bool looks;    /* control writes, the thread reads: it looks by itself */
	int gleaned;           /* an eventfd that the thread writes, and control reads */
	int epoll, wake, stop; /* stop: an eventfd that control writes */
	pthread_mutex_t lock;  /* of what follows */
	struct device *by_target[TARGETS];
	struct am_port *ports[AM_PORTS_MAX];
	struct am_slow_stats back[AM_PORTS_MAX];
	struct am_glean gleans[GLEANS];
	unsigned first_glean, n_gleans;
	struct am_icmp_report reports[REPORTS];
	unsigned first_report, n_reports;
	struct am_held held;
};

/* ---- up ---- */

static void count_up(struct am_slow_stats *s, uint32_t len, int rc)
{
	s->refused += rc != 0;
	s->to_kernel += rc == 0;
	s->to_kernel_bytes += rc == 0 ? len : 0;
}

static bool is_noted(const struct am_slow *slow, const struct am_glean *g)
{
	for (unsigned i = 0; i < slow->n_gleans; i++) {
		const struct am_glean *have = &slow->gleans[(slow->first_glean + i) % GLEANS];

		if (have->interface == g->interface && am_ip_equal(&have->ip, &g->ip))
			return true;
	}
	return false;
}

/* Control asks for it. */
static void note(struct am_slow *slow, const struct am_glean *g)
{
	const uint64_t one = 1;

	if (slow->n_gleans == GLEANS || is_noted(slow, g))
		return;
	slow->gleans[(slow->first_glean + slow->n_gleans++) % GLEANS] = *g;
	if (write(slow->gleaned, &one, sizeof one) < 0)
		return; /* full is readable */
}

/* The packet waits. What does not, it or an older one, or NULL. */
static struct rte_mbuf *take_glean(struct am_slow *slow, const struct am_punted *p)
{
	const uint8_t *ip = am_buf_data(p->m);
	struct am_glean g = {.interface = p->to};
	struct am_ip_hdr hdr;

	if (am_ip_parse(ip, am_buf_len(p->m), &hdr) != AM_V_OK)
		return p->m;
	g.ip = hdr.family == AM_IPV4 ? am_ip4(am_ip_dst(ip, AM_IPV4)) : am_ip6(am_ip_dst(ip, AM_IPV6));
	note(slow, &g);
	return am_held_put(&slow->held, &g, p->m, am_clock_monotonic());
}

static void note_report(struct am_slow *slow, const struct am_punted *p)
{
	uint32_t len = am_buf_len(p->m);
	const uint64_t one = 1;
	struct am_icmp_report report;

	if (slow->n_reports == REPORTS || len < p->to ||
		!am_icmp_report_read((const uint8_t *)am_buf_data(p->m) + p->to, len - p->to, &report))
		return;
	slow->reports[(slow->first_report + slow->n_reports++) % REPORTS] = report;
	if (write(slow->gleaned, &one, sizeof one) < 0)
		return; /* full is readable */
}

static void to_kernel(struct am_slow *slow, const struct am_punted *p)
{
	const uint8_t *bytes = am_buf_data(p->m);
	uint32_t len = am_buf_len(p->m);
	struct device *d = slow->by_target[p->to];

	if (p->class == AM_PUNT_TUNNEL_ERROR) {
		note_report(slow, p);
	} else if (p->class == AM_PUNT_BACK) {
		struct am_port *port = p->to < AM_PORTS_MAX ? slow->ports[p->to] : NULL;

		if (port)
			count_up(&slow->back[p->to], len, port->ops->give_back(port, bytes, len));
	} else if (d) {
		count_up(&d->stats, len, am_host_write(&d->host, bytes, len));
	}
}

static bool drain_worker(struct am_slow *slow, unsigned worker)
{
	struct am_punted p[BATCH];
	struct rte_mbuf *m[BATCH];
	unsigned n = am_plane_punted(slow->plane, worker, p, BATCH), done = 0;

	for (unsigned i = 0; i < n; i++) {
		m[done] = p[i].m;
		if (p[i].class == AM_PUNT_GLEAN)
			m[done] = take_glean(slow, &p[i]);
		else
			to_kernel(slow, &p[i]);
		done += m[done] != NULL;
	}
	am_buf_free_bulk(m, done);
	return n == BATCH;
}

/* True where more is left: the kernel's side has its turn first. */
static bool drain(struct am_slow *slow)
{
	bool more = true;

	for (unsigned round = 0; round < ROUNDS && more; round++) {
		more = false;
		for (unsigned i = 0; i < slow->workers; i++)
			more |= drain_worker(slow, i);
	}
	return more;
}

/* ---- down ---- */

static void note_session(struct am_slow *slow, const struct am_host *host, const struct rte_mbuf *m)
{
	const uint8_t *bytes = am_buf_data(m);
	uint32_t len = am_buf_len(m);

	if (host->kind == AM_HOST_TUN)
		am_plane_note_session(slow->plane, bytes, len);
	else if (len > AM_ETH_LEN)
		am_plane_note_session(slow->plane, bytes + AM_ETH_LEN, len - AM_ETH_LEN);
}

/* One packet of a device's. False where there is none. */
static bool from_kernel(struct am_slow *slow, uint16_t target, struct device *d)
{
	struct rte_mbuf *m = am_buf_alloc(slow->pool, AM_BUF_HEADROOM);
	uint8_t spill[64];
	int len;

	if (!m) { /* it must be read in any case, or the thread would come back for it at once */
		len = am_host_read(&d->host, spill, sizeof spill);
		d->stats.lost += len > 0;
		return len > 0;
	}
	len = am_host_read(&d->host, am_buf_set_len(m, (uint16_t)am_buf_tailroom(m)), am_buf_tailroom(m));
	if (len <= 0) {
		if (len < 0) /* somebody deleted the device: control makes it anew */
			epoll_ctl(slow->epoll, EPOLL_CTL_DEL, d->host.fd, NULL);
		am_buf_free(m);
		return false;
	}
	am_buf_set_len(m, (uint16_t)len);
	note_session(slow, &d->host, m);
	if (am_plane_inject(slow->plane, target % slow->workers, target, m)) {
		d->stats.from_kernel++;
		d->stats.from_kernel_bytes += (uint64_t)len;
	} else {
		d->stats.lost++;
		am_buf_free(m);
	}
	return true;
}

static void take(struct am_slow *slow, uint16_t target)
{
	struct device *d = slow->by_target[target];

	for (unsigned i = 0; d && i < READS; i++)
		if (!from_kernel(slow, target, d))
			return;
}

/* ---- the thread ---- */

/* False where it is to end. */
static bool turn(struct am_slow *slow, bool *more)
{
	struct epoll_event events[EVENTS];
	bool looks = atomic_load(&slow->looks);
	int n = epoll_wait(slow->epoll, events, EVENTS, *more ? 0 : looks ? LOOK_MS : -1);
	bool woken = *more || looks, go_on = true;
	uint64_t count;

	pthread_mutex_lock(&slow->lock);
	for (int i = 0; i < n; i++) {
		if (events[i].data.u32 == STOP)
			go_on = false;
		else if (events[i].data.u32 == WAKE)
			woken |= read(slow->wake, &count, sizeof count) > 0;
		else
			take(slow, (uint16_t)events[i].data.u32);
	}
	*more = woken && drain(slow);
	pthread_mutex_unlock(&slow->lock);
	return go_on;
}

static void *run(void *arg)
{
	struct am_slow *slow = arg;
	bool registered =
		rte_thread_register() == 0; /* without: its buffers go by no cache, and it works as well */
	bool more = false;

	setpriority(
		PRIO_PROCESS, (id_t)gettid(), FIRST); /* what is late here times out; the policers bound it */
	while (turn(slow, &more))
		;
	if (registered)
		rte_thread_unregister();
	return NULL;
}

static int watch(struct am_slow *slow, int fd, uint32_t what)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = what};

	return epoll_ctl(slow->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int make_descriptors(struct am_slow *slow)
{
	slow->epoll = epoll_create1(EPOLL_CLOEXEC);
	slow->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	slow->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	slow->gleaned = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (slow->epoll < 0 || slow->wake < 0 || slow->stop < 0 || slow->gleaned < 0)
		return -errno;
	return watch(slow, slow->wake, WAKE) || watch(slow, slow->stop, STOP) ? -errno : 0;
}

struct am_slow *am_slow_start(
	struct am_plane *plane, unsigned workers, struct rte_mempool *pool, struct am_err *err)
{
	struct am_slow *slow = calloc(1, sizeof *slow);
	int rc;

	if (!slow) {
		am_fail(err, ENOMEM, "host interfaces: no memory");
		return NULL;
	}
	slow->plane = plane;
	slow->workers = workers;
	slow->pool = pool;
	slow->epoll = slow->wake = slow->stop = slow->gleaned = -1;
	pthread_mutex_init(&slow->lock, NULL);
	rc = make_descriptors(slow);
	if (!rc)
		rc = am_plane_set_punt(plane, slow->wake);
	if (!rc)
		rc = -pthread_create(&slow->id, NULL, run, slow);
	slow->started = rc == 0;
	if (!rc) {
		pthread_setname_np(slow->id, "slow");
		return slow;
	}
	am_fail(err, -rc, "host interfaces: their thread cannot be started: %s", strerror(-rc));
	am_slow_stop(slow);
	return NULL;
}

static void drop_held(struct am_slow *slow)
{
	struct rte_mbuf *m[AM_HELD_EACH];
	struct am_glean who;
	unsigned n;

	while ((n = am_held_expire(&slow->held, (am_time){UINT64_MAX}, &who, m)) > 0)
		am_buf_free_bulk(m, n);
}

/* Down again: to be sent, or for its sender to be told. */
static void put_down(
	struct am_slow *slow, uint16_t interface, struct rte_mbuf *const *m, unsigned n, bool found)
{
	for (unsigned i = 0; i < n; i++)
		if (!am_plane_forward(slow->plane, interface % slow->workers, interface, m[i], found))
			am_buf_free(m[i]);
}

static void refuse_late(struct am_slow *slow, am_time now)
{
	struct rte_mbuf *m[AM_HELD_EACH];
	struct am_glean who;
	unsigned n;

	while ((n = am_held_expire(&slow->held, now, &who, m)) > 0)
		put_down(slow, who.interface, m, n, false);
}

void am_slow_stop(struct am_slow *slow)
{
	const uint64_t one = 1;

	if (!slow)
		return;
	if (slow->started && write(slow->stop, &one, sizeof one) == sizeof one)
		pthread_join(slow->id, NULL);
	drop_held(slow);
	for (unsigned i = 0; i < TARGETS; i++)
		free(slow->by_target[i]);
	if (slow->epoll >= 0)
		close(slow->epoll);
	if (slow->wake >= 0)
		close(slow->wake);
	if (slow->stop >= 0)
		close(slow->stop);
	if (slow->gleaned >= 0)
		close(slow->gleaned);
	pthread_mutex_destroy(&slow->lock);
	free(slow);
}

/* ---- control ---- */

int am_slow_set_host(struct am_slow *slow, uint16_t target, const struct am_host *host)
{
	struct device *d = host ? calloc(1, sizeof *d) : NULL, *old;
	int rc = 0;

	if (host && !d)
		return -ENOMEM;
	if (d)
		d->host = *host;
	pthread_mutex_lock(&slow->lock);
	old = slow->by_target[target];
	if (old)
		epoll_ctl(slow->epoll, EPOLL_CTL_DEL, old->host.fd, NULL);
	if (d)
		rc = watch(slow, d->host.fd, target);
	slow->by_target[target] = rc ? NULL : d;
	pthread_mutex_unlock(&slow->lock);
	free(old);
	if (rc)
		free(d);
	return rc;
}

void am_slow_set_port(struct am_slow *slow, uint16_t port_id, struct am_port *port)
{
	pthread_mutex_lock(&slow->lock);
	slow->ports[port_id] = port && port->ops->give_back ? port : NULL;
	pthread_mutex_unlock(&slow->lock);
}

void am_slow_look(struct am_slow *slow, bool by_itself)
{
	const uint64_t one = 1;
	ssize_t n;

	atomic_store(&slow->looks, by_itself);
	n = write(slow->wake, &one, sizeof one);
	(void)n; /* full means that it is readable already */
}

int am_slow_glean_fd(const struct am_slow *slow)
{
	return slow->gleaned;
}

bool am_slow_next_glean(struct am_slow *slow, struct am_glean *out)
{
	uint64_t count;
	bool any;

	pthread_mutex_lock(&slow->lock);
	any = slow->n_gleans != 0;
	if (any) {
		*out = slow->gleans[slow->first_glean];
		slow->first_glean = (slow->first_glean + 1) % GLEANS;
		slow->n_gleans--;
	} else if (read(slow->gleaned, &count, sizeof count) < 0) {
		count = 0; /* it was not readable */
	}
	pthread_mutex_unlock(&slow->lock);
	return any;
}

bool am_slow_next_report(struct am_slow *slow, struct am_icmp_report *out)
{
	bool any;

	pthread_mutex_lock(&slow->lock);
	any = slow->n_reports != 0;
	if (any) {
		*out = slow->reports[slow->first_report];
		slow->first_report = (slow->first_report + 1) % REPORTS;
		slow->n_reports--;
	}
	pthread_mutex_unlock(&slow->lock);
	return any;
}

void am_slow_answer_glean(struct am_slow *slow, const struct am_glean *who, bool found)
{
	struct rte_mbuf *m[AM_HELD_EACH];
	unsigned n;

	/* The lock is what makes the thread and us one producer of the workers' rings. */
	pthread_mutex_lock(&slow->lock);
	n = am_held_take(&slow->held, who, found, m);
	put_down(slow, who->interface, m, n, found);
	pthread_mutex_unlock(&slow->lock);
}

void am_slow_expire(struct am_slow *slow)
{
	pthread_mutex_lock(&slow->lock);
	refuse_late(slow, am_clock_monotonic());
	pthread_mutex_unlock(&slow->lock);
}

void am_slow_glean_stats(struct am_slow *slow, struct am_slow_glean_stats *out)
{
	pthread_mutex_lock(&slow->lock);
	*out = (struct am_slow_glean_stats){slow->held.held, slow->held.sent, slow->held.lost};
	pthread_mutex_unlock(&slow->lock);
}

void am_slow_host_stats(struct am_slow *slow, uint16_t target, struct am_slow_stats *out)
{
	pthread_mutex_lock(&slow->lock);
	*out = slow->by_target[target] ? slow->by_target[target]->stats : (struct am_slow_stats){0};
	pthread_mutex_unlock(&slow->lock);
}

void am_slow_port_stats(struct am_slow *slow, uint16_t port_id, struct am_slow_stats *out)
{
	pthread_mutex_lock(&slow->lock);
	*out = slow->back[port_id];
	pthread_mutex_unlock(&slow->lock);
}
