/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Amime's forwarder inside another program, on ports that are functions of that program. An Ethernet frame of 1514 octets
 * enters by "lan" and leaves by "wan", encapsulated and cut in two.
 *
 *   cc embed.c -o embed $(pkg-config --cflags --libs amime-model amime libdpdk) && ./embed embed.json
 */
#include <stdio.h>
#include <string.h>

#include <model/model.h>
#include <pipeline/worker.h>
#include <pkt/buf.h>
#include <rte_eal.h>

enum { WORKERS = 1, PATHS = 64, MACS = 1024, SEED = 1, DATAGRAMS = 4096 };

/* What arrives by "lan". A port of yours begins with struct am_port, and may go on with what its functions need. */
static struct rte_mbuf *arriving;

static uint16_t rx(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	if (n == 0 || !arriving || strcmp(port->name, "lan") != 0)
		return 0;
	printf("in by %s, queue %u: %u octets\n", port->name, queue, am_buf_len(arriving));
	m[0] = arriving;
	arriving = NULL;
	return 1;
}

static uint16_t tx(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		printf("out by %s, queue %u: %u octets\n", port->name, queue, am_buf_len(m[i]));
	am_buf_free_bulk(m, n);
	return n; /* all taken, and theirs no more */
}

int main(int argc, char **argv)
{
	static const struct am_port_ops ops = {.name = "example", .rx = rx, .tx = tx};
	char *eal[] = {argv[0], "--no-huge", "--no-pci", "--no-shconf", "--no-telemetry", "-m", "64",
		"--log-level=error"};
	struct am_config_errors errors = {0};

	if (argc != 2 || rte_eal_init(sizeof eal / sizeof *eal, eal) < 0)
		return 2;
	struct rte_mempool *pool = am_buf_pool("example", 1023, 0);
	struct am_config *config = am_config_load_file(argv[1], &errors);
	struct am_model *model = am_model_create(MACS, WORKERS, SEED, PATHS);
	struct am_plan *plan = config && model ? am_model_prepare(model, config, NULL, &errors) : NULL;
	if (am_config_errors_print(&errors, argv[1], stderr) || !plan || !pool)
		return 1;

	struct am_plane_conf conf = {
		.workers = WORKERS, .pool = pool, .fdb = am_model_fdb(model), .learn_fd = -1};
	conf.paths = conf.ifaces = PATHS;
	conf.reasm = am_reasm_usual(DATAGRAMS, DATAGRAMS / 4 * 3, PATHS, SEED);
	struct am_plane *plane = am_plane_create(&conf, NULL);
	if (!plane)
		return 1;

	struct am_port ports[AM_CONFIG_PORTS];
	for (uint16_t i = 0; i < config->n_ports; i++) {
		ports[i] = (struct am_port){&ops, "", {.mtu = 1500, .rx_queues = 1, .tx_queues = 1}};
		strcpy(ports[i].name, config->ports[i].name);
		am_plane_set_port(plane, am_plan_port_id(plan, i), &ports[i]);
	}
	am_plane_swap_roots(plane, am_plan_roots(plan));
	am_model_retire(am_model_commit(model, plan));

	arriving = am_buf_alloc(pool, AM_BUF_HEADROOM);
	memset(am_buf_set_len(arriving, 1514), 0xee, 1514);
	am_worker_turn(am_plane_worker(plane, 0), am_clock_monotonic());
	am_plane_free(plane);
	am_model_free(model);
	return 0;
}
