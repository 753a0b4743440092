/* SPDX-License-Identifier: MIT
 *
 * winsvc.h - services: they are in windows.h here.
 */
#include "windows.h"
