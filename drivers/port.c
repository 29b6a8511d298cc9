/* SPDX-License-Identifier: BSD-3-Clause */
#include "port.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"

enum { PORT_MAC_SEED = 0x616d696d }; /* the same name gives the same MAC on every run */

static struct am_mac mac_of_name(const char name[32])
{
	struct am_mac mac;
	uint8_t h[8];

	am_store64(h, am_hash_words(name, 32, PORT_MAC_SEED));
	memcpy(mac.bytes, h, sizeof mac.bytes);
	mac.bytes[0] = (uint8_t)((mac.bytes[0] & ~1u) | 2u); /* unicast, locally administered */
	return mac;
}

void port_init(struct am_port *port, const struct am_port_ops *ops, const struct am_port_conf *conf)
{
	port->ops = ops;
	memset(port->name, 0, sizeof port->name);
	snprintf(port->name, sizeof port->name, "%s", conf->name);
	port->limits = (struct am_port_limits){
		.mtu = conf->mtu ? conf->mtu : 1500,
		.rx_queues = conf->queues ? conf->queues : 1,
		.tx_queues = conf->queues ? conf->queues : 1,
		.mac = conf->mac ? *conf->mac : mac_of_name(port->name),
	};
}

bool steer_takes_frames(const struct am_steer *steer)
{
	uint64_t vids = 0;

	for (unsigned i = 0; i < sizeof steer->vids / sizeof *steer->vids; i++)
		vids |= steer->vids[i];
	return steer->all || vids;
}
