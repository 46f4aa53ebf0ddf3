/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the unit tests share. Texts are read by the C library alone, not by the
 * tool's own reader, which is under test elsewhere.
 */
#ifndef _UNIT_HELPER_H
#define _UNIT_HELPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "portset.h"
#include "rule.h"

struct in6_addr addr6(const char *text);
__be32 addr4(const char *text);
struct mape_prefix prefix6(const char *text);
struct mape_rule make_rule(const char *ipv6, const char *ipv4, u8 ea_len,
			   u8 psid_offset);

/* Derive, or fail the test. */
struct mape_ce derive(const struct mape_rule *rule, const char *prefix,
		      u16 psid, u8 psid_len, enum mape_iid iid);

void assert_addr6(const struct in6_addr *addr, const char *text);
void assert_addr4(__be32 addr, const char *text);
void assert_says(const char *sentence, const char *part);

/* The ranges of a set as "first-last", ".." between the first two and the
 * last two where there are more than four. Static.
 */
const char *ranges_text(const struct mape_portset *set);

uint32_t random32(void);
uint32_t random_below(uint32_t limit);

#endif /* _UNIT_HELPER_H */
