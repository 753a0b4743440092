/* SPDX-License-Identifier: MIT
 *
 * procguard_ioctl.h - what the driver tells its program, by \\.\ProcGuard.
 */
#ifndef PROCGUARD_IOCTL_H
#define PROCGUARD_IOCTL_H

/* In: a process id (ULONG). Out: PROCGUARD_PROCESS. STATUS_NOT_FOUND: no such process was created
 * since the driver was loaded, or it is gone. */
#define IOCTL_PROCGUARD_QUERY \
    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_READ_ACCESS)

#define PROCGUARD_PROTECTED 0x1u /* it may not be terminated */
#define PROCGUARD_SPOOFED 0x2u   /* its parent is not who created it */

typedef struct _PROCGUARD_PROCESS {
    ULONG ProcessId;
    ULONG ParentId;
    ULONG CreatorId;
    ULONG CreatorThreadId;
    ULONG Flags;
    ULONG Threads; /* alive */
    ULONG Images;  /* loaded since it began */
} PROCGUARD_PROCESS, *PPROCGUARD_PROCESS;

#endif
