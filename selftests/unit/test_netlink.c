// SPDX-License-Identifier: GPL-2.0
/*
 * How the tool takes the end of an answer: success, refusal with and without a
 * sentence, and damaged. And one question to the kernel of this machine, whose
 * refusal has a sentence.
 */
#include "helper.h"

#include <errno.h>

#include <linux/genetlink.h>

#include "netlink.h"

struct message {
	char buf[512] __attribute__((aligned(8)));
	struct nlmsghdr *nlh;
};

/* The kernel returns the question, here of 8 bytes, unless it is capped. */
static void make_error(struct message *m, int error, u16 flags,
		       const char *sentence)
{
	struct nlmsgerr *err;
	char *question;

	memset(m, 0, sizeof(*m));
	m->nlh = mnl_nlmsg_put_header(m->buf);
	m->nlh->nlmsg_type = NLMSG_ERROR;
	m->nlh->nlmsg_flags = flags;
	err = mnl_nlmsg_put_extra_header(m->nlh, sizeof(*err));
	err->error = error;
	err->msg.nlmsg_len = sizeof(err->msg) + 8;
	if (!(flags & NLM_F_CAPPED)) {
		question = mnl_nlmsg_put_extra_header(m->nlh, 8);
		memset(question, 0xff, 8);
	}
	mnl_attr_put_u32(m->nlh, NLMSGERR_ATTR_OFFS, 20);
	if (sentence)
		mnl_attr_put_strz(m->nlh, NLMSGERR_ATTR_MSG, sentence);
}

static void make_done(struct message *m, int error, u16 flags,
		      const char *sentence)
{
	int *value;

	memset(m, 0, sizeof(*m));
	m->nlh = mnl_nlmsg_put_header(m->buf);
	m->nlh->nlmsg_type = NLMSG_DONE;
	m->nlh->nlmsg_flags = flags;
	value = mnl_nlmsg_put_extra_header(m->nlh, sizeof(*value));
	*value = error;
	if (sentence)
		mnl_attr_put_strz(m->nlh, NLMSGERR_ATTR_MSG, sentence);
}

/* A question that cannot be sent leaves no sentence of an earlier one. */
static void forget(void)
{
	struct nlmsghdr nlh = { .nlmsg_len = sizeof(nlh) };

	assert_int_equal(netlink_ask(-1, &nlh, NULL, NULL), -1);
	assert_null(netlink_said());
}

static void refused(const struct message *m, int error, const char *sentence)
{
	errno = 0;
	assert_int_equal(netlink_verdict(m->nlh), MNL_CB_ERROR);
	assert_int_equal(errno, error);
	if (sentence)
		assert_string_equal(netlink_said(), sentence);
	else
		assert_null(netlink_said());
	forget();
}

static void test_success(void **state)
{
	struct message m;

	(void)state;
	forget();
	make_error(&m, 0, 0, NULL);
	assert_int_equal(netlink_verdict(m.nlh), MNL_CB_STOP);
	make_error(&m, 0, NLM_F_ACK_TLVS | NLM_F_CAPPED, "only a warning");
	assert_int_equal(netlink_verdict(m.nlh), MNL_CB_STOP);
	make_done(&m, 0, 0, NULL);
	assert_int_equal(netlink_verdict(m.nlh), MNL_CB_STOP);
	make_done(&m, 5, 0, NULL);
	assert_int_equal(netlink_verdict(m.nlh), MNL_CB_STOP);
	m.nlh->nlmsg_len = sizeof(*m.nlh);
	assert_int_equal(netlink_verdict(m.nlh), MNL_CB_STOP);
	assert_null(netlink_said());
}

static void test_refusal(void **state)
{
	char text[400];
	struct message m;

	(void)state;
	make_error(&m, -EPERM, 0, NULL);
	refused(&m, EPERM, NULL);
	make_error(&m, -EINVAL, NLM_F_ACK_TLVS, "prefix: too short");
	refused(&m, EINVAL, "prefix: too short");
	make_error(&m, -EINVAL, NLM_F_ACK_TLVS | NLM_F_CAPPED, "capped");
	refused(&m, EINVAL, "capped");
	make_error(&m, -EINVAL, NLM_F_ACK_TLVS, NULL);
	refused(&m, EINVAL, NULL);
	make_error(&m, -EINVAL, 0, "bytes of the question, not a sentence");
	refused(&m, EINVAL, NULL);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	make_error(&m, -EINVAL, NLM_F_ACK_TLVS | NLM_F_CAPPED, text);
	text[255] = '\0';
	refused(&m, EINVAL, text);
	m.nlh->nlmsg_len = sizeof(*m.nlh) + sizeof(int);
	refused(&m, EBADMSG, NULL);
}

/* libmnl takes the end of a dump for its success. */
static void test_dump_refused_at_its_end(void **state)
{
	struct message m;

	(void)state;
	make_done(&m, -EPERM, 0, NULL);
	refused(&m, EPERM, NULL);
	make_done(&m, -ENODEV, NLM_F_ACK_TLVS, "no such device");
	refused(&m, ENODEV, "no such device");
}

static void test_damaged(void **state)
{
	unsigned int round, len, i;
	struct message whole;
	struct nlmsghdr *nlh;
	char *copy;

	(void)state;
	for (round = 0; round < 50000; round++) {
		if (round & 1)
			make_error(&whole, -EINVAL, NLM_F_ACK_TLVS, "sentence");
		else
			make_done(&whole, -EINVAL, NLM_F_ACK_TLVS, "sentence");
		len = sizeof(*nlh) +
		      random_below(whole.nlh->nlmsg_len + 1 - sizeof(*nlh)) /
		      4 * 4;
		copy = malloc(len);
		assert_non_null(copy);
		memcpy(copy, whole.buf, len);
		nlh = (struct nlmsghdr *)copy;
		nlh->nlmsg_len = len;
		for (i = len > sizeof(*nlh) ? random_below(4) : 0; i; i--)
			copy[sizeof(*nlh) +
			     random_below(len - sizeof(*nlh))] ^= random32();
		netlink_verdict(nlh);
		free(copy);
	}
	forget();
}

static int count(const struct nlmsghdr *nlh, void *data)
{
	(void)nlh;
	++*(unsigned int *)data;
	return MNL_CB_OK;
}

/* The family "nlctrl" is in every kernel; a name too long is refused. */
static void test_this_kernel(void **state)
{
	char buf[256] __attribute__((aligned(8))) = { };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;
	unsigned int n = 0;

	(void)state;
	nlh->nlmsg_type = GENL_ID_CTRL;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = CTRL_CMD_GETFAMILY;
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, "nlctrl");
	assert_int_equal(netlink_ask(NETLINK_GENERIC, nlh, count, &n), 0);
	assert_int_equal(n, 1);
	nlh->nlmsg_len = sizeof(*nlh) + sizeof(*genl);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME,
			  "a name of more than sixteen letters");
	assert_int_equal(netlink_ask(NETLINK_GENERIC, nlh, count, &n), -1);
	assert_int_equal(n, 1);
	assert_non_null(netlink_said());
	forget();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_success),
		cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_dump_refused_at_its_end),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_this_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
