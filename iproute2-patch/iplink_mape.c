/* SPDX-License-Identifier: GPL-2.0 */
/*
 * iplink_mape.c	MAP-E customer edge (RFC 7597)
 */

#include <limits.h>
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
#define MAPE_PREFIX_STRLEN	(INET6_ADDRSTRLEN + sizeof("/128"))

/* The words for the values of an attribute. */
static const char * const mape_words[IFLA_MAPE_MAX + 1][3] = {
	[IFLA_MAPE_ROLE] = {
		[MAPE_ROLE_CE]			= "ce",
	},
	[IFLA_MAPE_IID] = {
		[MAPE_IID_RFC7597]		= "rfc7597",
		[MAPE_IID_DRAFT03]		= "draft03",
	},
	[IFLA_MAPE_NAT] = {
		[MAPE_NAT_AUTO]			= "auto",
		[MAPE_NAT_OFF]			= "off",
	},
	[IFLA_MAPE_FILTERING] = {
		[MAPE_FILTERING_ADDRESS]	= "address",
		[MAPE_FILTERING_ENDPOINT]	= "endpoint",
		[MAPE_FILTERING_ADDRESS_PORT]	= "address-port",
	},
};

static const char * const mape_timeouts[MAPE_TIMEOUT_MAX + 1] = {
	[MAPE_TIMEOUT_UDP]		= "udp",
	[MAPE_TIMEOUT_UDP_NEW]		= "udp-new",
	[MAPE_TIMEOUT_DNS]		= "dns",
	[MAPE_TIMEOUT_DNS_NEW]		= "dns-new",
	[MAPE_TIMEOUT_NTP]		= "ntp",
	[MAPE_TIMEOUT_TCP_SYN]		= "tcp-syn",
	[MAPE_TIMEOUT_TCP_ESTABLISHED]	= "tcp-established",
	[MAPE_TIMEOUT_TCP_CLOSING]	= "tcp-closing",
	[MAPE_TIMEOUT_ICMP]		= "icmp",
	[MAPE_TIMEOUT_SCTP_ESTABLISHED]	= "sctp-established",
	[MAPE_TIMEOUT_SCTP_TRANSITORY]	= "sctp-transitory",
	[MAPE_TIMEOUT_DCCP_ESTABLISHED]	= "dccp-established",
	[MAPE_TIMEOUT_DCCP_TRANSITORY]	= "dccp-transitory",
	[MAPE_TIMEOUT_OTHER]		= "other",
	[MAPE_TIMEOUT_QUARANTINE]	= "quarantine",
	[MAPE_TIMEOUT_UDP_RECLAIM]	= "udp-reclaim",
};

/* How far the command line has been read. */
struct mape_args {
	struct nlmsghdr *n;
	const struct mape_option *opt;	/* the one being parsed */
	unsigned int num[IFLA_MAPE_MAX + 1]; /* how often each is given */
	unsigned int num_rules;		/* sent so far */
	bool timeouts[MAPE_TIMEOUT_MAX + 1]; /* sent so far */
	__u8 iid;
};

struct mape_option {
	const char *name;
	int attr;
	bool list;	/* may be repeated; parsed after what is no list */
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
		"		[ nat { auto | off } ]\n"
		"		[ filtering { address | endpoint | address-port } ]\n"
		"		[ reserve { PORT[-PORT] | none } ]...\n"
		"		[ timeout NAME,{ SECONDS | default } ]...\n"
		"		[ sessions-max N ]\n"
		"		[ sessions-per-host N ]\n"
		"\n"
		"Where:	RULE	:= PREFIX6,PREFIX4,EALEN[,OFFSET]\n"
		"	EALEN	:= 0..48\n"
		"	OFFSET	:= 0..15 (default 6, or 4 if \"iid draft03\" is given here)\n"
		"	PSID	:= 0..65535, decimal or 0x hexadecimal\n"
		"	LEN	:= 0..16\n"
		"	HLIM	:= 1..255\n"
		"	TCLASS	:= 0..255, the two ECN bits zero\n"
		"	MSS	:= 1..65534\n"
		"	PORT	:= 1..65535\n"
		"	NAME	:= { udp | udp-new | dns | dns-new | ntp | tcp-syn |\n"
		"		     tcp-established | tcp-closing | icmp |\n"
		"		     sctp-established | sctp-transitory |\n"
		"		     dccp-established | dccp-transitory | other |\n"
		"		     quarantine | udp-reclaim }\n"
		"\n"
		"Note: the rules of \"ip link set\" replace all those of the device, and so do\n"
		"      the relays and the reserved ports; give rules with OFFSET there, as the\n"
		"      iid of the device is not looked at.\n"
	);
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

/* Not parse_one_of(): up to 6.1 it takes abbreviations. */
static unsigned int mape_get_word(const char *key, const char *arg,
				  const char * const *words, unsigned int num)
{
	const char *or = "";
	unsigned int i;

	for (i = 0; i < num; i++) {
		if (words[i] && strcmp(arg, words[i]) == 0)
			return i;
	}

	fprintf(stderr, "Error: argument \"%s\" is wrong: \"%s\" must be",
		arg, key);
	for (i = 0; i < num; i++) {
		if (!words[i])
			continue;
		fprintf(stderr, "%s \"%s\"", or, words[i]);
		or = " or";
	}
	fputc('\n', stderr);
	exit(-1);
}

/*
 * Parts of a copy of the argument, which lasts until the next call. Returns
 * how many, 0 if there are more than num.
 */
static unsigned int mape_split(const char *arg, const char *separator,
			       char *parts[], unsigned int num)
{
	static char buf[2 * MAPE_PREFIX_STRLEN];
	char *rest = buf;
	unsigned int i;

	if (strlen(arg) >= sizeof(buf))
		return 0;
	strcpy(buf, arg);
	for (i = 0; i < num && rest; i++)
		parts[i] = strsep(&rest, separator);
	return rest ? 0 : i;
}

/* Not get_prefix(): "default", 10.1 and netmasks are no MAP-E prefixes. */
static int mape_get_prefix(int family, void *addr, __u8 *len, char *arg)
{
	char *host = strsep(&arg, "/");
	unsigned int bits;

	if (!arg || inet_pton(family, host, addr) != 1 ||
	    get_unsigned(&bits, arg, 10) ||
	    bits > (family == AF_INET6 ? 128 : 32))
		return -1;
	*len = bits;
	return 0;
}

static void mape_parse_word(struct mape_args *args, const char *arg)
{
	int attr = args->opt->attr;
	unsigned int val;

	val = mape_get_word(args->opt->name, arg, mape_words[attr],
			    ARRAY_SIZE(mape_words[attr]));
	if (attr == IFLA_MAPE_IID)
		args->iid = val; /* mape_parse_rule() asks for it */
	mape_addattr8(args->n, attr, val);
}

static void mape_parse_u32(struct mape_args *args, const char *arg)
{
	unsigned int val;

	if (mape_get_number(&val, arg, UINT_MAX))
		invarg("a limit of sessions must be a number below 2^32", arg);
	mape_addattr(args->n, args->opt->attr, &val, sizeof(val));
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
	char *copy;

	if (mape_split(arg, "", &copy, 1) != 1 ||
	    mape_get_prefix(AF_INET6, &prefix.addr, &prefix.len, copy))
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
	char *part[2];

	if (mape_split(arg, "/", part, ARRAY_SIZE(part)) != 2)
		invarg("\"psid\" must be PSID/LEN", arg);
	if (get_unsigned(&len, part[1], 10) || len > 16)
		invarg("the length of \"psid\" must be 0 to 16 bits", arg);
	if (mape_get_number(&value, part[0], 0xffff))
		invarg("\"psid\" must be a number from 0 to 65535", arg);
	if (value >> len)
		invarg("the PSID does not fit into its length", arg);
	psid.psid = value;
	psid.len = len;
	mape_addattr(args->n, IFLA_MAPE_PSID, &psid, sizeof(psid));
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
	struct in6_addr addr;

	if (args->num[IFLA_MAPE_BRS] > MAPE_BRS_MAX)
		invarg("too many border relays", arg);
	if (inet_pton(AF_INET6, arg, &addr) != 1)
		invarg("\"br\" must be an IPv6 address", arg);
	mape_addattr(args->n, IFLA_MAPE_ITEM_BR, &addr, sizeof(addr));
}

/* PREFIX6,PREFIX4,EALEN[,OFFSET] */
static void mape_get_rule(struct mape_rule *rule, const char *arg, __u8 iid)
{
	unsigned int ea_len, offset = iid == MAPE_IID_DRAFT03 ?
				      MAPE_PSID_OFFSET_DRAFT03 :
				      MAPE_PSID_OFFSET_RFC7597;
	char *part[4] = {};

	if (mape_split(arg, ",", part, ARRAY_SIZE(part)) < 3)
		invarg("a rule must be PREFIX6,PREFIX4,EALEN[,OFFSET]", arg);
	if (mape_get_prefix(AF_INET6, &rule->ipv6, &rule->ipv6_len, part[0]))
		invarg("a rule must start with an IPv6 prefix", arg);
	if (mape_get_prefix(AF_INET, &rule->ipv4, &rule->ipv4_len, part[1]))
		invarg("the second part of a rule must be an IPv4 prefix", arg);
	if (get_unsigned(&ea_len, part[2], 10) || ea_len > 48)
		invarg("the EA length of a rule must be 0 to 48", arg);
	if (part[3] && (get_unsigned(&offset, part[3], 10) || offset > 15))
		invarg("the PSID offset of a rule must be 0 to 15", arg);
	rule->ea_len = ea_len;
	rule->psid_offset = offset;
}

static void mape_parse_rule(struct mape_args *args, const char *arg)
{
	bool fmr = strcmp(args->opt->name, "fmr") == 0;
	struct mape_rule rule = { .flags = fmr ? MAPE_RULE_F_FMR : 0 };

	mape_get_rule(&rule, arg, args->iid);
	if (NLMSG_ALIGN(args->n->nlmsg_len) + RTA_SPACE(sizeof(rule)) >
	    MAPE_REQ_MAX) {
		fprintf(stderr,
			"Error: too many rules for one ip command: %u given, %u fit.\n",
			args->num[IFLA_MAPE_RULES], args->num_rules);
		exit(-1);
	}
	mape_addattr(args->n, IFLA_MAPE_ITEM_RULE, &rule, sizeof(rule));
	args->num_rules++;
}

/* PORT[-PORT], or "none" alone: an empty list. */
static void mape_parse_reserve(struct mape_args *args, const char *arg)
{
	unsigned int num, first, last;
	struct mape_port_range range;
	char *part[2];

	if (strcmp(arg, "none") == 0) {
		if (args->num[IFLA_MAPE_RESERVES] > 1)
			invarg("it must be the only \"reserve\"", arg);
		return;
	}
	if (args->num[IFLA_MAPE_RESERVES] > MAPE_RESERVES_MAX)
		invarg("too many reserved ranges of ports", arg);
	num = mape_split(arg, "-", part, ARRAY_SIZE(part));
	if (!num || mape_get_number(&first, part[0], 65535) || !first ||
	    mape_get_number(&last, part[num - 1], 65535))
		invarg("\"reserve\" must be PORT[-PORT], 1 to 65535, or \"none\"",
		       arg);
	if (last < first)
		invarg("the last port of \"reserve\" is below the first", arg);
	range.first = first;
	range.last = last;
	mape_addattr(args->n, IFLA_MAPE_ITEM_RESERVE, &range, sizeof(range));
}

/* NAME,SECONDS */
static void mape_parse_timeout(struct mape_args *args, const char *arg)
{
	unsigned int type, seconds = MAPE_TIMEOUT_DEFAULT;
	char *part[2];

	if (mape_split(arg, ",", part, ARRAY_SIZE(part)) != 2)
		invarg("\"timeout\" must be NAME,SECONDS or NAME,default", arg);
	type = mape_get_word("timeout", part[0], mape_timeouts,
			     ARRAY_SIZE(mape_timeouts));
	if (args->timeouts[type])
		duparg2("timeout", arg);
	args->timeouts[type] = true;
	if (strcmp(part[1], "default") &&
	    mape_get_number(&seconds, part[1], MAPE_TIMEOUT_DEFAULT - 1))
		invarg("\"timeout\" must be in seconds, or \"default\"", arg);
	mape_addattr(args->n, type, &seconds, sizeof(seconds));
}

static const struct mape_option mape_options[] = {
	{ "role",	IFLA_MAPE_ROLE,		false,	mape_parse_word },
	{ "dev",	IFLA_MAPE_LINK,		false,	mape_parse_dev },
	{ "prefix",	IFLA_MAPE_PREFIX,	false,	mape_parse_prefix },
	{ "rule",	IFLA_MAPE_RULES,	true,	mape_parse_rule },
	{ "fmr",	IFLA_MAPE_RULES,	true,	mape_parse_rule },
	{ "br",		IFLA_MAPE_BRS,		true,	mape_parse_br },
	{ "local",	IFLA_MAPE_LOCAL,	false,	mape_parse_local },
	{ "psid",	IFLA_MAPE_PSID,		false,	mape_parse_psid },
	{ "iid",	IFLA_MAPE_IID,		false,	mape_parse_word },
	{ "hoplimit",	IFLA_MAPE_HOPLIMIT,	false,	mape_parse_hoplimit },
	{ "tclass",	IFLA_MAPE_TCLASS,	false,	mape_parse_tclass },
	{ "mss",	IFLA_MAPE_MSS,		false,	mape_parse_mss },
	{ "nat",	IFLA_MAPE_NAT,		false,	mape_parse_word },
	{ "filtering",	IFLA_MAPE_FILTERING,	false,	mape_parse_word },
	{ "reserve",	IFLA_MAPE_RESERVES,	true,	mape_parse_reserve },
	{ "timeout",	IFLA_MAPE_TIMEOUTS,	true,	mape_parse_timeout },
	{ "sessions-max", IFLA_MAPE_SESSIONS_MAX, false, mape_parse_u32 },
	{ "sessions-per-host", IFLA_MAPE_SESSIONS_PER_HOST, false,
		mape_parse_u32 },
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

/* One list of a command line whose options have all been found. */
static void mape_add_list(struct mape_args *args, int attr, char **argv,
			  char **end)
{
	struct rtattr *list = NLMSG_TAIL(args->n);

	/* Not addattr_nest(), which does not tell when there is no room. */
	mape_addattr(args->n, attr | NLA_F_NESTED, NULL, 0);
	for (; argv < end; argv += 2) {
		args->opt = mape_find_option(argv[0]);
		if (args->opt->attr == attr)
			args->opt->parse(args, argv[1]);
	}
	addattr_nest_end(args->n, list);
}

static int mape_parse_opt(struct link_util *lu, int argc, char **argv,
			  struct nlmsghdr *n)
{
	/*
	 * Items of a list need not be side by side, and a rule asks for the
	 * iid. Rules last: what is left of the request is for them.
	 */
	static const int lists[] = { IFLA_MAPE_BRS, IFLA_MAPE_RESERVES,
				     IFLA_MAPE_TIMEOUTS, IFLA_MAPE_RULES };
	struct mape_args args = { .n = n, .iid = MAPE_IID_RFC7597 };
	const struct mape_option *opt;
	char **start = argv;
	unsigned int i;

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
		if (args.num[opt->attr]++ && !opt->list)
			duparg2(opt->name, *argv);
		if (!opt->list) {
			args.opt = opt;
			opt->parse(&args, *argv);
		}
		argc--, argv++;
	}

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		if (args.num[lists[i]])
			mape_add_list(&args, lists[i], start, argv);
	}
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

/* NULL for a value this ip does not know: it is printed as its number. */
static const char *mape_word(unsigned int val, const char * const *words,
			     unsigned int num)
{
	return val < num ? words[val] : NULL;
}

static void mape_print_word(struct rtattr *tb[], int type, const char *key)
{
	char buf[4];
	__u8 val;

	if (!mape_get_u8(tb[type], &val))
		return;
	/* What nearly every device has would only make the line longer. */
	if (type == IFLA_MAPE_NAT && val == MAPE_NAT_AUTO && !is_json_context())
		return;
	snprintf(buf, sizeof(buf), "%u", val);
	print_string(PRINT_FP, NULL, "%s ", key);
	print_string(PRINT_ANY, key, "%s ",
		     mape_word(val, mape_words[type],
			       ARRAY_SIZE(mape_words[type])) ?: buf);
}

static void mape_print_u32(struct rtattr *attr, const char *key,
			   const char *fmt)
{
	const __u32 *val = mape_data(attr, sizeof(*val));

	if (val)
		print_uint(PRINT_ANY, key, fmt, *val);
}

/* Those of the items that are what they should be; returns how many. */
static unsigned int mape_print_list(struct rtattr *list, const char *key,
				    int type, size_t size,
				    void (*print)(const void *data,
						  const char *key))
{
	unsigned int num = 0;
	struct rtattr *attr;

	if (!list)
		return 0;

	open_json_array(PRINT_JSON, key);
	rtattr_for_each_nested(attr, list) {
		if ((attr->rta_type & NLA_TYPE_MASK) != type ||
		    !mape_data(attr, size))
			continue;
		print(RTA_DATA(attr), NULL);
		num++;
	}
	close_json_array(PRINT_JSON, NULL);
	return num;
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

static void mape_print_br(const void *addr, const char *key)
{
	char buf[INET6_ADDRSTRLEN];

	print_string(PRINT_ANY, key, "br %s ",
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

static void mape_print_rule(const void *data, const char *key)
{
	const struct mape_rule *rule = data;
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

static void mape_print_range(unsigned int first, unsigned int last,
			     const char *key)
{
	open_json_array(PRINT_JSON, key);
	print_uint(PRINT_ANY, NULL, "%u", first);
	print_uint(first == last ? PRINT_JSON : PRINT_ANY, NULL, "-%u", last);
	close_json_array(PRINT_JSON, NULL);
}

static void mape_print_reserve(const void *data, const char *key)
{
	const struct mape_port_range *range = data;

	print_string(PRINT_FP, NULL, "%s ", "reserve");
	mape_print_range(range->first, range->last, key);
	print_string(PRINT_FP, NULL, "%s", " ");
}

static void mape_print_timeouts(struct rtattr *list)
{
	struct rtattr *attr;

	if (!list)
		return;

	open_json_object("timeouts");
	rtattr_for_each_nested(attr, list) {
		const __u32 *seconds = mape_data(attr, sizeof(*seconds));
		unsigned int type = attr->rta_type & NLA_TYPE_MASK;
		const char *name = mape_word(type, mape_timeouts,
					     ARRAY_SIZE(mape_timeouts));
		char buf[8];

		/* A number is no name that "ip link add" takes back. */
		if (!seconds || (!name && !is_json_context()))
			continue;
		snprintf(buf, sizeof(buf), "%u", type);
		print_string(PRINT_FP, NULL, "timeout %s,", name);
		print_uint(PRINT_ANY, name ?: buf, "%u ", *seconds);
	}
	close_json_object();
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

/* The sum is 64 bits wide: nothing wraps, whatever the message says. */
static bool mape_ports_valid(const struct mape_port_ranges *set)
{
	return set->count && set->count <= 65536 && set->size &&
	       set->first + (__u64)(set->count - 1) * set->stride +
	       set->size <= 65536;
}

static void mape_print_shared(const struct mape_port_ranges *set)
{
	/* For people the first and the last range are enough. */
	__u32 step = is_json_context() || set->count == 1 ? 1 : set->count - 1;
	__u32 i, first;

	print_uint(PRINT_FP, NULL, "ports %u ", set->count * set->size);
	print_uint(PRINT_FP, NULL, "in %u ", set->count);
	print_string(PRINT_FP, NULL, "%s (", set->count == 1 ? "range" :
							       "ranges");
	for (i = 0; i < set->count; i += step) {
		if (i)
			print_string(PRINT_FP, NULL, "%s", " .. ");
		first = set->first + i * set->stride;
		mape_print_range(first, first + set->size - 1, NULL);
	}
	print_string(PRINT_FP, NULL, "%s", ") ");
}

static void mape_print_ports(struct rtattr *attr)
{
	const struct mape_port_ranges *set = mape_data(attr, sizeof(*set));

	if (!set || !mape_ports_valid(set))
		return;

	print_uint(PRINT_JSON, "port_count", NULL, set->count * set->size);
	open_json_array(PRINT_JSON, "ports");
	if (set->size < 65536)
		mape_print_shared(set);
	else
		print_string(PRINT_FP, NULL, "ports %s ", "all");
	close_json_array(PRINT_JSON, NULL);
}

/* The configuration, in words that "ip link add" takes back. */
static unsigned int mape_print_config(struct rtattr *tb[])
{
	unsigned int num_rules;
	__u8 hoplimit;

	mape_print_word(tb, IFLA_MAPE_ROLE, "role");
	mape_print_link(tb[IFLA_MAPE_LINK]);
	mape_print_prefix6(tb[IFLA_MAPE_PREFIX]);
	num_rules = mape_print_list(tb[IFLA_MAPE_RULES], "rules",
				    IFLA_MAPE_ITEM_RULE,
				    sizeof(struct mape_rule), mape_print_rule);
	mape_print_list(tb[IFLA_MAPE_BRS], "br", IFLA_MAPE_ITEM_BR,
			sizeof(struct in6_addr), mape_print_br);
	mape_print_in6(tb[IFLA_MAPE_LOCAL], "local", "local %s ");
	mape_print_explicit_psid(tb[IFLA_MAPE_PSID]);
	mape_print_word(tb, IFLA_MAPE_IID, "iid");
	if (mape_get_u8(tb[IFLA_MAPE_HOPLIMIT], &hoplimit))
		print_uint(PRINT_ANY, "hoplimit", "hoplimit %u ", hoplimit);
	mape_print_tclass(tb[IFLA_MAPE_TCLASS], tb[IFLA_MAPE_TCLASS_INHERIT]);
	mape_print_mss(tb[IFLA_MAPE_MSS]);
	mape_print_word(tb, IFLA_MAPE_NAT, "nat");
	mape_print_word(tb, IFLA_MAPE_FILTERING, "filtering");
	mape_print_list(tb[IFLA_MAPE_RESERVES], "reserve",
			IFLA_MAPE_ITEM_RESERVE, sizeof(struct mape_port_range),
			mape_print_reserve);
	mape_print_timeouts(tb[IFLA_MAPE_TIMEOUTS]);
	mape_print_u32(tb[IFLA_MAPE_SESSIONS_MAX], "sessions_max",
		       "sessions-max %u ");
	mape_print_u32(tb[IFLA_MAPE_SESSIONS_PER_HOST], "sessions_per_host",
		       "sessions-per-host %u ");
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
	mape_print_u32(tb[IFLA_MAPE_SESSIONS], "sessions", "sessions %u ");
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
