/* SPDX-License-Identifier: MIT
 *
 * sep.h - security as the other components of the simulator ask for it.
 */
#ifndef SIM_SE_SEP_H
#define SIM_SE_SEP_H

#include <ntsim/process.h>

/* Does the calling thread's token hold the privilege (SE_RESTORE_PRIVILEGE, ...), enabled?
 * Kernel mode always does. */
BOOLEAN SepHasPrivilege(ULONG Privilege, KPROCESSOR_MODE Mode);

#endif
