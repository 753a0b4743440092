/* SPDX-License-Identifier: MIT
 *
 * verify.c - is this Windows as a driver wants it?
 */
#include "simp.h"

/* Condition number Index of a mask is for the type 1 << Index. */
enum {
    RtlpMinor,
    RtlpMajor,
    RtlpBuild,
    RtlpPlatform,
    RtlpPackMinor,
    RtlpPackMajor,
    RtlpSuite,
    RtlpProduct,
    RtlpTypes
};

ULONGLONG NTAPI VerSetConditionMask(ULONGLONG ConditionMask, ULONG TypeMask, UCHAR Condition)
{
    for (int Type = RtlpTypes - 1; Type >= 0; Type--) {
        if ((TypeMask >> Type & 1) != 0) {
            return ConditionMask | (ULONGLONG)(Condition & VER_CONDITION_MASK)
                                       << (Type * VER_NUM_BITS_PER_CONDITION_MASK);
        }
    }
    return ConditionMask;
}

static ULONG RtlpCondition(ULONGLONG Mask, int Type)
{
    return (ULONG)(Mask >> (Type * VER_NUM_BITS_PER_CONDITION_MASK)) & VER_CONDITION_MASK;
}

static BOOLEAN RtlpHolds(ULONG Condition, LONGLONG Difference)
{
    switch (Condition) {
    case VER_EQUAL:
        return Difference == 0;
    case VER_GREATER:
        return Difference > 0;
    case VER_GREATER_EQUAL:
        return Difference >= 0;
    case VER_LESS:
        return Difference < 0;
    case VER_LESS_EQUAL:
        return Difference <= 0;
    default:
        return FALSE;
    }
}

static BOOLEAN RtlpSuiteHolds(ULONG Condition, USHORT Here, USHORT Wanted)
{
    switch (Condition) {
    case VER_AND:
        return (Here & Wanted) == Wanted;
    case VER_OR:
        return (Here & Wanted) != 0 || Wanted == 0;
    default:
        return FALSE;
    }
}

NTSTATUS NTAPI RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW VersionInfo, ULONG TypeMask,
                                    ULONGLONG ConditionMask)
{
    RTL_OSVERSIONINFOEXW Here = {.dwOSVersionInfoSize = sizeof(Here)};
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, PASSIVE_LEVEL, "DV-26", 0);
    if (TypeMask == 0 || ConditionMask == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    RtlGetVersion((PRTL_OSVERSIONINFOW)(PVOID)&Here);
    /* One number: each decides only where those in front of it are equal. */
    const struct {
        int Type;
        LONGLONG Difference;
    } Parts[] =
        {
            {RtlpMajor, (LONGLONG)Here.dwMajorVersion - VersionInfo->dwMajorVersion},
            {RtlpMinor, (LONGLONG)Here.dwMinorVersion - VersionInfo->dwMinorVersion},
            {RtlpPackMajor, Here.wServicePackMajor - VersionInfo->wServicePackMajor},
            {RtlpPackMinor, Here.wServicePackMinor - VersionInfo->wServicePackMinor},
        },
      Single[] = {
          {RtlpBuild, (LONGLONG)Here.dwBuildNumber - VersionInfo->dwBuildNumber},
          {RtlpPlatform, (LONGLONG)Here.dwPlatformId - VersionInfo->dwPlatformId},
          {RtlpProduct, Here.wProductType - VersionInfo->wProductType},
      };
    LONGLONG Difference = 0;
    int First = -1;
    for (size_t Index = 0; Index < RTL_NUMBER_OF(Parts); Index++) {
        if ((TypeMask >> Parts[Index].Type & 1) != 0) {
            First = First < 0 ? Parts[Index].Type : First;
            Difference = Difference == 0 ? Parts[Index].Difference : Difference;
        }
    }
    BOOLEAN Holds = First < 0 || RtlpHolds(RtlpCondition(ConditionMask, First), Difference);
    for (size_t Index = 0; Index < RTL_NUMBER_OF(Single); Index++) {
        int Type = Single[Index].Type;
        Holds = Holds && ((TypeMask >> Type & 1) == 0 ||
                          RtlpHolds(RtlpCondition(ConditionMask, Type), Single[Index].Difference));
    }
    if ((TypeMask & VER_SUITENAME) != 0) {
        Holds = Holds && RtlpSuiteHolds(RtlpCondition(ConditionMask, RtlpSuite), Here.wSuiteMask,
                                        VersionInfo->wSuiteMask);
    }
    return Holds ? STATUS_SUCCESS : STATUS_REVISION_MISMATCH;
}
