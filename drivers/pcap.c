/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/pcap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "drivers/pcapfile.h"
#include "pkt/buf.h"
#include "port.h"

struct pcap_port {
	struct am_port port;
	struct rte_mempool *pool;
	const uint8_t *map; /* the rx file, or NULL */
	size_t map_len;
	struct am_pcapfile rx;
	struct am_pcapfile_frame next;
	bool has_next;
	bool has_time;
	am_time now;
	FILE *tx; /* or NULL: what is sent is only counted as sent */
	int tx_error;
	struct am_port_stats stats;
};

static void advance(struct pcap_port *p)
{
	struct am_err ignored; /* the whole file was checked when it was opened */

	p->has_next = am_pcapfile_next(&p->rx, &p->next, &ignored) == 1;
}

bool am_pcap_next_time(const struct am_port *port, am_time *t)
{
	const struct pcap_port *p = (const struct pcap_port *)port;

	if (p->has_next)
		*t = p->next.at;
	return p->has_next;
}

void am_pcap_set_time(struct am_port *port, am_time t)
{
	struct pcap_port *p = (struct pcap_port *)port;

	p->now = t;
	p->has_time = true;
}

static struct rte_mbuf *frame_to_buf(struct pcap_port *p, const struct am_pcapfile_frame *frame)
{
	struct rte_mbuf *m = am_buf_alloc(p->pool, AM_BUF_HEADROOM);

	if (!m) {
		p->stats.rx_dropped++;
		return NULL;
	}
	if (frame->len > am_buf_tailroom(m)) {
		p->stats.rx_too_long++;
		am_buf_free(m);
		return NULL;
	}
	memcpy(am_buf_set_len(m, (uint16_t)frame->len), frame->bytes, frame->len);
	return m;
}

static uint16_t pcap_rx(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	struct pcap_port *p = (struct pcap_port *)port;
	uint16_t got = 0;

	(void)queue;
	while (got < n && p->has_next && !(p->has_time && am_time_before(p->now, p->next.at))) {
		m[got] = frame_to_buf(p, &p->next);
		got += m[got] != NULL;
		advance(p);
	}
	return got;
}

static am_time stamp(const struct pcap_port *p)
{
	struct timespec ts;

	if (p->has_time)
		return p->now;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (am_time){(uint64_t)ts.tv_sec * AM_S + (uint64_t)ts.tv_nsec};
}

static void write_frame(struct pcap_port *p, const struct rte_mbuf *m)
{
	uint8_t head[AM_PCAPFILE_RECORD];

	am_pcapfile_record(head, stamp(p), am_buf_len(m));
	flockfile(p->tx); /* queues share the file */
	if (fwrite(head, sizeof head, 1, p->tx) != 1 ||
		fwrite(am_buf_data(m), am_buf_len(m), 1, p->tx) != 1) {
		p->tx_error = errno;
		p->stats.tx_errors++;
	}
	funlockfile(p->tx);
}

static uint16_t pcap_tx(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	struct pcap_port *p = (struct pcap_port *)port;

	(void)queue;
	if (p->tx)
		for (uint16_t i = 0; i < n; i++)
			write_frame(p, m[i]);
	am_buf_free_bulk(m, n);
	return n;
}

int am_pcap_flush(struct am_port *port, struct am_err *err)
{
	struct pcap_port *p = (struct pcap_port *)port;

	if (p->tx && fflush(p->tx) && !p->tx_error)
		p->tx_error = errno;
	if (p->tx_error)
		return am_fail(err, p->tx_error, "port %s: writing its tx_file: %s", port->name,
			strerror(p->tx_error));
	return 0;
}

static int pcap_wait_fd(struct am_port *port, uint16_t queue)
{
	(void)port;
	(void)queue;
	return -1;
}

static int pcap_steer(struct am_port *port, const struct am_steer *steer)
{
	(void)port;
	(void)steer;
	return 0;
}

static void pcap_stats(struct am_port *port, struct am_port_stats *out)
{
	*out = ((struct pcap_port *)port)->stats;
	out->link_up = true;
}

static void pcap_close(struct am_port *port)
{
	struct pcap_port *p = (struct pcap_port *)port;

	if (p->map)
		munmap((void *)p->map, p->map_len);
	if (p->tx)
		fclose(p->tx);
	free(p);
}

static const struct am_port_ops pcap_ops = {
	.name = "pcap",
	.rx = pcap_rx,
	.tx = pcap_tx,
	.wait_fd = pcap_wait_fd,
	.steer = pcap_steer,
	.stats = pcap_stats,
	.close = pcap_close,
};

static int map_file(struct pcap_port *p, const char *path, struct am_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int code;
	void *map;

	if (fd < 0)
		return am_fail(err, errno, "cannot be opened: %s", strerror(errno));
	if (fstat(fd, &st)) {
		code = errno;
		close(fd);
		return am_fail(err, code, "%s", strerror(code));
	}
	if (!S_ISREG(st.st_mode) || !st.st_size) {
		close(fd);
		return am_fail(err, EINVAL, "is %s", S_ISREG(st.st_mode) ? "empty" : "not a regular file");
	}
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	code = errno;
	close(fd);
	if (map == MAP_FAILED)
		return am_fail(err, code, "cannot be mapped: %s", strerror(code));
	p->map = map;
	p->map_len = (size_t)st.st_size;
	return 0;
}

/* All of it is walked once, so that a damaged file is refused before the first frame of it has had an effect.
 */
static int check_file(struct pcap_port *p, struct am_err *err)
{
	struct am_pcapfile_frame frame;
	struct am_pcapfile all;
	int rc = am_pcapfile_begin(&p->rx, p->map, p->map_len, err);

	if (rc)
		return rc;
	all = p->rx;
	while ((rc = am_pcapfile_next(&all, &frame, err)) == 1)
		;
	return rc;
}

static int open_tx(struct pcap_port *p, const char *path, struct am_err *err)
{
	uint8_t head[AM_PCAPFILE_HEADER];

	p->tx = fopen(path, "wbe");
	if (!p->tx)
		return am_fail(err, errno, "tx_file %s cannot be written: %s", path, strerror(errno));
	am_pcapfile_header(head);
	if (fwrite(head, sizeof head, 1, p->tx) != 1)
		return am_fail(err, EIO, "tx_file %s cannot be written", path);
	return 0;
}

static int open_files(struct pcap_port *p, const char *rx_file, const char *tx_file, struct am_err *err)
{
	int rc;

	if (rx_file && *rx_file) {
		rc = map_file(p, rx_file, err);
		if (!rc)
			rc = check_file(p, err);
		if (rc)
			return am_fail_in(err, rc, "rx_file %s", rx_file);
		advance(p);
	}
	return tx_file && *tx_file ? open_tx(p, tx_file, err) : 0;
}

int am_pcap_open(const struct am_port_conf *conf, const char *rx_file, const char *tx_file,
	struct am_port **out, struct am_err *err)
{
	struct pcap_port *p = calloc(1, sizeof *p);
	int rc;

	if (!p)
		return am_fail(err, ENOMEM, "port %s: no memory", conf->name);
	port_init(&p->port, &pcap_ops, conf);
	p->port.limits.rx_queues = 1;
	p->pool = conf->pool;
	rc = open_files(p, rx_file, tx_file, err);
	if (rc) {
		pcap_close(&p->port);
		return am_fail_in(err, rc, "port %s", conf->name);
	}
	*out = &p->port;
	return 0;
}
