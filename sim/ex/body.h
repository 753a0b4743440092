/* SPDX-License-Identifier: MIT
 *
 * body.h - what the simulator keeps of a driver's object that has a beginning and an end:
 * look-aside lists, resources.
 *
 * The driver's structure may be copied, overwritten or freed at any time; so what matters is kept
 * here, found by the structure's address. An object of which there is no body was not initialised
 * where it is.
 *
 * Locks       EXW_STATE.BodyLock protects the table and the look-aside lists' bodies;
 *             KIP_STATE.Lock may be taken inside it. No routine of a driver's is called inside.
 * Invariants
 *   B1  A body is freed by whoever took it out of the table.
 */
#ifndef SIM_EX_BODY_H
#define SIM_EX_BODY_H

#include "simp_hash.h"

/* What is said of a kind of object. */
struct EXW_BODY_KIND {
    const char *Rule;
    const char *Name;       /* "look-aside list" */
    const char *Initialize; /* how a driver begins it, and ends it */
    const char *Delete;
    ULONG BugCheck; /* what Windows stops with when it is left behind; 0: nothing */
    BOOLEAN Quiet;  /* it may be left behind */
    /* Give back what the body has; no routine of a driver's is called. */
    VOID (*Free)(PVOID Body);
};

/* First member of every body, which ntsim__allocate made. */
struct EXW_BODY {
    UT_hash_handle hh; /* by Object */
    PVOID Object;
    SIZE_T Bytes; /* of the object */
    const struct EXW_BODY_KIND *Kind;
    const VOID *Owner; /* address within the routine that initialised it */
};

VOID ExwLockBodies(VOID);
VOID ExwUnlockBodies(VOID);
/* Locked: the body of that kind, or NULL. */
PVOID ExwFindBody(const struct EXW_BODY_KIND *Kind, const VOID *Object);
/* Locked: the next of that kind, oldest first. Body NULL: the first; NULL: there is no more. */
struct EXW_BODY *ExwNextBody(const struct EXW_BODY_KIND *Kind, struct EXW_BODY *Body);
/* Locked: out of the table; it is the caller's. */
VOID ExwForgetBody(struct EXW_BODY *Body);

/* The rest is called with nothing locked. */
/* Function's caller has initialised Object. FALSE: no memory, and Body stays the caller's. A body
 * that was there is reported and freed. */
BOOLEAN ExwAddBody(const char *Function, struct EXW_BODY *Body);
/* Take it out of the table; NULL, and reported: it was not there. */
PVOID ExwTakeBody(const char *Function, const struct EXW_BODY_KIND *Kind, PVOID Object);
/* Function was given an object that was not initialised. */
VOID ExwReportNoBody(const char *Function, const struct EXW_BODY_KIND *Kind, const VOID *Object);

#endif
