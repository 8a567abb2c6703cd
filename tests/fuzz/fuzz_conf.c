/* SPDX-License-Identifier: MIT */
/* A configuration that was read and is written out reads the same. */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/conf.h"
#include "lib/base/panic.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void assert_same(const struct conf *a, const struct conf *b)
{
	for (int i = 0; i < CONF_KEY_COUNT; i++) {
		enum conf_key key = (enum conf_key)i;

		if (conf_table[i].flags & CONF_SECRET)
			continue;
		INVARIANT(strcmp(conf_text(a, key), conf_text(b, key)) == 0);
		INVARIANT(conf_given(a, key) == conf_given(b, key));
	}
}

static void write_and_read(const struct conf *c)
{
	auto_buf struct buf text = BUF_INIT(2 * CAP_CONF_FILE);
	auto_buf struct buf people = BUF_INIT(4 * CAP_CONF_FILE);
	struct conf *back = conf_new();
	struct lerr err = {0};

	conf_write_public(&text, c);
	conf_write_effective(&people, c);
	if (conf_read_text(back, buf_str(&text), "again", CONF_REFUSE_SECRETS, &err))
		panic("%s", err.msg);
	assert_same(c, back);
	conf_free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum conf_secrets secrets =
		fuzz_mode(&data, &size) & 1 ? CONF_TAKE_SECRETS : CONF_REFUSE_SECRETS;
	struct conf *c = conf_new();
	struct lerr err = {0};

	if (conf_read_text(c, fuzz_text(data, size), "fuzz", secrets, &err) == LERR_OK) {
		if (conf_check(c, &err))
			INVARIANT(err.msg[0] != '\0');
		write_and_read(c);
	} else {
		INVARIANT(strncmp(err.msg, "fuzz:", 5) == 0);
	}
	conf_free(c);
	return 0;
}
