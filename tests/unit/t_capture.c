/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "runner/capture.h"

#include "lib/base/caps.h"
#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Byte i of the stream that is written. */
static char byte_at(size_t i)
{
	return (char)(i * 31 + i / 251);
}

/* ---- ring */

static void take_ring(struct buf *out, const struct ring *r)
{
	struct str a;
	struct str b;

	ring_view(r, &a, &b);
	buf_add_str(out, a);
	buf_add_str(out, b);
}

static void a_ring_keeps_the_end(void **state)
{
	/* pieces of every size around the ring's own */
	(void)state;
	for (size_t piece = 1; piece <= 23; piece++) {
		struct ring r;
		size_t at = 0;

		ring_init(&r, 10);
		while (at < 100) {
			auto_buf struct buf got = BUF_INIT(100);
			char bytes[32];
			size_t keep;

			for (size_t i = 0; i < piece; i++)
				bytes[i] = byte_at(at + i);
			ring_add(&r, (struct str){bytes, piece});
			at += piece;
			keep = at < 10 ? at : 10;
			take_ring(&got, &r);
			assert_int_equal(got.n, keep);
			for (size_t i = 0; i < keep; i++)
				assert_int_equal(got.p[i], byte_at(at - keep + i));
		}
		ring_free(&r);
	}
}

static void an_unused_ring_takes_no_memory(void **state)
{
	struct ring r;
	struct str a;
	struct str b;

	(void)state;
	ring_init(&r, 1 << 20);
	ring_add(&r, (struct str){"", 0});
	assert_null(r.room);
	ring_view(&r, &a, &b);
	assert_int_equal(a.n + b.n, 0);
	ring_free(&r);
}

/* ---- capture */

struct stream {
	struct capture c;
	int folder;
	int in; /* where a job would write */
};

static void open_stream(struct stream *s, void **state)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	s->folder = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(s->folder >= 0);
	s->in = ends[1];
	capture_init(&s->c, ends[0], "out", "out.tail");
}

static void close_stream(struct stream *s)
{
	capture_free(&s->c);
	fdio_close(&s->folder);
	fdio_close(&s->in);
}

static void write_bytes(struct stream *s, size_t from, size_t n)
{
	char piece[4096];

	while (n) {
		size_t k = n < sizeof(piece) ? n : sizeof(piece);

		for (size_t i = 0; i < k; i++)
			piece[i] = byte_at(from + i);
		assert_int_equal(write(s->in, piece, k), k);
		from += k;
		n -= k;
		(void)capture_read(&s->c);
	}
}

static void file_holds(const struct stream *s, const char *name, size_t from, size_t n)
{
	auto_buf struct buf got = BUF_INIT(2 * CAP_BLOB_BYTES);

	assert_int_equal(fdio_read_file(s->folder, name, &got, NULL), LERR_OK);
	assert_int_equal(got.n, n);
	for (size_t i = 0; i < n; i++)
		if (got.p[i] != byte_at(from + i))
			fail_msg("%s differs at %zu", name, i);
}

static void short_output_is_a_head_alone(void **state)
{
	struct stream s;

	open_stream(&s, state);
	capture_begin(&s.c, s.folder, "3fa91234");
	write_bytes(&s, 0, 1000);
	assert_false(capture_read(&s.c));
	file_holds(&s, "out", 0, 1000);
	write_bytes(&s, 1000, 500);
	fdio_close(&s.in);
	capture_finish(&s.c);
	assert_int_equal(s.c.total, 1500);
	file_holds(&s, "out", 0, 1500);
	assert_int_equal(faccessat(s.folder, "out.tail", F_OK, 0), -1);
	close_stream(&s);
}

static void long_output_has_a_head_and_a_tail(void **state)
{
	const size_t n = CAP_BLOB_BYTES + 100;
	struct stream s;

	open_stream(&s, state);
	capture_begin(&s.c, s.folder, "3fa91234");
	write_bytes(&s, 0, n);
	fdio_close(&s.in);
	capture_finish(&s.c);
	assert_int_equal(s.c.total, n);
	file_holds(&s, "out", 0, CAP_BLOB_BYTES);
	file_holds(&s, "out.tail", n - CAP_OUT_TAIL, CAP_OUT_TAIL);
	close_stream(&s);
}

static void exactly_full_needs_no_tail(void **state)
{
	struct stream s;

	open_stream(&s, state);
	capture_begin(&s.c, s.folder, "3fa91234");
	write_bytes(&s, 0, CAP_BLOB_BYTES);
	fdio_close(&s.in);
	capture_finish(&s.c);
	file_holds(&s, "out", 0, CAP_BLOB_BYTES);
	assert_int_equal(faccessat(s.folder, "out.tail", F_OK, 0), -1);
	close_stream(&s);
}

static void no_output_is_no_file(void **state)
{
	struct stream s;

	open_stream(&s, state);
	capture_begin(&s.c, s.folder, "3fa91234");
	fdio_close(&s.in);
	capture_finish(&s.c);
	assert_int_equal(faccessat(s.folder, "out", F_OK, 0), -1);
	close_stream(&s);
}

static void what_came_before_the_job_is_only_for_messages(void **state)
{
	struct stream s;
	char text[64];

	open_stream(&s, state);
	assert_int_equal(write(s.in, "bwrap: no\n", 10), 10);
	(void)capture_read(&s.c);
	capture_text(&s.c, text, sizeof(text));
	assert_string_equal(text, "bwrap: no");
	capture_begin(&s.c, s.folder, "3fa91234");
	assert_int_equal(write(s.in, "job", 3), 3);
	fdio_close(&s.in);
	capture_finish(&s.c);
	assert_int_equal(s.c.total, 3);
	capture_text(&s.c, text, sizeof(text));
	assert_string_equal(text, "job");
	close_stream(&s);
}

/* Whoever holds the other end open is not waited for. */
static void an_open_end_is_not_waited_for(void **state)
{
	struct stream s;

	open_stream(&s, state);
	capture_begin(&s.c, s.folder, "3fa91234");
	write_bytes(&s, 0, 10);
	capture_finish(&s.c);
	assert_int_equal(s.c.total, 10);
	close_stream(&s);
}

#define IN_FOLDER(fn) \
	cmocka_unit_test_setup_teardown(fn, unit_folder_make, unit_folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ring_keeps_the_end),
		cmocka_unit_test(an_unused_ring_takes_no_memory),
		IN_FOLDER(short_output_is_a_head_alone),
		IN_FOLDER(long_output_has_a_head_and_a_tail),
		IN_FOLDER(exactly_full_needs_no_tail),
		IN_FOLDER(no_output_is_no_file),
		IN_FOLDER(what_came_before_the_job_is_only_for_messages),
		IN_FOLDER(an_open_end_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
