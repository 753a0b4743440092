/* SPDX-License-Identifier: MIT */
#include "../../lib/cm/cmbad.h"
