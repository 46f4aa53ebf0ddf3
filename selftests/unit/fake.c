// SPDX-License-Identifier: GPL-2.0
#include "fake.h"

#include <errno.h>
#include <getopt.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/rtnetlink.h>

#include "netlink.h"

struct fake fake;
char fake_out[16384], fake_err[4096];

static struct nlmsghdr *last;

void fake_reset(unsigned int devices)
{
	memset(&fake, 0, sizeof(fake));
	fake.devices = devices;
	last = NULL;
}

static size_t end_of_answers(void)
{
	if (last)
		fake.size = (char *)last - fake.answers +
			    MNL_ALIGN(last->nlmsg_len);
	last = NULL;
	return fake.size;
}

struct nlmsghdr *fake_answer(u16 type, u8 cmd)
{
	struct genlmsghdr *genl;
	size_t at = end_of_answers();

	assert_true(at < sizeof(fake.answers) - 2048);
	last = mnl_nlmsg_put_header(fake.answers + at);
	last->nlmsg_type = type;
	genl = mnl_nlmsg_put_extra_header(last, sizeof(*genl));
	genl->cmd = cmd;
	return last;
}

const struct nlattr *fake_asked(u16 attr)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)fake.request;
	const struct nlattr *a;

	mnl_attr_for_each(a, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(a) == attr)
			return a;
	}
	return NULL;
}

u8 fake_asked_cmd(void)
{
	struct genlmsghdr *genl;

	genl = mnl_nlmsg_get_payload((struct nlmsghdr *)fake.request);
	return genl->cmd;
}

static void describe(unsigned int i, mnl_cb_t cb, void *data)
{
	char buf[512] __attribute__((aligned(8))) = { }, name[16];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nlattr *info, *attrs;
	struct ifinfomsg *ifi;

	nlh->nlmsg_type = RTM_NEWLINK;
	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_index = 10 + i;
	snprintf(name, sizeof(name), "mape%u", i);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "mape");
	attrs = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	mnl_attr_put_u8(nlh, IFLA_MAPE_IID, fake.iid);
	mnl_attr_put_u32(nlh, IFLA_MAPE_CE_IPV4, addr4("14.8.52.86"));
	mnl_attr_put_u8(nlh, IFLA_MAPE_CE_IPV4_LEN, 32);
	mnl_attr_nest_end(nlh, attrs);
	mnl_attr_nest_end(nlh, info);
	cb(nlh, data);
}

static int answer_links(struct nlmsghdr *nlh, mnl_cb_t cb, void *data)
{
	const struct nlattr *attr;
	unsigned int i;

	if (nlh->nlmsg_flags & NLM_F_DUMP) {
		for (i = 0; i < fake.devices; i++)
			describe(i, cb, data);
		return 0;
	}
	mnl_attr_for_each(attr, nlh, sizeof(struct ifinfomsg)) {
		if (mnl_attr_get_type(attr) != IFLA_IFNAME ||
		    sscanf(mnl_attr_get_str(attr), "mape%u", &i) != 1 ||
		    i >= fake.devices)
			continue;
		describe(i, cb, data);
		return 0;
	}
	errno = ENODEV;
	return -1;
}

static int answer_family(mnl_cb_t cb, void *data)
{
	char buf[256] __attribute__((aligned(8))) = { };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nlattr *groups, *group;

	if (fake.no_family) {
		errno = ENOENT;
		return -1;
	}
	nlh->nlmsg_type = GENL_ID_CTRL;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, "mape");
	mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, FAKE_FAMILY);
	groups = mnl_attr_nest_start(nlh, CTRL_ATTR_MCAST_GROUPS);
	group = mnl_attr_nest_start(nlh, 1);
	mnl_attr_put_u32(nlh, CTRL_ATTR_MCAST_GRP_ID, 99);
	mnl_attr_put_strz(nlh, CTRL_ATTR_MCAST_GRP_NAME, "others");
	mnl_attr_nest_end(nlh, group);
	if (!fake.no_events) {
		group = mnl_attr_nest_start(nlh, 2);
		mnl_attr_put_u32(nlh, CTRL_ATTR_MCAST_GRP_ID, FAKE_GROUP);
		mnl_attr_put_strz(nlh, CTRL_ATTR_MCAST_GRP_NAME, "events");
		mnl_attr_nest_end(nlh, group);
	}
	mnl_attr_nest_end(nlh, groups);
	return cb(nlh, data) < 0 ? -1 : 0;
}

static int play(mnl_cb_t cb, void *data)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)fake.answers;
	int size = end_of_answers(), more;

	for (; mnl_nlmsg_ok(nlh, size); nlh = mnl_nlmsg_next(nlh, &size)) {
		more = cb ? cb(nlh, data) : MNL_CB_OK;
		if (more <= MNL_CB_STOP)
			return more;
	}
	errno = fake.error;
	return fake.error ? -1 : 0;
}

int netlink_ask(int bus, struct nlmsghdr *nlh, mnl_cb_t cb, void *data)
{
	if (bus == NETLINK_ROUTE && fake.route)
		return fake.route(nlh, cb, data);
	if (bus == NETLINK_ROUTE)
		return answer_links(nlh, cb, data);
	assert_int_equal(bus, NETLINK_GENERIC);
	if (nlh->nlmsg_type == GENL_ID_CTRL)
		return answer_family(cb, data);
	assert_int_equal(nlh->nlmsg_type, FAKE_FAMILY);
	/* Without either, the tool would wait for ever. */
	assert_true(nlh->nlmsg_flags & (NLM_F_ACK | NLM_F_DUMP));
	assert_true(nlh->nlmsg_len <= sizeof(fake.request));
	memcpy(fake.request, nlh, nlh->nlmsg_len);
	fake.requests++;
	return play(cb, data);
}

int netlink_listen(int bus, const u32 *groups, unsigned int n, mnl_cb_t cb,
		   void *data)
{
	assert_int_equal(bus, NETLINK_GENERIC);
	assert_int_equal(n, 2);
	assert_int_equal(groups[0], GENL_ID_CTRL);
	assert_int_equal(groups[1], FAKE_GROUP);
	return play(cb, data);
}

const char *netlink_said(void)
{
	return fake.sentence;
}

static int redirect(FILE *stream, FILE *to)
{
	int saved;

	fflush(stream);
	saved = dup(fileno(stream));
	dup2(fileno(to), fileno(stream));
	return saved;
}

static void restore(FILE *stream, int saved, FILE *from, char *text,
		    size_t size)
{
	fflush(stream);
	dup2(saved, fileno(stream));
	close(saved);
	rewind(from);
	text[fread(text, 1, size - 1, from)] = '\0';
	fclose(from);
}

int fake_run(command_t command, const char *line)
{
	FILE *out = tmpfile(), *err = tmpfile();
	int argc = 0, saved[2], status;
	char *argv[512], *copy, *rest;

	assert_true(out && err);
	copy = rest = strdup(line);
	while ((argv[argc] = strsep(&rest, " ")))
		argc++;
	optind = 0;
	saved[0] = redirect(stdout, out);
	saved[1] = redirect(stderr, err);
	status = command(argc, argv);
	restore(stdout, saved[0], out, fake_out, sizeof(fake_out));
	restore(stderr, saved[1], err, fake_err, sizeof(fake_err));
	free(copy);
	return status;
}

void prints(command_t command, const char *line, const char *out)
{
	int status = fake_run(command, line);

	assert_string_equal(fake_err, "");
	assert_string_equal(fake_out, out);
	assert_int_equal(status, 0);
}

void refuses(command_t command, const char *line, int want,
		    const char *sentence)
{
	char whole[256];
	int status = fake_run(command, line);

	snprintf(whole, sizeof(whole), "mape: %s\n", sentence);
	assert_string_equal(fake_err, whole);
	assert_string_equal(fake_out, "");
	assert_int_equal(status, want);
}

void assert_asked_u32(u16 attr, u32 value)
{
	assert_non_null(fake_asked(attr));
	assert_int_equal(mnl_attr_get_payload_len(fake_asked(attr)), 4);
	assert_int_equal(mnl_attr_get_u32(fake_asked(attr)), value);
}

void assert_asked_port(u16 attr, u16 port)
{
	assert_non_null(fake_asked(attr));
	assert_int_equal(mnl_attr_get_payload_len(fake_asked(attr)), 2);
	assert_int_equal(ntohs(mnl_attr_get_u16(fake_asked(attr))), port);
}
