/* SPDX-License-Identifier: MIT
 *
 * toaster.h - what the driver and its control programs agree on.
 */
#define IOCTL_TOASTER_COUNT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_READ_ACCESS)
