/* SPDX-License-Identifier: MIT
 *
 * runtime.c - the C run-time library, the intrinsics and the bounded strings by a driver's names.
 * Prints what is not as it should be.
 */
#include <ntddk.h>
#include <intrin.h>
#include <ntintsafe.h>
#include <ntstrsafe.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                     \
    do {                                                     \
        if (!(condition)) {                                  \
            DbgPrint("line %d: %s\n", __LINE__, #condition); \
            Wrong++;                                         \
        }                                                    \
    } while (0)

static int CDECL CompareBytes(const void *One, const void *Two)
{
    return *(const UCHAR *)One - *(const UCHAR *)Two;
}

static int CheckStrings(void)
{
    WCHAR Text[16];
    char Bytes[16];
    UCHAR Sorted[] = {3, 1, 2};
    UCHAR Key = 2;
    int Wrong = 0;

    CHECK(wcscpy_s(Text, 16, L"aBc") == 0 && wcslen(_wcslwr(Text)) == 3);
    CHECK(wcscmp(Text, L"abc") == 0 && _wcsicmp(Text, L"ABC") == 0);
    CHECK(wcscat_s(Text, 16, L"d") == 0 && wcsstr(Text, L"cd") == Text + 2);
    CHECK(wcsncpy_s(Text, 4, L"abcdef", _TRUNCATE) == 80);
    CHECK(swprintf_s(Text, 16, L"%ws%d", L"n", 5) == 2 && Text[1] == L'5');
    CHECK(_snwprintf(Text, 16, L"%S", "x") == 1);
    CHECK(wcstoul(L"0x10", NULL, 16) == 16 && _wtoi(L"12") == 12);
    CHECK(towupper(L'a') == L'A' && towlower(L'A') == L'a');
    CHECK(sprintf_s(Bytes, sizeof(Bytes), "%s", "abc") == 3);
    CHECK(_snprintf(Bytes, 2, "abc") == -1);
    CHECK(strcpy_s(Bytes, 16, "One") == 0 && strcmp(_strlwr(Bytes), "one") == 0);
    CHECK(_stricmp(Bytes, "ONE") == 0 && strcmp(_strupr(Bytes), "ONE") == 0);
    CHECK(atoi("-5") == -5 && strtoul("99999999999", NULL, 10) == MAXULONG);
    CHECK(isdigit('5') && isxdigit('f') && isspace(' ') && isupper('A') && islower('a'));
    CHECK(isprint('x') && tolower('A') == 'a' && toupper('a') == 'A');
    CHECK(strnlen("abc", 2) == 2 && strspn("aab", "a") == 2);
    CHECK(memcpy_s(Bytes, 2, "abc", 3) == 34 && memmove_s(Bytes, 2, "ab", 2) == 0);
    qsort(Sorted, 3, 1, CompareBytes);
    CHECK(Sorted[0] == 1 && bsearch(&Key, Sorted, 3, 1, CompareBytes) == Sorted + 1);
    return Wrong;
}

static int CheckIntrinsics(void)
{
    ULONG Index = 0;
    UCHAR From[4] = {1, 2, 3, 4}, To[4];
    ULONG Words[2];
    int Wrong = 0;

    CHECK(_byteswap_ushort(0x1234) == 0x3412 && _byteswap_ulong(0x12345678) == 0x78563412);
    CHECK(_byteswap_uint64(1) == 0x0100000000000000ULL);
    CHECK(_rotl(0x80000001, 1) == 3 && _rotr(3, 1) == 0x80000001 && _rotl64(1, 63) >> 63 == 1);
    CHECK(_BitScanForward(&Index, 0x10) && Index == 4 && !_BitScanForward(&Index, 0));
    CHECK(_BitScanReverse64(&Index, 1ULL << 40) && Index == 40);
    CHECK(__popcnt(0xFF) == 8);
    __movsb(To, From, 4);
    CHECK(memcmp(To, From, 4) == 0);
    __stosd(Words, 7, 2);
    CHECK(Words[1] == 7);
#if defined(_AMD64_) || defined(_X86_)
    {
        int Registers[4] = {0};

        __cpuid(Registers, 0);
        CHECK(Registers[0] != 0);
        CHECK(__rdtsc() != 0);
    }
#endif
    YieldProcessor();
    __writecr0(__readcr0() & ~0x10000ULL);
    _disable();
    _enable();
    return Wrong;
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    return CheckStrings() + CheckIntrinsics() == 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
