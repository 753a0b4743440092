/* SPDX-License-Identifier: MIT
 *
 * image_kit.h - image routines that leave a letter in the trace, and an image to show them.
 */
#ifndef TESTS_PS_IMAGE_KIT_H
#define TESTS_PS_IMAGE_KIT_H

#include "../ex/kit.h"

#define IMAGE_ROUTINE(name, letter)                                                \
    static inline VOID NTAPI name(PUNICODE_STRING FullImageName, HANDLE ProcessId, \
                                  PIMAGE_INFO ImageInfo)                           \
    {                                                                              \
        (void)FullImageName;                                                       \
        (void)ProcessId;                                                           \
        (void)ImageInfo;                                                           \
        kit_log(here, letter);                                                     \
    }

IMAGE_ROUTINE(image_a, 'A')
IMAGE_ROUTINE(image_b, 'B')
IMAGE_ROUTINE(image_c, 'C')
IMAGE_ROUTINE(image_d, 'D')

/* A routine that does what the case wants done inside: first to the letter, then calls it. */
static void (*image_hook)(void);

static inline VOID NTAPI image_hooked(PUNICODE_STRING FullImageName, HANDLE ProcessId,
                                      PIMAGE_INFO ImageInfo)
{
    (void)FullImageName;
    (void)ProcessId;
    (void)ImageInfo;
    kit_log(here, 'H');
    image_hook();
}

/* Parks every thread that calls it: `parked` is set when one is inside, `go` lets all out. */
static struct image_park {
    bool parked;
    bool go;
} image_park;

static inline VOID NTAPI image_parking(PUNICODE_STRING FullImageName, HANDLE ProcessId,
                                       PIMAGE_INFO ImageInfo)
{
    (void)FullImageName;
    (void)ProcessId;
    (void)ImageInfo;
    kit_log(here, '(');
    kit_set(here, &image_park.parked);
    kit_wait(here, &image_park.go);
    kit_log(here, ')');
}

static inline void image_load(struct ntcb_image *image)
{
    static WCHAR text[] = u"\\Device\\HarddiskVolume1\\Windows\\System32\\kernel32.dll";
    UNICODE_STRING name = {sizeof(text) - sizeof(WCHAR), sizeof(text), text};

    image->FullImageName = &name;
    ntcb_image_loaded(image);
}

/* Load one image and return who heard of it, in order. */
static inline const char *image_heard(struct kit *kit)
{
    struct ntcb_image image = {
        .ProcessId = (HANDLE)(ULONG_PTR)1000, .ImageBase = kit, .ImageSize = 0x2000};

    image_load(&image);
    return kit_take(kit);
}

/* For a worker: load one image. */
static inline void image_load_one(struct kit *kit, void *argument)
{
    struct ntcb_image image = {
        .ProcessId = (HANDLE)(ULONG_PTR)1000, .ImageBase = kit, .ImageSize = 0x2000};

    (void)argument;
    image_load(&image);
}

/* Every registered slot as a digit or letter (0-9, a-z, A-Z, ...) in order: the table's state. */
static inline void image_note_slot(void *context, const struct ntcb_registration *registration)
{
    size_t length = strlen(context);

    if (registration->manager == NTCB_MANAGER_IMAGE) {
        snprintf((char *)context + length, 512 - length, "%u:%p ", registration->slot,
                 registration->routine);
    }
}

static inline void image_table(struct kit *kit, char text[512])
{
    text[0] = 0;
    ntcb_registrations(kit->kernel, image_note_slot, text);
}

#endif
