/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire_ports.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/field.h"
#include "wire_device.h"

static bool is_allowed(const struct wire_allow *allow, const char *device)
{
	for (uint16_t i = 0; i < allow->n_devices; i++)
		if (!strcmp(allow->devices[i], device))
			return true;
	return false;
}

void wire_ports_check(const struct wire_config *config, struct am_config_errors *errors)
{
	for (uint16_t i = 0; i < config->base.n_ports; i++) {
		const struct am_conf_port *p = &config->base.ports[i];
		const char *use = *p->device ? wire_device_use(p->device) : NULL;

		if (use && !is_allowed(&config->allow, p->device))
			am_config_complain(&config->base, errors,
				conf_where("ports", p->name, ".%s", "device").path,
				"this machine itself uses %s: %s; take another, or list it in \"allow\": "
				"{\"devices\": [\"%s\"]}",
				p->device, use, p->device);
	}
}

static int steer(struct wire_ports *p, const struct wire_config *config, struct am_err *err)
{
	const struct am_steer all = {.all = true};

	for (uint16_t i = 0; i < config->base.n_ports; i++) {
		struct am_port *port = p->plan.at[i].port;
		int ret = port->ops->steer ? port->ops->steer(port, &all) : 0;

		if (ret)
			return am_fail(err, -ret, "port %s: cannot receive every frame: %s",
				config->base.ports[i].name, strerror(-ret));
		p->port[i] = port;
	}
	return 0;
}

int wire_ports_open(
	struct wire_ports *p, struct wire_config *config, struct am_config_errors *errors, struct am_err *err)
{
	int ret;

	*p = (struct wire_ports){.log = {.out = stderr, .level = AM_LOG_ERROR, .name = "amime-bench"}};
	wire_ports_check(config, errors);
	if (errors->n)
		return -EBUSY;
	/* what DPDK keeps in the file system is named after it, and must be no other process's */
	snprintf(config->base.name, sizeof config->base.name, "bench-%d", (int)getpid());
	ret = am_eal_start(&p->eal, &config->base, &p->log, err);
	if (ret)
		return ret;
	ret = am_ports_pool(&p->ports, &config->base, err);
	if (!ret)
		ret = am_ports_prepare(&p->ports, &config->base, &p->plan, errors);
	if (!ret)
		ret = steer(p, config, err);
	if (ret)
		wire_ports_close(p);
	return ret;
}

void wire_ports_close(struct wire_ports *p)
{
	am_ports_abandon(&p->plan);
	am_ports_close(&p->ports);
	am_eal_stop(&p->eal);
}
