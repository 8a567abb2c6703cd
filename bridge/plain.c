/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bridge/plain.h"

#include "lib/base/utf8.h"

void plain_copy(char *out, size_t room, struct str s)
{
	bool is_utf8 = utf8_valid(s);

	s.n = utf8_cut(s, room - 1);
	str_copy(out, room, s);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)out[i];

		if (c < 0x20 || c == 0x7f || (c >= 0x80 && !is_utf8))
			out[i] = '?';
	}
}
