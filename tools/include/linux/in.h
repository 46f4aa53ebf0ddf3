/* SPDX-License-Identifier: GPL-2.0 */
/* IPPROTO_*: the C library's, it has them already. */
#include <netinet/in.h>
