/* SPDX-License-Identifier: MIT
 *
 * needs.c - links against something that is not here; the linker must say what and why.
 */
void HalSendNMI(void);
void needs(void);

void needs(void)
{
    HalSendNMI();
}
