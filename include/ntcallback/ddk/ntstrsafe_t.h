/* SPDX-License-Identifier: MIT */
/*
 * ntstrsafe_t.h - terminated strings of one width. Part of ntstrsafe.h, which includes it once with
 * NTCB_CHAR, NTCB_S(name) and NTCB_VPRINT for wide characters and once for bytes.
 */

/* Length without terminator, at most cchMax characters including it. */
NTSTRSAFEDDI NTCB_S(RtlStringCchLength)(_In_ const NTCB_CHAR *psz, _In_ size_t cchMax,
                                        _Out_opt_ size_t *pcchLength)
{
    size_t Length = 0;

    if (pcchLength != NULL)
        *pcchLength = 0;
    if (psz == NULL || cchMax > NTSTRSAFE_MAX_CCH)
        return STATUS_INVALID_PARAMETER;
    while (Length < cchMax && psz[Length] != 0)
        Length++;
    if (Length == cchMax)
        return STATUS_INVALID_PARAMETER;
    if (pcchLength != NULL)
        *pcchLength = Length;
    return STATUS_SUCCESS;
}

NTSTRSAFEDDI NTCB_S(RtlStringCbLength)(_In_ const NTCB_CHAR *psz, _In_ size_t cbMax,
                                       _Out_opt_ size_t *pcbLength)
{
    size_t Length = 0;
    NTSTATUS Status = NTCB_S(RtlStringCchLength)(psz, cbMax / sizeof(NTCB_CHAR), &Length);

    if (pcbLength != NULL)
        *pcbLength = Length * sizeof(NTCB_CHAR);
    return Status;
}

/* At most Count characters of Source behind the Used ones of Dest; Used grows. */
NTSTRSAFEDDI NTCB_S(NtcbPut)(NTCB_CHAR *Dest, size_t Size, size_t *Used, const NTCB_CHAR *Source,
                             size_t Count)
{
    for (; Count != 0 && *Source != 0; Count--) {
        if (*Used == Size - 1) {
            Dest[*Used] = 0;
            return STATUS_BUFFER_OVERFLOW;
        }
        Dest[(*Used)++] = *Source++;
    }
    Dest[*Used] = 0;
    return STATUS_SUCCESS;
}

NTSTRSAFEDDI NTCB_S(NtcbPrint)(NTCB_CHAR *Dest, size_t Size, size_t *Used, const NTCB_CHAR *Format,
                               va_list Arguments)
{
    int Written = NTCB_VPRINT(Dest, Size - 1, Format, Arguments);

    *Used = Written < 0 || (size_t)Written > Size - 1 ? Size - 1 : (size_t)Written;
    Dest[*Used] = 0;
    return Written == (int)*Used ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

/* May something be put into Dest? Without room at all, only nothing may, and only when NULL is
 * ignored. */
NTSTRSAFEDDI NTCB_S(NtcbCheck)(const NTCB_CHAR *Dest, size_t Size, ULONG Flags, BOOLEAN Nothing)
{
    if ((Flags & ~STRSAFE_VALID_FLAGS) != 0 || Size > NTSTRSAFE_MAX_CCH)
        return STATUS_INVALID_PARAMETER;
    if (Size != 0)
        return Dest != NULL ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    return (Flags & STRSAFE_IGNORE_NULLS) != 0 && Nothing ? STATUS_SUCCESS
                                                          : STATUS_INVALID_PARAMETER;
}

/* What the flags want done with a buffer of Size characters and Odd bytes, of which Used characters
 * were written and Kept were there before; and where the text ends. */
NTSTRSAFEDDI NTCB_S(NtcbFinish)(NTCB_CHAR *Dest, size_t Size, size_t Odd, size_t Kept, size_t Used,
                                NTSTATUS Status, ULONG Flags, NTCB_CHAR **End, size_t *Left)
{
    size_t Bytes = Size * sizeof(NTCB_CHAR) + Odd;
    int Fill = STRSAFE_GET_FILL_PATTERN(Flags);

    if (Status == STATUS_SUCCESS && (Flags & STRSAFE_FILL_BEHIND_NULL) != 0 && Size != 0)
        __builtin_memset(Dest + Used + 1, Fill, Bytes - (Used + 1) * sizeof(NTCB_CHAR));
    if (Status != STATUS_SUCCESS && Size != 0) {
        if ((Flags & STRSAFE_FILL_ON_FAILURE) != 0) {
            __builtin_memset(Dest, Fill, Bytes);
            Used = Fill == 0 ? 0 : Size - 1;
            Kept = 0;
        }
        if ((Flags & STRSAFE_NULL_ON_FAILURE) != 0)
            Used = 0;
        else if ((Flags & STRSAFE_NO_TRUNCATION) != 0 && Used > Kept)
            Used = Kept;
        Dest[Used] = 0;
    }
    if (Status == STATUS_SUCCESS || Status == STATUS_BUFFER_OVERFLOW) {
        if (End != NULL)
            *End = Dest + Used;
        if (Left != NULL)
            *Left = Size - Used;
    }
    return Status;
}

/* Copying (or appending) at most Count characters: what all of these functions do. */
NTSTRSAFEDDI NTCB_S(NtcbCopy)(NTCB_CHAR *Dest, size_t Size, size_t Odd, BOOLEAN Append,
                              const NTCB_CHAR *Source, size_t Count, NTCB_CHAR **End, size_t *Left,
                              ULONG Flags)
{
    static const NTCB_CHAR Empty[1] = {0};
    size_t Kept = 0, Used;
    NTSTATUS Status;

    if (Source == NULL && (Flags & STRSAFE_IGNORE_NULLS) != 0)
        Source = Empty;
    Status = NTCB_S(NtcbCheck)(Dest, Size, Flags, Source != NULL && (Count == 0 || *Source == 0));
    if (!NT_SUCCESS(Status))
        return Status;
    if (Append && Size != 0)
        Status = NTCB_S(RtlStringCchLength)(Dest, Size, &Kept);
    if (NT_SUCCESS(Status) && (Source == NULL || Count > NTSTRSAFE_MAX_LENGTH)) {
        Status = STATUS_INVALID_PARAMETER;
        if (!Append)
            Dest[0] = 0;
    }
    Used = Kept;
    if (NT_SUCCESS(Status) && Size != 0)
        Status = NTCB_S(NtcbPut)(Dest, Size, &Used, Source, Count);
    if (Status == STATUS_INVALID_PARAMETER &&
        (Flags & (STRSAFE_FILL_ON_FAILURE | STRSAFE_NULL_ON_FAILURE)) == 0)
        return Status;
    return NTCB_S(NtcbFinish)(Dest, Size, Odd, Kept, Used, Status, Flags, End, Left);
}

NTSTRSAFEDDI NTCB_S(NtcbFormat)(NTCB_CHAR *Dest, size_t Size, size_t Odd, NTCB_CHAR **End,
                                size_t *Left, ULONG Flags, const NTCB_CHAR *Format,
                                va_list Arguments)
{
    static const NTCB_CHAR Empty[1] = {0};
    size_t Used = 0;
    NTSTATUS Status;

    if (Format == NULL && (Flags & STRSAFE_IGNORE_NULLS) != 0)
        Format = Empty;
    Status = NTCB_S(NtcbCheck)(Dest, Size, Flags, Format != NULL && *Format == 0);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Format == NULL)
        Status = STATUS_INVALID_PARAMETER;
    else if (Size != 0)
        Status = NTCB_S(NtcbPrint)(Dest, Size, &Used, Format, Arguments);
    return NTCB_S(NtcbFinish)(Dest, Size, Odd, 0, Used, Status, Flags, End, Left);
}

/* The eight functions of copying, or of appending: by characters or bytes, all or at most so many,
 * with or without what the Ex functions have. */
#define NTCB_STRING_FUNCTIONS(Verb, Append)                                                        \
    NTSTRSAFEDDI NTCB_S(RtlStringCch##Verb)(NTCB_CHAR * Dest, size_t Cch, const NTCB_CHAR *Src)    \
    {                                                                                              \
        return NTCB_S(NtcbCopy)(Dest, Cch, 0, Append, Src, NTSTRSAFE_MAX_LENGTH, NULL, NULL, 0);   \
    }                                                                                              \
    NTSTRSAFEDDI NTCB_S(RtlStringCb##Verb)(NTCB_CHAR * Dest, size_t Cb, const NTCB_CHAR *Src)      \
    {                                                                                              \
        return NTCB_S(NtcbCopy)(Dest, Cb / sizeof(NTCB_CHAR), 0, Append, Src,                      \
                                NTSTRSAFE_MAX_LENGTH, NULL, NULL, 0);                              \
    }                                                                                              \
    NTSTRSAFEDDI NTCB_S(RtlStringCch##Verb##N)(NTCB_CHAR * Dest, size_t Cch, const NTCB_CHAR *Src, \
                                               size_t Count)                                       \
    {                                                                                              \
        return NTCB_S(NtcbCopy)(Dest, Cch, 0, Append, Src, Count, NULL, NULL, 0);                  \
    }                                                                                              \
    NTSTRSAFEDDI NTCB_S(RtlStringCb##Verb##N)(NTCB_CHAR * Dest, size_t Cb, const NTCB_CHAR *Src,   \
                                              size_t Bytes)                                        \
    {                                                                                              \
        return NTCB_S(NtcbCopy)(Dest, Cb / sizeof(NTCB_CHAR), 0, Append, Src,                      \
                                Bytes / sizeof(NTCB_CHAR), NULL, NULL, 0);                         \
    }                                                                                              \
    NTSTRSAFEDDI NTCB_S(RtlStringCch##Verb##NEx)(NTCB_CHAR * Dest, size_t Cch,                     \
                                                 const NTCB_CHAR *Src, size_t Count,               \
                                                 NTCB_CHAR **End, size_t *Left, ULONG Flags)       \
    {                                                                                              \
        return NTCB_S(NtcbCopy)(Dest, Cch, 0, Append, Src, Count, End, Left, Flags);               \
    }                                                                                              \
    NTSTRSAFEDDI NTCB_S(RtlStringCch##Verb##Ex)(NTCB_CHAR * Dest, size_t Cch,                      \
                                                const NTCB_CHAR *Src, NTCB_CHAR **End,             \
                                                size_t *Left, ULONG Flags)                         \
    {                                                                                              \
        return NTCB_S(NtcbCopy)(Dest, Cch, 0, Append, Src, NTSTRSAFE_MAX_LENGTH, End, Left,        \
                                Flags);                                                            \
    }                                                                                              \
    NTSTRSAFEDDI NTCB_S(NtcbCb##Verb)(NTCB_CHAR * Dest, size_t Cb, const NTCB_CHAR *Src,           \
                                      size_t Count, NTCB_CHAR **End, size_t *Left, ULONG Flags)    \
    {                                                                                              \
        size_t Odd = Cb % sizeof(NTCB_CHAR), Characters = 0;                                       \
        NTSTATUS Status = NTCB_S(NtcbCopy)(Dest, Cb / sizeof(NTCB_CHAR), Odd, Append, Src, Count,  \
                                           End, &Characters, Flags);                               \
                                                                                                   \
        if (Left != NULL && (Status == STATUS_SUCCESS || Status == STATUS_BUFFER_OVERFLOW))        \
            *Left = Characters * sizeof(NTCB_CHAR) + Odd;                                          \
        return Status;                                                                             \
    }                                                                                              \
    NTSTRSAFEDDI NTCB_S(RtlStringCb##Verb##NEx)(NTCB_CHAR * Dest, size_t Cb, const NTCB_CHAR *Src, \
                                                size_t Bytes, NTCB_CHAR **End, size_t *Left,       \
                                                ULONG Flags)                                       \
    {                                                                                              \
        return NTCB_S(NtcbCb##Verb)(Dest, Cb, Src, Bytes / sizeof(NTCB_CHAR), End, Left, Flags);   \
    }                                                                                              \
    NTSTRSAFEDDI NTCB_S(RtlStringCb##Verb##Ex)(NTCB_CHAR * Dest, size_t Cb, const NTCB_CHAR *Src,  \
                                               NTCB_CHAR **End, size_t *Left, ULONG Flags)         \
    {                                                                                              \
        return NTCB_S(NtcbCb##Verb)(Dest, Cb, Src, NTSTRSAFE_MAX_LENGTH, End, Left, Flags);        \
    }

NTCB_STRING_FUNCTIONS(Copy, FALSE)
NTCB_STRING_FUNCTIONS(Cat, TRUE)
#undef NTCB_STRING_FUNCTIONS

NTSTRSAFEDDI NTCB_S(RtlStringCchVPrintf)(_Out_ NTCB_CHAR *pszDest, _In_ size_t cchDest,
                                         _In_ const NTCB_CHAR *pszFormat, _In_ va_list argList)
{
    return NTCB_S(NtcbFormat)(pszDest, cchDest, 0, NULL, NULL, 0, pszFormat, argList);
}

NTSTRSAFEDDI NTCB_S(RtlStringCbVPrintf)(_Out_ NTCB_CHAR *pszDest, _In_ size_t cbDest,
                                        _In_ const NTCB_CHAR *pszFormat, _In_ va_list argList)
{
    return NTCB_S(RtlStringCchVPrintf)(pszDest, cbDest / sizeof(NTCB_CHAR), pszFormat, argList);
}

NTSTRSAFEDDI NTCB_S(RtlStringCchVPrintfEx)(_Out_ NTCB_CHAR *pszDest, _In_ size_t cchDest,
                                           _Out_opt_ NTCB_CHAR **ppszDestEnd,
                                           _Out_opt_ size_t *pcchRemaining, _In_ ULONG dwFlags,
                                           _In_ const NTCB_CHAR *pszFormat, _In_ va_list argList)
{
    return NTCB_S(NtcbFormat)(pszDest, cchDest, 0, ppszDestEnd, pcchRemaining, dwFlags, pszFormat,
                              argList);
}

NTSTRSAFEDDI NTCB_S(RtlStringCbVPrintfEx)(_Out_ NTCB_CHAR *pszDest, _In_ size_t cbDest,
                                          _Out_opt_ NTCB_CHAR **ppszDestEnd,
                                          _Out_opt_ size_t *pcbRemaining, _In_ ULONG dwFlags,
                                          _In_ const NTCB_CHAR *pszFormat, _In_ va_list argList)
{
    size_t Odd = cbDest % sizeof(NTCB_CHAR), Characters = 0;
    NTSTATUS Status = NTCB_S(NtcbFormat)(pszDest, cbDest / sizeof(NTCB_CHAR), Odd, ppszDestEnd,
                                         &Characters, dwFlags, pszFormat, argList);

    if (pcbRemaining != NULL && (Status == STATUS_SUCCESS || Status == STATUS_BUFFER_OVERFLOW))
        *pcbRemaining = Characters * sizeof(NTCB_CHAR) + Odd;
    return Status;
}

#define NTCB_PRINTF_FUNCTIONS(Unit)                                                               \
    NTCB_VARIADIC NTCB_S(RtlString##Unit##Printf)(NTCB_CHAR * Dest, size_t Size,                  \
                                                  const NTCB_CHAR *Format, ...)                   \
    {                                                                                             \
        va_list Arguments;                                                                        \
        NTSTATUS Status;                                                                          \
                                                                                                  \
        va_start(Arguments, Format);                                                              \
        Status = NTCB_S(RtlString##Unit##VPrintf)(Dest, Size, Format, Arguments);                 \
        va_end(Arguments);                                                                        \
        return Status;                                                                            \
    }                                                                                             \
    NTCB_VARIADIC NTCB_S(RtlString##Unit##PrintfEx)(NTCB_CHAR * Dest, size_t Size,                \
                                                    NTCB_CHAR * *End, size_t * Left, ULONG Flags, \
                                                    const NTCB_CHAR *Format, ...)                 \
    {                                                                                             \
        va_list Arguments;                                                                        \
        NTSTATUS Status;                                                                          \
                                                                                                  \
        va_start(Arguments, Format);                                                              \
        Status =                                                                                  \
            NTCB_S(RtlString##Unit##VPrintfEx)(Dest, Size, End, Left, Flags, Format, Arguments);  \
        va_end(Arguments);                                                                        \
        return Status;                                                                            \
    }

NTCB_PRINTF_FUNCTIONS(Cch)
NTCB_PRINTF_FUNCTIONS(Cb)
#undef NTCB_PRINTF_FUNCTIONS
