/* SPDX-License-Identifier: MIT
 *
 * regvirtual.h - what the parts of the driver share. What the driver does: docs/regvirtual.md.
 *
 *     regvirtual.c  settings, registration, unload
 *     redirect.c    the filter that gives one process a shadow to write to
 *     union.c       ... and makes the shadow look like the real key with the changes in it
 *     hide.c        the filter that hides a key
 *     answer.c      answers to queries, put where the caller wants them
 *     path.c        names of keys
 *
 * Both filters run at PASSIVE_LEVEL and hold no lock; what they share is written before the first
 * registration and freed after the last. Needs Windows 10 or later, for ExAllocatePool2.
 */
#ifndef REGVIRTUAL_H
#define REGVIRTUAL_H

#include <ntifs.h>

#define RV_TAG 'VgeR'

typedef struct _RV_SETTINGS {
    HANDLE ProcessId;          /* whose writes are redirected; NULL: nobody's */
    UNICODE_STRING ShadowRoot; /* where to: ...\SOFTWARE\RegVirtual\<process id> */
    UNICODE_STRING Hidden;     /* full name of the hidden key; empty: there is none */
    UNICODE_STRING HiddenParent;
    UNICODE_STRING HiddenName; /* its last component */
} RV_SETTINGS;

extern RV_SETTINGS RvSettings;
extern const UNICODE_STRING RvSoftware; /* \REGISTRY\MACHINE\SOFTWARE */
extern LARGE_INTEGER RvRedirectCookie;
extern LARGE_INTEGER RvHideCookie;

/* Whatever the driver sets as an object's context comes from here and goes back there. */
_Must_inspect_result_ _IRQL_requires_max_(APC_LEVEL)
PVOID RvNewTag(_In_ SIZE_T Bytes);
_IRQL_requires_max_(APC_LEVEL) VOID RvFreeTag(_In_opt_ PVOID Tag);

/* ---- the two filters ------------------------------------------------------------------------ */

EX_CALLBACK_FUNCTION RvRedirect;
EX_CALLBACK_FUNCTION RvHide;

/* The context of a key object that RvRedirect supplied, and that stands for a real key. */
typedef struct _RV_SHADOW {
    UNICODE_STRING Name; /* of the shadow */
    UNICODE_STRING Real; /* of the key it stands for */
} RV_SHADOW, *PRV_SHADOW;

/* The post-notifications of queries of a shadow. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
    RvUnite(_In_ REG_NOTIFY_CLASS Class, _Inout_ PREG_POST_OPERATION_INFORMATION Post);

/* Opens a key for the driver's own use. Attributes may be OBJ_FORCE_ACCESS_CHECK: only if the
 * requesting thread could open it, too. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
    RvOpenKey(_Out_ PHANDLE Key, _In_ ACCESS_MASK Access, _In_opt_ HANDLE Root,
              _In_ PCUNICODE_STRING Name, _In_ ULONG Attributes);

/* ---- names ---------------------------------------------------------------------------------- */

/* A path in up to two pieces: the name of a key, and a name relative to it. */
typedef struct _RV_PATH {
    UNICODE_STRING Rest[2];
} RV_PATH, *PRV_PATH;

/* Takes the next component off the path; doubled backslashes count as one. FALSE: it has ended. */
BOOLEAN RvNextComponent(_Inout_ PRV_PATH Path, _Out_ PUNICODE_STRING Component);

/* Takes the components of Prefix off the path. FALSE: it begins otherwise, and is spoilt. */
_IRQL_requires_max_(PASSIVE_LEVEL) BOOLEAN
    RvStripPrefix(_Inout_ PRV_PATH Path, _In_ PCUNICODE_STRING Prefix);

/* The path that a create or open asks for. Give *Lent back with RvReturnName. */
_IRQL_requires_max_(APC_LEVEL) NTSTATUS
    RvPathOfRequest(_In_ PLARGE_INTEGER Cookie, _In_ const REG_CREATE_KEY_INFORMATION_V1 *Request,
                    _Out_ PRV_PATH Path, _Outptr_result_maybenull_ PCUNICODE_STRING *Lent);
_IRQL_requires_max_(APC_LEVEL) VOID RvReturnName(_In_opt_ PCUNICODE_STRING Lent);

/* Is the request's name relative to its root object? */
BOOLEAN RvIsRelative(_In_ const REG_CREATE_KEY_INFORMATION_V1 *Request);

/* ---- answers -------------------------------------------------------------------------------- */

typedef enum _RV_KIND { RvSubkey, RvValue, RvNamedValue } RV_KIND;

/* ZwEnumerateKey, ZwEnumerateValueKey or ZwQueryValueKey. */
typedef struct _RV_QUESTION {
    RV_KIND Kind;
    HANDLE Key;
    ULONG Index;          /* RvSubkey, RvValue */
    PUNICODE_STRING Name; /* RvNamedValue */
    ULONG Class;          /* KEY_INFORMATION_CLASS or KEY_VALUE_INFORMATION_CLASS */
} RV_QUESTION;

/* Into memory of the driver. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
    RvAsk(_In_ const RV_QUESTION *Question, _Out_writes_bytes_opt_(Length) PVOID Buffer,
          _In_ ULONG Length, _Out_ PULONG Needed);

/* Into the requester's memory, as the service would have done it. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
    RvAnswer(_In_ const RV_QUESTION *Question, _Out_writes_bytes_opt_(Length) PVOID To,
             _In_ ULONG Length, _Out_ PULONG ResultLength);

#endif
