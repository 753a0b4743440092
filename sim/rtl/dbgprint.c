/* SPDX-License-Identifier: MIT
 *
 * dbgprint.c - debug output: one piece of UTF-8 text a call, to the configured place.
 *
 * Windows cuts a message at 512 bytes; here a longer one is whole up to RTLP_MESSAGE_BYTES.
 * Component filters are not applied: a test wants to see everything.
 */
#include "rtl/rtlp_format.h"
#include "verifier/report.h"

#include <stdio.h>
#include <string.h>

#define RTLP_MESSAGE_BYTES 4096

static ULONG RtlpPrint(const char *Function, const char *Prefix, ULONG ComponentId,
                       const char *Format, va_list Arguments)
{
    const struct ntsim_config *Config = ntsim__config(ntsim__require(Function));
    char Message[RTLP_MESSAGE_BYTES];
    struct RTLP_SINK Sink = {.Bytes = Message, .Capacity = sizeof(Message) - 1};
    size_t Length;

    if (ComponentId >= DPFLTR_ENDOFTABLE_ID) {
        return (ULONG)STATUS_INVALID_PARAMETER;
    }
    while (*Prefix != '\0' && Sink.Count < Sink.Capacity) {
        Message[Sink.Count++] = *Prefix++;
    }
    RtlpFormat(&Sink, Format, NULL, Arguments);
    Length = Sink.Count < Sink.Capacity ? Sink.Count : Sink.Capacity;
    Message[Length] = '\0';
    if (Config->debug_output != NULL) {
        Config->debug_output(Config->debug_context, Message);
    } else if (!Config->quiet) {
        fputs(Message, stderr);
    }
    return (ULONG)STATUS_SUCCESS;
}

ULONG CDECL DbgPrint(PCSTR Format, ...)
{
    va_list Arguments;
    ULONG Status;

    va_start(Arguments, Format);
    Status = RtlpPrint(__func__, "", DPFLTR_DEFAULT_ID, Format, Arguments);
    va_end(Arguments);
    return Status;
}

ULONG CDECL DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...)
{
    va_list Arguments;
    ULONG Status;

    (void)Level;
    va_start(Arguments, Format);
    Status = RtlpPrint(__func__, "", ComponentId, Format, Arguments);
    va_end(Arguments);
    return Status;
}

ULONG NTAPI vDbgPrintEx(ULONG ComponentId, ULONG Level, PCCH Format, va_list arglist)
{
    (void)Level;
    return RtlpPrint(__func__, "", ComponentId, Format, arglist);
}

ULONG NTAPI vDbgPrintExWithPrefix(PCCH Prefix, ULONG ComponentId, ULONG Level, PCCH Format,
                                  va_list arglist)
{
    (void)Level;
    return RtlpPrint(__func__, Prefix, ComponentId, Format, arglist);
}
