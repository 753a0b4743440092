/* SPDX-License-Identifier: MIT
 *
 * object_test.c - references, names and types of objects.
 */
#include "simkit.h"

static PEPROCESS lookup(struct ntsim_process *process)
{
    PEPROCESS object = NULL;

    EXPECT_SUCCESS(
        PsLookupProcessByProcessId((HANDLE)(ULONG_PTR)ntsim_process_id(process), &object));
    return object;
}

static void reference_and_dereference_count(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    PVOID object = lookup(process);
    LONG_PTR count = ObReferenceObject(object);

    (void)state;
    EXPECT_EQ(ObReferenceObject(object), count + 1);
    EXPECT_EQ(ObDereferenceObject(object), count);
    EXPECT_EQ(ObDereferenceObject(object), count - 1);
    EXPECT_SUCCESS(ObReferenceObjectByPointer(object, 0, *PsProcessType, KernelMode));
    EXPECT_STATUS(ObReferenceObjectByPointer(object, 0, *PsThreadType, KernelMode),
                  STATUS_OBJECT_TYPE_MISMATCH);
    ObDereferenceObject(object);
    ObDereferenceObject(object);
}

/* The object outlives the process while somebody holds it. */
static void lives_until_its_last_reference(void **state)
{
    struct ntsim_process *process = make_process("C:\\Windows\\longer_than_fifteen.exe");
    uint32_t pid = ntsim_process_id(process);
    PEPROCESS object = lookup(process), again;

    (void)state;
    ntsim_process_exit(process, STATUS_SUCCESS);
    EXPECT_STATUS(PsLookupProcessByProcessId((HANDLE)(ULONG_PTR)pid, &again),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STR((const char *)PsGetProcessImageFileName(object), "longer_than_fif");
    EXPECT_EQ((ULONG_PTR)PsGetProcessId(object), pid);
    EXPECT_EQ(ObDereferenceObject(object), 0);
}

static void one_dereference_too_many_is_reported(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    PEPROCESS object = lookup(process);

    (void)state;
    ntsim_process_exit(process, STATUS_SUCCESS);
    EXPECT_EQ(ObDereferenceObject(object), 0);
    ObDereferenceObject(object);
    EXPECT_EQ(take_report("DV-23")->bugcheck, REFERENCE_BY_POINTER);
    ObReferenceObject(object);
    EXPECT_TRUE(strstr(take_report("DV-23")->what, "referenced after") != NULL);
}

static void leaked_reference_is_reported(void **state)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;

    (void)state;
    config.quiet = true;
    sim = ntsim_start(&config);
    lookup(make_process("C:\\a.exe"));
    EXPECT_EQ(ntsim_stop(sim), NTCB_ELEAK);
}

static void type_is_that_of_the_object(void **state)
{
    (void)state;
    EXPECT_PTR(ObGetObjectType(PsGetCurrentThread()), *PsThreadType);
    EXPECT_PTR(ObGetObjectType(PsGetCurrentProcess()), *PsProcessType);
}

static void unnamed_object_has_an_empty_name(void **state)
{
    OBJECT_NAME_INFORMATION name;
    ULONG length = 0;

    (void)state;
    memset(&name, 0xAA, sizeof(name));
    EXPECT_SUCCESS(ObQueryNameString(PsGetCurrentProcess(), &name, sizeof(name), &length));
    EXPECT_EQ(length, sizeof(name));
    EXPECT_EQ(name.Name.Length, 0);
    EXPECT_TRUE(name.Name.Buffer == NULL);
    EXPECT_STATUS(ObQueryNameString(PsGetCurrentProcess(), &name, 4, &length),
                  STATUS_INFO_LENGTH_MISMATCH);
}

static PVOID open_object(HANDLE *handle)
{
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes),
                                    NULL,
                                    STRING(u"\\Registry\\Machine\\SOFTWARE"),
                                    OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE,
                                    NULL,
                                    NULL};
    PVOID object = NULL;

    EXPECT_SUCCESS(ZwOpenKey(handle, KEY_READ, &attributes));
    EXPECT_SUCCESS(
        ObReferenceObjectByHandle(*handle, 0, *CmKeyObjectType, KernelMode, &object, NULL));
    return object;
}

static void name_needs_room_for_its_terminator(void **state)
{
    static const WCHAR path[] = u"\\REGISTRY\\MACHINE\\SOFTWARE";
    union {
        OBJECT_NAME_INFORMATION name;
        UCHAR bytes[256];
    } buffer;
    HANDLE handle;
    PVOID object = open_object(&handle);
    ULONG needed = 0, exact = (ULONG)(sizeof(OBJECT_NAME_INFORMATION) + sizeof(path));

    (void)state;
    EXPECT_STATUS(ObQueryNameString(object, NULL, 0, &needed), STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_EQ(needed, exact);
    EXPECT_STATUS(ObQueryNameString(object, &buffer.name, exact - 1, &needed),
                  STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(needed, exact);
    EXPECT_SUCCESS(ObQueryNameString(object, &buffer.name, exact, &needed));
    EXPECT_EQ(buffer.name.Name.Length, sizeof(path) - sizeof(WCHAR));
    EXPECT_MEM(buffer.name.Name.Buffer, path, sizeof(path));
    ObDereferenceObject(object);
    EXPECT_SUCCESS(ZwClose(handle));
}

static const struct ntcb_test tests[] = {
    {"ob.object.reference_and_dereference_count", "", reference_and_dereference_count, start, stop},
    {"ob.object.lives_until_its_last_reference", "", lives_until_its_last_reference, start, stop},
    {"ob.object.one_dereference_too_many_is_reported", "DV-23",
     one_dereference_too_many_is_reported, start, stop},
    {"ob.object.leaked_reference_is_reported", "DV-23", leaked_reference_is_reported, NULL, NULL},
    {"ob.object.type_is_that_of_the_object", "", type_is_that_of_the_object, start, stop},
    {"ob.object.unnamed_has_an_empty_name", "", unnamed_object_has_an_empty_name, start, stop},
    {"ob.object.name_needs_room_for_its_terminator", "REG-QON-01",
     name_needs_room_for_its_terminator, start, stop},
};

NTCB_TEST_MAIN("library", tests)
