/* SPDX-License-Identifier: MIT
 *
 * objguard_test.c - what objguard.cpp takes away from whom.
 */
#include "authors_kit.h"

#define STRIPPED \
    (PROCESS_TERMINATE | PROCESS_VM_WRITE | PROCESS_VM_OPERATION | PROCESS_CREATE_THREAD)

/* The rights that a program gets of another's process when it asks for `wanted`. */
static ACCESS_MASK open_by(struct ntsim_process *program, struct ntsim_process *target,
                           ACCESS_MASK wanted)
{
    struct ntsim_thread *before = ntsim_thread_enter(ntsim_process_thread(program));
    CLIENT_ID id = {.UniqueProcess = (HANDLE)(ULONG_PTR)ntsim_process_id(target)};
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof(attributes)};
    OBJECT_HANDLE_INFORMATION information = {0};
    HANDLE handle = NULL;
    PVOID object;

    EXPECT_SUCCESS(NtOpenProcess(&handle, wanted, &attributes, &id));
    EXPECT_SUCCESS(
        ObReferenceObjectByHandle(handle, 0, *PsProcessType, KernelMode, &object, &information));
    ObDereferenceObject(object);
    EXPECT_SUCCESS(NtClose(handle));
    ntsim_thread_leave(before);
    return information.GrantedAccess;
}

static void vault_keeps_its_memory(void)
{
    struct ntsim_process *vault = make_process("C:\\Program Files\\Vault\\VAULT.EXE");
    struct ntsim_process *other = make_process("C:\\Windows\\notepad.exe");
    ACCESS_MASK wanted = STRIPPED | PROCESS_QUERY_INFORMATION;

    EXPECT_EQ(open_by(other, vault, wanted), PROCESS_QUERY_INFORMATION | 0u);
    EXPECT_EQ(open_by(other, vault, PROCESS_QUERY_INFORMATION), PROCESS_QUERY_INFORMATION | 0u);
    EXPECT_EQ(open_by(vault, other, wanted), wanted);
    EXPECT_EQ(open_by(vault, vault, wanted), wanted);
    ntsim_process_exit(vault, STATUS_SUCCESS);
    ntsim_process_exit(other, STATUS_SUCCESS);
    author_unload();
    EXPECT_PRINTED("objguard: stripped 1, duplicates 0\n");
}

/* An id is anybody's after its process has gone. */
static void protection_ends_with_the_process(void)
{
    struct ntsim_process *other = make_process("C:\\Windows\\notepad.exe");
    struct ntsim_process *vault = make_process("C:\\vault.exe");
    struct ntsim_process_options options = {.image_path = "C:\\Windows\\calc.exe"};

    options.pid = ntsim_process_id(vault);
    ntsim_process_exit(vault, STATUS_SUCCESS);
    EXPECT_EQ(ntsim_process_create(sim, &options, &vault), NTCB_OK);
    EXPECT_EQ(open_by(other, vault, STRIPPED), STRIPPED | 0u);
}

/* Some are still protected: their records go with the driver. */
static void unload_frees_what_it_knew(void)
{
    for (size_t i = 0; i < 3; i++) {
        make_process("C:\\vault.exe");
    }
    author_unload();
    EXPECT_PRINTED("objguard: stripped 0, duplicates 0\n");
}

AUTHOR_CASE(objguard, vault_keeps_its_memory)
AUTHOR_CASE(objguard, protection_ends_with_the_process)
AUTHOR_CASE(objguard, unload_frees_what_it_knew)

static const struct ntcb_test tests[] = {
    AUTHOR_ROWS(objguard, vault_keeps_its_memory),
    AUTHOR_ROWS(objguard, protection_ends_with_the_process),
    AUTHOR_ROWS(objguard, unload_frees_what_it_knew),
};

NTCB_TEST_MAIN("library", tests)
