/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/pcapfile.h"

#include <errno.h>
#include <inttypes.h>

enum {
	LINKTYPE_MASK = 0xffff, /* above are flags about the frame check sequence */
	LINKTYPE_ETHERNET = 1,
};

static const uint32_t magic_micro = 0xa1b2c3d4;
static const uint32_t magic_nano = 0xa1b23c4d;
static const uint32_t magic_pcapng = 0x0a0d0d0a;

static uint32_t take32(struct am_pcapfile *f)
{
	uint32_t v = am_take32(&f->r);

	return f->swapped ? __builtin_bswap32(v) : v;
}

static int begin_magic(struct am_pcapfile *f, struct am_err *err)
{
	uint32_t magic = am_take32(&f->r);

	if (magic == magic_pcapng)
		return am_fail(err, EINVAL, "is pcapng; convert it with: editcap -F nsecpcap IN OUT");
	f->swapped = magic == __builtin_bswap32(magic_micro) || magic == __builtin_bswap32(magic_nano);
	if (f->swapped)
		magic = __builtin_bswap32(magic);
	f->nano = magic == magic_nano;
	if (f->r.bad || (magic != magic_nano && magic != magic_micro))
		return am_fail(err, EINVAL, "is no pcap file (those of tcpdump -w are)");
	return 0;
}

int am_pcapfile_begin(struct am_pcapfile *f, const uint8_t *bytes, size_t len, struct am_err *err)
{
	uint32_t link;
	int rc;

	*f = (struct am_pcapfile){.r = am_reader(bytes, len), .start = bytes};
	rc = begin_magic(f, err);
	if (rc)
		return rc;
	am_take(&f->r, 16);
	link = take32(f) & LINKTYPE_MASK;
	if (f->r.bad)
		return am_fail(err, EINVAL, "ends inside the file header");
	if (link != LINKTYPE_ETHERNET)
		return am_fail(err, EINVAL,
			"has link type %" PRIu32
			", not Ethernet (1); capture on an Ethernet interface, not on \"any\"",
			link);
	return 0;
}

int am_pcapfile_next(struct am_pcapfile *f, struct am_pcapfile_frame *out, struct am_err *err)
{
	size_t at = (size_t)(f->r.at - f->start);
	uint32_t seconds, fraction, captured, wire;

	if (!am_reader_left(&f->r))
		return 0;
	seconds = take32(f);
	fraction = take32(f);
	captured = take32(f);
	wire = take32(f);
	if (!f->r.bad && captured > AM_PCAPFILE_FRAME_MAX)
		return am_fail(err, EINVAL,
			"is damaged: frame %" PRIu64 " at octet %zu says it has %" PRIu32 " octets", f->n + 1,
			at, captured);
	out->bytes = am_take(&f->r, captured);
	if (f->r.bad)
		return am_fail(err, EINVAL,
			"is cut short: it ends inside frame %" PRIu64 ", which begins at octet %zu", f->n + 1,
			at);
	if (captured < wire)
		return am_fail(err, EINVAL,
			"holds only %" PRIu32 " of the %" PRIu32 " octets of frame %" PRIu64
			"; capture with: tcpdump -s 0",
			captured, wire, f->n + 1);
	f->n++;
	out->len = captured;
	out->at.ns = seconds * AM_S + fraction * (f->nano ? 1 : AM_US);
	return 1;
}

void am_pcapfile_header(uint8_t out[AM_PCAPFILE_HEADER])
{
	struct am_writer w = am_writer(out, AM_PCAPFILE_HEADER);

	am_put32(&w, magic_nano);
	am_put16(&w, 2);
	am_put16(&w, 4);
	am_put(&w, 8);
	am_put32(&w, AM_PCAPFILE_FRAME_MAX);
	am_put32(&w, LINKTYPE_ETHERNET);
}

void am_pcapfile_record(uint8_t out[AM_PCAPFILE_RECORD], am_time at, uint32_t len)
{
	struct am_writer w = am_writer(out, AM_PCAPFILE_RECORD);

	am_put32(&w, (uint32_t)(at.ns / AM_S));
	am_put32(&w, (uint32_t)(at.ns % AM_S));
	am_put32(&w, len);
	am_put32(&w, len);
}
