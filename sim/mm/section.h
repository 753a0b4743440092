/* SPDX-License-Identifier: MIT
 *
 * section.h - a section object, as the files about it share it.
 */
#ifndef SIM_MM_SECTION_H
#define SIM_MM_SECTION_H

#include "mm/mmp_state.h"

struct MMP_SECTION {
    UNICODE_STRING Path; /* of the file; of ntsim__allocate */
    PVOID File;          /* its bytes, of ntsim__allocate; NULL: memory */
    PVOID Pages;         /* the section's own; NULL: a file */
    SIZE_T Bytes;
    ULONG Protection;
    ULONG Attributes; /* SEC_... */
};

POBJECT_TYPE MmpSectionObjectType(VOID);

#endif
