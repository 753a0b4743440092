/* SPDX-License-Identifier: MIT
 *
 * hostfile.c - names of files, taken apart for the host's directories.
 */
#include "io/file.h"

/* Also what UTF-16 and UTF-8 have different names for is left out here. */
BOOLEAN IopIsFileName(PCUNICODE_STRING Name)
{
    for (USHORT Unit = 0; Unit < Name->Length / sizeof(WCHAR); Unit++) {
        WCHAR C = Name->Buffer[Unit];
        if (C < u' ' || C == u'/' || C == u':' || C == u'*' || C == u'?' || C == u'"' ||
            C == u'<' || C == u'>' || C == u'|') {
            return FALSE;
        }
    }
    return Name->Length != 0 && !(Name->Buffer[0] == u'.' &&
                                  (Name->Length == sizeof(WCHAR) ||
                                   (Name->Length == 2 * sizeof(WCHAR) && Name->Buffer[1] == u'.')));
}

NTSTATUS IopHostFind(int Root, PCUNICODE_STRING Name, char Path[IOP_HOST_PATH], BOOLEAN *Exists,
                     BOOLEAN *Directory)
{
    USHORT Units = Name->Length / (USHORT)sizeof(WCHAR);
    Path[0] = '\0';
    *Exists = *Directory = TRUE;
    for (USHORT At = 0; At < Units; At++) {
        UNICODE_STRING Component = {0, 0, Name->Buffer + At};
        while (At < Units && Name->Buffer[At] != u'\\') {
            Component.Length = (USHORT)(Component.Length + sizeof(WCHAR));
            At++;
        }
        if (!*Exists || !*Directory) {
            return STATUS_OBJECT_PATH_NOT_FOUND;
        }
        NTSTATUS Status = IopIsFileName(&Component)
                              ? IopHostStep(Root, &Component, Path, Exists, Directory)
                              : STATUS_OBJECT_NAME_INVALID;
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    return STATUS_SUCCESS;
}
