/* SPDX-License-Identifier: MIT
 *
 * cmtrust.c - which links stay within their trust (REG-LNK-07), where NTCB_SWITCH_LINK_TRUST asks.
 *
 * Trusted are the hives below MACHINE and those of the system's own accounts below USER: nobody
 * else writes there. Off by default: how far Windows goes is not stated.
 */
#include "cm/cmservice.h"

static BOOLEAN CmpIsTrustedHive(PCUNICODE_STRING Branch, PCUNICODE_STRING Hive)
{
    static const WCHAR *const Own[] = {u".DEFAULT", u"S-1-5-18", u"S-1-5-19", u"S-1-5-20"};
    if (!CmpStringEquals(Branch, u"USER")) {
        return CmpStringEquals(Branch, u"MACHINE");
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Own); Index++) {
        if (CmpStringEquals(Hive, Own[Index])) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The key two levels below \REGISTRY on the way to Key; one level, when Key is there. */
static BOOLEAN CmpIsTrustedKey(const struct CMP_KEY *Key)
{
    const struct CMP_KEY *Hive = Key;
    while (CmpDepth(Hive) > 3) {
        Hive = Hive->Parent;
    }
    const struct CMP_KEY *Branch = CmpDepth(Hive) == 3 ? Hive->Parent : Hive;
    UNICODE_STRING BranchName = CmpNameString(Branch->Name);
    UNICODE_STRING HiveName = CmpNameString(Hive->Name);
    return CmpIsTrustedHive(&BranchName, &HiveName);
}

NTSTATUS CmpTrustLink(const struct CMP_KEY *Link, UNICODE_STRING Target)
{
    ULONG Switches = ntcb_kernel_config(ntcb_kernel_current())->switches;
    UNICODE_STRING Component;
    UNICODE_STRING Branch;
    UNICODE_STRING Hive = {0, 0, NULL};
    if ((Switches & NTCB_SWITCH_LINK_TRUST) == 0 || CmpState()->Windows < NTCB_WINDOWS_7 ||
        !CmpNextComponent(&Target, &Component) || !CmpNextComponent(&Target, &Branch)) {
        return STATUS_SUCCESS;
    }
    CmpNextComponent(&Target, &Hive);
    return CmpIsTrustedKey(Link) == CmpIsTrustedHive(&Branch, &Hive) ? STATUS_SUCCESS
                                                                     : STATUS_ACCESS_DENIED;
}
