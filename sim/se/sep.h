/* SPDX-License-Identifier: MIT
 *
 * sep.h - security as the other components of the simulator see it: identifiers, tokens.
 *
 * State       None of its own. A process points to its token (PspToken).
 * Invariants
 *   S1  A token's account never changes; its privileges are two atomic words, Enabled a subset of
 *       Present as far as any reader can tell (it masks one with the other).
 *   S2  A process's token is replaced by a newer one, which holds a reference on the one before: a
 *       token that was read from a process lives as long as the process does. So a check needs no
 *       reference and no lock.
 */
#ifndef SIM_SE_SEP_H
#define SIM_SE_SEP_H

#include <ntsim/security.h>
#include <ntcallback/ddk/ntifs.h>
#include "simp.h"

#include <stdatomic.h>

#define SEP_TAG 0x65536553u /* "SeSe" */

/* An identifier with room for the longest that is known by name; its first bytes are a SID. */
#define SEP_SUB_AUTHORITIES 5
struct SEP_SID {
    UCHAR Revision;
    UCHAR SubAuthorityCount;
    SID_IDENTIFIER_AUTHORITY IdentifierAuthority;
    ULONG SubAuthority[SEP_SUB_AUTHORITIES];
};

enum SEP_KNOWN {
    SepNull,
    SepWorld,
    SepLocal,
    SepCreatorOwner,
    SepCreatorGroup,
    SepOwnerRights,
    SepDialup,
    SepNetwork,
    SepBatch,
    SepInteractive,
    SepService,
    SepAnonymous,
    SepPrincipalSelf,
    SepAuthenticatedUsers,
    SepRestricted,
    SepLocalSystem,
    SepLocalService,
    SepNetworkService,
    SepAdministrators,
    SepUsers,
    SepGuests,
    SepPowerUsers,
    SepAccountOperators,
    SepServerOperators,
    SepPrintOperators,
    SepBackupOperators,
    SepAllApplicationPackages,
    SepLowLabel,
    SepMediumLabel,
    SepHighLabel,
    SepSystemLabel,
    SepAdministrator, /* the two accounts of the simulated machine */
    SepStandardUser,
    SepUsersPrimaryGroup,
    SepKnown
};

/* ---- sid.c ---- */
PSID SepSid(enum SEP_KNOWN Known);

/* ---- account.c ---- */
struct SEP_GROUP {
    enum SEP_KNOWN Sid;
    ULONG Attributes; /* SE_GROUP_* */
};
#define SEP_GROUPS_MAX 9
struct SEP_ACCOUNT {
    const char *Name;
    enum SEP_KNOWN User;
    enum SEP_KNOWN Owner; /* of what the process creates */
    enum SEP_KNOWN PrimaryGroup;
    enum SEP_KNOWN Label; /* integrity */
    struct SEP_GROUP Groups[SEP_GROUPS_MAX];
    ULONG GroupCount;
    ULONGLONG Present; /* privileges, by number */
    ULONGLONG Enabled;
};
extern const struct SEP_ACCOUNT SepAccounts[NTSIM_ACCOUNTS];

/* ---- token.c ---- */
struct SEP_TOKEN {
    const struct SEP_ACCOUNT *Account;
    struct SEP_TOKEN *Earlier; /* referenced */
    _Atomic ULONGLONG Present;
    _Atomic ULONGLONG Enabled;
};

/* A token of that account; one reference. SUCCESS, INSUFFICIENT_RESOURCES. */
NTSTATUS SepCreateToken(enum ntsim_account Account, struct SEP_TOKEN **Token);
BOOLEAN SepHasPrivilege(const struct SEP_TOKEN *Token, ULONG Privilege); /* enabled */
/* As whom the calling thread acts. Valid as long as its process. */
struct SEP_TOKEN *SepCurrentToken(void);

#endif
