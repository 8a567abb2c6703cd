/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/given.h"

#include "ctl/out.h"
#include "ctl/verb.h"
#include "lib/base/fdio.h"
#include "lib/proto/amount.h"
#include "lib/proto/keyfile.h"
#include "lib/proto/nip19.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

const char *given_env(char *const *envp, const char *name)
{
	size_t n = strlen(name);

	for (; envp && *envp; envp++)
		if (strncmp(*envp, name, n) == 0 && (*envp)[n] == '=')
			return *envp + n + 1;
	return NULL;
}

bool given_is_secret(const char *text)
{
	struct str s = str_of(text);

	return str_starts(s, "nsec1") || str_starts(s, "NSEC1") ||
	       str_starts(s, "nostr:nsec1");
}

int given_pubkey(struct id32 *out, const char *name, const char *text)
{
	struct lerr err = {0};

	if (given_is_secret(text)) {
		out_remark("--%s wants a public key, and that is a secret one: whoever "
			   "can list processes has seen it",
			   name);
		return VERB_USAGE;
	}
	if (nip19_parse_pubkey(out, str_of(text), &err)) {
		out_remark("--%s: %s", name, err.msg);
		return VERB_USAGE;
	}
	return 0;
}

int given_point(struct ecpoint *out, const char *name, const char *text)
{
	struct id32 x;
	int status;

	if (ecpoint_parse(out, str_of(text)))
		return 0;
	status = given_pubkey(&x, name, text);
	if (status)
		return status;
	*out = ecpoint_from_x(&x);
	if (ecpoint_is_valid(out))
		return 0;
	out_remark("--%s: that is no public key", name);
	return VERB_USAGE;
}

int given_amount(uint64_t *out, const char *text)
{
	if (str_to_u64(str_of(text), AMOUNT_MAX, out) && *out > 0)
		return 0;
	out_remark("an amount is a whole number of sat above 0");
	return VERB_USAGE;
}

/* note1... and nevent1... */
static bool parse_entity(struct id32 *out, struct str text)
{
	struct nip19 n = {0};
	bool good = nip19_parse(&n, text, NULL) == LERR_OK;

	good = good && (n.type == NIP19_NOTE || n.type == NIP19_NEVENT);
	if (good)
		*out = n.id;
	nip19_wipe(&n);
	return good;
}

int given_job(struct id32 *out, const struct args *a)
{
	if (args_nrest(a) != 1) {
		out_remark("want one job id");
		return VERB_USAGE;
	}
	if (id32_parse(out, str_of(args_rest(a, 0))) ||
	    parse_entity(out, str_of(args_rest(a, 0))))
		return 0;
	out_remark("a job id is 64 lower-case hex digits (or note1..., nevent1...)");
	return VERB_USAGE;
}

int given_key(struct nsign_key *out, const char *name, const char *path)
{
	struct lerr err = {0};
	struct id32 bare;

	if (given_is_secret(path) || id32_parse(&bare, str_of(path))) {
		out_remark("--%s wants a file: a secret key on the command line can be "
			   "read by everyone who can list processes",
			   name);
		return VERB_USAGE;
	}
	if (keyfile_read(out, path, geteuid(), &err)) {
		out_remark("--%s: %s", name, err.msg);
		return VERB_LOCAL;
	}
	return 0;
}

int given_file(struct buf *out, const char *name, const char *path)
{
	bool is_stdin = strcmp(path, "-") == 0;
	auto_fd int fd = is_stdin ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	struct lerr err = {0};

	if (!is_stdin && fd < 0) {
		/* what stands there may be a value that should have been in a file */
		out_remark("--%s: no such file can be read (%s): want the name of a file",
			   name, strerror(errno));
		return VERB_LOCAL;
	}
	if (fdio_read_rest(is_stdin ? STDIN_FILENO : fd, out, &err)) {
		out_remark("--%s: %s", name, err.msg);
		return VERB_LOCAL;
	}
	return 0;
}
