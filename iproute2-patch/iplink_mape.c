/* SPDX-License-Identifier: GPL-2.0 */
/*
 * iplink_mape.c	MAP-E customer edge (RFC 7597)
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/mape.h>

#include "libnetlink.h"
#include "utils.h"
#include "ip_common.h"
#include "json_print.h"

#define MAPE_REQ_MAX	1024	/* what every link type takes of ip's request */
#define MAPE_OFFSET_UNSET	0xff
#define MAPE_PREFIX_STRLEN	(INET6_ADDRSTRLEN + sizeof("/128"))
#define MAPE_ATTRSET(attrs, type) (((attrs) & (1ULL << (type))) != 0)

static const char * const mape_roles[] = {
	[MAPE_ROLE_CE]		= "ce",
};

static const char * const mape_iids[] = {
	[MAPE_IID_RFC7597]	= "rfc7597",
	[MAPE_IID_DRAFT03]	= "draft03",
};

/* What can only be sent once the whole command line is known. */
struct mape_args {
	struct nlmsghdr *n;
	__u64 attrs;		/* IFLA_MAPE_* seen */
	__u8 iid;
	unsigned int num_rules;
	unsigned int num_brs;
	struct mape_rule rules[MAPE_RULES_MAX];
	struct in6_addr brs[MAPE_BRS_MAX];
};

struct mape_option {
	const char *name;
	int attr;
	bool repeats;
	void (*parse)(struct mape_args *args, const char *arg);
};

static void print_usage(FILE *f)
{
	fprintf(f,
		"Usage: ... mape	[ role ce ]\n"
		"		[ dev { PHYS_DEV | none } ]\n"
		"		[ prefix PREFIX6 ]\n"
		"		[ rule RULE ]...\n"
		"		[ fmr RULE ]...\n"
		"		[ br ADDR6 ]...\n"
		"		[ local ADDR6 ]\n"
		"		[ psid PSID/LEN ]\n"
		"		[ iid { rfc7597 | draft03 } ]\n"
		"		[ hoplimit HLIM ]\n"
		"		[ tclass { TCLASS | inherit } ]\n"
		"		[ mss { auto | off | MSS } ]\n"
		"\n"
		"Where:	RULE	:= PREFIX6,PREFIX4,EALEN[,OFFSET]\n"
		"	EALEN	:= 0..48\n"
		"	OFFSET	:= 0..15 (default 6, or 4 if \"iid draft03\" is given here)\n"
		"	PSID	:= 0..65535, decimal or 0x hexadecimal\n"
		"	LEN	:= 0..16\n"
		"	HLIM	:= 1..255\n"
		"	TCLASS	:= 0..255, the two ECN bits zero\n"
		"	MSS	:= 1..65534\n"
		"\n"
		"Note: the rules, and the relays, of \"ip link set\" replace all those of the\n"
		"      device; give them with OFFSET, as the iid of the device is not looked at.\n"
	);
}

static void check_duparg(__u64 *attrs, int type, const char *key,
			 const char *argv)
{
	if (!MAPE_ATTRSET(*attrs, type)) {
		*attrs |= 1ULL << type;
		return;
	}
	duparg2(key, argv);
}

static void mape_addattr(struct nlmsghdr *n, int type, const void *data,
			 int len)
{
	/* A request that lost an attribute must not be sent. */
	if (addattr_l(n, MAPE_REQ_MAX, type, data, len))
		exit(-1);
}

static void mape_addattr8(struct nlmsghdr *n, int type, __u8 value)
{
	mape_addattr(n, type, &value, sizeof(value));
}

/* Decimal or 0x hexadecimal; a leading 0 does not mean octal. */
static int mape_get_number(unsigned int *val, const char *arg, unsigned int max)
{
	int base = strncasecmp(arg, "0x", 2) ? 10 : 16;

	return get_unsigned(val, arg, base) || *val > max ? -1 : 0;
}

static int mape_get_name(__u8 *val, const char *arg, const char * const *names,
			 unsigned int num)
{
	unsigned int i;

	for (i = 0; i < num; i++) {
		if (strcmp(arg, names[i]) == 0) {
			*val = i;
			return 0;
		}
	}
	return -1;
}

/* Not get_prefix(): "default", 10.1 and netmasks are no MAP-E prefixes. */
static int mape_get_prefix(int family, void *addr, __u8 *len, const char *arg)
{
	const char *slash = strchr(arg, '/');
	char buf[INET6_ADDRSTRLEN];
	unsigned int bits;

	if (!slash || slash - arg >= (int)sizeof(buf))
		return -1;
	memcpy(buf, arg, slash - arg);
	buf[slash - arg] = '\0';
	if (inet_pton(family, buf, addr) != 1)
		return -1;
	if (get_unsigned(&bits, slash + 1, 10))
		return -1;
	*len = bits;
	return bits > (family == AF_INET6 ? 128 : 32) ? -1 : 0;
}

static void mape_parse_role(struct mape_args *args, const char *arg)
{
	__u8 role;

	if (mape_get_name(&role, arg, mape_roles, ARRAY_SIZE(mape_roles)))
		invarg("\"role\" must be \"ce\"", arg);
	mape_addattr8(args->n, IFLA_MAPE_ROLE, role);
}

static void mape_parse_dev(struct mape_args *args, const char *arg)
{
	__u32 link = 0;

	if (strcmp(arg, "none")) {
		link = ll_name_to_index(arg);
		if (!link)
			exit(nodev(arg));
	}
	mape_addattr(args->n, IFLA_MAPE_LINK, &link, sizeof(link));
}

static void mape_parse_prefix(struct mape_args *args, const char *arg)
{
	struct mape_prefix prefix = {};

	if (mape_get_prefix(AF_INET6, &prefix.addr, &prefix.len, arg))
		invarg("\"prefix\" must be an IPv6 prefix with its length", arg);
	mape_addattr(args->n, IFLA_MAPE_PREFIX, &prefix, sizeof(prefix));
}

static void mape_parse_local(struct mape_args *args, const char *arg)
{
	struct in6_addr addr;

	if (inet_pton(AF_INET6, arg, &addr) != 1)
		invarg("\"local\" must be an IPv6 address", arg);
	mape_addattr(args->n, IFLA_MAPE_LOCAL, &addr, sizeof(addr));
}

static void mape_parse_psid(struct mape_args *args, const char *arg)
{
	struct mape_psid psid = {};
	unsigned int value, len;
	char buf[16];
	char *slash;

	snprintf(buf, sizeof(buf), "%s", arg);
	slash = strchr(buf, '/');
	if (!slash || strlen(arg) >= sizeof(buf))
		invarg("\"psid\" must be PSID/LEN", arg);
	*slash = '\0';
	if (get_unsigned(&len, slash + 1, 10) || len > 16)
		invarg("the length of \"psid\" must be 0 to 16 bits", arg);
	if (mape_get_number(&value, buf, 0xffff))
		invarg("\"psid\" must be a number from 0 to 65535", arg);
	if (value >> len)
		invarg("the PSID does not fit into its length", arg);
	psid.psid = value;
	psid.len = len;
	mape_addattr(args->n, IFLA_MAPE_PSID, &psid, sizeof(psid));
}

static void mape_parse_iid(struct mape_args *args, const char *arg)
{
	if (mape_get_name(&args->iid, arg, mape_iids, ARRAY_SIZE(mape_iids)))
		invarg("\"iid\" must be \"rfc7597\" or \"draft03\"", arg);
	mape_addattr8(args->n, IFLA_MAPE_IID, args->iid);
}

static void mape_parse_hoplimit(struct mape_args *args, const char *arg)
{
	unsigned int hoplimit;

	if (mape_get_number(&hoplimit, arg, 255) || !hoplimit)
		invarg("\"hoplimit\" must be 1 to 255", arg);
	mape_addattr8(args->n, IFLA_MAPE_HOPLIMIT, hoplimit);
}

static void mape_parse_tclass(struct mape_args *args, const char *arg)
{
	bool inherit = strcmp(arg, "inherit") == 0;
	unsigned int tclass;

	if (!inherit) {
		if (mape_get_number(&tclass, arg, 255))
			invarg("\"tclass\" must be 0 to 255 or \"inherit\"",
			       arg);
		if (tclass & 0x3)
			invarg("the ECN bits of \"tclass\" must be zero", arg);
		mape_addattr8(args->n, IFLA_MAPE_TCLASS, tclass);
	}
	/* A value also ends the inheriting of a device that exists. */
	mape_addattr8(args->n, IFLA_MAPE_TCLASS_INHERIT, inherit);
}

static void mape_parse_mss(struct mape_args *args, const char *arg)
{
	unsigned int value;
	__u16 mss;

	if (strcmp(arg, "auto") == 0)
		mss = MAPE_MSS_AUTO;
	else if (strcmp(arg, "off") == 0)
		mss = MAPE_MSS_OFF;
	else if (mape_get_number(&value, arg, MAPE_MSS_AUTO - 1) ||
		 value == MAPE_MSS_OFF)
		invarg("\"mss\" must be \"auto\", \"off\" or 1 to 65534", arg);
	else
		mss = value;
	mape_addattr(args->n, IFLA_MAPE_MSS, &mss, sizeof(mss));
}

static void mape_parse_br(struct mape_args *args, const char *arg)
{
	if (args->num_brs == ARRAY_SIZE(args->brs))
		invarg("too many border relays", arg);
	if (inet_pton(AF_INET6, arg, &args->brs[args->num_brs++]) != 1)
		invarg("\"br\" must be an IPv6 address", arg);
}

/* PREFIX6,PREFIX4,EALEN[,OFFSET] */
static void mape_get_rule(struct mape_rule *rule, const char *arg)
{
	char buf[2 * MAPE_PREFIX_STRLEN];
	unsigned int ea_len, offset = MAPE_OFFSET_UNSET;
	char *field[4] = {};
	char *rest = buf;
	unsigned int i;

	snprintf(buf, sizeof(buf), "%s", arg);
	for (i = 0; i < ARRAY_SIZE(field) && rest; i++)
		field[i] = strsep(&rest, ",");
	if (!field[2] || rest || strlen(arg) >= sizeof(buf))
		invarg("a rule must be PREFIX6,PREFIX4,EALEN[,OFFSET]", arg);
	if (mape_get_prefix(AF_INET6, &rule->ipv6, &rule->ipv6_len, field[0]))
		invarg("a rule must start with an IPv6 prefix", arg);
	if (mape_get_prefix(AF_INET, &rule->ipv4, &rule->ipv4_len, field[1]))
		invarg("the second part of a rule must be an IPv4 prefix", arg);
	if (get_unsigned(&ea_len, field[2], 10) || ea_len > 48)
		invarg("the EA length of a rule must be 0 to 48", arg);
	if (field[3] && (get_unsigned(&offset, field[3], 10) || offset > 15))
		invarg("the PSID offset of a rule must be 0 to 15", arg);
	rule->ea_len = ea_len;
	rule->psid_offset = offset;
}

static void mape_parse_rule(struct mape_args *args, const char *arg)
{
	if (args->num_rules == ARRAY_SIZE(args->rules))
		invarg("too many rules for one ip command", arg);
	mape_get_rule(&args->rules[args->num_rules++], arg);
}

static void mape_parse_fmr(struct mape_args *args, const char *arg)
{
	mape_parse_rule(args, arg);
	args->rules[args->num_rules - 1].flags = MAPE_RULE_F_FMR;
}

static const struct mape_option mape_options[] = {
	{ "role",	IFLA_MAPE_ROLE,		false,	mape_parse_role },
	{ "dev",	IFLA_MAPE_LINK,		false,	mape_parse_dev },
	{ "prefix",	IFLA_MAPE_PREFIX,	false,	mape_parse_prefix },
	{ "rule",	IFLA_MAPE_RULES,	true,	mape_parse_rule },
	{ "fmr",	IFLA_MAPE_RULES,	true,	mape_parse_fmr },
	{ "br",		IFLA_MAPE_BRS,		true,	mape_parse_br },
	{ "local",	IFLA_MAPE_LOCAL,	false,	mape_parse_local },
	{ "psid",	IFLA_MAPE_PSID,		false,	mape_parse_psid },
	{ "iid",	IFLA_MAPE_IID,		false,	mape_parse_iid },
	{ "hoplimit",	IFLA_MAPE_HOPLIMIT,	false,	mape_parse_hoplimit },
	{ "tclass",	IFLA_MAPE_TCLASS,	false,	mape_parse_tclass },
	{ "mss",	IFLA_MAPE_MSS,		false,	mape_parse_mss },
};

static const struct mape_option *mape_find_option(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mape_options); i++) {
		if (strcmp(name, mape_options[i].name) == 0)
			return &mape_options[i];
	}
	return NULL;
}

static void mape_add_brs(struct mape_args *args)
{
	struct rtattr *list;
	unsigned int i;

	list = addattr_nest(args->n, MAPE_REQ_MAX,
			    IFLA_MAPE_BRS | NLA_F_NESTED);
	for (i = 0; i < args->num_brs; i++)
		mape_addattr(args->n, IFLA_MAPE_ITEM_BR, &args->brs[i],
			     sizeof(args->brs[i]));
	addattr_nest_end(args->n, list);
}

/* The last attribute, so that what is left of the request is for rules. */
static void mape_add_rules(struct mape_args *args)
{
	unsigned int used = NLMSG_ALIGN(args->n->nlmsg_len) + RTA_LENGTH(0);
	unsigned int room, i;
	struct rtattr *list;

	room = used > MAPE_REQ_MAX ? 0 :
	       (MAPE_REQ_MAX - used) / RTA_SPACE(sizeof(args->rules[0]));
	if (args->num_rules > room) {
		fprintf(stderr,
			"Error: too many rules for one ip command: %u given, %u fit.\n",
			args->num_rules, room);
		exit(-1);
	}

	list = addattr_nest(args->n, MAPE_REQ_MAX,
			    IFLA_MAPE_RULES | NLA_F_NESTED);
	for (i = 0; i < args->num_rules; i++) {
		struct mape_rule *rule = &args->rules[i];

		if (rule->psid_offset == MAPE_OFFSET_UNSET)
			rule->psid_offset = args->iid == MAPE_IID_DRAFT03 ?
					    MAPE_PSID_OFFSET_DRAFT03 :
					    MAPE_PSID_OFFSET_RFC7597;
		mape_addattr(args->n, IFLA_MAPE_ITEM_RULE, rule, sizeof(*rule));
	}
	addattr_nest_end(args->n, list);
}

static int mape_parse_opt(struct link_util *lu, int argc, char **argv,
			  struct nlmsghdr *n)
{
	struct mape_args args = { .n = n, .iid = MAPE_IID_RFC7597 };
	const struct mape_option *opt;

	while (argc > 0) {
		if (strcmp(*argv, "help") == 0) {
			print_usage(stderr);
			return -1;
		}
		opt = mape_find_option(*argv);
		if (!opt) {
			fprintf(stderr, "mape: unknown option \"%s\"?\n",
				*argv);
			print_usage(stderr);
			return -1;
		}
		NEXT_ARG();
		if (!opt->repeats)
			check_duparg(&args.attrs, opt->attr, opt->name, *argv);
		opt->parse(&args, *argv);
		argc--, argv++;
	}

	if (args.num_brs)
		mape_add_brs(&args);
	if (args.num_rules)
		mape_add_rules(&args);

	return 0;
}

/* The payload of an attribute, NULL if absent or shorter than it should be. */
static const void *mape_data(struct rtattr *attr, size_t len)
{
	if (!attr || RTA_PAYLOAD(attr) < len)
		return NULL;
	return RTA_DATA(attr);
}

static bool mape_get_u8(struct rtattr *attr, __u8 *val)
{
	const __u8 *data = mape_data(attr, sizeof(*val));

	if (data)
		*val = *data;
	return data;
}

static const char *mape_format_prefix(int family, const void *addr, __u8 len,
				      char *buf)
{
	char host[INET6_ADDRSTRLEN];

	inet_ntop(family, addr, host, sizeof(host));
	snprintf(buf, MAPE_PREFIX_STRLEN, "%s/%u", host, len);
	return buf;
}

/* A value this ip does not know is printed as its number. */
static void mape_print_name(struct rtattr *attr, const char *key,
			    const char *fmt, const char * const *names,
			    unsigned int num)
{
	char buf[4];
	__u8 val;

	if (!mape_get_u8(attr, &val))
		return;
	snprintf(buf, sizeof(buf), "%u", val);
	print_string(PRINT_ANY, key, fmt, val < num ? names[val] : buf);
}

static void mape_print_in6(struct rtattr *attr, const char *key,
			   const char *fmt)
{
	const struct in6_addr *addr = mape_data(attr, sizeof(*addr));
	char buf[INET6_ADDRSTRLEN];

	if (!addr || IN6_IS_ADDR_UNSPECIFIED(addr))
		return;
	print_string(PRINT_ANY, key, fmt,
		     inet_ntop(AF_INET6, addr, buf, sizeof(buf)));
}

static void mape_print_link(struct rtattr *attr)
{
	const __u32 *link = mape_data(attr, sizeof(*link));

	if (link && *link)
		print_string(PRINT_ANY, "link", "dev %s ",
			     ll_index_to_name(*link));
}

static void mape_print_prefix6(struct rtattr *attr)
{
	const struct mape_prefix *prefix = mape_data(attr, sizeof(*prefix));
	char buf[MAPE_PREFIX_STRLEN];

	if (prefix)
		print_string(PRINT_ANY, "prefix", "prefix %s ",
			     mape_format_prefix(AF_INET6, &prefix->addr,
						prefix->len, buf));
}

static void mape_print_rule(const struct mape_rule *rule, const char *key)
{
	bool fmr = rule->flags & MAPE_RULE_F_FMR;
	char buf[MAPE_PREFIX_STRLEN];

	open_json_object(key);
	print_string(PRINT_FP, NULL, "%s ", fmr ? "fmr" : "rule");
	print_string(PRINT_ANY, "ipv6", "%s,",
		     mape_format_prefix(AF_INET6, &rule->ipv6,
					rule->ipv6_len, buf));
	print_string(PRINT_ANY, "ipv4", "%s,",
		     mape_format_prefix(AF_INET, &rule->ipv4, rule->ipv4_len,
					buf));
	print_uint(PRINT_ANY, "ea_len", "%u,", rule->ea_len);
	print_uint(PRINT_ANY, "psid_offset", "%u ", rule->psid_offset);
	print_bool(PRINT_JSON, "fmr", NULL, fmr);
	close_json_object();
}

static unsigned int mape_print_rules(struct rtattr *list)
{
	const struct mape_rule *rule;
	unsigned int num = 0;
	struct rtattr *attr;
	int len;

	if (!list)
		return 0;

	open_json_array(PRINT_JSON, "rules");
	len = RTA_PAYLOAD(list);
	for (attr = RTA_DATA(list); RTA_OK(attr, len);
	     attr = RTA_NEXT(attr, len)) {
		if ((attr->rta_type & NLA_TYPE_MASK) != IFLA_MAPE_ITEM_RULE)
			continue;
		rule = mape_data(attr, sizeof(*rule));
		if (!rule)
			continue;
		mape_print_rule(rule, NULL);
		num++;
	}
	close_json_array(PRINT_JSON, NULL);
	return num;
}

static void mape_print_brs(struct rtattr *list)
{
	struct rtattr *attr;
	int len;

	if (!list)
		return;

	open_json_array(PRINT_JSON, "br");
	len = RTA_PAYLOAD(list);
	for (attr = RTA_DATA(list); RTA_OK(attr, len);
	     attr = RTA_NEXT(attr, len)) {
		if ((attr->rta_type & NLA_TYPE_MASK) == IFLA_MAPE_ITEM_BR)
			mape_print_in6(attr, NULL, "br %s ");
	}
	close_json_array(PRINT_JSON, NULL);
}

static void mape_print_explicit_psid(struct rtattr *attr)
{
	const struct mape_psid *psid = mape_data(attr, sizeof(*psid));

	if (!psid || !psid->len)
		return;

	open_json_object("explicit_psid");
	print_uint(PRINT_ANY, "psid", "psid %u", psid->psid);
	print_uint(PRINT_ANY, "psid_len", "/%u ", psid->len);
	close_json_object();
}

static void mape_print_tclass(struct rtattr *value, struct rtattr *inherit)
{
	__u8 val;

	if (mape_get_u8(inherit, &val) && val)
		print_string(PRINT_ANY, "tclass", "tclass %s ", "inherit");
	else if (mape_get_u8(value, &val))
		print_uint(PRINT_ANY, "tclass", "tclass %u ", val);
}

static void mape_print_mss(struct rtattr *attr)
{
	const __u16 *mss = mape_data(attr, sizeof(*mss));

	if (!mss)
		return;
	if (*mss == MAPE_MSS_AUTO || *mss == MAPE_MSS_OFF)
		print_string(PRINT_ANY, "mss", "mss %s ",
			     *mss == MAPE_MSS_AUTO ? "auto" : "off");
	else
		print_uint(PRINT_ANY, "mss", "mss %u ", *mss);
}

static void mape_print_ipv4(struct rtattr *addr, struct rtattr *attr_len)
{
	const void *data = mape_data(addr, sizeof(__be32));
	char buf[INET_ADDRSTRLEN];
	__u8 len = 32;

	if (!data)
		return;
	mape_get_u8(attr_len, &len);
	print_string(PRINT_ANY, "ipv4", "ipv4 %s",
		     inet_ntop(AF_INET, data, buf, sizeof(buf)));
	if (len < 32)
		print_uint(PRINT_FP, NULL, "/%u", len);
	print_uint(PRINT_JSON, "ipv4_prefix_len", NULL, len);
	print_string(PRINT_FP, NULL, "%s", " ");
}

static void mape_print_psid(struct rtattr *attr, struct rtattr *attr_offset)
{
	const struct mape_psid *psid = mape_data(attr, sizeof(*psid));
	enum output_type type;
	__u8 offset;

	if (!psid)
		return;
	/* For people an address that is not shared has no PSID. */
	type = psid->len ? PRINT_ANY : PRINT_JSON;
	print_uint(type, "psid", "psid %u", psid->psid);
	print_uint(type, "psid_len", "/%u ", psid->len);
	if (mape_get_u8(attr_offset, &offset))
		print_uint(type, "psid_offset", "offset %u ", offset);
}

static void mape_print_port_range(const struct mape_port_ranges *set, __u32 i)
{
	__u32 first = set->first + i * set->stride;

	open_json_array(PRINT_JSON, NULL);
	print_uint(PRINT_ANY, NULL, "%u", first);
	print_uint(PRINT_ANY, NULL, "-%u", first + set->size - 1);
	close_json_array(PRINT_JSON, NULL);
}

static void mape_print_port_summary(const struct mape_port_ranges *set)
{
	print_uint(PRINT_FP, NULL, "in %u ", set->count);
	print_string(PRINT_FP, NULL, "%s (", set->count == 1 ? "range" :
							       "ranges");
	mape_print_port_range(set, 0);
	if (set->count > 1) {
		print_string(PRINT_FP, NULL, "%s", " .. ");
		mape_print_port_range(set, set->count - 1);
	}
	print_string(PRINT_FP, NULL, "%s", ") ");
}

/* The sum is 64 bits wide: nothing wraps, whatever the message says. */
static bool mape_ports_valid(const struct mape_port_ranges *set)
{
	return set->count && set->count <= 65536 && set->size &&
	       set->first + (__u64)(set->count - 1) * set->stride +
	       set->size <= 65536;
}

static void mape_print_ports(struct rtattr *attr)
{
	const struct mape_port_ranges *set = mape_data(attr, sizeof(*set));
	bool shared;
	__u32 i;

	if (!set || !mape_ports_valid(set))
		return;

	shared = set->size < 65536;
	if (shared)
		print_uint(PRINT_FP, NULL, "ports %u ", set->count * set->size);
	else
		print_string(PRINT_FP, NULL, "ports %s ", "all");
	print_uint(PRINT_JSON, "port_count", NULL, set->count * set->size);

	if (!is_json_context()) {
		if (shared)
			mape_print_port_summary(set);
		return;
	}
	open_json_array(PRINT_JSON, "ports");
	for (i = 0; shared && i < set->count; i++)
		mape_print_port_range(set, i);
	close_json_array(PRINT_JSON, NULL);
}

static void mape_print_sessions(struct rtattr *attr)
{
	const __u32 *sessions = mape_data(attr, sizeof(*sessions));

	if (sessions)
		print_uint(PRINT_ANY, "sessions", "sessions %u ", *sessions);
}

/* The configuration, in words that "ip link add" takes back. */
static unsigned int mape_print_config(struct rtattr *tb[])
{
	unsigned int num_rules;
	__u8 hoplimit;

	mape_print_name(tb[IFLA_MAPE_ROLE], "role", "role %s ", mape_roles,
			ARRAY_SIZE(mape_roles));
	mape_print_link(tb[IFLA_MAPE_LINK]);
	mape_print_prefix6(tb[IFLA_MAPE_PREFIX]);
	num_rules = mape_print_rules(tb[IFLA_MAPE_RULES]);
	mape_print_brs(tb[IFLA_MAPE_BRS]);
	mape_print_in6(tb[IFLA_MAPE_LOCAL], "local", "local %s ");
	mape_print_explicit_psid(tb[IFLA_MAPE_PSID]);
	mape_print_name(tb[IFLA_MAPE_IID], "iid", "iid %s ", mape_iids,
			ARRAY_SIZE(mape_iids));
	if (mape_get_u8(tb[IFLA_MAPE_HOPLIMIT], &hoplimit))
		print_uint(PRINT_ANY, "hoplimit", "hoplimit %u ", hoplimit);
	mape_print_tclass(tb[IFLA_MAPE_TCLASS], tb[IFLA_MAPE_TCLASS_INHERIT]);
	mape_print_mss(tb[IFLA_MAPE_MSS]);
	return num_rules;
}

/* What the module made of it, on a line of its own. */
static void mape_print_derived(struct rtattr *tb[], unsigned int num_rules)
{
	const struct mape_rule *bmr;

	print_nl();
	print_string(PRINT_FP, NULL, "%s", "\tderived ");
	mape_print_ipv4(tb[IFLA_MAPE_CE_IPV4], tb[IFLA_MAPE_CE_IPV4_LEN]);
	mape_print_psid(tb[IFLA_MAPE_CE_PSID], tb[IFLA_MAPE_CE_PSID_OFFSET]);
	mape_print_ports(tb[IFLA_MAPE_CE_PORTS]);
	mape_print_in6(tb[IFLA_MAPE_CE_ADDR], "ce_ipv6", "local %s ");
	bmr = mape_data(tb[IFLA_MAPE_CE_BMR], sizeof(*bmr));
	if (bmr && (num_rules != 1 || is_json_context()))
		mape_print_rule(bmr, "rule");
	mape_print_sessions(tb[IFLA_MAPE_SESSIONS]);
}

static void mape_print_opt(struct link_util *lu, FILE *f, struct rtattr *tb[])
{
	unsigned int num_rules;

	if (!tb)
		return;

	num_rules = mape_print_config(tb);
	if (is_json_context() ||
	    mape_data(tb[IFLA_MAPE_CE_IPV4], sizeof(__be32)) ||
	    mape_data(tb[IFLA_MAPE_CE_ADDR], sizeof(struct in6_addr)))
		mape_print_derived(tb, num_rules);
}

static void mape_print_help(struct link_util *lu, int argc, char **argv,
			    FILE *f)
{
	print_usage(f);
}

struct link_util mape_link_util = {
	.id		= "mape",
	.maxattr	= IFLA_MAPE_MAX,
	.parse_opt	= mape_parse_opt,
	.print_opt	= mape_print_opt,
	.print_help	= mape_print_help,
};
