/* SPDX-License-Identifier: MIT
 *
 * seh_check.h - what the files of the driver seh share.
 */
static ULONG Checks;

#define CHECK(Condition)                                            \
    do {                                                            \
        Checks++;                                                   \
        if (!(Condition)) {                                         \
            DbgPrint("FAIL line %d: %s\n", __LINE__, #Condition);   \
        }                                                           \
    } while (0)

static volatile LONG *Wild(void)
{
    return (volatile LONG *)(ULONG_PTR)0x7EAD0000;
}

static VOID NTAPI Raise(NTSTATUS Status)
{
    ExRaiseStatus(Status);
}
