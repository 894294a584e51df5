/* SPDX-License-Identifier: MIT */
/* quantity - what people write in cycles as well as in time, until somebody knows the rate of the
 * clock it counts. */
#ifndef QUANTITY_H
#define QUANTITY_H

#include <stdint.h>

enum quantity_unit { QUANTITY_PS, QUANTITY_CYCLES };
struct quantity {
	uint64_t v;
	enum quantity_unit unit;
};

#endif
