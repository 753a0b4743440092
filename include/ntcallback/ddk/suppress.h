/* SPDX-License-Identifier: MIT */
/*
 * suppress.h - names of the analyser's warnings; there is no analyser here.
 */
#ifndef NTCB_SUPPRESS_H
#define NTCB_SUPPRESS_H

#include "ntdef.h"

#endif
