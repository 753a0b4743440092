/* SPDX-License-Identifier: MIT
 *
 * regfile_play_test.c - registry editor files played as a program's calls, and imported.
 */
#include "regfile_kit.h"

#include <ntsim/process.h>

#define K SOFTWARE "\\K"

/* What a driver is told: a letter for the class, and the name of the key. */
struct stage {
    struct ntsim *sim;
    struct ntsim_player *player;
    LARGE_INTEGER cookie;
    char heard[2048];
    bool bypass_deletes;
};

static void hear(struct stage *stage, char letter, PCUNICODE_STRING name)
{
    size_t length = strlen(stage->heard);

    stage->heard[length++] = letter;
    stage->heard[length++] = ' ';
    for (size_t i = 0; i < name->Length / sizeof(WCHAR) && length < sizeof(stage->heard) - 2; i++)
        stage->heard[length++] = (char)name->Buffer[i];
    stage->heard[length++] = '\n';
    stage->heard[length] = '\0';
}

static void hear_object(struct stage *stage, char letter, PVOID object)
{
    PCUNICODE_STRING name;

    if (CmCallbackGetKeyObjectIDEx(&stage->cookie, object, NULL, &name, 0) != STATUS_SUCCESS)
        return;
    hear(stage, letter, name);
    CmCallbackReleaseKeyObjectIDEx(name);
}

static NTSTATUS NTAPI listen(PVOID context, PVOID argument1, PVOID argument2)
{
    struct stage *stage = context;

    switch ((REG_NOTIFY_CLASS)(ULONG_PTR)argument1) {
    case RegNtPreCreateKeyEx:
        hear(stage, 'C', ((PREG_CREATE_KEY_INFORMATION_V1)argument2)->CompleteName);
        break;
    case RegNtPreOpenKeyEx:
        hear(stage, 'O', ((PREG_OPEN_KEY_INFORMATION_V1)argument2)->CompleteName);
        break;
    case RegNtPreSetValueKey:
        hear(stage, 'S', ((PREG_SET_VALUE_KEY_INFORMATION)argument2)->ValueName);
        break;
    case RegNtPreDeleteKey:
        hear_object(stage, 'D', ((PREG_DELETE_KEY_INFORMATION)argument2)->Object);
        return stage->bypass_deletes ? STATUS_CALLBACK_BYPASS : STATUS_SUCCESS;
    case RegNtPreKeyHandleClose:
        hear_object(stage, 'X', ((PREG_KEY_HANDLE_CLOSE_INFORMATION)argument2)->Object);
        break;
    default:
        break;
    }
    return STATUS_SUCCESS;
}

static int set_up(void **state)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    struct stage *stage = calloc(1, sizeof(*stage));

    if (stage == NULL || ntsim_create(&stage->sim, &config) != 0 ||
        ntsim_player_create(&stage->player, stage->sim) != 0)
        return -1;
    *state = stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;
    struct ntsim_thread *previous = ntsim_enter(stage->sim);
    int result;

    if (stage->cookie.QuadPart != 0)
        CmUnRegisterCallback(stage->cookie);
    ntsim_leave(previous);
    ntsim_player_destroy(stage->player);
    result = ntsim_destroy(stage->sim);
    free(stage);
    return result;
}

static void start_listening(struct stage *stage)
{
    static DRIVER_OBJECT driver;
    struct ntsim_thread *previous = ntsim_enter(stage->sim);
    UNICODE_STRING altitude = RTL_CONSTANT_STRING(u"380000");

    EXPECT_SUCCESS(CmRegisterCallbackEx(listen, &altitude, &driver, stage, &stage->cookie, NULL));
    ntsim_leave(previous);
}

/* Plays the text; counts the events that came to nothing. */
static unsigned play(struct stage *stage, const char *text)
{
    struct feed_input input;
    struct ntsim_event event;
    struct ntsim_outcome outcome;
    unsigned unplayed = 0;
    int result;

    feed_input_text(&input, text, NULL, false);
    EXPECT_EQ(input.result, 0);
    EXPECT_EQ(ntsim_player_prime(stage->player, input.feed, &input.error), 0);
    while ((result = feed_input_next(&input, &event)) == 1) {
        EXPECT_EQ(ntsim_player_play(stage->player, &event, &outcome), 0);
        unplayed += !outcome.played;
    }
    EXPECT_EQ(result, 0);
    feed_input_close(&input);
    return unplayed;
}

/* ---- played ---------------------------------------------------------------------------------- */

static void makes_missing_keys_one_by_one(void **state)
{
    struct stage *stage = *state;

    start_listening(stage);
    EXPECT_EQ(play(stage, NEW "[HKLM\\SOFTWARE\\K\\a\\b]\n'n'='x'\n[HKLM\\SOFTWARE\\K\\c]\n"), 0);
    EXPECT_STR(stage->heard, "C " K "\\a\\b\n" /* the keys above are missing */
                             "C " SOFTWARE "\nX " SOFTWARE "\nC " K "\nX " K "\n"
                             "C " K "\\a\nX " K "\\a\nC " K "\\a\\b\n"
                             "S n\nX " K "\\a\\b\nC " K "\\c\nX " K "\\c\n");
    EXPECT_TRUE(ntsim_registry_exists(stage->sim, K "\\a\\b"));
}

static void deletes_leaves_first(void **state)
{
    struct stage *stage = *state;

    ntsim_registry_key(stage->sim, K "\\a\\x", false);
    ntsim_registry_key(stage->sim, K "\\a\\y", false);
    ntsim_registry_key(stage->sim, K "\\b", false);
    start_listening(stage);
    EXPECT_EQ(play(stage, NEW "[-HKLM\\SOFTWARE\\K]\n[-HKLM\\SOFTWARE\\Never]\n"), 0);
    EXPECT_STR(stage->heard, "O " K "\nO a\nO x\nD " K "\\a\\x\nX " K "\\a\\x\n"
                             "O y\nD " K "\\a\\y\nX " K "\\a\\y\nD " K "\\a\nX " K "\\a\n"
                             "O b\nD " K "\\b\nX " K "\\b\nD " K "\nX " K "\n"
                             "O " SOFTWARE "\\Never\n");
    EXPECT_FALSE(ntsim_registry_exists(stage->sim, K));
}

/* A driver that says it deleted what is still there does not keep the program for ever. */
static void kept_keys_are_passed_over(void **state)
{
    struct stage *stage = *state;

    ntsim_registry_key(stage->sim, K "\\a", false);
    ntsim_registry_key(stage->sim, K "\\b", false);
    start_listening(stage);
    stage->bypass_deletes = true;
    EXPECT_EQ(play(stage, NEW "[-HKLM\\SOFTWARE\\K]\n"), 0);
    EXPECT_STR(stage->heard, "O " K "\nO a\nD " K "\\a\nX " K "\\a\nO b\nD " K "\\b\nX " K "\\b\n"
                             "D " K "\nX " K "\n");
    EXPECT_TRUE(ntsim_registry_exists(stage->sim, K "\\b"));
}

static void refused_key_gets_no_values(void **state)
{
    struct stage *stage = *state;

    ntsim_registry_key(stage->sim, K, false);
    EXPECT_EQ(ntsim_registry_deny(stage->sim, K, KEY_SET_VALUE), 0);
    start_listening(stage);
    EXPECT_EQ(play(stage, NEW "[HKLM\\SOFTWARE\\K]\n'n'='x'\n'm'=-\n[HKLM\\SOFTWARE\\L]\n"), 3);
    EXPECT_STR(stage->heard, "C " K "\nC " SOFTWARE "\\L\nX " SOFTWARE "\\L\n");
}

static void hives_of_users_are_there(void **state)
{
    struct stage *stage = *state;

    EXPECT_EQ(play(stage, NEW "[HKCU\\Software\\K]\n[HKCU\\Software\\Classes\\.k]\n"
                              "[HKU\\S-1-5-21-1-2-3-500\\K]\n[HKLM\\NoHive\\K]\n'n'='x'\n"),
              2); /* of a root that nobody makes: the value, and the close */
    EXPECT_TRUE(ntsim_registry_exists(stage->sim, "\\REGISTRY\\USER\\S-1-5-21-1-2-3-500\\K"));
    EXPECT_FALSE(ntsim_registry_exists(stage->sim, MACHINE "\\NoHive"));
}

/* ---- imported -------------------------------------------------------------------------------- */

static void import_raises_no_notification(void **state)
{
    struct stage *stage = *state;
    struct regfile_value value;
    struct ntsim_thread *previous;

    start_listening(stage);
    ntsim_registry_value(stage->sim, K, "gone", REG_DWORD, "\0\0\0", 4);
    ntsim_registry_key(stage->sim, K "\\Old\\a", false);
    EXPECT_EQ(regfile_import(stage->sim,
                             NEW "[HKLM\\SOFTWARE\\K]\n'n'=dword:7\n'gone'=-\n'never'=-\n"
                                 "[-HKLM\\SOFTWARE\\K\\Old]\n[-HKLM\\SOFTWARE\\Never]\n"
                                 "[HKCU\\Software\\K]\n[HKLM\\SYSTEM\\CurrentControlSet\\K]\n"
                                 "'n'='x'\n",
                             false, NULL, NULL),
              0);
    EXPECT_STR(stage->heard, "");
    EXPECT_FALSE(ntsim_registry_exists(stage->sim, K "\\Old"));
    previous = ntsim_enter(stage->sim);
    value = regfile_query(K, "n");
    EXPECT_SUCCESS(value.status);
    EXPECT_EQ(value.type, REG_DWORD);
    EXPECT_MEM(value.data, "\7\0\0\0", 4);
    EXPECT_STATUS(regfile_query(K, "gone").status, STATUS_OBJECT_NAME_NOT_FOUND);
    value = regfile_query(MACHINE "\\SYSTEM\\ControlSet001\\K", "n"); /* where the link leads */
    EXPECT_EQ(value.bytes, 4);
    ntsim_leave(previous);
}

/* 256 characters in one name. */
#define LONG64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LONG256 LONG64 LONG64 LONG64 LONG64

static void import_says_what_no_registry_holds(void **state)
{
    struct stage *stage = *state;
    static const char good[] = "[HKLM\\SOFTWARE\\K]\n'n'='x'\n";
    static const struct {
        const char *text;
        unsigned line;
        const char *reason;
    } cases[] = {
        {"[HKLM\\SOFTWARE\\" LONG256 "]\n'n'='x'\n", 3, "no registry can hold this key"},
        {"[-HKLM\\SOFTWARE]\n", 3, "the root of a hive cannot be deleted"},
        {"[-HKLM]\n", 3, "the root of a hive cannot be deleted"},
        {"[HKLM\\SOFTWARE\\L\\M]\n[HKLM\\SOFTWARE\\L]\n'SymbolicLinkValue'=hex(6):5c,00,41,00\n", 5,
         "no registry can hold this value"},
        {"[HKLM\\SOFTWARE\\L]\n'SymbolicLinkValue'=hex(6):41,00\n", 4, "no registry can hold"},
    };
    struct ntsim_feed_error error;
    uint64_t passed_over;
    char text[1024];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text), NEW "%s%s", cases[i].text, good);
        ntsim_registry_remove(stage->sim, K);
        EXPECT_EQ(regfile_import(stage->sim, text, false, NULL, &error), NTCB_EFORMAT);
        EXPECT_EQ(error.place.line, cases[i].line);
        EXPECT_EQ(strncmp(error.reason, cases[i].reason, strlen(cases[i].reason)), 0);
        EXPECT_TRUE(error.advice[0] != '\0');
        EXPECT_FALSE(ntsim_registry_exists(stage->sim, K));
        EXPECT_EQ(regfile_import(stage->sim, text, true, &passed_over, &error), 0);
        EXPECT_EQ(passed_over, 1);
        EXPECT_TRUE(ntsim_registry_exists(stage->sim, K));
    }
}

static void import_takes_registry_files_only(void **state)
{
    struct stage *stage = *state;
    struct ntsim_feed_error error;
    uint64_t passed_over = 0;

    EXPECT_EQ(
        regfile_import(stage->sim, "{'event': 'process.exit', 'pid': 8}\n", false, NULL, &error),
        NTCB_EFORMAT);
    EXPECT_TRUE(strstr(error.reason, "a recording (ntcallback)") != NULL);
    EXPECT_EQ(ntsim_registry_import(stage->sim, "/no/such/file", false, NULL, &error), NTCB_ENOENT);
    EXPECT_EQ(ntsim_registry_import(NULL, "x", false, NULL, NULL), NTCB_EINVAL);
    EXPECT_EQ(regfile_import(stage->sim, NEW "[HKLM\\SOFTWARE\\K]\n'a'=1\n", false, NULL, &error),
              NTCB_EFORMAT);
    EXPECT_EQ(error.place.line, 4);
    EXPECT_EQ(
        regfile_import(stage->sim, NEW "[HKLM\\SOFTWARE\\K]\n'a'=1\nb\n", true, &passed_over, NULL),
        0);
    EXPECT_EQ(passed_over, 2);
}

/* Links that lead to each other end the import, not the program. */
static void import_gives_up_on_circles(void **state)
{
    struct stage *stage = *state;
    struct ntsim_feed_error error;

    EXPECT_EQ(ntsim_registry_link(stage->sim, SOFTWARE "\\a", SOFTWARE "\\b"), 0);
    EXPECT_EQ(ntsim_registry_link(stage->sim, SOFTWARE "\\b", SOFTWARE "\\a"), 0);
    EXPECT_EQ(regfile_import(stage->sim, NEW "[HKLM\\SOFTWARE\\a\\k]\n", false, NULL, &error),
              NTCB_EFORMAT);
    EXPECT_EQ(error.place.line, 3);
}

#define CASE(name, function, rules)              \
    {                                            \
        name, rules, function, set_up, tear_down \
    }

static const struct ntcb_test tests[] = {
    CASE("feed.regfile.makes_missing_keys_one_by_one", makes_missing_keys_one_by_one, ""),
    CASE("feed.regfile.deletes_leaves_first", deletes_leaves_first, ""),
    CASE("feed.regfile.kept_keys_are_passed_over", kept_keys_are_passed_over, ""),
    CASE("feed.regfile.refused_key_gets_no_values", refused_key_gets_no_values, ""),
    CASE("feed.regfile.hives_of_users_are_there", hives_of_users_are_there, ""),
    CASE("feed.regfile.import_raises_no_notification", import_raises_no_notification, ""),
    CASE("feed.regfile.import_says_what_no_registry_holds", import_says_what_no_registry_holds, ""),
    CASE("feed.regfile.import_takes_registry_files_only", import_takes_registry_files_only, ""),
    CASE("feed.regfile.import_gives_up_on_circles", import_gives_up_on_circles, ""),
};

NTCB_TEST_MAIN("library", tests)
