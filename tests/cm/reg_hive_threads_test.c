/* SPDX-License-Identifier: MIT
 *
 * reg_hive_threads_test.c - hives that come and go under threads that use them: every answer is one
 * that some order of the operations explains, no file stays open, and nothing is lost.
 */
#include "../conformance/hivekit.h"

#include <pthread.h>

#define THREADS 4
#define ROUNDS 150
#define SHARED u"\\??\\C:\\shared.hiv"

struct WORKER {
    pthread_t Thread;
    ULONG Number;
    NTSTATUS Unexpected; /* the first status that no order explains */
};

static VOID Note(struct WORKER *Worker, NTSTATUS Status)
{
    static const NTSTATUS Explained[] = {STATUS_SUCCESS,           STATUS_OBJECT_NAME_NOT_FOUND,
                                         STATUS_HIVE_UNLOADED,     STATUS_KEY_DELETED,
                                         STATUS_CANNOT_DELETE,     STATUS_INVALID_PARAMETER,
                                         STATUS_SHARING_VIOLATION, STATUS_OBJECT_NAME_COLLISION};
    ULONG Index = 0;
    while (Index < RTL_NUMBER_OF(Explained) && Explained[Index] != Status) {
        Index++;
    }
    if (Index == RTL_NUMBER_OF(Explained) && Worker->Unexpected == STATUS_SUCCESS) {
        Worker->Unexpected = Status;
    }
}

/* All threads load, use and unload one hive. */
static VOID UseShared(struct WORKER *Worker, ULONG Round)
{
    HANDLE Key;
    ULONG Count;
    OBJECT_ATTRIBUTES Target = Attributes(NULL, STR(HIVE), OBJ_CASE_INSENSITIVE);
    Note(Worker, Load(STR(HIVE), STR(SHARED)));
    NTSTATUS Status = Open(&Key, NULL, STR(HIVE u"\\Sub"), KEY_ALL_ACCESS);
    Note(Worker, Status);
    if (NT_SUCCESS(Status)) {
        Note(Worker, SetDword(Key, STR(u"round"), Round));
        Note(Worker, NtFlushKey(Key));
        Note(Worker, NtClose(Key));
    }
    Note(Worker, NtQueryOpenSubKeys(&Target, &Count));
    Note(Worker, Unload(STR(HIVE), Round % 3 == 0 ? REG_FORCE_UNLOAD : 0));
}

/* Each thread has an application's hive of its own, and another one with all. */
static VOID UseOwn(struct WORKER *Worker, ULONG Round)
{
    WCHAR FileText[] = u"\\??\\C:\\0.hiv";
    WCHAR NameText[] = u"\\Registry\\A\\0";
    UNICODE_STRING File = RTL_CONSTANT_STRING(FileText);
    UNICODE_STRING Name = RTL_CONSTANT_STRING(NameText);
    HANDLE Root;
    FileText[7] = NameText[12] = (WCHAR)(u'0' + Worker->Number);
    NTSTATUS Status = LoadEx(&Name, &File, REG_APP_HIVE, &Root);
    if (Status != STATUS_SUCCESS) {
        Worker->Unexpected = Status;
        return;
    }
    if (Round != 0 && QueryDword(Root, STR(u"round")) != Round - 1) {
        Worker->Unexpected = STATUS_DATA_ERROR; /* what the last round wrote is lost */
    }
    Note(Worker, SetDword(Root, STR(u"round"), Round));
    Note(Worker, NtClose(Root));
    Status = LoadEx(STR(APP), STR(u"\\??\\C:\\app.hiv"), REG_APP_HIVE, &Root);
    Note(Worker, Status);
    if (NT_SUCCESS(Status)) {
        Note(Worker, SetDword(Root, STR(u"round"), Round));
        Note(Worker, NtClose(Root));
    }
}

static void *Work(void *Context)
{
    struct WORKER *Worker = Context;
    struct ntsim_thread *Previous = ntsim_enter(Conform.Sim);
    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        UseShared(Worker, Round);
        UseOwn(Worker, Round);
    }
    ntsim_leave(Previous);
    return NULL;
}

static void come_and_go(void **State)
{
    struct WORKER Workers[THREADS] = {{.Number = 0}};
    (void)State;
    size_t Before = ntsim_registry_key_count(Conform.Sim);
    HiveMakeFile("shared.hiv", "number", 1);
    HiveMakeFile("app.hiv", "number", 1);
    for (ULONG Index = 0; Index < THREADS; Index++) {
        char Name[] = "0.hiv";
        Name[0] = (char)('0' + Index);
        HiveMakeFile(Name, "number", 1);
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        Workers[Index].Number = Index;
        EXPECT_EQ(pthread_create(&Workers[Index].Thread, NULL, Work, &Workers[Index]), 0);
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        EXPECT_EQ(pthread_join(Workers[Index].Thread, NULL), 0);
        EXPECT_SUCCESS(Workers[Index].Unexpected);
    }
    NTSTATUS Status = Unload(STR(HIVE), REG_FORCE_UNLOAD);
    EXPECT_TRUE(Status == STATUS_SUCCESS || Status == STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(ntsim_registry_key_count(Conform.Sim), Before);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(SHARED))); /* the file is nobody's */
    EXPECT_EQ(DwordAt(STR(HIVE), STR(u"number")), 1);
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
}

static const struct ntcb_test Tests[] = {
    HIVE_CASE("cm.hive.threads.come_and_go", "REG-LOD-01 REG-UNL-01 REG-LOD-04", come_and_go),
};
NTCB_TEST_MAIN("library", Tests)
