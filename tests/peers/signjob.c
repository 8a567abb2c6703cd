/* SPDX-License-Identifier: MIT */
/*
 * Print a signed job request that was made some time ago, which loomctl cannot:
 * signjob KEYFILE WORKER AGE-SECONDS CMD [ARG ...]
 */
#include "config.h"

#include "ctl/jobmake.h"

#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/proto/keyfile.h"

#include <stdio.h>
#include <unistd.h>

static int fail(const struct lerr *err)
{
	(void)fprintf(stderr, "signjob: %s\n", err->msg);
	return 1;
}

int main(int argc, char **argv)
{
	auto_buf struct buf text = BUF_INIT(CAP_EVENT_BYTES);
	auto_nevent struct nevent *ev = NULL;
	struct nsign_key auto_key key = {{0}};
	struct jobmake m = {.nargv = 0};
	struct lerr err = {0};
	struct str words[64];
	uint64_t age;

	if (argc < 5 || argc > 60 || !id32_parse(&m.worker, str_of(argv[2])) ||
	    !str_to_u64(str_of(argv[3]), UINT32_MAX, &age))
		return 2;
	if (keyfile_read(&key, argv[1], geteuid(), &err))
		return fail(&err);
	for (int i = 4; i < argc; i++)
		words[m.nargv++] = str_of(argv[i]);
	m.argv = words;
	m.created_at = clock_wall_s() - age;
	if (jobmake_request(&ev, &m, &key, &err))
		return fail(&err);
	nevent_write(&text, ev);
	(void)printf("%.*s\n", STR_ARG(buf_str(&text)));
	return 0;
}
