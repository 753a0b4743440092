/* SPDX-License-Identifier: MIT
 *
 * winioctl.h - control codes: CTL_CODE and its kin are in windows.h here.
 */
#include "windows.h"
