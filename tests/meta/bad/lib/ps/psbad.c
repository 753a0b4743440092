/* SPDX-License-Identifier: MIT
 *
 * Breaks the rules that check_layers.py knows. */
#include "cm/cmbad.h"
#include <ntsim/sim.h>

void *PspBad(void)
{
    return malloc(1);
}
