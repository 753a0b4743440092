/* SPDX-License-Identifier: MIT
 *
 * shown.h - what an image routine is shown, in pages that tell who reads outside or later (DV-27).
 */
#ifndef SIM_MM_SHOWN_H
#define SIM_MM_SHOWN_H

#include "simp.h"

/* One notification's pages: guard, information, guard, name, guard. */
struct MMP_SHOWN {
    PUCHAR Base; /* NULL: free */
    SIZE_T Bytes;
    BOOLEAN Over; /* the notification is: nobody may look any more */
};
#define MMP_SHOWN_MAX 16u

/* MmpShow - place the information, and a copy of Path if that is not NULL, in pages for Notice.
 * FALSE: no memory, or pages are not called for (Windows Vista and later without
 * NTCB_SWITCH_LINT); Notice is as it was. MmpShowOver follows the notification. */
BOOLEAN MmpShow(struct ntcb_image *Notice, PCUNICODE_STRING Path);
VOID MmpShowOver(const struct ntcb_image *Notice);
/* An exception has left an image routine: was it for such a page? Then it is reported. */
BOOLEAN MmpReportShown(const EXCEPTION_RECORD *Record);
VOID MmpFreeShown(VOID);

#endif
