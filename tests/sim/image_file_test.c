/* SPDX-License-Identifier: MIT
 *
 * image_file_test.c - PE files: laid out, told by machine and signature, refused when damaged.
 */
#include "host.h"
#include "simkit.h"

#include <stdlib.h>
#include <unistd.h>

#define DLL "\\Device\\HarddiskVolume3\\Windows\\System32\\x.dll"

static struct {
    int calls, conflicting_calls;
    IMAGE_INFO info;
} seen;

static VOID NTAPI on_image(PUNICODE_STRING name, HANDLE pid, PIMAGE_INFO info)
{
    (void)name;
    (void)pid;
    seen.calls++;
    seen.info = *info;
}

static VOID NTAPI on_conflicting(PUNICODE_STRING name, HANDLE pid, PIMAGE_INFO info)
{
    (void)name;
    (void)pid;
    (void)info;
    seen.conflicting_calls++;
}

static int start_listening(void **state)
{
    memset(&seen, 0, sizeof(seen));
    start(state);
    return PsSetLoadImageNotifyRoutine(on_image);
}

static int stop_listening(void **state)
{
    PsRemoveLoadImageNotifyRoutine(on_image);
    return stop(state);
}

static uint8_t file[0x600];

/* A file is made of what a synthetic image looks like in memory: its headers, and its code behind
 * them. */
static void make_file(uint16_t machine)
{
    const struct ntsim_image_options options = {
        .path = DLL, .machine = machine, .flags = NTSIM_IMAGE_DATA};
    struct ntsim_image *image;

    memset(file, 0, sizeof(file));
    EXPECT_EQ(ntsim_image_load(sim, &options, &image), NTCB_OK);
    memcpy(file, ntsim_image_base(image), 0x400);
    file[0x400] = ((const uint8_t *)ntsim_image_base(image))[0x1000];
    memcpy(file + 0x401, "payload", 7);
    ntsim_image_unload(image);
}

static int load_file(size_t bytes, struct ntsim_image **image)
{
    char path[256];
    int descriptor = ntcb_test_temporary_file(path, sizeof(path));
    const struct ntsim_image_options options = {.path = DLL, .file = path};
    int error;

    EXPECT_TRUE(descriptor >= 0);
    EXPECT_EQ(write(descriptor, file, (unsigned)bytes), bytes);
    close(descriptor);
    error = ntsim_image_load(sim, &options, image);
    unlink(path);
    return error;
}

static void pe_file_is_laid_out(void **state)
{
    static const uint16_t machines[] = {IMAGE_FILE_MACHINE_AMD64, IMAGE_FILE_MACHINE_I386,
                                        IMAGE_FILE_MACHINE_ARM64};
    struct ntsim_image *image;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const uint8_t *base;

        make_file(machines[i]);
        EXPECT_EQ(load_file(sizeof(file), &image), NTCB_OK);
        base = ntsim_image_base(image);
        EXPECT_EQ(ntsim_image_size(image), 0x2000);
        EXPECT_EQ(RtlImageNtHeader((PVOID)base)->FileHeader.Machine, machines[i]);
        EXPECT_MEM(base + 0x1001, "payload", 7);
        EXPECT_EQ(base[0x1200], 0); /* beyond the section's data in the file */
        ntsim_image_unload(image);
    }
}

static void put32(size_t at, uint32_t value)
{
    memcpy(file + at, &value, sizeof(value));
}

/* IMG-65, IMG-66: nobody verifies the signature, but a file without one is unsigned. */
static void signature_is_read_from_the_file(void **state)
{
    static const struct {
        uint32_t at, bytes; /* of the certificates, in the file */
        uint32_t head;      /* revision and type of the first */
        ULONG level, type;
    } rows[] = {
        {0, 0, 0, SE_SIGNING_LEVEL_UNSIGNED, SeImageSignatureNone},
        {0x500, 0x100, 0x00020200, SE_SIGNING_LEVEL_AUTHENTICODE, SeImageSignatureEmbedded},
        {0x500, 0x101, 0x00020200, SE_SIGNING_LEVEL_UNSIGNED, SeImageSignatureNone},
        {0x500, 0x100, 0x00010200, SE_SIGNING_LEVEL_UNSIGNED, SeImageSignatureNone},
        {0x500, 7, 0x00020200, SE_SIGNING_LEVEL_UNSIGNED, SeImageSignatureNone},
    };
    const size_t directory = 0x80 + 24 + 112 + 4 * 8;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ntsim_image *image;

        make_file(IMAGE_FILE_MACHINE_AMD64);
        put32(directory, rows[i].at);
        put32(directory + 4, rows[i].bytes);
        put32(0x500, rows[i].bytes);
        put32(0x504, rows[i].head);
        EXPECT_EQ(load_file(sizeof(file), &image), NTCB_OK);
        EXPECT_EQ(seen.info.ImageSignatureLevel, rows[i].level);
        EXPECT_EQ(seen.info.ImageSignatureType, rows[i].type);
        ntsim_image_unload(image);
    }
}

static void damaged_pe_file_is_refused_with_the_place(void **state)
{
    static const struct {
        size_t offset;
        uint8_t value;
        const char *message;
    } rows[] = {
        {0, 'X', "at offset 0x0: no \"MZ\""},
        {61, 0x7F, "at offset 0x3c: the NT headers"},
        {0x80, 'X', "at offset 0x80: no \"PE\""},
        {0x85, 0x11, "at offset 0x84: machine 0x1164"},
        {0x87, 0xFF, "at offset 0x86: 65281 sections"},
        {0x95, 0xFF, "at offset 0x94: optional header"},
        {0x98, 0, "at offset 0x98: optional header magic 0x200"},
        {0x98 + 33, 0x33, "at offset 0xb8: section and file alignment"},
        {0x98 + 57, 0, "at offset 0xd0: SizeOfImage 0x0"},
        {0x98 + 61, 0xFF, "at offset 0xd4: SizeOfHeaders 0xff00"},
        {0x98 + 112 + 128 + 22, 1, "section data 0x10400+0x200"},
        {0x98 + 112 + 128 + 14, 1, "section 0x11000+0x1000"},
    };
    struct ntsim_image *image;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        make_file(IMAGE_FILE_MACHINE_AMD64);
        file[rows[i].offset] = rows[i].value;
        EXPECT_EQ(load_file(sizeof(file), &image), NTCB_EFORMAT);
        if (strstr(ntsim_last_error(sim), rows[i].message) == NULL) {
            fail_msg("row %zu: \"%s\" does not say \"%s\"", i, ntsim_last_error(sim),
                     rows[i].message);
        }
    }
    EXPECT_EQ(seen.calls, 0);
}

static void truncated_pe_file_is_refused(void **state)
{
    struct ntsim_image *image;

    (void)state;
    make_file(IMAGE_FILE_MACHINE_AMD64);
    for (size_t bytes = 0; bytes < sizeof(file); bytes++) {
        EXPECT_EQ(load_file(bytes, &image), NTCB_EFORMAT);
        EXPECT_TRUE(strstr(ntsim_last_error(sim), "at offset 0x") != NULL);
    }
    EXPECT_EQ(load_file(sizeof(file), &image), NTCB_OK);
}

/* Real libraries (scripts/fetch-pe): what the processes of the machine cannot execute. */
static void real_files_of_three_machines(void **state)
{
    static const struct {
        const char *name;
        uint16_t machine;
        int native, wow64; /* is it told of without the flag? */
    } rows[] = {
        {"x64.dll", IMAGE_FILE_MACHINE_AMD64, 1, 1},
        {"ia32.dll", IMAGE_FILE_MACHINE_I386, 0, 1},
        {"arm64.dll", IMAGE_FILE_MACHINE_ARM64, 0, 0},
    };
    const struct ntsim_process_options guest = {.image_path = "C:\\a.exe", .wow64 = true};
    struct ntsim_process *native = make_process("C:\\a.exe"), *wow64;
    const char *folder = getenv("NTCALLBACK_PE");

    (void)state;
    if (folder == NULL) {
        ntcb_test_skip("no PE files: run scripts/fetch-pe DIRECTORY and set NTCALLBACK_PE to it");
    }
    EXPECT_EQ(ntsim_process_create(sim, &guest, &wow64), NTCB_OK);
    EXPECT_SUCCESS(
        PsSetLoadImageNotifyRoutineEx(on_conflicting, PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[512];
        struct ntsim_image_options options = {.path = DLL, .file = path, .process = native};
        struct ntsim_image *image;

        snprintf(path, sizeof(path), "%s/%s", folder, rows[i].name);
        seen.calls = seen.conflicting_calls = 0;
        if (ntsim_image_load(sim, &options, &image) != NTCB_OK) {
            fail_msg("%s", ntsim_last_error(sim));
        }
        EXPECT_EQ(RtlImageNtHeader(ntsim_image_base(image))->FileHeader.Machine, rows[i].machine);
        EXPECT_EQ(seen.calls, rows[i].native);
        options.process = wow64;
        EXPECT_EQ(ntsim_image_load(sim, &options, NULL), NTCB_OK);
        EXPECT_EQ(seen.calls, rows[i].native + rows[i].wow64);
        EXPECT_EQ(seen.conflicting_calls, 2);
    }
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(on_conflicting));
}

static const struct ntcb_test tests[] = {
    {"mm.pe.file_is_laid_out", "", pe_file_is_laid_out, start_listening, stop_listening},
    {"mm.pe.damaged_file_is_refused_with_the_place", "", damaged_pe_file_is_refused_with_the_place,
     start_listening, stop_listening},
    {"mm.pe.truncated_file_is_refused", "", truncated_pe_file_is_refused, start_listening,
     stop_listening},
    {"mm.pe.signature_is_read_from_the_file", "IMG-65 IMG-66", signature_is_read_from_the_file,
     start_listening, stop_listening},
    {"mm.pe.real_files_of_three_machines", "IMG-53", real_files_of_three_machines, start_listening,
     stop_listening},
};

NTCB_TEST_MAIN("library", tests)
