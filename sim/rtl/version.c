/* SPDX-License-Identifier: MIT
 *
 * version.c - which Windows this is.
 */
#include "simp.h"

#include <string.h>

static const struct RTLP_VERSION {
    ULONG Major, Minor, Build;
    USHORT ServicePack;
} RtlpVersions[] = {
    [NTCB_WINDOWS_XP] = {5, 1, 2600, 3},        [NTCB_WINDOWS_2003] = {5, 2, 3790, 2},
    [NTCB_WINDOWS_VISTA] = {6, 0, 6000, 0},     [NTCB_WINDOWS_VISTA_SP2] = {6, 0, 6002, 2},
    [NTCB_WINDOWS_7] = {6, 1, 7601, 1},         [NTCB_WINDOWS_8] = {6, 2, 9200, 0},
    [NTCB_WINDOWS_81] = {6, 3, 9600, 0},        [NTCB_WINDOWS_10_1507] = {10, 0, 10240, 0},
    [NTCB_WINDOWS_10_1607] = {10, 0, 14393, 0}, [NTCB_WINDOWS_10_1703] = {10, 0, 15063, 0},
    [NTCB_WINDOWS_10_1709] = {10, 0, 16299, 0}, [NTCB_WINDOWS_11] = {10, 0, 22631, 0},
};

static VOID RtlpServicePackText(USHORT ServicePack, WCHAR Text[128])
{
    static const WCHAR Words[] = u"Service Pack ";

    memset(Text, 0, 128 * sizeof(WCHAR));
    if (ServicePack != 0) {
        memcpy(Text, Words, sizeof(Words) - sizeof(WCHAR));
        Text[sizeof(Words) / sizeof(WCHAR) - 1] = (WCHAR)(u'0' + ServicePack);
    }
}

/* The extended members are filled when dwOSVersionInfoSize says that they are there. */
NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW lpVersionInformation)
{
    const struct RTLP_VERSION *Version = &RtlpVersions[ntsim__windows()];
    PRTL_OSVERSIONINFOEXW Extended = (PRTL_OSVERSIONINFOEXW)lpVersionInformation;

    lpVersionInformation->dwMajorVersion = Version->Major;
    lpVersionInformation->dwMinorVersion = Version->Minor;
    lpVersionInformation->dwBuildNumber = Version->Build;
    lpVersionInformation->dwPlatformId = VER_PLATFORM_WIN32_NT;
    RtlpServicePackText(Version->ServicePack, lpVersionInformation->szCSDVersion);
    if (lpVersionInformation->dwOSVersionInfoSize == sizeof(*Extended)) {
        Extended->wServicePackMajor = Version->ServicePack;
        Extended->wServicePackMinor = 0;
        Extended->wSuiteMask = VER_SUITE_SINGLEUSERTS;
        Extended->wProductType = VER_NT_WORKSTATION;
        Extended->wReserved = 0;
    }
    return STATUS_SUCCESS;
}
