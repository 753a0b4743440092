/* SPDX-License-Identifier: MIT
 *
 * path.c - names of keys.
 */
#include "regvirtual.h"

#ifdef ALLOC_PRAGMA
#pragma alloc_text(PAGE, RvNextComponent)
#pragma alloc_text(PAGE, RvStripPrefix)
#pragma alloc_text(PAGE, RvPathOfRequest)
#pragma alloc_text(PAGE, RvReturnName)
#pragma alloc_text(PAGE, RvIsRelative)
#endif

_Use_decl_annotations_ BOOLEAN RvNextComponent(PRV_PATH Path, PUNICODE_STRING Component)
{
    ULONG Piece;

    PAGED_CODE();
    for (Piece = 0; Piece < RTL_NUMBER_OF(Path->Rest); Piece++) {
        PUNICODE_STRING Rest = &Path->Rest[Piece];
        const USHORT Units = Rest->Length / sizeof(WCHAR);
        USHORT Begin = 0, End;

        while (Begin < Units && Rest->Buffer[Begin] == L'\\')
            Begin++;
        for (End = Begin; End < Units && Rest->Buffer[End] != L'\\'; End++) {
        }
        Component->Buffer = Rest->Buffer + Begin;
        Component->Length = Component->MaximumLength = (USHORT)((End - Begin) * sizeof(WCHAR));
        Rest->Buffer += End;
        Rest->Length -= (USHORT)(End * sizeof(WCHAR));
        if (Component->Length != 0)
            return TRUE;
    }
    return FALSE;
}

_Use_decl_annotations_ BOOLEAN RvStripPrefix(PRV_PATH Path, PCUNICODE_STRING Prefix)
{
    RV_PATH Wanted = {{*Prefix}};
    UNICODE_STRING Want, Have;

    PAGED_CODE();
    while (RvNextComponent(&Wanted, &Want)) {
        if (!RvNextComponent(Path, &Have) || !RtlEqualUnicodeString(&Want, &Have, TRUE))
            return FALSE;
    }
    return TRUE;
}

_Use_decl_annotations_ BOOLEAN RvIsRelative(const REG_CREATE_KEY_INFORMATION_V1 *Request)
{
    const UNICODE_STRING *Name = Request->CompleteName;

    PAGED_CODE();
    return Name->Length < sizeof(WCHAR) || Name->Buffer[0] != L'\\';
}

_Use_decl_annotations_ NTSTATUS RvPathOfRequest(PLARGE_INTEGER Cookie,
                                                const REG_CREATE_KEY_INFORMATION_V1 *Request,
                                                PRV_PATH Path, PCUNICODE_STRING *Lent)
{
    NTSTATUS Status = STATUS_SUCCESS;

    PAGED_CODE();
    *Lent = NULL;
    RtlZeroMemory(Path, sizeof(*Path));
    Path->Rest[1] = *Request->CompleteName;
    if (RvIsRelative(Request))
        Status = CmCallbackGetKeyObjectIDEx(Cookie, Request->RootObject, NULL, Lent, 0);
    if (NT_SUCCESS(Status) && *Lent != NULL)
        Path->Rest[0] = **Lent;
    return Status;
}

_Use_decl_annotations_ VOID RvReturnName(PCUNICODE_STRING Lent)
{
    PAGED_CODE();
    if (Lent != NULL)
        CmCallbackReleaseKeyObjectIDEx(Lent);
}
