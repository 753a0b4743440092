/* SPDX-License-Identifier: MIT
 *
 * security.h - as whom a simulated process acts, and who may do what with a registry key.
 *
 * Every process has a token: a user, groups, privileges, an integrity level. Processes start as an
 * elevated administrator, the System process is SYSTEM. None of this raises a notification.
 */
#ifndef NTSIM_SECURITY_H
#define NTSIM_SECURITY_H

#include <ntsim/process.h>

NTCB_BEGIN_DECLS

enum ntsim_account {
    NTSIM_ADMINISTRATOR, /* elevated, high integrity; the default of processes */
    NTSIM_SYSTEM,        /* SYSTEM, all privileges enabled */
    NTSIM_STANDARD_USER, /* medium integrity, not in Administrators */
    NTSIM_LOW_INTEGRITY, /* a standard user's process of low integrity */
    NTSIM_ACCOUNTS
};

enum ntsim_privilege {
    NTSIM_PRIVILEGE_ABSENT,
    NTSIM_PRIVILEGE_DISABLED, /* held, but of no effect until it is enabled */
    NTSIM_PRIVILEGE_ENABLED
};

/* ntsim_process_set_account - give the process the token of that account: its user, groups,
 * integrity and default privileges. Open handles keep their access (REG-SEC-05). Returns 0,
 * NTCB_EINVAL, NTCB_ENOMEM. */
NTCB_EXPORT int ntsim_process_set_account(struct ntsim_process *process,
                                          enum ntsim_account account);
/* ntsim_process_set_privilege - give, enable, disable or take a privilege of the process's token;
 * `privilege` is its number, SE_BACKUP_PRIVILEGE. Returns 0, NTCB_EINVAL: no such privilege. */
NTCB_EXPORT int ntsim_process_set_privilege(struct ntsim_process *process, uint32_t privilege,
                                            enum ntsim_privilege how);

/* ntsim_registry_set_security - give the key at `path` (<ntsim/registry.h>) the descriptor that the
 * text describes in SDDL: "O:BAG:SYD:P(A;CI;KA;;;SY)(A;CI;KR;;;WD)S:(ML;CI;NW;;;LW)"; KA, KR, KW,
 * KX, generic and standard rights, hexadecimal masks, well-known letters and S-1-... identifiers.
 * Keys below keep what they have. Returns 0, NTCB_EINVAL (ntsim_last_error says where),
 * NTCB_ENOENT, NTCB_ENOMEM. */
NTCB_EXPORT int ntsim_registry_set_security(struct ntsim *sim, const char *path, const char *sddl);

NTCB_END_DECLS

#endif
