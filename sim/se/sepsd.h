/* SPDX-License-Identifier: MIT
 *
 * sepsd.h - security descriptors: read, captured, made, inherited, merged, checked.
 *
 * A descriptor that is kept is self-relative bytes that SepReadRelative has found valid. What these
 * functions make is memory of ntsim__allocate.
 */
#ifndef SIM_SE_SEPSD_H
#define SIM_SE_SEPSD_H

#include "se/sep.h"

/* A descriptor taken apart. A NULL Dacl under SE_DACL_PRESENT lets everybody do everything, as does
 * none at all. */
struct SEP_PARTS {
    SECURITY_DESCRIPTOR_CONTROL Control; /* without SE_SELF_RELATIVE */
    PSID Owner;
    PSID Group;
    PACL Sacl;
    PACL Dacl;
};

struct SEP_DESCRIPTOR {
    ULONG Length;
    PVOID Bytes;
};

/* ---- acl.c ---- */
BOOLEAN SepEqualSid(const void *A, const void *B);
ULONG SepSidLength(const void *Sid);
/* Is there a valid one in at most so many bytes? */
BOOLEAN SepValidSid(const void *Sid, SIZE_T Bytes);
BOOLEAN SepValidAcl(const ACL *Acl, SIZE_T Bytes);
/* The identifier of an entry of the kinds the simulator acts on, else NULL. */
PSID SepAceSid(const ACE_HEADER *Ace);
/* Start an empty list in a buffer, and put entries behind; the buffer is large enough. */
VOID SepStartAcl(PACL Acl);
PACE_HEADER SepAppendAce(PACL Acl, UCHAR Type, UCHAR Flags, ACCESS_MASK Mask, const void *Sid);
VOID SepCopyAce(PACL Acl, const ACE_HEADER *Ace);
#define SEP_FIRST_ACE(acl) ((PACE_HEADER)((PUCHAR)(ULONG_PTR)(acl) + sizeof(ACL)))
#define SEP_NEXT_ACE(ace) ((PACE_HEADER)((PUCHAR)(ace) + (ace)->AceSize))

/* ---- descriptor.c ---- */
/* Take apart bytes of no known origin. INVALID_SECURITY_DESCR, UNKNOWN_REVISION, INVALID_SID,
 * INVALID_ACL (REG-SEC-02). */
NTSTATUS SepReadRelative(const void *Bytes, ULONG Length, struct SEP_PARTS *Parts);
/* The same descriptor as kept bytes. SUCCESS, INSUFFICIENT_RESOURCES. */
NTSTATUS SepMake(const struct SEP_PARTS *Parts, struct SEP_DESCRIPTOR *Out);
ULONG SepMeasure(const struct SEP_PARTS *Parts);
VOID SepWrite(const struct SEP_PARTS *Parts, PVOID Buffer);
/* A caller's descriptor, absolute or self-relative, as kept bytes. Also ACCESS_VIOLATION. */
NTSTATUS SepCapture(KPROCESSOR_MODE Mode, const void *Descriptor, struct SEP_DESCRIPTOR *Out);

/* ---- inherit.c ---- */
/* The descriptor of a new container below one with Parent's. Explicit may be NULL. */
NTSTATUS SepInherit(const struct SEP_PARTS *Parent, const struct SEP_PARTS *Explicit,
                    const struct SEP_ACCOUNT *Account, const GENERIC_MAPPING *Mapping,
                    struct SEP_DESCRIPTOR *Out);
/* The audit entries of one list and the labels of another (either may be NULL) in the buffer To;
 * NULL: there are none. */
PACL SepSelectSacl(PACL To, const ACL *Audit, const ACL *Label);
/* Old with the parts that Information names replaced by Given's. INVALID_OWNER,
 * INVALID_PRIMARY_GROUP, INSUFFICIENT_RESOURCES. */
NTSTATUS SepMerge(const struct SEP_PARTS *Old, const struct SEP_PARTS *Given,
                  SECURITY_INFORMATION Information, const GENERIC_MAPPING *Mapping,
                  struct SEP_DESCRIPTOR *Out);

/* ---- access.c ---- */
ACCESS_MASK SepMapGeneric(ACCESS_MASK Access, const GENERIC_MAPPING *Mapping);
/* What Token gets that asks for Desired, generic bits mapped, with or without MAXIMUM_ALLOWED.
 * SUCCESS, ACCESS_DENIED, PRIVILEGE_NOT_HELD. */
NTSTATUS SepCheckAccess(const struct SEP_PARTS *Parts, const struct SEP_TOKEN *Token,
                        ACCESS_MASK Desired, const GENERIC_MAPPING *Mapping, ACCESS_MASK *Granted);
/* May Token make Sid the owner of something? */
BOOLEAN SepMayOwn(const struct SEP_TOKEN *Token, const void *Sid);

/* ---- sddl.c ---- */
/* "O:BAG:SYD:(A;CI;KA;;;SY)S:(ML;;NW;;;LW)". *Wrong: where the text is malformed (returns
 * INVALID_PARAMETER); also INSUFFICIENT_RESOURCES. */
NTSTATUS SepParseSddl(const char *Text, struct SEP_DESCRIPTOR *Out, const char **Wrong);

#endif
