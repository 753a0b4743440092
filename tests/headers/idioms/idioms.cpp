/* SPDX-License-Identifier: MIT
 *
 * idioms.cpp - see idioms.h.
 */
#include "idioms.h"
