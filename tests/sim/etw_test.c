/* SPDX-License-Identifier: MIT
 *
 * etw_test.c - events that drivers write, and who listens.
 */
#include "simkit.h"

#include <ntsim/etw.h>

static const GUID provider_id = {0x11223344, 1, 2, {3}};
static const EVENT_DESCRIPTOR descriptor = {.Id = 7, .Level = 4, .Keyword = 0x10};
static char heard[128];
static REGHANDLE handle;
static int enabled;

static VOID NTAPI on_enable(LPCGUID source, ULONG code, UCHAR level, ULONGLONG any, ULONGLONG all,
                            PEVENT_FILTER_DESCRIPTOR filter, PVOID context)
{
    EXPECT_MEM(source, &provider_id, sizeof(GUID));
    EXPECT_EQ(level, code == EVENT_CONTROL_CODE_ENABLE_PROVIDER ? 255 : 0);
    EXPECT_EQ(any, code == EVENT_CONTROL_CODE_ENABLE_PROVIDER ? ~0ull : 0);
    EXPECT_EQ(all, 0);
    EXPECT_TRUE(filter == NULL && context == &enabled);
    enabled = (int)code;
}

static void on_event(void *context, const struct ntsim_etw_event *event)
{
    EXPECT_TRUE(context == heard);
    EXPECT_EQ(event->provider->Data1, 0x11223344);
    EXPECT_EQ(event->pid, 4);
    snprintf(heard, sizeof(heard), "%u/%u %.*s%s%s", event->descriptor->Id,
             event->descriptor->Level, (int)event->bytes, (const char *)event->data,
             event->activity != NULL ? " activity" : "", event->related != NULL ? " related" : "");
}

static void events_reach_the_listener(void **state)
{
    EVENT_DATA_DESCRIPTOR data[2];

    (void)state;
    heard[0] = '\0';
    enabled = -1;
    EventDataDescCreate(&data[0], "ab", 2);
    EventDataDescCreate(&data[1], "c", 1);
    EXPECT_SUCCESS(EtwRegister(&provider_id, on_enable, &enabled, &handle));
    EXPECT_EQ(ntsim_etw_providers(sim), 1);
    EXPECT_EQ(enabled, -1);
    EXPECT_FALSE(EtwProviderEnabled(handle, 4, 1));
    EXPECT_SUCCESS(EtwWrite(handle, &descriptor, NULL, 2, data));
    EXPECT_STR(heard, "");
    EXPECT_EQ(ntsim_etw_listen(sim, on_event, heard), 0);
    EXPECT_EQ(enabled, EVENT_CONTROL_CODE_ENABLE_PROVIDER);
    EXPECT_TRUE(EtwEventEnabled(handle, &descriptor));
    EXPECT_SUCCESS(EtwWrite(handle, &descriptor, NULL, 2, data));
    EXPECT_STR(heard, "7/4 abc");
    EXPECT_SUCCESS(EtwWriteTransfer(handle, &descriptor, &provider_id, &provider_id, 1, data));
    EXPECT_STR(heard, "7/4 ab activity related");
    EXPECT_SUCCESS(EtwWriteEx(handle, &descriptor, 0, 0, &provider_id, NULL, 0, NULL));
    EXPECT_STR(heard, "7/4  activity");
    EXPECT_SUCCESS(EtwWriteString(handle, 2, 0, NULL, u"\u4241"));
    EXPECT_STR(heard, "0/2 AB");
    EXPECT_SUCCESS(EtwSetInformation(handle, EventProviderSetTraits, NULL, 0));
    EXPECT_STATUS(EtwSetInformation(handle, MaxEventInfo, NULL, 0), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(ntsim_etw_listen(sim, NULL, NULL), 0);
    EXPECT_EQ(enabled, EVENT_CONTROL_CODE_DISABLE_PROVIDER);
    EXPECT_SUCCESS(EtwUnregister(handle));
    EXPECT_EQ(ntsim_etw_providers(sim), 0);
}

static void late_providers_are_told(void **state)
{
    (void)state;
    enabled = -1;
    EXPECT_EQ(ntsim_etw_listen(sim, on_event, heard), 0);
    EXPECT_SUCCESS(EtwRegister(&provider_id, on_enable, &enabled, &handle));
    EXPECT_EQ(enabled, EVENT_CONTROL_CODE_ENABLE_PROVIDER);
    EXPECT_SUCCESS(EtwUnregister(handle));
}

static VOID NTAPI on_enable_leave(LPCGUID source, ULONG code, UCHAR level, ULONGLONG any,
                                  ULONGLONG all, PEVENT_FILTER_DESCRIPTOR filter, PVOID context)
{
    (void)source, (void)code, (void)level, (void)any, (void)all, (void)filter;
    EXPECT_SUCCESS(EtwUnregister(*(REGHANDLE *)context));
}

/* Nobody waits for himself. */
static void provider_may_leave_when_it_is_told(void **state)
{
    (void)state;
    EXPECT_SUCCESS(EtwRegister(&provider_id, on_enable_leave, &handle, &handle));
    EXPECT_EQ(ntsim_etw_providers(sim), 1);
    EXPECT_EQ(ntsim_etw_listen(sim, on_event, heard), 0);
    EXPECT_EQ(ntsim_etw_providers(sim), 0);
    EXPECT_SUCCESS(EtwRegister(&provider_id, on_enable_leave, &handle, &handle));
    EXPECT_EQ(ntsim_etw_providers(sim), 0);
    EXPECT_STATUS(EtwUnregister(handle), STATUS_INVALID_HANDLE);
}

static void handles_and_sizes_are_checked(void **state)
{
    EVENT_DATA_DESCRIPTOR data;

    (void)state;
    EXPECT_EQ(ntsim_etw_listen(sim, on_event, heard), 0);
    EXPECT_STATUS(EtwWrite(99, &descriptor, NULL, 0, NULL), STATUS_INVALID_HANDLE);
    EXPECT_STATUS(EtwUnregister(99), STATUS_INVALID_HANDLE);
    EXPECT_STATUS(EtwSetInformation(99, EventProviderSetTraits, NULL, 0), STATUS_INVALID_HANDLE);
    EXPECT_SUCCESS(EtwRegister(&provider_id, NULL, NULL, &handle));
    EventDataDescCreate(&data, "", 65537);
    EXPECT_STATUS(EtwWrite(handle, &descriptor, NULL, 1, &data), STATUS_INTEGER_OVERFLOW);
    EXPECT_SUCCESS(EtwUnregister(handle));
}

static void provider_left_behind_is_reported(void **state)
{
    (void)state;
    EXPECT_SUCCESS(EtwRegister(&provider_id, NULL, NULL, &handle));
    EXPECT_EQ(ntsim_stop(sim), NTCB_ELEAK);
}

static const struct ntcb_test tests[] = {
    {"etw.event.reaches_the_listener", "", events_reach_the_listener, start, stop},
    {"etw.provider.late_ones_are_told", "", late_providers_are_told, start, stop},
    {"etw.provider.may_leave_when_it_is_told", "", provider_may_leave_when_it_is_told, start, stop},
    {"etw.event.handles_and_sizes_are_checked", "", handles_and_sizes_are_checked, start, stop},
    {"etw.provider.left_behind_is_reported", "", provider_left_behind_is_reported, start, NULL},
};

NTCB_TEST_MAIN("library", tests)
