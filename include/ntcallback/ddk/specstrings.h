/* SPDX-License-Identifier: MIT */
/*
 * specstrings.h - annotations under their older name.
 */
#ifndef NTCB_SPECSTRINGS_H
#define NTCB_SPECSTRINGS_H

#include "sal.h"

#endif
