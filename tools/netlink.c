// SPDX-License-Identifier: GPL-2.0
/*
 * Questions to the kernel by libmnl. What libmnl does not tell is read here:
 * the sentence in which the kernel refuses, and a dump that ends in an error.
 */
#include <errno.h>
#include <sys/socket.h>

#include "error.h"
#include "netlink.h"

/* A device with 256 rules is more than a page. */
#define RECEIVE_SIZE	65536

static char buf[RECEIVE_SIZE] __attribute__((aligned(8)));
static char said[256];

struct exchange {
	mnl_cb_t cb;
	void *data;
};

static void take_sentence(const struct nlmsghdr *nlh, size_t head)
{
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) ||
	    head > mnl_nlmsg_get_payload_len(nlh))
		return;
	mnl_attr_for_each(attr, nlh, head) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
			snprintf(said, sizeof(said), "%s",
				 mnl_attr_get_str(attr));
	}
}

/* The question comes back before the sentence, unless it is cut off. */
static size_t size_of_error(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	size_t size = sizeof(*err);

	if (!(nlh->nlmsg_flags & NLM_F_CAPPED) &&
	    err->msg.nlmsg_len > sizeof(err->msg))
		size += err->msg.nlmsg_len - sizeof(err->msg);
	return size;
}

/**
 * netlink_verdict - how did it end?
 * @nlh: message of type NLMSG_ERROR or NLMSG_DONE
 *
 * Return: MNL_CB_STOP, or MNL_CB_ERROR and errno.
 */
int netlink_verdict(const struct nlmsghdr *nlh)
{
	size_t len = mnl_nlmsg_get_payload_len(nlh), head;
	int error = 0;

	if (nlh->nlmsg_type == NLMSG_ERROR) {
		if (len < sizeof(struct nlmsgerr)) {
			errno = EBADMSG;
			return MNL_CB_ERROR;
		}
		head = size_of_error(nlh);
	} else {
		head = sizeof(error);
	}
	/* Either begins with the error; the end of a dump may have none. */
	if (len >= sizeof(error))
		memcpy(&error, mnl_nlmsg_get_payload(nlh), sizeof(error));
	if (error >= 0)
		return MNL_CB_STOP;
	take_sentence(nlh, head);
	errno = -error;
	return MNL_CB_ERROR;
}

/**
 * netlink_said - the sentence in which the kernel refused the last question
 *
 * Return: the sentence, or NULL: errno is all there is.
 */
const char *netlink_said(void)
{
	return said[0] ? said : NULL;
}

static int take_verdict(const struct nlmsghdr *nlh, void *data)
{
	(void)data;
	return netlink_verdict(nlh);
}

static int take_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct exchange *exchange = data;

	return exchange->cb ? exchange->cb(nlh, exchange->data) : MNL_CB_OK;
}

/*
 * libmnl breaks a dump off at the first message that says something has
 * changed meanwhile. Whoever wants the rest anyway shall have it.
 */
static bool was_interrupted(struct nlmsghdr *nlh, int size)
{
	bool was = false;

	for (; mnl_nlmsg_ok(nlh, size); nlh = mnl_nlmsg_next(nlh, &size)) {
		was |= nlh->nlmsg_flags & NLM_F_DUMP_INTR;
		nlh->nlmsg_flags &= ~NLM_F_DUMP_INTR;
	}
	return was;
}

static int receive(struct mnl_socket *nl, unsigned int seq,
		   struct exchange *exchange)
{
	mnl_cb_t verdicts[NLMSG_DONE + 1] = {
		[NLMSG_ERROR] = take_verdict, [NLMSG_DONE] = take_verdict,
	};
	bool interrupted = false;
	ssize_t size;
	int more;

	do {
		size = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (size < 0)
			return -1;
		interrupted |= was_interrupted((struct nlmsghdr *)buf, size);
		more = mnl_cb_run2(buf, size, seq, mnl_socket_get_portid(nl),
				   take_answer, exchange, verdicts,
				   NLMSG_DONE + 1);
	} while (more > MNL_CB_STOP);
	if (more < 0 || !interrupted)
		return more;
	errno = EINTR;
	return -1;
}

static void close_keeping_errno(struct mnl_socket *nl)
{
	int saved = errno;

	mnl_socket_close(nl);
	errno = saved;
}

static struct mnl_socket *open_socket(int bus)
{
	struct mnl_socket *nl = mnl_socket_open2(bus, SOCK_CLOEXEC);
	int one = 1;

	if (!nl)
		return NULL;
	/* Without it there are numbers for sentences, so it may fail. */
	mnl_socket_setsockopt(nl, NETLINK_EXT_ACK, &one, sizeof(one));
	if (!mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID))
		return nl;
	close_keeping_errno(nl);
	return NULL;
}

/**
 * netlink_ask - ask the kernel
 * @bus: NETLINK_*
 * @nlh: the question, without sequence number
 * @cb: called for each message of the answer, must not ask itself; or NULL
 * @data: for @cb
 *
 * Return: 0, or -1 and errno; see netlink_said(). EINTR: it is a dump, all of
 * it has come, but something has changed meanwhile.
 */
int netlink_ask(int bus, struct nlmsghdr *nlh, mnl_cb_t cb, void *data)
{
	struct exchange exchange = { .cb = cb, .data = data };
	struct mnl_socket *nl = open_socket(bus);
	int ret = -1;

	said[0] = '\0';
	if (!nl)
		return -1;
	nlh->nlmsg_seq = 1;
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) > 0)
		ret = receive(nl, nlh->nlmsg_seq, &exchange);
	close_keeping_errno(nl);
	return ret;
}

static int receive_events(struct mnl_socket *nl, mnl_cb_t cb, void *data)
{
	int more = MNL_CB_OK;
	ssize_t size;

	while (more > MNL_CB_STOP) {
		size = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (size >= 0)
			more = mnl_cb_run(buf, size, 0, 0, cb, data);
		else if (errno == ENOBUFS)
			fail(STATUS_OK, "some events were lost");
		else
			more = MNL_CB_ERROR;
	}
	return more;
}

/**
 * netlink_listen - take events until told to stop
 * @bus: NETLINK_*
 * @groups: multicast groups
 * @n: how many
 * @cb: called for each event
 * @data: for @cb
 *
 * Return: 0 after @cb has said MNL_CB_STOP, or -1 and errno.
 */
int netlink_listen(int bus, const u32 *groups, unsigned int n, mnl_cb_t cb,
		   void *data)
{
	struct mnl_socket *nl = open_socket(bus);
	int ret = 0;

	said[0] = '\0';
	if (!nl)
		return -1;
	while (n-- && !ret) {
		u32 group = *groups++;

		ret = mnl_socket_setsockopt(nl, NETLINK_ADD_MEMBERSHIP, &group,
					    sizeof(group));
	}
	if (!ret)
		ret = receive_events(nl, cb, data);
	close_keeping_errno(nl);
	return ret;
}
