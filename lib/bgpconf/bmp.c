/* SPDX-License-Identifier: BSD-3-Clause */
/* BMP stations: where they are, and how much may wait for one. */
#include <stdio.h>

#include "parts.h"

enum { BUFFER_MIB = 16 };

static const struct field station_rows[] = {
	{.name = "address", .kind = FIELD_IP, .required = true, AT(struct am_bgpconf_station, address)},
	/* RFC 7854 has no port of its own. */
	{.name = "port",
		.kind = FIELD_UINT,
		.required = true,
		AT(struct am_bgpconf_station, port),
		.min = 1,
		.max = UINT16_MAX},
};
static const struct fields station_fields = FIELDS(station_rows);

static void read_station(const struct place *at, void *item)
{
	if (conf_want_object(at))
		conf_read_fields(at, &station_fields, item);
}

static void read_stations(const struct place *at, void *object)
{
	struct am_bgpconf *c = object;

	conf_read_list(at, (void **)&c->bmp.stations, &c->bmp.n, sizeof *c->bmp.stations, AM_BGPCONF_STATIONS,
		read_station);
}

static const struct field bmp_rows[] = {
	OTHER("stations", read_stations, NULL, &station_fields),
	UINT("statistics", struct am_bgpconf, bmp.statistics, 0, 86400, 60),
	UINT("buffer", struct am_bgpconf, bmp.buffer, 1, 1024, BUFFER_MIB),
};
const struct fields bgpconf_bmp_fields = FIELDS(bmp_rows);

static void check_station(const struct am_bgpconf *c, uint16_t i, struct am_config_errors *errors)
{
	const struct am_bgpconf_station *s = &c->bmp.stations[i];
	char path[64], text[AM_IP_TEXT];

	snprintf(path, sizeof path, "$.bmp.stations[%u]", i);
	if (s->address.family && (am_ip_is_unspecified(&s->address) || am_ip_is_multicast(&s->address) ||
					 am_ip_is_link_local(&s->address)))
		am_bgpconf_complain(c, errors, path,
			"%s is no address of a station: use a unicast address that is not link-local",
			am_ip_text(&s->address, text));
	for (uint16_t k = 0; k < i; k++) {
		if (!s->address.family || !am_bgpconf_station_equal(s, &c->bmp.stations[k]))
			continue;
		am_bgpconf_complain(
			c, errors, path, "the same station as number %u of the list: remove one", k + 1);
		return;
	}
}

void bgpconf_check_bmp(const struct am_bgpconf *c, struct am_config_errors *errors)
{
	for (uint16_t i = 0; i < c->bmp.n; i++)
		check_station(c, i, errors);
}

bool am_bgpconf_station_equal(const struct am_bgpconf_station *a, const struct am_bgpconf_station *b)
{
	return a->port == b->port && am_ip_equal(&a->address, &b->address);
}
