/* SPDX-License-Identifier: BSD-3-Clause */
/* What the octets say is done to a ROA table and to a list, seven octets a step; both must answer alike. */
#include "test_roa.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 700 }; /* octets; the list takes time */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct model m;
	struct am_reader r = am_reader(data, size < MOST ? size : MOST);

	model_run(&m, &r);
	return 0;
}
