/* SPDX-License-Identifier: MIT
 *
 * wchar.h - wide strings of two bytes, in place of the host's.
 */
#include "windows.h"
