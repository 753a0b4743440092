/* SPDX-License-Identifier: MIT
 *
 * modules.c - the drivers' images, as RtlQueryModuleInformation lists them.
 */
#include "mm/mmp.h"

#include <ntcallback/ddk/ntundoc.h>

#include <string.h>

static VOID RtlpPutModule(const struct MMP_DRIVER_IMAGE *Image, PRTL_MODULE_EXTENDED_INFO Info)
{
    Info->BasicInfo.ImageBase = Image->Base;
    Info->ImageSize = Image->Bytes;
    Info->FileNameOffset = 0;
    memcpy(Info->FullPathName, Image->Path, sizeof(Info->FullPathName));
    for (USHORT At = 0; Image->Path[At] != '\0'; At++) {
        if (Image->Path[At] == '\\') {
            Info->FileNameOffset = (USHORT)(At + 1);
        }
    }
}

NTSTATUS NTAPI RtlQueryModuleInformation(PULONG BufferLength, ULONG SizePerModule, PVOID Buffer)
{
    struct MMP_DRIVER_IMAGE Image;
    ULONG Room = Buffer != NULL ? *BufferLength : 0;
    ULONG Used = 0;

    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, PASSIVE_LEVEL, "DV-05", 0);
    if (SizePerModule != sizeof(RTL_MODULE_BASIC_INFO) &&
        SizePerModule != sizeof(RTL_MODULE_EXTENDED_INFO)) {
        return STATUS_INVALID_PARAMETER;
    }
    for (ULONG Index = 0; MmpNthDriverImage(Index, &Image); Index++, Used += SizePerModule) {
        if (Used + SizePerModule > Room) {
            continue;
        }
        if (SizePerModule == sizeof(RTL_MODULE_BASIC_INFO)) {
            ((PRTL_MODULE_BASIC_INFO)Buffer)[Index].ImageBase = Image.Base;
        } else {
            RtlpPutModule(&Image, (PRTL_MODULE_EXTENDED_INFO)Buffer + Index);
        }
    }
    *BufferLength = Used;
    return Buffer != NULL && Used > Room ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}
