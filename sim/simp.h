/* SPDX-License-Identifier: MIT
 *
 * simp.h - the simulator's root: each component's state, and how to reach one's own.
 *
 * struct ntsim is defined in sim.c alone. A component declares its state in its own private header
 * (struct OBP_STATE in ob/obp_state.h, ...) and reaches it through the accessor declared here,
 * which takes it from the calling thread's simulator.
 *
 * Start-up order: ke, mm, ob, ps, ex, etw, tm, cm, io, win32. Teardown in reverse.
 */
#ifndef SIM_SIMP_H
#define SIM_SIMP_H

#include <ntsim/sim.h>
#include <ntcallback/dispatch.h>

struct KIP_STATE;
struct EXW_STATE;
struct ETWP_STATE;
struct MMP_STATE;
struct OBP_STATE;
struct PSP_STATE;
struct TMP_STATE;
struct CMP_STATE;
struct IOP_STATE;
struct WIN_STATE;

struct KIP_STATE *KipState(void);
struct EXW_STATE *ExwState(void);
struct ETWP_STATE *EtwpState(void);
struct MMP_STATE *MmpState(void);
struct OBP_STATE *ObpState(void);
struct PSP_STATE *PspState(void);
struct TMP_STATE *TmpState(void);
struct CMP_STATE *CmpState(void);
struct IOP_STATE *IopState(void);
struct WIN_STATE *WinState(void);

/* Each returns a status; each runs with the calling thread bound as a system thread (from ps on).
 */
NTSTATUS KipInitialize(struct KIP_STATE *State);
NTSTATUS ExwInitialize(struct EXW_STATE *State);
NTSTATUS EtwpInitialize(struct ETWP_STATE *State);
NTSTATUS MmpInitialize(struct MMP_STATE *State);
NTSTATUS ObpInitialize(struct OBP_STATE *State);
NTSTATUS PspInitialize(struct PSP_STATE *State);
NTSTATUS TmpInitialize(struct TMP_STATE *State);
NTSTATUS CmpInitialize(struct CMP_STATE *State);
NTSTATUS IopInitialize(struct IOP_STATE *State);
NTSTATUS WinInitialize(struct WIN_STATE *State);
VOID WinTeardown(struct WIN_STATE *State);
VOID IopEndDrivers(struct IOP_STATE *State);
VOID IopTeardown(struct IOP_STATE *State);
VOID CmpTeardown(struct CMP_STATE *State);
VOID TmpTeardown(struct TMP_STATE *State);
VOID PspTeardown(struct PSP_STATE *State);
VOID ObpTeardown(struct OBP_STATE *State);
VOID MmpTeardown(struct MMP_STATE *State);
VOID EtwpTeardown(struct ETWP_STATE *State);
VOID ExwTeardown(struct EXW_STATE *State);
VOID KipTeardown(struct KIP_STATE *State);

/* Print "ntcallback: " and the message, and abort: the harness was misused beyond an error code. */
_Noreturn void ntsim__fatal(const char *format, ...) NTCB_PRINTF(1, 2);

/* Why a host-side call failed, for ntsim_last_error. Returns `error`. */
int ntsim__fail(struct ntsim *sim, int error, const char *format, ...) NTCB_PRINTF(3, 4);

/* The simulator the calling thread is bound to; stops with a message naming `function` otherwise.
 */
struct ntsim *ntsim__require(const char *function);
/* The simulated Windows of the calling thread's kernel. */
enum ntcb_windows ntsim__windows(void);

/* The process manager's and the memory manager's state, from any thread. */
struct PSP_STATE *ntsim__ps(struct ntsim *sim);
struct MMP_STATE *ntsim__mm(struct ntsim *sim);

/* Memory through the kernel's host table, subject to fault injection; allocated memory is zeroed.
 * NULL is an answer to expect. For the calling thread's simulator, or for one given. */
void *ntsim__allocate(size_t bytes);
void *ntsim__allocate_raw(size_t bytes); /* not zeroed */
void ntsim__release(void *memory);
void *ntsim__allocate_in(struct ntsim *sim, size_t bytes);
void ntsim__release_in(struct ntsim *sim, void *memory);

/* Name of the routine at `address`, written to buffer, which is returned. */
const char *ntsim__symbol(const void *address, char *buffer, size_t bytes);
#define NTSIM__SYMBOL_BYTES 160

/* Unicode: UTF-8 to a counted UTF-16 string, terminated besides, of ntsim__allocate; NULL without
 * memory. Malformed bytes become U+FFFD. At most 32766 code units. */
bool ntsim__utf16(const char *utf8, UNICODE_STRING *out);
/* The first character of `left` bytes as one or two units; returns how many, *bytes it took. */
size_t ntsim__utf16_character(const char *utf8, size_t left, WCHAR units[2], size_t *bytes);
/* UTF-16 to UTF-8, always terminated, truncated at a character; returns the bytes it takes whole.
 */
size_t ntsim__utf8(const WCHAR *text, size_t units, char *buffer, size_t bytes);

/* A lock of the simulator's own (leaf locks; never held while a callback runs). */
struct ntsim__lock;
struct ntsim__lock *ntsim__lock_create(struct ntsim *sim);
void ntsim__lock_destroy(struct ntsim *sim, struct ntsim__lock *lock);
void ntsim__lock(struct ntsim__lock *lock);
void ntsim__unlock(struct ntsim__lock *lock);
/* What to do before looking again, for the *tries'th time, for something that a holder of another
 * lock does soon: nothing at first, then sleep. */
void ntsim__lock_pause(struct ntsim__lock *lock, ULONG *tries);

/* One that many hold to read, or one to write. Who holds it does not take it again. */
struct ntsim__shared_lock;
struct ntsim__shared_lock *ntsim__shared_lock_create(struct ntsim *sim);
void ntsim__shared_lock_destroy(struct ntsim *sim, struct ntsim__shared_lock *lock);
void ntsim__lock_shared(struct ntsim__shared_lock *lock);
void ntsim__unlock_shared(struct ntsim__shared_lock *lock);
void ntsim__lock_exclusive(struct ntsim__shared_lock *lock);
void ntsim__unlock_exclusive(struct ntsim__shared_lock *lock);

/* The calling thread's slot in what is kept apart by threads so that they do not meet; two threads
 * can have the same. */
#define NTSIM__SLOTS 16u
ULONG ntsim__slot(const struct ntcb_host_ops *host);

/* Pool that simulator code allocates is its own and no driver's leak (mm/mmp.h). */
PVOID MmpAllocateOwn(SIZE_T Bytes, ULONG Tag);
#define ExAllocatePoolWithTag(PoolType, Bytes, Tag) \
    ((void)(PoolType), MmpAllocateOwn((Bytes), (Tag)))

#endif
