/* SPDX-License-Identifier: MIT
 *
 * time.c - dates, seconds and local time.
 *
 * The Gregorian calendar, also for 1601, which is where time begins: the first year of a period of
 * 400 years. 1 January 1601 is a Monday.
 */
#include "ke/kip.h"

#include <stdatomic.h>

#define RTLP_SECOND 10000000ll /* units of 100 ns */
#define RTLP_DAY (86400 * RTLP_SECOND)
#define RTLP_1970 (11644473600ll) /* seconds from 1601 */

/* Days of a year in front of its months. */
static const CSHORT RtlpDays[2][13] = {
    {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365},
    {0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366},
};

static BOOLEAN RtlpIsLeap(int64_t Year)
{
    return Year % 4 == 0 && (Year % 100 != 0 || Year % 400 == 0);
}

/* Days from 1601 to 1 January of Year. */
static int64_t RtlpDaysBefore(int64_t Year)
{
    int64_t Past = Year - 1601;
    return Past * 365 + Past / 4 - Past / 100 + Past / 400;
}

VOID NTAPI RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields)
{
    int64_t Day = Time->QuadPart / RTLP_DAY, Left = Time->QuadPart % RTLP_DAY;
    int64_t Year = 1601 + Day / 366; /* or later */
    while (RtlpDaysBefore(Year + 1) <= Day) {
        Year++;
    }
    const CSHORT *Before = RtlpDays[RtlpIsLeap(Year)];
    int64_t InYear = Day - RtlpDaysBefore(Year);
    CSHORT Month = 1;
    while (Before[Month] <= InYear) {
        Month++;
    }
    *TimeFields = (TIME_FIELDS){
        .Year = (CSHORT)Year,
        .Month = Month,
        .Day = (CSHORT)(InYear - Before[Month - 1] + 1),
        .Hour = (CSHORT)(Left / (3600 * RTLP_SECOND)),
        .Minute = (CSHORT)(Left / (60 * RTLP_SECOND) % 60),
        .Second = (CSHORT)(Left / RTLP_SECOND % 60),
        .Milliseconds = (CSHORT)(Left / (RTLP_SECOND / 1000) % 1000),
        .Weekday = (CSHORT)((Day + 1) % 7),
    };
}

static BOOLEAN RtlpIsDate(const TIME_FIELDS *Fields)
{
    if (Fields->Year < 1601 || Fields->Month < 1 || Fields->Month > 12 || Fields->Day < 1) {
        return FALSE;
    }
    const CSHORT *Before = RtlpDays[RtlpIsLeap(Fields->Year)];
    return Fields->Day <= Before[Fields->Month] - Before[Fields->Month - 1];
}

BOOLEAN NTAPI RtlTimeFieldsToTime(PTIME_FIELDS TimeFields, PLARGE_INTEGER Time)
{
    if (!RtlpIsDate(TimeFields) || TimeFields->Hour < 0 || TimeFields->Hour > 23 ||
        TimeFields->Minute < 0 || TimeFields->Minute > 59 || TimeFields->Second < 0 ||
        TimeFields->Second > 59 || TimeFields->Milliseconds < 0 || TimeFields->Milliseconds > 999) {
        return FALSE;
    }
    int64_t Day = RtlpDaysBefore(TimeFields->Year) +
                  RtlpDays[RtlpIsLeap(TimeFields->Year)][TimeFields->Month - 1] + TimeFields->Day -
                  1;
    int64_t Seconds = TimeFields->Hour * 3600 + TimeFields->Minute * 60 + TimeFields->Second;
    Time->QuadPart =
        Day * RTLP_DAY + Seconds * RTLP_SECOND + TimeFields->Milliseconds * (RTLP_SECOND / 1000);
    return TRUE;
}

BOOLEAN NTAPI RtlTimeToSecondsSince1970(PLARGE_INTEGER Time, PULONG ElapsedSeconds)
{
    int64_t Seconds = Time->QuadPart / RTLP_SECOND - RTLP_1970;
    if (Seconds < 0 || Seconds > (int64_t)MAXULONG) {
        return FALSE;
    }
    *ElapsedSeconds = (ULONG)Seconds;
    return TRUE;
}

VOID NTAPI RtlSecondsSince1970ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time)
{
    Time->QuadPart = (RTLP_1970 + (int64_t)ElapsedSeconds) * RTLP_SECOND;
}

/* ---- local time ---- */

static int64_t RtlpBias(const char *Function)
{
    ntcb_require_kernel(Function);
    return atomic_load_explicit(&KipState()->TimeBias, memory_order_relaxed);
}

VOID NTAPI ExSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime)
{
    LocalTime->QuadPart = SystemTime->QuadPart - RtlpBias(__func__);
}

VOID NTAPI ExLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime)
{
    SystemTime->QuadPart = LocalTime->QuadPart + RtlpBias(__func__);
}

void ntsim_set_time_bias(struct ntsim *sim, int minutes)
{
    if (ntsim_current() != sim) {
        ntsim__fatal("ntsim_set_time_bias: enter the simulator first (ntsim_enter)");
    }
    atomic_store_explicit(&KipState()->TimeBias, minutes * 60 * RTLP_SECOND, memory_order_relaxed);
}
