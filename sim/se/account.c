/* SPDX-License-Identifier: MIT
 *
 * account.c - the accounts that processes can act as.
 */
#include "se/sep.h"

#define SEP_ON (SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED)
#define SEP_BIT(name) (1ull << SE_##name##_PRIVILEGE)

#define SEP_USER_PRIVILEGES                                                                    \
    (SEP_BIT(SHUTDOWN) | SEP_BIT(CHANGE_NOTIFY) | SEP_BIT(UNDOCK) | SEP_BIT(INC_WORKING_SET) | \
     SEP_BIT(TIME_ZONE))
#define SEP_ADMINISTRATOR_PRIVILEGES                                                               \
    (SEP_USER_PRIVILEGES | SEP_BIT(INCREASE_QUOTA) | SEP_BIT(SECURITY) | SEP_BIT(TAKE_OWNERSHIP) | \
     SEP_BIT(LOAD_DRIVER) | SEP_BIT(SYSTEM_PROFILE) | SEP_BIT(SYSTEMTIME) |                        \
     SEP_BIT(PROF_SINGLE_PROCESS) | SEP_BIT(INC_BASE_PRIORITY) | SEP_BIT(CREATE_PAGEFILE) |        \
     SEP_BIT(BACKUP) | SEP_BIT(RESTORE) | SEP_BIT(DEBUG) | SEP_BIT(SYSTEM_ENVIRONMENT) |           \
     SEP_BIT(REMOTE_SHUTDOWN) | SEP_BIT(MANAGE_VOLUME) | SEP_BIT(IMPERSONATE) |                    \
     SEP_BIT(CREATE_GLOBAL) | SEP_BIT(CREATE_SYMBOLIC_LINK) |                                      \
     SEP_BIT(DELEGATE_SESSION_USER_IMPERSONATE))
#define SEP_ALL_PRIVILEGES \
    ((2ull << SE_MAX_WELL_KNOWN_PRIVILEGE) - (1ull << SE_MIN_WELL_KNOWN_PRIVILEGE))

#define SEP_USER_GROUPS                                                     \
    {SepUsersPrimaryGroup, SEP_ON}, {SepWorld, SEP_ON}, {SepUsers, SEP_ON}, \
        {SepInteractive, SEP_ON}, {SepAuthenticatedUsers, SEP_ON},          \
    {                                                                       \
        SepLocal, SEP_ON                                                    \
    }

const struct SEP_ACCOUNT SepAccounts[NTSIM_ACCOUNTS] = {
    [NTSIM_ADMINISTRATOR] =
        {
            .Name = "administrator",
            .User = SepAdministrator,
            .Owner = SepAdministrators,
            .PrimaryGroup = SepUsersPrimaryGroup,
            .Label = SepHighLabel,
            .Groups = {SEP_USER_GROUPS, {SepAdministrators, SEP_ON | SE_GROUP_OWNER}},
            .GroupCount = 7,
            .Present = SEP_ADMINISTRATOR_PRIVILEGES,
            .Enabled = SEP_BIT(CHANGE_NOTIFY) | SEP_BIT(IMPERSONATE) | SEP_BIT(CREATE_GLOBAL),
        },
    [NTSIM_SYSTEM] =
        {
            .Name = "SYSTEM",
            .User = SepLocalSystem,
            .Owner = SepAdministrators,
            .PrimaryGroup = SepLocalSystem,
            .Label = SepSystemLabel,
            .Groups = {{SepAdministrators,
                        SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED | SE_GROUP_OWNER},
                       {SepWorld, SEP_ON},
                       {SepAuthenticatedUsers, SEP_ON}},
            .GroupCount = 3,
            .Present = SEP_ALL_PRIVILEGES,
            .Enabled = SEP_ALL_PRIVILEGES,
        },
    [NTSIM_STANDARD_USER] =
        {
            .Name = "standard user",
            .User = SepStandardUser,
            .Owner = SepStandardUser,
            .PrimaryGroup = SepUsersPrimaryGroup,
            .Label = SepMediumLabel,
            .Groups = {SEP_USER_GROUPS},
            .GroupCount = 6,
            .Present = SEP_USER_PRIVILEGES,
            .Enabled = SEP_BIT(CHANGE_NOTIFY),
        },
    [NTSIM_LOW_INTEGRITY] =
        {
            .Name = "standard user, low integrity",
            .User = SepStandardUser,
            .Owner = SepStandardUser,
            .PrimaryGroup = SepUsersPrimaryGroup,
            .Label = SepLowLabel,
            .Groups = {SEP_USER_GROUPS},
            .GroupCount = 6,
            .Present = SEP_USER_PRIVILEGES,
            .Enabled = SEP_BIT(CHANGE_NOTIFY),
        },
};
