/* SPDX-License-Identifier: MIT
 *
 * sid.c - security identifiers: those known by name.
 */
#include "se/sep.h"

/* The simulated machine's own accounts: S-1-5-21-1004336348-1177238915-682003330-<rid>. */
#define SEP_SID1(authority, a)              \
    {                                       \
        1, 1, {{0, 0, 0, 0, 0, authority}}, \
        {                                   \
            a                               \
        }                                   \
    }
#define SEP_SID2(authority, a, b)           \
    {                                       \
        1, 2, {{0, 0, 0, 0, 0, authority}}, \
        {                                   \
            a, b                            \
        }                                   \
    }
#define SEP_ACCOUNT_SID(rid)                           \
    {                                                  \
        1, 5, {{0, 0, 0, 0, 0, 5}},                    \
        {                                              \
            21, 1004336348, 1177238915, 682003330, rid \
        }                                              \
    }

static const struct SEP_SID SepSids[SepKnown] = {
    [SepNull] = SEP_SID1(0, 0),
    [SepWorld] = SEP_SID1(1, 0),
    [SepLocal] = SEP_SID1(2, 0),
    [SepCreatorOwner] = SEP_SID1(3, 0),
    [SepCreatorGroup] = SEP_SID1(3, 1),
    [SepOwnerRights] = SEP_SID1(3, 4),
    [SepDialup] = SEP_SID1(5, 1),
    [SepNetwork] = SEP_SID1(5, 2),
    [SepBatch] = SEP_SID1(5, 3),
    [SepInteractive] = SEP_SID1(5, 4),
    [SepService] = SEP_SID1(5, 6),
    [SepAnonymous] = SEP_SID1(5, 7),
    [SepPrincipalSelf] = SEP_SID1(5, 10),
    [SepAuthenticatedUsers] = SEP_SID1(5, 11),
    [SepRestricted] = SEP_SID1(5, 12),
    [SepLocalSystem] = SEP_SID1(5, 18),
    [SepLocalService] = SEP_SID1(5, 19),
    [SepNetworkService] = SEP_SID1(5, 20),
    [SepAdministrators] = SEP_SID2(5, 32, 544),
    [SepUsers] = SEP_SID2(5, 32, 545),
    [SepGuests] = SEP_SID2(5, 32, 546),
    [SepPowerUsers] = SEP_SID2(5, 32, 547),
    [SepAccountOperators] = SEP_SID2(5, 32, 548),
    [SepServerOperators] = SEP_SID2(5, 32, 549),
    [SepPrintOperators] = SEP_SID2(5, 32, 550),
    [SepBackupOperators] = SEP_SID2(5, 32, 551),
    [SepAllApplicationPackages] = SEP_SID2(15, 2, 1),
    [SepLowLabel] = SEP_SID1(16, SECURITY_MANDATORY_LOW_RID),
    [SepMediumLabel] = SEP_SID1(16, SECURITY_MANDATORY_MEDIUM_RID),
    [SepHighLabel] = SEP_SID1(16, SECURITY_MANDATORY_HIGH_RID),
    [SepSystemLabel] = SEP_SID1(16, SECURITY_MANDATORY_SYSTEM_RID),
    [SepAdministrator] = SEP_ACCOUNT_SID(500),
    [SepStandardUser] = SEP_ACCOUNT_SID(1001),
    [SepUsersPrimaryGroup] = SEP_ACCOUNT_SID(513),
};

PSID SepSid(enum SEP_KNOWN Known)
{
    return (PSID)(ULONG_PTR)&SepSids[Known];
}
