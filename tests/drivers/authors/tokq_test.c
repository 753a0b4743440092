/* SPDX-License-Identifier: MIT
 *
 * tokq_test.c - as whom the writers came that tokq.cpp saw, and whom it refused.
 */
#include "authors_kit.h"

#include <ntsim/security.h>

/* A program writes below the key, which everybody may, as far as the registry is concerned. */
static NTSTATUS write_as(enum ntsim_account account)
{
    struct ntsim_process *program = make_process("C:\\writer.exe");
    struct ntsim_thread *before;
    NTSTATUS status;
    HANDLE key;

    EXPECT_EQ(ntsim_process_set_account(program, account), NTCB_OK);
    before = ntsim_thread_enter(ntsim_process_thread(program));
    EXPECT_SUCCESS(
        author_key(&key, u"\\Registry\\Machine\\Software\\Policed\\Open", KEY_SET_VALUE));
    printed[0] = '\0';
    status = author_set(key, STRING(u"Value"), 1);
    EXPECT_SUCCESS(NtClose(key));
    ntsim_thread_leave(before);
    ntsim_process_exit(program, STATUS_SUCCESS);
    return status;
}

static void writers_are_told_by_their_tokens(void)
{
    static const char path[] = "\\REGISTRY\\MACHINE\\SOFTWARE\\Policed\\Open";

    EXPECT_EQ(ntsim_registry_key(sim, path, false), NTCB_OK);
    EXPECT_EQ(ntsim_registry_set_security(sim, path, "O:BAG:SYD:P(A;CI;KA;;;WD)S:(ML;CI;NW;;;LW)"),
              NTCB_OK);
    EXPECT_SUCCESS(write_as(NTSIM_SYSTEM));
    EXPECT_PRINTED("tokq: S-1-5-18 admin elevated session ");
    EXPECT_SUCCESS(write_as(NTSIM_ADMINISTRATOR));
    EXPECT_PRINTED("tokq: S-1-5-21-");
    EXPECT_PRINTED(" admin elevated session ");
    EXPECT_SUCCESS(write_as(NTSIM_STANDARD_USER));
    EXPECT_PRINTED("tokq: S-1-5-21-");
    EXPECT_NOT_PRINTED("admin");
    EXPECT_NOT_PRINTED("elevated");
    EXPECT_NOT_PRINTED("session 4294967295");
    EXPECT_STATUS(write_as(NTSIM_LOW_INTEGRITY), STATUS_ACCESS_DENIED);
    EXPECT_STR(printed, "tokq: refused, integrity 0x1000\n");
}

AUTHOR_CASE(tokq, writers_are_told_by_their_tokens)

static const struct ntcb_test tests[] = {
    AUTHOR_ROWS(tokq, writers_are_told_by_their_tokens),
};

NTCB_TEST_MAIN("library", tests)
