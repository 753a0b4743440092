/* SPDX-License-Identifier: MIT
 *
 * usermem.c - user memory: the allocations of every process (<ntsim/memory.h>).
 *
 * Locks       MMP_STATE.Lock protects the list. Protections are changed under it, and looked at by
 *             the processor alone.
 * Invariants  U1  An allocation leaves the list, and its addresses the process, only when its
 *                 simulated process exits: a freed one keeps its addresses, without access.
 */
#include <ntsim/memory.h>

#include "ke/fault.h"
#include "mm/map.h"
#include "mm/mmp_state.h"
#include "ps/psp.h"
#include "verifier/report.h"

#include <string.h>

#define MMP_PAGES(bytes) ((bytes) / PAGE_SIZE)

static bool MmpAccessOf(uint32_t Protection, enum MMP_ACCESS *Access)
{
    switch (Protection) {
    case PAGE_NOACCESS:
        *Access = MMP_NO_ACCESS;
        return true;
    case PAGE_READONLY:
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ:
        *Access = MMP_READ;
        return true;
    case PAGE_READWRITE:
    case PAGE_EXECUTE_READWRITE:
        *Access = MMP_READ_WRITE;
        return true;
    default:
        return false;
    }
}

BOOLEAN MmpIsUserProtection(ULONG Protection)
{
    enum MMP_ACCESS Access;

    return MmpAccessOf(Protection, &Access);
}

static struct MMP_USER *MmpInsertUser(struct ntsim_process *Process, size_t Bytes,
                                      uint32_t Protection)
{
    struct ntsim *Sim = PspSimulatorOf(Process);
    struct MMP_STATE *State = ntsim__mm(Sim);
    struct MMP_USER *User = ntsim__allocate_in(Sim, sizeof(*User));

    if (User == NULL) {
        return NULL;
    }
    User->Pages = ntsim__allocate_in(Sim, MMP_PAGES(Bytes));
    User->Base = User->Pages != NULL ? MmpMapPages(Bytes) : NULL;
    if (User->Base == NULL) {
        ntsim__release_in(Sim, User->Pages);
        ntsim__release_in(Sim, User);
        return NULL;
    }
    memset(User->Pages, (int)Protection, MMP_PAGES(Bytes));
    User->Protect = (UCHAR)Protection;
    User->Process = Process;
    User->Bytes = Bytes;
    ntsim__lock(State->Lock);
    User->Next = State->Users;
    State->Users = User;
    ntsim__unlock(State->Lock);
    atomic_fetch_add(&State->UserCount, 1);
    return User;
}

void *ntsim_user_allocate(struct ntsim_process *process, size_t bytes, uint32_t protection)
{
    struct ntsim *sim = PspSimulatorOf(process);
    enum MMP_ACCESS access = MMP_NO_ACCESS;
    struct MMP_USER *user;

    if (bytes == 0 || bytes > SIZE_MAX / 2 || !MmpAccessOf(protection, &access)) {
        ntsim__fail(sim, NTCB_EINVAL, "ntsim_user_allocate: %zu bytes, protection 0x%X", bytes,
                    protection);
        return NULL;
    }
    ntsim__faults_arm();
    user = MmpInsertUser(process, ROUND_TO_PAGES(bytes), protection);
    if (user == NULL) {
        ntsim__fail(sim, NTCB_ENOMEM, "ntsim_user_allocate: no memory for %zu bytes", bytes);
        return NULL;
    }
    if (access != MMP_READ_WRITE) {
        MmpProtectPages(user->Base, user->Bytes, access);
    }
    return user->Base;
}

void *ntsim_user_copy(struct ntsim_process *process, const void *data, size_t bytes)
{
    void *memory = ntsim_user_allocate(process, bytes, PAGE_READWRITE);

    if (memory != NULL) {
        memcpy(memory, data, bytes);
    }
    return memory;
}

/* With the lock held: the allocation that Address lies in, of any process. */
static struct MMP_USER *MmpFindUser(const struct MMP_STATE *State, const volatile VOID *Address)
{
    struct MMP_USER *User = State->Users;
    uintptr_t At = (uintptr_t)Address;

    while (User != NULL &&
           (At < (uintptr_t)User->Base || At - (uintptr_t)User->Base >= User->Bytes)) {
        User = User->Next;
    }
    return User;
}

BOOLEAN MmpProtectUser(struct ntsim_process *Process, PVOID Address, SIZE_T Bytes, ULONG Protection,
                       PULONG Old)
{
    struct MMP_STATE *State = ntsim__mm(PspSimulatorOf(Process));
    enum MMP_ACCESS Access = MMP_NO_ACCESS;
    bool Good = MmpAccessOf(Protection, &Access);

    ntsim__lock(State->Lock);
    struct MMP_USER *User = MmpFindUser(State, Address);
    Good = Good && User != NULL && User->Process == Process && !User->Freed && Bytes != 0 &&
           Bytes <= User->Bytes - (SIZE_T)((PUCHAR)Address - (PUCHAR)User->Base);
    if (Good) {
        PUCHAR First = PAGE_ALIGN(Address);
        SIZE_T Whole = ROUND_TO_PAGES((SIZE_T)((PUCHAR)Address + Bytes - First));
        UCHAR *Pages = User->Pages + MMP_PAGES((SIZE_T)(First - (PUCHAR)User->Base));

        *Old = *Pages;
        MmpProtectPages(First, Whole, Access);
        memset(Pages, (int)Protection, MMP_PAGES(Whole));
    }
    ntsim__unlock(State->Lock);
    return Good;
}

int ntsim_user_protect(struct ntsim_process *process, void *address, size_t bytes,
                       uint32_t protection)
{
    ULONG old;

    return MmpProtectUser(process, address, bytes, protection, &old)
               ? NTCB_OK
               : ntsim__fail(PspSimulatorOf(process), NTCB_EINVAL,
                             "ntsim_user_protect: %p, %zu bytes, protection 0x%X: no part of one "
                             "allocation of the process, or no protection",
                             address, bytes, protection);
}

int ntsim_user_free(struct ntsim_process *process, void *address)
{
    struct ntsim *sim = PspSimulatorOf(process);
    struct MMP_STATE *state = ntsim__mm(sim);
    struct MMP_USER *user;
    bool good;

    ntsim__lock(state->Lock);
    user = MmpFindUser(state, address);
    good = user != NULL && user->Process == process && user->Base == address && !user->Freed;
    if (good) {
        user->Freed = TRUE;
        MmpReservePages(user->Base, user->Bytes); /* U1 */
    }
    ntsim__unlock(state->Lock);
    return good ? NTCB_OK
                : ntsim__fail(sim, NTCB_EINVAL,
                              "ntsim_user_free: no allocation of the process begins at %p, or it "
                              "is freed already",
                              address);
}

void ntsim_strict_user_memory(struct ntsim *sim, bool strict)
{
    atomic_store(&ntsim__mm(sim)->StrictUsers, strict);
}

VOID MmpFreeUserMemory(struct ntsim_process *Process)
{
    struct MMP_STATE *State = MmpState();
    struct MMP_USER **At, *User, *Gone = NULL;

    MmpForgetViews(Process);
    ntsim__lock(State->Lock);
    for (At = &State->Users; (User = *At) != NULL;) {
        if (User->Process == Process) {
            *At = User->Next;
            User->Next = Gone;
            Gone = User;
        } else {
            At = &User->Next;
        }
    }
    ntsim__unlock(State->Lock);
    while ((User = Gone) != NULL) {
        Gone = User->Next;
        MmpUnmapPages(User->Base, User->Bytes);
        ntsim__release(User->Pages);
        ntsim__release(User);
        atomic_fetch_sub(&State->UserCount, 1);
    }
}

BOOLEAN MmpIsUserMemory(const volatile VOID *Address)
{
    struct MMP_STATE *State = MmpState();
    BOOLEAN Is;

    if (atomic_load_explicit(&State->UserCount, memory_order_relaxed) == 0) {
        return FALSE;
    }
    ntsim__lock(State->Lock);
    Is = MmpFindUser(State, Address) != NULL;
    ntsim__unlock(State->Lock);
    return Is;
}

enum MMP_KIND MmpKindOf(const volatile VOID *Address, SIZE_T Bytes)
{
    struct MMP_STATE *State = MmpState();
    bool Strict = atomic_load_explicit(&State->StrictUsers, memory_order_relaxed);
    enum MMP_KIND Kind = Strict ? MMP_NOT_USERS : MMP_HOSTS;
    const struct MMP_USER *User;

    if (atomic_load_explicit(&State->UserCount, memory_order_relaxed) == 0) {
        return Kind;
    }
    ntsim__lock(State->Lock);
    User = MmpFindUser(State, Address);
    if (User != NULL) {
        SIZE_T Left = User->Bytes - (SIZE_T)((uintptr_t)Address - (uintptr_t)User->Base);

        Kind = User->Process == PspCurrentProcess() && !User->Freed && Bytes <= Left
                   ? MMP_USERS
                   : MMP_NOT_USERS;
    }
    ntsim__unlock(State->Lock);
    return Kind;
}

BOOLEAN MmpEachUser(const struct ntsim_process *Process, MMP_EACH_AREA *Each, PVOID Context)
{
    for (const struct MMP_USER *User = MmpState()->Users; User != NULL; User = User->Next) {
        const struct MMP_AREA Area = {.Base = User->Base,
                                      .Bytes = User->Bytes,
                                      .Type = User->Freed ? 0 : MEM_PRIVATE,
                                      .Protect = User->Protect,
                                      .Pages = User->Freed ? NULL : User->Pages};

        if (User->Process == Process && Each(Context, &Area)) {
            return TRUE;
        }
    }
    return FALSE;
}
