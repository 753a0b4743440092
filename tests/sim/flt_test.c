/* SPDX-License-Identifier: MIT
 *
 * flt_test.c - names of files as the filter manager gives them, and filters that filter nothing.
 */
#include "simkit.h"

#include <ntcallback/ddk/fltkernel.h>

static char seen[256];

static void note(const UNICODE_STRING *part)
{
    size_t used = strlen(seen);

    ntcb_snprintf(seen + used, sizeof(seen) - used, "%wZ|", part);
}

static VOID NTAPI on_image(PUNICODE_STRING full_name, HANDLE process_id, PIMAGE_INFO info)
{
    PIMAGE_INFO_EX extended = CONTAINING_RECORD(info, IMAGE_INFO_EX, ImageInfo);
    PFLT_FILE_NAME_INFORMATION name;
    FLT_IO_PARAMETER_BLOCK block = {.TargetFileObject = extended->FileObject};
    FLT_CALLBACK_DATA data = {.Iopb = &block};

    (void)full_name;
    (void)process_id;
    EXPECT_TRUE(info->ExtendedInfoPresent);
    EXPECT_SUCCESS(FltGetFileNameInformationUnsafe(
        extended->FileObject, NULL, FLT_FILE_NAME_NORMALIZED | FLT_FILE_NAME_QUERY_DEFAULT, &name));
    EXPECT_EQ(name->NamesParsed, 0);
    EXPECT_SUCCESS(FltParseFileNameInformation(name));
    note(&name->Name);
    note(&name->Volume);
    note(&name->ParentDir);
    note(&name->FinalComponent);
    note(&name->Extension);
    FltReferenceFileNameInformation(name);
    FltReleaseFileNameInformation(name);
    FltReleaseFileNameInformation(name);
    EXPECT_SUCCESS(FltGetFileNameInformation(&data, FLT_FILE_NAME_OPENED, &name));
    FltReleaseFileNameInformation(name);
    EXPECT_STATUS(FltGetFileNameInformation(&data, 0, &name), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(FltGetFileNameInformation(&data, FLT_FILE_NAME_SHORT, &name),
                  STATUS_NOT_IMPLEMENTED);
}

static void image_has_a_file_name(void **state)
{
    const struct ntsim_image_options options = {
        .path = "\\Device\\HarddiskVolume3\\W\\S\\k.x.dll",
        .process = make_process("\\Device\\HarddiskVolume3\\a.exe"),
    };
    struct ntsim_image *image;

    (void)state;
    seen[0] = '\0';
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(on_image));
    EXPECT_EQ(ntsim_image_load(sim, &options, &image), NTCB_OK);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(on_image));
    EXPECT_STR(seen, "\\Device\\HarddiskVolume3\\W\\S\\k.x.dll|\\Device\\HarddiskVolume3|"
                     "\\W\\S\\|k.x.dll|dll|");
}

static void names_are_parsed(void **state)
{
    static const struct {
        UNICODE_STRING name;
        const char *parts; /* final component, stream, extension */
    } rows[] = {
        {RTL_CONSTANT_STRING(u"\\a\\b.txt"), "b.txt||txt|"},
        {RTL_CONSTANT_STRING(u"\\a\\b.txt:s"), "b.txt:s|:s|txt|"},
        {RTL_CONSTANT_STRING(u"\\a.b\\c"), "c|||"},
        {RTL_CONSTANT_STRING(u"\\a\\"), "|||"},
        {RTL_CONSTANT_STRING(u"\\a\\b.:s.t"), "b.:s.t|:s.t||"},
        {RTL_CONSTANT_STRING(u""), "|||"},
    };
    UNICODE_STRING final, stream, extension;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        seen[0] = '\0';
        EXPECT_SUCCESS(FltParseFileName(&rows[i].name, &extension, &stream, &final));
        note(&final);
        note(&stream);
        note(&extension);
        EXPECT_STR(seen, rows[i].parts);
    }
}

static void filter_is_told_that_it_filters_nothing(void **state)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(u"\\Driver\\x");
    DRIVER_OBJECT driver = {.DriverName = name};
    FLT_REGISTRATION registration = {.Size = sizeof(registration),
                                     .Version = FLT_REGISTRATION_VERSION};
    PFLT_FILTER filter;

    (void)state;
    EXPECT_SUCCESS(FltRegisterFilter(&driver, &registration, &filter));
    EXPECT_TRUE(strstr(printed, "\\Driver\\x is accepted as a filter, but no file operation") !=
                NULL);
    printed[0] = '\0';
    EXPECT_SUCCESS(FltStartFiltering(filter));
    EXPECT_TRUE(strstr(printed, "filters nothing") != NULL);
    FltUnregisterFilter(filter);
    registration.Version = 0x0100;
    EXPECT_STATUS(FltRegisterFilter(&driver, &registration, &filter), STATUS_INVALID_PARAMETER);
    EXPECT_TRUE(filter == NULL);
}

static void filter_left_behind_is_reported(void **state)
{
    FLT_REGISTRATION registration = {.Size = sizeof(registration),
                                     .Version = FLT_REGISTRATION_VERSION};
    DRIVER_OBJECT driver = {0};
    PFLT_FILTER filter;

    (void)state;
    EXPECT_SUCCESS(FltRegisterFilter(&driver, &registration, &filter));
    EXPECT_EQ(ntsim_stop(sim), NTCB_ELEAK);
}

static const struct ntcb_test tests[] = {
    {"flt.name.image_has_one", "", image_has_a_file_name, start, stop},
    {"flt.name.is_parsed", "", names_are_parsed, start, stop},
    {"flt.filter.is_told_that_it_filters_nothing", "", filter_is_told_that_it_filters_nothing,
     start, stop},
    {"flt.filter.left_behind_is_reported", "DV-22", filter_left_behind_is_reported, start, NULL},
};

NTCB_TEST_MAIN("library", tests)
