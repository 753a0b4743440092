/* SPDX-License-Identifier: MIT
 *
 * ktmw32.h - transactions: they are in windows.h here.
 */
#include "windows.h"
