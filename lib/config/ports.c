/* SPDX-License-Identifier: BSD-3-Clause */
#include "parts.h"

#include <string.h>

enum {
	MTU_MIN = 576,
	IFNAME_MAX = 15, /* IFNAMSIZ without its zero */
};

static const char *const driver_words[] = {"af_xdp", "af_packet", "ethdev", "pcap", "mem", NULL};
static const char *const vrf_words[] = {"none", "underlay", "default", NULL};
static const char *const checksums_words[] = {"auto", "finish", "trust", NULL};

static const struct field port_rows[] = {
	WORD("driver", struct am_conf_port, driver, driver_words, AM_DRIVER_AF_XDP),
	TEXT("device", struct am_conf_port, device),
	TEXT("devargs", struct am_conf_port, devargs),
	TEXT("rx_file", struct am_conf_port, rx_file),
	TEXT("tx_file", struct am_conf_port, tx_file),
	UINT("queues", struct am_conf_port, queues, 1, 16, 1),
	UINT("mtu", struct am_conf_port, mtu, 0, 9216, 0),
	WORD("vrf", struct am_conf_port, vrf, vrf_words, AM_VRF_NONE),
	UINT("vlan", struct am_conf_port, vlan, 0, 4094, 0),
	MAC("mac", struct am_conf_port, mac, has_mac),
	WORD("checksums", struct am_conf_port, checksums, checksums_words, AM_CHECKSUMS_AUTO),
};
const struct fields conf_port_fields = FIELDS(port_rows);

static bool is_kernel_device(const struct am_conf_port *p)
{
	return p->driver == AM_DRIVER_AF_XDP || p->driver == AM_DRIVER_AF_PACKET;
}

static void read_port(const struct place *at, void *item)
{
	struct am_conf_port *p = item;

	conf_read_fields(at, &conf_port_fields, p);
	if (is_kernel_device(p) && !*p->device)
		strcpy(p->device, p->name);
}

void conf_read_ports(const struct place *at, void *object)
{
	struct am_config *c = object;

	conf_read_map(at, (void **)&c->ports, &c->n_ports, sizeof *c->ports, AM_CONFIG_PORTS, read_port);
}

json_t *conf_print_ports(const void *object)
{
	const struct am_config *c = object;
	json_t *out = json_object();

	for (uint16_t i = 0; i < c->n_ports; i++)
		json_object_set_new(
			out, c->ports[i].name, conf_print_fields(&conf_port_fields, &c->ports[i]));
	return out;
}

static void complain_port(const struct am_config *c, struct am_config_errors *errors,
	const struct am_conf_port *p, const char *key, const char *text)
{
	am_config_complain(c, errors, conf_where("ports", p->name, ".%s", key).path, "%s", text);
}

/* A key that says something to a driver which does not listen is a mistake worth telling. */
static void check_driver_keys(
	const struct am_config *c, struct am_config_errors *errors, const struct am_conf_port *p)
{
	if (*p->device && !is_kernel_device(p))
		complain_port(c, errors, p, "device",
			"only drivers af_xdp and af_packet take a device: remove it or change the driver");
	if (*p->devargs && p->driver != AM_DRIVER_ETHDEV)
		complain_port(c, errors, p, "devargs",
			"only driver ethdev takes devargs: remove them or change the driver");
	if (*p->rx_file && p->driver != AM_DRIVER_PCAP)
		complain_port(c, errors, p, "rx_file",
			"only driver pcap takes rx_file: remove it or change the driver");
	if (*p->tx_file && p->driver != AM_DRIVER_PCAP)
		complain_port(c, errors, p, "tx_file",
			"only driver pcap takes tx_file: remove it or change the driver");
}

static void check_device(
	const struct am_config *c, struct am_config_errors *errors, const struct am_conf_port *p)
{
	if (is_kernel_device(p) && (strlen(p->device) > IFNAME_MAX || strpbrk(p->device, "/: \t")))
		am_config_complain(c, errors, conf_where("ports", p->name, ".device").path,
			"\"%s\" cannot be a network interface: the kernel's names have 1 to %d characters "
			"without / : and spaces; see `ip link`",
			p->device, IFNAME_MAX);
}

static void check_devargs(
	const struct am_config *c, struct am_config_errors *errors, const struct am_conf_port *p)
{
	if (p->driver != AM_DRIVER_ETHDEV)
		return;
	if (!*p->devargs)
		complain_port(c, errors, p, "driver",
			"driver ethdev needs devargs: add \"devargs\", a PCI address such as "
			"\"0000:03:00.0\" or "
			"a virtual device such as \"net_tap0\"");
	if (strstr(p->devargs, "net_af_packet") || strstr(p->devargs, "eth_af_packet"))
		complain_port(c, errors, p, "devargs",
			"net_af_packet is refused: it makes the kernel reassemble IPv4 before we see it, "
			"cuts long "
			"frames silently, turns 0x88a8 tags into 0x8100, hands back what the kernel itself "
			"sends, "
			"can block in transmit, and leaves checksums unfinished; use \"driver\": "
			"\"af_packet\" "
			"with \"device\" instead");
}

static void check_twins(
	const struct am_config *c, struct am_config_errors *errors, const struct am_conf_port *p)
{
	for (const struct am_conf_port *q = c->ports; q < p; q++) {
		if (*p->device && !strcmp(p->device, q->device)) {
			am_config_complain(c, errors, conf_where("ports", p->name, ".device").path,
				"device %s is port \"%s\" already: use that one, with VLANs where they "
				"differ",
				p->device, q->name);
			return;
		}
		if (*p->devargs && !strcmp(p->devargs, q->devargs)) {
			am_config_complain(c, errors, conf_where("ports", p->name, ".devargs").path,
				"port \"%s\" has the same devargs: a device can be one port only", q->name);
			return;
		}
	}
}

static void check_port(
	const struct am_config *c, struct am_config_errors *errors, const struct am_conf_port *p)
{
	check_driver_keys(c, errors, p);
	check_device(c, errors, p);
	check_devargs(c, errors, p);
	if (c->n_ports <= AM_CONFIG_PORTS) /* each looks at all before it */
		check_twins(c, errors, p);
	if (p->driver == AM_DRIVER_PCAP && !*p->rx_file && !*p->tx_file)
		complain_port(c, errors, p, "driver",
			"driver pcap needs a file: add \"rx_file\", \"tx_file\" or both");
	if (p->mtu && p->mtu < MTU_MIN)
		am_config_complain(c, errors, conf_where("ports", p->name, ".mtu").path,
			"%u is out of range, use %d to 9216, or 0 for the device's own", p->mtu, MTU_MIN);
	if (p->vlan && p->vrf == AM_VRF_NONE)
		complain_port(c, errors, p, "vlan",
			"vlan tags the port's own IP traffic, but the port has no \"vrf\": add one, or give "
			"the "
			"VLAN to a bridge's member");
}

void conf_check_ports(const struct am_config *c, struct am_config_errors *errors)
{
	for (uint16_t i = 0; i < c->n_ports; i++)
		check_port(c, errors, &c->ports[i]);
}
