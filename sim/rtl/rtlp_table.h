/* SPDX-License-Identifier: MIT
 *
 * rtlp_table.h - what splay and AVL tables have in common: the check of a table, and its report.
 */
#ifndef SIM_RTL_RTLP_TABLE_H
#define SIM_RTL_RTLP_TABLE_H

#include "simp.h"

/* Called by Function: is the IRQL good, and the table one that was initialised where it is? */
static inline BOOLEAN RtlpCheckTable(const char *Function, const VOID *Table, BOOLEAN Good)
{
    ntcb_require_kernel(Function);
    ntcb_check_irql(Function, DISPATCH_LEVEL, "DV-26", 0);
    if (!Good) {
        ntcb_report_f(
            &(struct ntcb_report){
                .severity = NTCB_VIOLATION,
                .rule = "RTL-TABLE",
                .parameter = {(uintptr_t)Table},
                .on_windows = "follows whatever the table's memory holds: a page fault, or "
                              "somebody else's memory is changed",
                .fix = "initialise the table first, and never move or copy it (it points to "
                       "itself): allocate what contains it, and pass its address",
            },
            "%s was given %p, which is no table that was initialised at that address", Function,
            Table);
    }
    return Good;
}

#endif
