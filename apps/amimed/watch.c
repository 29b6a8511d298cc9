/* SPDX-License-Identifier: BSD-3-Clause */
#include "watch.h"

#include "daemon.h"

enum { POLL_MS = 1000, SETTLE_MS = 200 };

static void settled(uv_timer_t *timer)
{
	am_reload_watched(timer->data);
}

static void on_file(uv_fs_poll_t *poll, int status, const uv_stat_t *before, const uv_stat_t *now)
{
	struct am_daemon *d = poll->data;

	(void)before;
	(void)now;
	if (status == 0)
		uv_timer_start(&d->watch.settle, settled, SETTLE_MS, 0);
}

static void on_folder(uv_fs_event_t *event, const char *name, int events, int status)
{
	struct am_daemon *d = event->data;

	(void)name;
	(void)events;
	if (status == 0)
		uv_timer_start(&d->watch.settle, settled, SETTLE_MS, 0);
}

void am_watch_init(struct am_watch *w, struct am_daemon *d)
{
	uv_fs_poll_init(&d->loop, &w->file);
	uv_timer_init(&d->loop, &w->settle);
	w->file.data = w->settle.data = d;
	for (unsigned i = 0; i < AM_CONFIG_INCLUDES; i++) {
		uv_fs_event_init(&d->loop, &w->folders[i]);
		w->folders[i].data = d;
	}
}

void am_watch_adapt(struct am_watch *w, struct am_daemon *d)
{
	const struct am_config *config = am_model_config(d->model);
	bool active = uv_is_active((uv_handle_t *)&w->file);
	int rc;

	if (config->watch && !active)
		uv_fs_poll_start(&w->file, on_file, d->config_path, POLL_MS);
	else if (!config->watch && active)
		uv_fs_poll_stop(&w->file);
	if (config->watch && !config->n_watched)
		return; /* one of the history names no folders, and those of the file are watched still */
	for (size_t i = 0; i < AM_CONFIG_INCLUDES; i++) {
		uv_fs_event_stop(&w->folders[i]);
		if (!config->watch || i >= config->n_watched)
			continue;
		rc = uv_fs_event_start(&w->folders[i], on_folder, config->watched[i], 0);
		if (rc)
			am_log(&d->log, AM_LOG_WARN, "watch: cannot watch %s: %s; reload by: amimectl reload",
				config->watched[i], uv_strerror(rc));
	}
}
