/* SPDX-License-Identifier: MIT
 *
 * seh_cpp.cpp - seh.c as C++.
 */
extern "C" {
#include "seh.c"
}
