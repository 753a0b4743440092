/* SPDX-License-Identifier: MIT
 *
 * idioms.c - see idioms.h.
 */
#include "idioms.h"
