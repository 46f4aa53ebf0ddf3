// SPDX-License-Identifier: GPL-2.0
/*
 * Requests to the generic netlink family "mape".
 */
#include <errno.h>
#include <string.h>

#include <linux/genetlink.h>

#include "error.h"
#include "genl.h"
#include "netlink.h"

/* The group in which the kernel tells of families; it has the family's number. */
#define GENL_GROUP_FAMILIES	GENL_ID_CTRL

/* Numbers are given when the module is loaded. Zero: not known. */
struct family {
	u16 id;
	u32 events;
};

/* How events reach their listener. */
struct listener {
	struct family family;
	mnl_cb_t cb;
	void *data;
};

static void start(struct nlmsghdr *nlh, u16 type, u8 cmd, u8 version)
{
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = version;
}

/**
 * genl_start - begin a request
 * @request: filled in, without attributes
 * @cmd: what to ask for
 */
void genl_start(struct genl_request *request, enum mape_cmd cmd)
{
	memset(request, 0, sizeof(*request));
	request->nlh = mnl_nlmsg_put_header(request->buf);
	start(request->nlh, 0, cmd, MAPE_GENL_VERSION);
}

static bool is_named(const struct nlattr *attr, const char *name)
{
	return !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) &&
	       !strcmp(mnl_attr_get_str(attr), name);
}

static void take_group(const struct nlattr *group, struct family *family)
{
	const struct nlattr *attr;
	bool is_events = false;
	u32 id = 0;

	mnl_attr_for_each_nested(attr, group) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME)
			is_events = is_named(attr, MAPE_GENL_EVENTS);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
			netlink_take(attr, &id, sizeof(id));
	}
	if (is_events)
		family->events = id;
}

static int take_family(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr, *group;
	struct family *family = data;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			netlink_take(attr, &family->id, sizeof(family->id));
		if (mnl_attr_get_type(attr) != CTRL_ATTR_MCAST_GROUPS)
			continue;
		mnl_attr_for_each_nested(group, attr) {
			take_group(group, family);
		}
	}
	return MNL_CB_OK;
}

static int tell(void)
{
	if (netlink_said())
		return fail(STATUS_KERNEL, "%s", netlink_said());
	if (errno == EPERM)
		return fail(STATUS_KERNEL,
			    "no permission: it needs CAP_NET_ADMIN, run it as root");
	if (errno == EOPNOTSUPP)
		return fail(STATUS_KERNEL,
			    "the module mape is too old for this");
	return fail(STATUS_KERNEL, "the kernel refused: %s", strerror(errno));
}

static int find_family(struct family *family)
{
	char buf[128] __attribute__((aligned(8))) = { };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	int ret;

	memset(family, 0, sizeof(*family));
	start(nlh, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	nlh->nlmsg_flags |= NLM_F_ACK;
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, MAPE_GENL_NAME);
	ret = netlink_ask(NETLINK_GENERIC, nlh, take_family, family);
	if (ret && errno != ENOENT)
		return tell();
	if (ret || !family->id)
		return fail(STATUS_KERNEL,
			    "the module mape is not loaded, or too old");
	return STATUS_OK;
}

/**
 * genl_ask - send a request that is answered by its success, or by one message
 * @request: the request
 * @cb: called for the message; or NULL
 * @data: for @cb
 *
 * Return: exit status.
 */
int genl_ask(struct genl_request *request, mnl_cb_t cb, void *data)
{
	struct family family;
	int status;

	status = find_family(&family);
	if (status)
		return status;
	request->nlh->nlmsg_type = family.id;
	request->nlh->nlmsg_flags |= NLM_F_ACK;
	return netlink_ask(NETLINK_GENERIC, request->nlh, cb, data) ?
	       tell() : STATUS_OK;
}

/**
 * genl_dump - send a request that is answered by a list
 * @request: the request
 * @cb: called for each entry
 * @data: for @cb
 *
 * Sessions come and go while they are listed: entries may be missing or there
 * twice, and asking again would not help.
 *
 * Return: exit status.
 */
int genl_dump(struct genl_request *request, mnl_cb_t cb, void *data)
{
	struct family family;
	int status;

	status = find_family(&family);
	if (status)
		return status;
	request->nlh->nlmsg_type = family.id;
	request->nlh->nlmsg_flags |= NLM_F_DUMP;
	if (netlink_ask(NETLINK_GENERIC, request->nlh, cb, data) &&
	    errno != EINTR)
		return tell();
	return STATUS_OK;
}

/* Without this, one would listen in vain after the module has gone. */
static bool tells_of_removal(const struct nlmsghdr *nlh,
			     const struct family *family)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	struct family removed = { };

	if (genl->cmd != CTRL_CMD_DELFAMILY)
		return false;
	take_family(nlh, &removed);
	return removed.id == family->id;
}

static int take_event(const struct nlmsghdr *nlh, void *data)
{
	const struct listener *listener = data;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct genlmsghdr))
		return MNL_CB_OK;
	if (nlh->nlmsg_type == listener->family.id)
		return listener->cb(nlh, listener->data);
	if (nlh->nlmsg_type != GENL_ID_CTRL ||
	    !tells_of_removal(nlh, &listener->family))
		return MNL_CB_OK;
	errno = ENOENT;
	return MNL_CB_ERROR;
}

/**
 * genl_listen - take the family's events until told to stop
 * @cb: called for each event
 * @data: for @cb
 *
 * Return: exit status.
 */
int genl_listen(mnl_cb_t cb, void *data)
{
	struct listener listener = { .cb = cb, .data = data };
	u32 groups[2] = { GENL_GROUP_FAMILIES };
	int status;

	status = find_family(&listener.family);
	if (status)
		return status;
	if (!listener.family.events)
		return fail(STATUS_KERNEL, "the module mape has no events");
	groups[1] = listener.family.events;
	if (!netlink_listen(NETLINK_GENERIC, groups, 2, take_event, &listener))
		return STATUS_OK;
	if (errno == ENOENT)
		return fail(STATUS_KERNEL, "the module mape was removed");
	return tell();
}
