/* SPDX-License-Identifier: MIT
 *
 * body.c - objects of drivers that have a beginning and an end (body.h).
 */
#include "ex/body.h"
#include "ex/exw.h"

#include <stdio.h>

VOID ExwLockBodies(VOID)
{
    ntsim__lock(ExwState()->BodyLock);
}

VOID ExwUnlockBodies(VOID)
{
    ntsim__unlock(ExwState()->BodyLock);
}

static struct EXW_BODY *ExwLookUpBody(const VOID *Object)
{
    struct EXW_BODY *Body;
    HASH_FIND_PTR(ExwState()->Bodies, &Object, Body);
    return Body;
}

PVOID ExwFindBody(const struct EXW_BODY_KIND *Kind, const VOID *Object)
{
    struct EXW_BODY *Body = ExwLookUpBody(Object);
    return Body != NULL && Body->Kind == Kind ? Body : NULL;
}

struct EXW_BODY *ExwNextBody(const struct EXW_BODY_KIND *Kind, struct EXW_BODY *Body)
{
    for (Body = Body == NULL ? ExwState()->Bodies : Body->hh.next; Body != NULL;
         Body = Body->hh.next) {
        if (Body->Kind == Kind) {
            break;
        }
    }
    return Body;
}

VOID ExwForgetBody(struct EXW_BODY *Body)
{
    HASH_DEL(ExwState()->Bodies, Body);
}

static VOID ExwReportBody(const struct EXW_BODY *Body, ULONG BugCheck, const char *What,
                          const char *OnWindows)
{
    char Fix[96];
    snprintf(Fix, sizeof(Fix), "call %s first", Body->Kind->Delete);
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = BugCheck != 0 ? NTCB_BUGCHECK : NTCB_VIOLATION,
            .rule = Body->Kind->Rule,
            .bugcheck = BugCheck,
            .parameter = {(uintptr_t)Body->Object},
            .address = Body->Owner,
            .on_windows = OnWindows,
            .fix = Fix,
        },
        "the %s at %p, which the routine named below initialised, %s", Body->Kind->Name,
        Body->Object, What);
}

static const char ExwDangling[] = "the system's list of them leads into memory that is used for "
                                  "something else";

VOID ExwReportNoBody(const char *Function, const struct EXW_BODY_KIND *Kind, const VOID *Object)
{
    char Fix[128];
    snprintf(Fix, sizeof(Fix), "call %s before its first use, %s after its last, and make no copy",
             Kind->Initialize, Kind->Delete);
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_VIOLATION,
                                        .rule = Kind->Rule,
                                        .parameter = {(uintptr_t)Object},
                                        .on_windows = "follows whatever is there",
                                        .fix = Fix},
                  "%s was given %p, which is no initialised %s", Function, Object, Kind->Name);
}

BOOLEAN ExwAddBody(const char *Function, struct EXW_BODY *Body)
{
    struct EXW_STATE *State = ExwState();
    char What[96];
    ExwLockBodies();
    struct EXW_BODY *Old = ExwLookUpBody(Body->Object);
    if (Old != NULL) {
        HASH_DEL(State->Bodies, Old);
    }
    HASH_ADD_PTR(State->Bodies, Object, Body);
    BOOLEAN Added = Body->hh.tbl != NULL;
    ExwUnlockBodies();
    if (Old != NULL) {
        snprintf(What, sizeof(What), "is initialised anew by %s", Function);
        ExwReportBody(Old, 0, What, ExwDangling);
        Old->Kind->Free(Old);
    }
    return Added;
}

PVOID ExwTakeBody(const char *Function, const struct EXW_BODY_KIND *Kind, PVOID Object)
{
    ExwLockBodies();
    struct EXW_BODY *Body = ExwFindBody(Kind, Object);
    if (Body != NULL) {
        HASH_DEL(ExwState()->Bodies, Body);
    }
    ExwUnlockBodies();
    if (Body == NULL) {
        ExwReportNoBody(Function, Kind, Object);
    }
    return Body;
}

/* Take out one that lies in Bytes bytes at Memory. */
static struct EXW_BODY *ExwTakeWithin(const VOID *Memory, SIZE_T Bytes)
{
    struct EXW_STATE *State = ExwState();
    struct EXW_BODY *Body;
    ExwLockBodies();
    for (Body = State->Bodies; Body != NULL; Body = Body->hh.next) {
        uintptr_t Start = (uintptr_t)Body->Object;
        if (Start < (uintptr_t)Memory + Bytes && (uintptr_t)Memory < Start + Body->Bytes) {
            HASH_DEL(State->Bodies, Body);
            break;
        }
    }
    ExwUnlockBodies();
    return Body;
}

VOID ExwCheckFreedMemory(const VOID *Memory, SIZE_T Bytes)
{
    struct EXW_BODY *Body;
    while ((Body = ExwTakeWithin(Memory, Bytes)) != NULL) {
        ExwReportBody(Body, 0, "is in pool that is freed", ExwDangling);
        Body->Kind->Free(Body);
    }
}

ULONG ExwReportBodies(BOOLEAN (*Mine)(PVOID Context, const VOID *Owner), PVOID Context,
                      const char *Driver)
{
    struct EXW_STATE *State = ExwState();
    struct EXW_BODY *Body;
    ULONG Count = 0;
    char What[160];
    if (State->BodyLock == NULL) {
        return 0;
    }
    do {
        ExwLockBodies();
        for (Body = State->Bodies; Body != NULL; Body = Body->hh.next) {
            if (Mine == NULL || Mine(Context, Body->Owner)) {
                HASH_DEL(State->Bodies, Body);
                break;
            }
        }
        ExwUnlockBodies();
        if (Body != NULL && Driver != NULL && !Body->Kind->Quiet) {
            snprintf(What, sizeof(What), "is left, but %s is gone", Driver);
            ExwReportBody(Body, Body->Kind->BugCheck, What, ExwDangling);
        }
        if (Body != NULL) {
            Count += Body->Kind->Quiet ? 0 : 1;
            Body->Kind->Free(Body);
        }
    } while (Body != NULL);
    return Count;
}
