/* SPDX-License-Identifier: GPL-2.0 */
/* struct in6_addr, ntohl() and friends: the C library's, it has one already. */
#include <arpa/inet.h>
#include <netinet/in.h>
