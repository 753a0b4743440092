/* SPDX-License-Identifier: MIT
 *
 * report.c - telling a driver's author what went wrong: reports, bug checks, error texts.
 */
#include "ke/kep.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *ntcb_error_text(int error)
{
    switch (error) {
    case NTCB_OK:
        return "success";
#define NTCB_ERROR_CASE(name, value, text) \
    case name:                             \
        return text;
        NTCB_ERRORS(NTCB_ERROR_CASE)
#undef NTCB_ERROR_CASE
    default:
        return "an error this library does not know";
    }
}

static const char *KiOrEmpty(const char *Text)
{
    return Text == NULL ? "" : Text;
}

/* Without a handler: everything is said on stderr, and a bug check ends the process. */
static void KiPrintReport(const struct ntcb_report *Report)
{
    char Message[1536];
    int At;

    At = snprintf(Message, sizeof(Message), "ntcallback: %s %s: %s\n",
                  Report->severity == NTCB_BUGCHECK    ? "bug check"
                  : Report->severity == NTCB_VIOLATION ? "violation"
                                                       : "warning",
                  Report->rule, Report->what);
    if (Report->bugcheck != 0 && At >= 0 && (size_t)At < sizeof(Message)) {
        At += snprintf(
            Message + At, sizeof(Message) - (size_t)At,
            "  code 0x%X (0x%llX, 0x%llX, 0x%llX, 0x%llX)\n", Report->bugcheck,
            (unsigned long long)Report->parameter[0], (unsigned long long)Report->parameter[1],
            (unsigned long long)Report->parameter[2], (unsigned long long)Report->parameter[3]);
    }
    if (At >= 0 && (size_t)At < sizeof(Message)) {
        snprintf(Message + At, sizeof(Message) - (size_t)At,
                 "  routine: %s\n  on Windows: %s\n  fix: %s\n%s", Report->routine,
                 Report->on_windows, Report->fix, Report->details);
    }
    if (Report->severity == NTCB_BUGCHECK) {
        KiFatal(Message);
    }
    fputs(Message, stderr);
}

void ntcb_report_deliver(const struct ntcb_report *report)
{
    const struct ntcb_config *Config =
        &KiStateOf(KiRequireThread("ntcb_report_deliver")->Kernel)->Config;
    struct ntcb_report Copy = *report;
    char Symbol[KE_SYMBOL_BYTES];

    if (Copy.routine == NULL && Copy.address != NULL) {
        Copy.routine = KiSymbol(Copy.address, Symbol, sizeof(Symbol));
    }
    Copy.rule = KiOrEmpty(Copy.rule);
    Copy.what = KiOrEmpty(Copy.what);
    Copy.routine = KiOrEmpty(Copy.routine);
    Copy.file = KiOrEmpty(Copy.file);
    Copy.details = KiOrEmpty(Copy.details);
    Copy.on_windows = KiOrEmpty(Copy.on_windows);
    Copy.fix = KiOrEmpty(Copy.fix);
    if (Config->report != NULL) {
        Config->report(Config->callback_context, &Copy);
    } else {
        KiPrintReport(&Copy);
    }
}

void ntcb_report_f(const struct ntcb_report *report, const char *format, ...)
{
    struct ntcb_report Copy = *report;
    char What[512];
    va_list Arguments;

    va_start(Arguments, format);
    vsnprintf(What, sizeof(What), format, Arguments);
    va_end(Arguments);
    Copy.what = What;
    ntcb_report_deliver(&Copy);
}

const char *KiSymbol(const void *Address, char *Buffer, size_t Bytes)
{
    const struct ntcb_host_ops *Host = KiState()->Host;

    Host->symbol(Host->context, Address, Buffer, Bytes);
    return Buffer;
}

bool KiRequireWindows(const char *Function, enum ntcb_windows Since, const char *Rule)
{
    if (KiStateOf(KiRequireThread(Function)->Kernel)->Config.windows >= Since) {
        return true;
    }
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_VIOLATION,
                                        .rule = Rule,
                                        .on_windows = "a driver that imports it does not load",
                                        .fix = "ask MmGetSystemRoutineAddress for it and do "
                                               "without when that returns NULL"},
                  "%s does not exist in the simulated version of Windows", Function);
    return false;
}

/* The driver itself stops the machine: say so, then stop. */
VOID NTAPI KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1,
                        ULONG_PTR BugCheckParameter2, ULONG_PTR BugCheckParameter3,
                        ULONG_PTR BugCheckParameter4)
{
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                        .bugcheck = BugCheckCode,
                                        .parameter = {BugCheckParameter1, BugCheckParameter2,
                                                      BugCheckParameter3, BugCheckParameter4},
                                        .fix = "the driver asked for it"},
                  "the driver called KeBugCheckEx(0x%X)", BugCheckCode);
    KiFatal("ntcallback: stopped by KeBugCheckEx, which never returns\n");
}
