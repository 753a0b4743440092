/* SPDX-License-Identifier: MIT
 *
 * reg_reference_test.c - the registry against the oracle of tests/support/reftree.h, in sequences
 * that repeat; and what such sequences have found.
 */
#include "../conformance/regkit.h"

#include "refplay.h"

#define PLAYS 60
#define STEPS 600

/* One sequence in a registry of its own; false: both disagreed. */
static bool play_seed(uint64_t seed, struct ref_play *play)
{
    struct ref_key *software;
    UNICODE_STRING name = RTL_CONSTANT_STRING(u"Conform");
    bool agreed;

    *play = (struct ref_play){.base = BASE, .seed = seed, .tree = ref_create_tree()};
    software = ref_put_key(play->tree, ref_put_key(play->tree, NULL, u"MACHINE"), u"SOFTWARE");
    EXPECT_EQ(ConformSetup(NULL), 0);
    ConformBecome(UserMode);
    play->kept = ref_put_key(play->tree, software, u"Conform");
    Close(MakeBase());
    while (play->steps < STEPS && ref_step(play)) {
    }
    agreed = !play->failed && ref_child(software, name) != NULL;
    ref_end(play);
    if (agreed) {
        HANDLE base = MakeBase();
        agreed = ref_compare(play->tree, ref_child(software, name), base);
        Close(base);
    }
    EXPECT_EQ(ConformTeardown(NULL), 0);
    ref_destroy_tree(play->tree);
    return agreed;
}

static void agrees_with_the_reference(void **state)
{
    struct ref_tally *tally;
    struct ref_play whole = {.steps = 0};
    struct ref_play play;

    (void)state;
    for (uint64_t seed = 1; seed <= PLAYS; seed++) {
        if (!play_seed(seed * 0x9E3779B97F4A7C15u, &play)) {
            print_message("seed %llu\n", (unsigned long long)seed);
            EXPECT_TRUE(false);
        }
        for (tally = play.tally; tally->service != NULL; tally++) {
            struct ref_tally *sum = whole.tally;
            while (sum->service != NULL && strcmp(sum->service, tally->service) != 0) {
                sum++;
            }
            sum->service = tally->service;
            sum->made += tally->made;
            sum->succeeded += tally->succeeded;
        }
    }
    /* The sequences do what they are for: every service comes to its end now and then. */
    EXPECT_TRUE(whole.tally[REF_SERVICES - 2].service != NULL);
    for (tally = whole.tally; tally->service != NULL; tally++) {
        print_message("%s succeeded %lu of %lu times\n", tally->service, tally->succeeded,
                      tally->made);
        EXPECT_TRUE(tally->succeeded >= 30);
    }
}

static void a_sequence_repeats(void **state)
{
    struct ref_play first;
    struct ref_play second;

    (void)state;
    EXPECT_TRUE(play_seed(4711, &first));
    EXPECT_TRUE(play_seed(4711, &second));
    EXPECT_EQ(first.digest, second.digest);
    EXPECT_EQ(first.pairs, second.pairs);
}

static void changes_after_the_last_of_all_times(void **state)
{
    HANDLE key = MakeBase();
    LARGE_INTEGER time = {.QuadPart = MAXLONGLONG};

    (void)state;
    EXPECT_SUCCESS(NtSetInformationKey(key, KeyWriteTimeInformation, &time, sizeof(time)));
    EXPECT_EQ(FullInformation(key).LastWriteTime.QuadPart, MAXLONGLONG);
    EXPECT_SUCCESS(SetDword(key, STR(u"value"), 1));
    EXPECT_TRUE(FullInformation(key).LastWriteTime.QuadPart != MAXLONGLONG);
    EXPECT_TRUE(FullInformation(key).LastWriteTime.QuadPart > 0);
    Close(key);
}

/* sizeof(KEY_CACHED_INFORMATION) is four bytes more than its members. */
static void cached_information_ends_in_nothing(void **state)
{
    UCHAR bytes[sizeof(KEY_CACHED_INFORMATION)];
    const UCHAR nothing[4] = {0};
    HANDLE key = MakeBase();
    ULONG length;

    (void)state;
    memset(bytes, 0xA5, sizeof(bytes));
    EXPECT_SUCCESS(NtQueryKey(key, KeyCachedInformation, bytes, sizeof(bytes), &length));
    EXPECT_EQ(length, sizeof(bytes));
    EXPECT_MEM(bytes + sizeof(bytes) - sizeof(nothing), nothing, sizeof(nothing));
    Close(key);
}

static void a_key_cannot_be_made_a_link_by_an_empty_name(void **state)
{
    HANDLE key = MakeBase();
    HANDLE again;

    (void)state;
    EXPECT_STATUS(CreateOptions(&again, key, STR(u""), KEY_READ, REG_OPTION_CREATE_LINK, NULL),
                  STATUS_OBJECT_NAME_COLLISION);
    EXPECT_PTR(again, NULL);
    EXPECT_SUCCESS(CreateOptions(&again, key, STR(u""), KEY_READ, 0, NULL));
    Close(again);
    Close(key);
}

static const struct ntcb_test tests[] = {
    {"cm.registry.agrees_with_the_reference",
     "REG-NS-02 REG-NS-07 REG-NS-09 REG-NS-10 REG-EK-02 REG-SET-08 REG-SET-09 REG-REN-04",
     agrees_with_the_reference, NULL, NULL},
    {"cm.registry.a_sequence_repeats", "", a_sequence_repeats, NULL, NULL},
    CONFORM_CASE("cm.key.changes_after_the_last_of_all_times", "REG-NS-09 REG-SIK-02",
                 changes_after_the_last_of_all_times),
    CONFORM_CASE("cm.key.cached_information_ends_in_nothing", "REG-QK-03",
                 cached_information_ends_in_nothing),
    CONFORM_CASE("cm.key.empty_name_makes_no_link", "REG-CRT-06",
                 a_key_cannot_be_made_a_link_by_an_empty_name),
};

NTCB_TEST_MAIN("library", tests)
