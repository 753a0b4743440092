/* SPDX-License-Identifier: MIT
 *
 * cmsecurity.c - the security descriptor of keys: every key answers with the one that \REGISTRY has
 * by default (REG-SEC-03). None can be set.
 */
#include "cm/cmservice.h"

#include <string.h>

/* A self-relative descriptor, byte by byte as it lies in memory; little-endian words. */
#define WORD16(x) (UCHAR)((x)&0xFF), (UCHAR)((x) >> 8)
#define WORD32(x) WORD16((x)&0xFFFF), WORD16(((ULONG)(x)) >> 16)
#define SID1(a) 1, 1, 0, 0, 0, 0, 0, 5, WORD32(a)
#define SID2(a, b) 1, 2, 0, 0, 0, 0, 0, 5, WORD32(a), WORD32(b)
#define SID_EVERYONE 1, 1, 0, 0, 0, 0, 0, 1, WORD32(0)
#define SID_SYSTEM SID1(18)
#define SID_ADMINISTRATORS SID2(32, 544)
#define SID_RESTRICTED SID1(12)
/* Access allowed, inherited by containers. */
#define ACE(bytes, mask, ...) 0, 2, WORD16(8 + (bytes)), WORD32(mask), __VA_ARGS__

static const UCHAR CmpOwner[] = {SID_ADMINISTRATORS};
static const UCHAR CmpGroup[] = {SID_SYSTEM};
static const UCHAR CmpDacl[] = {
    2,
    0,
    WORD16(8 + 20 + 24 + 20 + 20),
    WORD16(4),
    WORD16(0),
    ACE(12, KEY_ALL_ACCESS, SID_SYSTEM),
    ACE(16, KEY_ALL_ACCESS, SID_ADMINISTRATORS),
    ACE(12, KEY_READ, SID_EVERYONE),
    ACE(12, KEY_READ, SID_RESTRICTED),
};

#define CMP_SE_DACL_PRESENT 0x0004
#define CMP_SE_SELF_RELATIVE 0x8000

struct CMP_DESCRIPTOR {
    UCHAR Revision;
    UCHAR Sbz1;
    USHORT Control;
    ULONG Owner;
    ULONG Group;
    ULONG Sacl;
    ULONG Dacl;
};

NTSTATUS CmpDoQueryKeySecurity(struct CMP_CALL *Call, struct CMP_KEY *Key)
{
    UNREFERENCED_PARAMETER(Key);
    SECURITY_INFORMATION Wanted = Call->Class;
    struct CMP_DESCRIPTOR Head = {.Revision = 1, .Control = CMP_SE_SELF_RELATIVE};
    const struct {
        SECURITY_INFORMATION Bit;
        ULONG *Offset;
        const void *Part;
        ULONG Bytes;
    } Parts[] = {
        {OWNER_SECURITY_INFORMATION, &Head.Owner, CmpOwner, sizeof(CmpOwner)},
        {GROUP_SECURITY_INFORMATION, &Head.Group, CmpGroup, sizeof(CmpGroup)},
        {DACL_SECURITY_INFORMATION, &Head.Dacl, CmpDacl, sizeof(CmpDacl)},
    };
    ULONG Needed = sizeof(Head);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Parts); Index++) {
        if ((Wanted & Parts[Index].Bit) != 0) {
            *Parts[Index].Offset = Needed;
            Needed += Parts[Index].Bytes;
        }
    }
    if (Head.Dacl != 0) {
        Head.Control |= CMP_SE_DACL_PRESENT;
    }
    ULONG Room = Call->Length;
    Call->Length = Needed;
    if (Room < Needed) {
        return STATUS_BUFFER_TOO_SMALL; /* REG-SEC-01 */
    }
    memcpy(Call->Buffer, &Head, sizeof(Head));
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Parts); Index++) {
        if (*Parts[Index].Offset != 0) {
            memcpy((PUCHAR)Call->Buffer + *Parts[Index].Offset, Parts[Index].Part,
                   Parts[Index].Bytes);
        }
    }
    return STATUS_SUCCESS;
}
