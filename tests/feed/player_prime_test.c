/* SPDX-License-Identifier: MIT
 *
 * player_prime_test.c - the registry as it was before a recording, worked out from its rows.
 */
#include "procmon_rows.h"

#include <ntsim/play.h>
#include <ntsim/registry.h>

#define SOFTWARE "\\REGISTRY\\MACHINE\\SOFTWARE"
#define FOUND "Desired Access: Read"

struct stage {
    struct ntsim *sim;
    struct ntsim_player *player;
    struct feed_input input;
};

/* Prepare for the rows. */
static void prime(struct stage *stage, const char *rows)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    struct ntsim_feed_error error;

    memset(stage, 0, sizeof(*stage));
    open_rows(&stage->input, NINE, rows);
    EXPECT_EQ(ntsim_create(&stage->sim, &config), 0);
    EXPECT_EQ(ntsim_player_create(&stage->player, stage->sim), 0);
    EXPECT_EQ(ntsim_player_prime(stage->player, stage->input.feed, &error), 0);
    EXPECT_TRUE(ntsim_current() == NULL);
}

static void play(struct stage *stage)
{
    struct ntsim_outcome outcome;
    struct ntsim_event event;
    int result;

    while ((result = feed_input_next(&stage->input, &event)) == 1) {
        EXPECT_EQ(ntsim_player_play(stage->player, &event, &outcome), 0);
        EXPECT_STR(outcome.difference, "");
        EXPECT_TRUE(outcome.agreed);
    }
    EXPECT_EQ(result, 0);
}

static void end(struct stage *stage)
{
    ntsim_player_destroy(stage->player);
    feed_input_close(&stage->input);
    EXPECT_EQ(ntsim_destroy(stage->sim), 0);
}

static void makes_what_was_there(void **state)
{
    struct stage stage;

    (void)state;
    prime(&stage,
          ROW("12", "RegOpenKey", "HKLM\\SOFTWARE\\There\\Sub", "SUCCESS",
              FOUND) ROW("12", "RegOpenKey", "HKLM\\SOFTWARE\\Not", "NAME NOT FOUND", FOUND)
              ROW("12", "RegCreateKey", "HKLM\\SOFTWARE\\Made", "SUCCESS",
                  FOUND ", Disposition: REG_CREATED_NEW_KEY")
                  ROW("12", "RegOpenKey", "HKLM\\SOFTWARE\\Made", "SUCCESS", FOUND)
                      ROW("12", "RegDeleteKey", "HKLM\\SOFTWARE\\Gone", "SUCCESS", "")
                          ROW("12", "RegOpenKey", "HKLM\\SOFTWARE\\Gone", "NAME NOT FOUND", FOUND));
    EXPECT_TRUE(ntsim_registry_exists(stage.sim, SOFTWARE "\\There\\Sub"));
    EXPECT_FALSE(ntsim_registry_exists(stage.sim, SOFTWARE "\\Not"));
    EXPECT_FALSE(ntsim_registry_exists(stage.sim, SOFTWARE "\\Made"));
    EXPECT_TRUE(ntsim_registry_exists(stage.sim, SOFTWARE "\\Gone"));
    play(&stage);
    end(&stage);
}

static void takes_the_word_of_most_rows(void **state)
{
    struct stage stage;

    (void)state;
    prime(&stage, ROW("12", "RegOpenKey", "HKLM\\SOFTWARE\\K", "NAME NOT FOUND", FOUND)
                      ROW("12", "RegOpenKey", "HKLM\\SOFTWARE\\K", "SUCCESS", FOUND)
                          ROW("12", "RegOpenKey", "HKLM\\SOFTWARE\\K", "NAME NOT FOUND", FOUND));
    EXPECT_FALSE(ntsim_registry_exists(stage.sim, SOFTWARE "\\K"));
    end(&stage);
}

static void sets_values_by_what_was_read(void **state)
{
    struct stage stage;

    (void)state;
    prime(
        &stage,
        ROW("12", "RegOpenKey", "HKLM\\SOFTWARE\\K", "SUCCESS",
            FOUND) ROW("12", "RegQueryValue", "HKLM\\SOFTWARE\\K\\s", "BUFFER OVERFLOW",
                       "Length: 144") ROW("12", "RegQueryValue", "HKLM\\SOFTWARE\\K\\s", "SUCCESS",
                                          "Type: REG_BINARY, Length: 200, Data: 01 02")
            ROW("12", "RegQueryValue", "HKLM\\SOFTWARE\\K\\only", "BUFFER OVERFLOW", "Length: 144")
                ROW("12", "RegQueryValue", "HKLM\\SOFTWARE\\K\\t", "BUFFER TOO SMALL", "Length: 0")
                    ROW("12", "RegQueryValue", "HKLM\\SOFTWARE\\K\\no", "NAME NOT FOUND",
                        "Length: 144") ROW("12", "RegSetValue", "HKLM\\SOFTWARE\\K\\no", "SUCCESS",
                                           "Type: REG_DWORD, Length: 4, Data: 7")
                        ROW("12", "RegQueryValue", "HKLM\\SOFTWARE\\K\\no", "SUCCESS",
                            "Type: REG_DWORD, Length: 4, Data: 7")
                            ROW("12", "RegDeleteValue", "HKLM\\SOFTWARE\\K\\d", "SUCCESS", ""));
    play(&stage);
    end(&stage);
}

/* Indexes and counts that the known names do not reach are made up for. */
static void fits_enumerations(void **state)
{
    struct stage stage;

    (void)state;
    prime(&stage, ROW("12", "RegEnumKey", "HKLM\\SOFTWARE\\K", "SUCCESS", "Index: 2, Name: Mid")
                      ROW("12", "RegEnumKey", "HKLM\\SOFTWARE\\K", "SUCCESS",
                          "Index: 3, Name: after") ROW("12", "RegEnumKey", "HKLM\\SOFTWARE\\K",
                                                       "NO MORE ENTRIES", "Index: 6, Length: 288")
                          ROW("12", "RegOpenKey", "HKLM\\SOFTWARE\\K\\able", "SUCCESS", FOUND)
                              ROW("12", "RegEnumValue", "HKLM\\SOFTWARE\\K", "SUCCESS",
                                  "Index: 1, Name: b, Type: REG_DWORD, Length: 4, Data: 1")
                                  ROW("12", "RegEnumValue", "HKLM\\SOFTWARE\\K", "NO MORE ENTRIES",
                                      "Index: 4, Length: 220")
                                      ROW("12", "RegQueryValue", "HKLM\\SOFTWARE\\K\\a", "SUCCESS",
                                          "Type: REG_DWORD, Length: 4, Data: 2")
                                          ROW("12", "RegQueryKey", "HKLM\\SOFTWARE\\K", "SUCCESS",
                                              "Query: Cached, SubKeys: 6, Values: 4"));
    play(&stage);
    end(&stage);
}

/* Names behind a greater one are those of volatile keys. */
static void finds_volatile_keys(void **state)
{
    struct stage stage;

    (void)state;
    prime(&stage,
          ROW("12", "RegEnumKey", "HKLM\\SOFTWARE\\K", "SUCCESS", "Index: 0, Name: m")
              ROW("12", "RegEnumKey", "HKLM\\SOFTWARE\\K", "SUCCESS", "Index: 1, Name: z")
                  ROW("12", "RegEnumKey", "HKLM\\SOFTWARE\\K", "SUCCESS", "Index: 2, Name: a"));
    play(&stage);
    end(&stage);
}

static void makes_links(void **state)
{
    struct stage stage;

    (void)state;
    prime(&stage,
          ROW("12", "RegOpenKey", "HKU\\S-1-5-18\\Software", "REPARSE", FOUND)
              ROW("12", "RegOpenKey", "HKU\\.DEFAULT\\Software", "SUCCESS", FOUND)
                  ROW("12", "RegOpenKey", "HKCU\\Software\\Classes\\X", "REPARSE", FOUND)
                      ROW("12", "RegOpenKey", "HKCU\\Software\\Classes\\X", "NAME NOT FOUND", FOUND)
                          ROW("12", "RegCloseKey", "HKU\\.DEFAULT\\Software", "SUCCESS", ""));
    EXPECT_TRUE(ntsim_registry_exists(stage.sim, "\\REGISTRY\\USER\\.DEFAULT\\Software"));
    play(&stage);
    end(&stage);
}

static void denies_what_was_refused(void **state)
{
    struct stage stage;

    (void)state;
    prime(&stage,
          ROW("12", "RegOpenKey", "HKLM\\SOFTWARE\\K", "ACCESS DENIED",
              "Desired Access: All Access") ROW("12", "RegOpenKey", "HKLM\\SOFTWARE\\K",
                                                "ACCESS DENIED", "Desired Access: All Access")
              ROW("12", "RegOpenKey", "HKLM\\SOFTWARE\\K", "SUCCESS", FOUND)
                  ROW("12", "RegOpenKey", "HKLM\\SOFTWARE\\L", "SUCCESS",
                      "Desired Access: Maximum Allowed, Granted Access: Read"));
    play(&stage);
    end(&stage);
}

/* Which tags were set shows only in what is read back; and the tags show which handle it was. */
static void finds_the_tags_that_were_set(void **state)
{
    struct stage stage;

    (void)state;
    prime(&stage, ROW("12", "RegQueryKey", "HKLM", "SUCCESS", "Query: HandleTags, HandleTags: 0x0")
                      ROW("12", "RegOpenKey", "HKLM", "SUCCESS", FOUND)
                          ROW("12", "RegSetInfoKey", "HKLM", "SUCCESS",
                              "KeySetInformationClass: KeySetHandleTagsInformation, Length: 0")
                              ROW("12", "RegQueryKey", "HKLM", "SUCCESS",
                                  "Query: HandleTags, HandleTags: 0x601")
                                  ROW("12", "RegQueryKey", "HKLM", "SUCCESS",
                                      "Query: HandleTags, HandleTags: 0x0"));
    play(&stage);
    end(&stage);
}

static void reports_a_bad_row(void **state)
{
    struct feed_input input;
    struct ntsim_feed_error error;
    struct ntsim_player *player;
    struct ntsim *sim;

    (void)state;
    open_rows(&input, NINE,
              ROW("12", "RegOpenKey", "HKLM\\SOFTWARE\\K", "SUCCESS", FOUND)
                  ROW("12", "RegOpenKey", "HKLM\\SOFTWARE\\K", "FINE", FOUND));
    EXPECT_EQ(ntsim_create(&sim, NULL), 0);
    EXPECT_EQ(ntsim_player_create(&player, sim), 0);
    EXPECT_EQ(ntsim_player_prime(player, input.feed, &error), NTCB_EFORMAT);
    EXPECT_EQ(error.place.line, 3);
    EXPECT_FALSE(ntsim_registry_exists(sim, SOFTWARE "\\K"));
    ntsim_player_destroy(player);
    feed_input_close(&input);
    EXPECT_EQ(ntsim_destroy(sim), 0);
}

static const struct ntcb_test Tests[] = {
    {"feed.player.prime.makes_what_was_there", "", makes_what_was_there, NULL, NULL},
    {"feed.player.prime.takes_the_word_of_most_rows", "", takes_the_word_of_most_rows, NULL, NULL},
    {"feed.player.prime.sets_values_by_what_was_read", "REG-QVK-04", sets_values_by_what_was_read,
     NULL, NULL},
    {"feed.player.prime.fits_enumerations", "REG-EK-02", fits_enumerations, NULL, NULL},
    {"feed.player.prime.finds_volatile_keys", "REG-EK-02", finds_volatile_keys, NULL, NULL},
    {"feed.player.prime.makes_links", "REG-LNK-03", makes_links, NULL, NULL},
    {"feed.player.prime.denies_what_was_refused", "REG-OPN-11", denies_what_was_refused, NULL,
     NULL},
    {"feed.player.prime.finds_the_tags_that_were_set", "", finds_the_tags_that_were_set, NULL,
     NULL},
    {"feed.player.prime.reports_a_bad_row", "", reports_a_bad_row, NULL, NULL},
};

NTCB_TEST_MAIN("library", Tests)
