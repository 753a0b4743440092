/* SPDX-License-Identifier: MIT
 *
 * cmhivenone.c - in a build without libhivex no hive file is read.
 */
#include "cm/cmhive.h"

#include <ntcallback/dispatch.h>

NTSTATUS CmpReadHive(struct CMP_STATE *State, const void *Bytes, SIZE_T Count,
                     struct CMP_KEY **Root)
{
    UNREFERENCED_PARAMETER(State);
    UNREFERENCED_PARAMETER(Bytes);
    UNREFERENCED_PARAMETER(Count);
    UNREFERENCED_PARAMETER(Root);
    ntcb_report_deliver(&(struct ntcb_report){
        .severity = NTCB_WARNING,
        .rule = "REG-LOD-03",
        .what = "this build of ntcallback cannot read hive files",
        .on_windows = "the hive is loaded",
        .fix = "install libhivex-dev (apt) and build again",
    });
    return STATUS_NOT_IMPLEMENTED;
}
