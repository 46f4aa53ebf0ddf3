/* SPDX-License-Identifier: GPL-2.0 */
/*
 * LD_PRELOAD for `ip`: the kernel's side of a link with type mape, so that
 * neither root nor the module is needed.
 *
 * FAKE_REQUEST=FILE: an RTM_NEWLINK request goes to FILE and succeeds.
 * FAKE_LINKS=FILE: a dump of the links answers with the messages in FILE.
 * Everything else passes through.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

static char reply[65536];
static size_t reply_len;

static void append(const struct nlmsghdr *request, int fd, int type,
		   const void *data, size_t len)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)(reply + reply_len);
	struct sockaddr_nl local = {};
	socklen_t size = sizeof(local);

	if (reply_len + NLMSG_SPACE(len) > sizeof(reply))
		abort();
	getsockname(fd, (struct sockaddr *)&local, &size);
	*nlh = (struct nlmsghdr) {
		.nlmsg_len = NLMSG_LENGTH(len),
		.nlmsg_type = type,
		.nlmsg_flags = type == NLMSG_ERROR ? 0 : NLM_F_MULTI,
		.nlmsg_seq = request->nlmsg_seq,
		.nlmsg_pid = local.nl_pid,
	};
	memcpy(NLMSG_DATA(nlh), data, len);
	reply_len += NLMSG_SPACE(len);
}

static void answer_newlink(const struct nlmsghdr *request, int fd,
			   const char *path)
{
	struct nlmsgerr ack = { .error = 0, .msg = *request };
	FILE *f = fopen(path, "w");

	if (!f || fwrite(request, request->nlmsg_len, 1, f) != 1 || fclose(f))
		abort();
	append(request, fd, NLMSG_ERROR, &ack, sizeof(ack));
}

static void answer_dump(const struct nlmsghdr *request, int fd,
			const char *path)
{
	static char buf[sizeof(reply)];
	FILE *f = fopen(path, "r");
	struct nlmsghdr *nlh;
	int done = 0;
	int len;

	if (!f)
		abort();
	len = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	for (nlh = (struct nlmsghdr *)buf; NLMSG_OK(nlh, (unsigned int)len);
	     nlh = NLMSG_NEXT(nlh, len))
		append(request, fd, nlh->nlmsg_type, NLMSG_DATA(nlh),
		       NLMSG_PAYLOAD(nlh, 0));
	append(request, fd, NLMSG_DONE, &done, sizeof(done));
}

static int answered(int fd, const struct nlmsghdr *request, size_t len)
{
	const char *to = getenv("FAKE_REQUEST");
	const char *from = getenv("FAKE_LINKS");
	int dump;

	if (len < sizeof(*request))
		return 0;
	dump = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	/* Without attributes it is ip asking whether there is RTM_NEWLINK. */
	if (to && request->nlmsg_type == RTM_NEWLINK &&
	    request->nlmsg_len > NLMSG_LENGTH(sizeof(struct ifinfomsg)))
		answer_newlink(request, fd, to);
	else if (from && request->nlmsg_type == RTM_GETLINK && dump)
		answer_dump(request, fd, from);
	else
		return 0;
	return 1;
}

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
	ssize_t (*real)(int, const void *, size_t, int);

	if (answered(fd, buf, len))
		return len;
	real = dlsym(RTLD_NEXT, "send");
	return real(fd, buf, len, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	ssize_t (*real)(int, const struct msghdr *, int);
	const struct iovec *iov = msg->msg_iov;

	if (msg->msg_iovlen == 1 && answered(fd, iov->iov_base, iov->iov_len))
		return iov->iov_len;
	real = dlsym(RTLD_NEXT, "sendmsg");
	return real(fd, msg, flags);
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	ssize_t (*real)(int, struct msghdr *, int);
	size_t len = reply_len;

	if (!len) {
		real = dlsym(RTLD_NEXT, "recvmsg");
		return real(fd, msg, flags);
	}
	if (msg->msg_name)
		memset(msg->msg_name, 0, msg->msg_namelen);
	msg->msg_flags = 0;
	if (flags & MSG_PEEK)
		return len;
	if (msg->msg_iov->iov_len < len)
		abort();
	memcpy(msg->msg_iov->iov_base, reply, len);
	reply_len = 0;
	return len;
}
