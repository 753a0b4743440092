/* SPDX-License-Identifier: MIT
 *
 * cmp.h - the registry callback manager's state, registrations and class table.
 */
#ifndef LIB_CM_CMP_H
#define LIB_CM_CMP_H

#include "ex/exp.h"

struct CMP_STATE {
    struct EXP_LIST Callbacks; /* highest altitude first; equal ones by registration (CM-ORD-09) */
    LONGLONG LastCookie;       /* under the engine's lock */
    struct CMP_CONTEXTS *Contexts; /* hash of objects that have contexts; under the engine's lock */
    _Atomic ULONG ContextCount;    /* 0: nobody has a context, so nobody need look */
    const struct ntcb_key_services *Keys;
};

struct CMP_STATE *CmpCallbackState(struct ntcb_kernel *Kernel);

VOID CmpTeardownCallbacks(struct CMP_STATE *Cm, struct ntcb_kernel *Kernel);

struct CMP_CALLBACK {
    struct EXP_BLOCK Block;  /* first */
    BOOLEAN Legacy;          /* made by CmRegisterCallback: collides with nobody (CM-ORD-09) */
    UNICODE_STRING Altitude; /* the text follows this structure in memory, then its UTF-8 */
};

/* The live registration with that cookie, or NULL. Under the engine's lock. */
struct EXP_BLOCK *CmpFindCookie(struct CMP_STATE *Cm, LONGLONG Cookie);

/* ---- cmcontext.c ---- */
/* The context that Block set on Object, or NULL. */
PVOID CmpObjectContext(struct KE_THREAD *Thread, PVOID Object, const struct EXP_BLOCK *Block);
/* Object is going: take its contexts away, and tell each owner (CM-CTX-11). */
VOID CmpCleanupObject(struct KE_THREAD *Thread, PVOID Object);
/* Block is unlinked: take its contexts away, under the engine's lock; deliver them once no call of
 * it is in flight (CM-CTX-12). */
struct CMP_CONTEXT *CmpTakeContexts(struct CMP_STATE *Cm, const struct EXP_BLOCK *Block);
VOID CmpDeliverCleanups(struct EXP_BLOCK *Block, struct CMP_CONTEXT *Taken);
VOID CmpFreeContexts(struct CMP_STATE *Cm, struct ntcb_kernel *Kernel);
bool CmpIsKey(const struct CMP_STATE *Cm, PVOID Object);

/* ---- cmescape.c ---- */
/* An exception has left Block, called with Information. Returns what the call counts as: SUCCESS
 * where it is swallowed (CM-VER-06), otherwise an error, after a report (CM-EXC-01). */
NTSTATUS CmpEscaped(struct KE_THREAD *Thread, const struct EXP_BLOCK *Block, ULONG NotifyClass,
                    const void *Information);

/* < 0: Left runs before Right in a pre pass. Never 0 for two different registrations. */
LONG CmpOrder(const struct CMP_CALLBACK *Left, const struct CMP_CALLBACK *Right);

/* Object of a create or open that ended with a success other than STATUS_SUCCESS: undefined by
 * contract, so a value that faults when used (CM-POST-12). */
#define CMP_UNDEFINED_OBJECT ((PVOID)(ULONG_PTR)0xFFFF7EADDEAD0001ull)

#define CMP_CREATE_OPEN 0x01u /* Object means something only for STATUS_SUCCESS (CM-POST-12) */
#define CMP_NO_VERDICT 0x02u  /* cannot be blocked or overridden (CM-BYP-10) */
#define CMP_NO_OBJECT 0x04u   /* no Object in the post notification (CM-POST-14) */
#define CMP_DISCOURAGED 0x08u /* should not be bypassed (CM-PRE-17) */

/* One pre class and what belongs to it (table CM-NC). */
struct CMP_CLASS {
    UCHAR Pre;
    UCHAR Post;
    UCHAR Since; /* enum ntcb_windows that first raises the pre notification */
    UCHAR PostSince;
    UCHAR Flags;        /* CMP_* */
    USHORT CallContext; /* offsets in the pre structure */
    USHORT ObjectContext;
    USHORT Reserved; /* the Reserved or Version slot */
};

/* NULL for a number that is no pre class. */
const struct CMP_CLASS *CmpFindClass(REG_NOTIFY_CLASS PreClass);

/* ---- cmlint.c: around one call of a callback, before the operation; not for XP ---- */
struct CMP_LINT {
    ULONG Bytes;
    UCHAR Before[sizeof(REG_CREATE_KEY_INFORMATION_V1)];
};
VOID CmpLintBefore(const struct CMP_CLASS *Class, enum ntcb_windows Windows, PVOID Information,
                   struct CMP_LINT *Lint);
VOID CmpLintAfter(const struct CMP_CLASS *Class, PVOID Information, const struct EXP_BLOCK *Block,
                  NTSTATUS Status, struct CMP_LINT *Lint);

#endif
