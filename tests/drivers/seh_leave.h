/* SPDX-License-Identifier: MIT
 *
 * seh_leave.h - part of seh.c: the ways out of a guarded body, and __finally.
 */
static VOID Finally(VOID)
{
    LONG Order = 0, First = 0, Second = 0, Abnormal = -1;

    __try {
        First = ++Order;
    } __finally {
        Second = ++Order;
        Abnormal = AbnormalTermination();
    }
    CHECK(First == 1 && Second == 2 && Abnormal == FALSE);

    Order = First = Second = 0;
    __try {
        __try {
            First = ++Order;
            *Wild() = 1;
            First = 99;
        } __finally {
            Second = ++Order;
            Abnormal = AbnormalTermination();
            CHECK(Order == 2);
        }
        Order = 99;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Order++;
        CHECK(GetExceptionCode() == STATUS_ACCESS_VIOLATION);
    }
    CHECK(First == 1 && Second == 2 && Order == 3);
    CHECK(Abnormal != FALSE);
}

static VOID FinallyInFinally(VOID)
{
    LONG Outer = -1, Inner = -1, Again = -1;

    __try {
        __try {
            Raise(STATUS_ACCESS_DENIED);
        } __finally {
            __try {
                Inner = AbnormalTermination();
            } __finally {
                Inner = AbnormalTermination();
            }
            Again = AbnormalTermination();
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Outer = GetExceptionCode() == STATUS_ACCESS_DENIED;
    }
    CHECK(Inner == 0 && Again == 1 && Outer == 1);
    CHECK(AbnormalTermination() == 0);
}

static VOID Leaves(VOID)
{
    LONG Index, Count = 0, Abnormal = -1, Done = 0;

    __try {
        for (Index = 0; Index < 10; Index++) {
            switch (Index) {
            case 3:
                __leave;
            default:
                Count++;
            }
        }
        Done = 1;
    } __finally {
        Abnormal = AbnormalTermination();
    }
    CHECK(Count == 3 && Abnormal == 0 && Done == 0);

    Count = 0;
    __try {
        __try {
            Count++;
            __leave;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Count = 50;
        }
        Count++;
        __leave;
    } __finally {
        Count += 10;
    }
    CHECK(Count == 12);
}

static LONG Returns(LONG How)
{
    __try {
        if (How == 1) {
            return 1;
        }
        if (How == 2) {
            Raise(STATUS_ACCESS_DENIED);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return 2;
    }
    return 3;
}

static VOID Jumps(VOID)
{
    LONG Index, Bodies = 0, Handlers = 0, Cleared = 0;

    CHECK(Returns(1) == 1 && Returns(2) == 2 && Returns(3) == 3);
    for (Index = 0; Index < 10; Index++) {
        __try {
            if (Index == 1) {
                continue;
            }
            if (Index == 4) {
                break;
            }
            Bodies++;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Handlers++;
        }
    }
    CHECK(Index == 4 && Bodies == 3 && Handlers == 0);
    for (Index = 0; Index < 10; Index++) {
        __try {
            Raise(STATUS_ACCESS_DENIED);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Handlers++;
            if (Index == 2) {
                break;
            }
            continue;
        }
        Bodies = 99;
    }
    CHECK(Index == 2 && Handlers == 3 && Bodies == 3);
    __try {
        goto Cleanup;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Handlers = 99;
    }
    Bodies = 99;
Cleanup:
    Cleared = 1;
    CHECK(Cleared == 1 && Bodies == 3 && Handlers == 3);
}

/* After frames were left in every way, the chain is what it was. */
static VOID ChainIsWhole(VOID)
{
    LONG Index, Caught = 0;

    for (Index = 0; Index < 1000; Index++) {
        __try {
            (void)Returns(1 + Index % 3);
            Raise(STATUS_ACCESS_DENIED);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Caught++;
        }
    }
    CHECK(Caught == 1000);
}

static LONG ReturnsFromFinally(VOID)
{
    __try {
        Raise(STATUS_ACCESS_DENIED);
    } __finally {
        return 5; /* the exception ends here */
    }
    return 6;
}
