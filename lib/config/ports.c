/* SPDX-License-Identifier: BSD-3-Clause */
#include "l3.h"

#include <stdlib.h>
#include <string.h>

enum {
	MTU_MIN = 576,
	IFNAME_MAX = 15, /* IFNAMSIZ without its zero */
};

static const char *const driver_words[] = {"af_xdp", "af_packet", "ethdev", "pcap", "mem", "bond", NULL};
static const char *const mode_words[] = {"lacp", "active-backup", NULL};
static const char *const checksums_words[] = {"auto", "finish", "trust", NULL};

enum { VLANS_MAX = 4094 };

static const struct field vlan_rows[] = {
	L3_ROWS(struct am_conf_port_vlan),
};
const struct fields conf_vlan_fields = FIELDS(vlan_rows);

static void read_vlan(const struct place *at, void *item)
{
	struct am_conf_port_vlan *v = item;
	char *end;
	unsigned long vid = strtoul(v->name, &end, 10);

	conf_l3_default(&v->l3, "default");
	conf_read_fields(at, &conf_vlan_fields, v);
	if (*end || v->name[0] == '0' || vid < 1 || vid > VLANS_MAX)
		conf_complain(at, "\"%s\" is no VLAN ID: use 1 to %d", v->name, VLANS_MAX);
	else
		v->vid = (uint16_t)vid;
}

static void read_vlans(const struct place *at, void *object)
{
	struct am_conf_port *p = object;

	conf_read_map(at, (void **)&p->vlans, &p->n_vlans, sizeof *p->vlans, VLANS_MAX, read_vlan);
}

static json_t *print_vlans(const void *object)
{
	const struct am_conf_port *p = object;
	json_t *out = json_object();

	for (uint16_t i = 0; i < p->n_vlans; i++)
		json_object_set_new(
			out, p->vlans[i].name, conf_print_fields(&conf_vlan_fields, &p->vlans[i]));
	return out;
}

static void read_members(const struct place *at, void *object)
{
	struct am_conf_port *p = object;
	size_t n = json_array_size(at->json);

	if (!conf_want_array(at))
		return;
	if (n > AM_CONFIG_BOND_MEMBERS) {
		conf_complain(at, "%zu members are too many, use 1 to %d", n, AM_CONFIG_BOND_MEMBERS);
		n = AM_CONFIG_BOND_MEMBERS;
	}
	for (size_t i = 0; i < n; i++) {
		struct place element = conf_place_element(at, i);

		conf_read_text(&element, p->members[i], sizeof p->members[i]);
	}
	p->n_members = (uint16_t)n;
}

static json_t *print_members(const void *object)
{
	const struct am_conf_port *p = object;
	json_t *out = json_array();

	for (uint16_t i = 0; i < p->n_members; i++)
		json_array_append_new(out, json_string(p->members[i]));
	return out;
}

static const struct field port_rows[] = {
	WORD("driver", struct am_conf_port, driver, driver_words, AM_DRIVER_AF_XDP),
	TEXT("device", struct am_conf_port, device),
	TEXT("devargs", struct am_conf_port, devargs),
	WORD("mode", struct am_conf_port, mode, mode_words, AM_CONF_BOND_LACP),
	OTHER("members", read_members, print_members, NULL),
	TEXT("rx_file", struct am_conf_port, rx_file),
	TEXT("tx_file", struct am_conf_port, tx_file),
	UINT("queues", struct am_conf_port, queues, 1, 16, 1),
	UINT("mtu", struct am_conf_port, mtu, 0, 9216, 0),
	L3_ROWS(struct am_conf_port),
	UINT("vlan", struct am_conf_port, vlan, 0, 4094, 0),
	OTHER("vlans", read_vlans, print_vlans, &conf_vlan_fields),
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

	conf_l3_default(&p->l3, "");
	conf_read_fields(at, &conf_port_fields, p);
	p->vrf = conf_vrf_kind(p->l3.vrf);
	if (is_kernel_device(p) && !*p->device)
		strcpy(p->device, p->name);
}

void conf_read_ports(const struct place *at, void *object)
{
	struct am_config *c = object;

	conf_read_map(at, (void **)&c->ports, &c->n_ports, sizeof *c->ports, AM_CONFIG_PORTS, read_port);
}

void conf_free_ports(struct am_config *c)
{
	for (uint16_t i = 0; i < c->n_ports; i++)
		free(c->ports[i].vlans);
	free(c->ports);
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
	if (p->n_members && p->driver != AM_DRIVER_BOND)
		complain_port(c, errors, p, "members",
			"only driver bond takes members: remove them or change the driver");
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

static void check_bond(
	const struct am_config *c, struct am_config_errors *errors, const struct am_conf_port *p)
{
	if (p->driver != AM_DRIVER_BOND)
		return;
	if (!p->n_members)
		complain_port(c, errors, p, "driver",
			"driver bond needs members: add \"members\", the devargs of 1 to 8 devices of DPDK, such as "
			"[\"0000:03:00.0\", \"0000:03:00.1\"]; the kernel's own bonds are ports of driver af_xdp");
	if (p->queues > 1)
		complain_port(c, errors, p, "queues",
			"a bond has one queue, since its worker has to send LACP as well: remove queues");
	for (uint16_t i = 0; i < p->n_members; i++) {
		struct where at = conf_where("ports", p->name, ".members[%u]", i);

		if (strstr(p->members[i], "af_packet"))
			am_config_complain(c, errors, at.path,
				"net_af_packet is refused, as for driver ethdev: use a NIC that DPDK drives, or bond in the "
				"kernel and use \"driver\": \"af_xdp\"");
		else if (strstr(p->members[i], "af_xdp"))
			am_config_complain(c, errors, at.path,
				"the kernel would answer LACP on this device as well: bond in the kernel, and use \"driver\": "
				"\"af_xdp\" with the bond as its \"device\"");
		for (uint16_t k = 0; k < i; k++)
			if (!strcmp(p->members[k], p->members[i]))
				am_config_complain(c, errors, at.path,
					"it is members[%u] already: a device is a member once", k);
	}
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

/* An IP identity has its tag to itself. */
static void check_vlans(
	const struct am_config *c, struct am_config_errors *errors, const struct am_conf_port *p)
{
	conf_check_l3(c, errors, conf_where("ports", p->name, "%s", "").path, &p->l3);
	for (uint16_t i = 0; i < p->n_vlans; i++) {
		const struct am_conf_port_vlan *v = &p->vlans[i];
		struct where at = conf_where("ports", p->name, ".vlans.%s", v->name);

		conf_check_l3(c, errors, at.path, &v->l3);
		if (!*v->l3.vrf)
			am_config_complain(c, errors, at.path,
				"a VLAN stands here for its IP traffic and needs a \"vrf\"; frames for a bridge "
				"are its member's \"vlan\"");
		if (v->vid && v->vid == p->vlan && p->vrf != AM_VRF_NONE)
			am_config_complain(c, errors, at.path,
				"VLAN %u is the port's own IP traffic already (its \"vlan\"): remove one",
				v->vid);
		if (!strcmp(v->l3.vrf, "underlay"))
			am_config_complain(c, errors, at.path,
				"the underlay's tag is the port's own \"vlan\": put it there");
	}
}

static void check_port(
	const struct am_config *c, struct am_config_errors *errors, const struct am_conf_port *p)
{
	check_driver_keys(c, errors, p);
	check_device(c, errors, p);
	check_devargs(c, errors, p);
	check_bond(c, errors, p);
	if (c->n_ports <= AM_CONFIG_PORTS) /* each looks at all before it */
		check_twins(c, errors, p);
	if (p->driver == AM_DRIVER_PCAP && !*p->rx_file && !*p->tx_file)
		complain_port(c, errors, p, "driver",
			"driver pcap needs a file: add \"rx_file\", \"tx_file\" or both");
	check_vlans(c, errors, p);
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
