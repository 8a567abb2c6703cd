/* SPDX-License-Identifier: MIT */
/*
 * Output of a job, from its pipe into the spool entry. Runs in loom-shim, which is root:
 * the files are opened by fixed names below a folder that no job can see, and the bytes
 * are never interpreted. Never wait here for a job, and never let it fill the disk.
 */
#include "config.h"

#include "runner/capture.h"

#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "runner/record.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum {
	PIECE = 64 * 1024,
	PIECES_A_TURN = 4,
	/* a pipe holds at most /proc/sys/fs/pipe-max-size, 1 MiB unless root raised it */
	PIECES_AT_END = 64,
};

void capture_init(struct capture *c, int pipe, const char *head, const char *tail)
{
	*c = (struct capture){
		.pipe = pipe, .folder = -1, .head = head, .tail = tail, .head_fd = -1};
	ring_init(&c->ring, CAP_OUT_TAIL);
}

void capture_free(struct capture *c)
{
	fdio_close(&c->pipe);
	fdio_close(&c->head_fd);
	ring_free(&c->ring);
}

void capture_begin(struct capture *c, int folder, const char *job)
{
	c->job = job;
	c->folder = folder;
	c->total = 0;
	ring_free(&c->ring);
}

static int create(const struct capture *c, const char *name)
{
	int fd = openat(c->folder, name,
			O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		log_event(LOG_WARN, "output.lost", "job=%.8s file=%s errno=%d", c->job,
			  name, errno);
	return fd;
}

/* The head is as long as it can be: whole, 1 MiB, or until the disk was full. */
static void add_head(struct capture *c, struct str s)
{
	if (c->folder < 0 || c->head_closed)
		return;
	if (c->head_fd < 0)
		c->head_fd = create(c, c->head);
	if (s.n > CAP_BLOB_BYTES - c->head_bytes)
		s.n = CAP_BLOB_BYTES - c->head_bytes;
	while (s.n && c->head_fd >= 0) {
		ssize_t n = write(c->head_fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			log_event(LOG_WARN, "output.cut", "job=%.8s file=%s errno=%d",
				  c->job, c->head, errno);
			c->head_closed = true;
			return;
		}
		c->head_bytes += (uint64_t)n;
		s = (struct str){s.p + n, s.n - (size_t)n};
	}
	if (c->head_fd < 0 || c->head_bytes == CAP_BLOB_BYTES)
		c->head_closed = true;
}

enum piece { PIECE_READ, PIECE_NONE, PIECE_END };

static enum piece read_piece(struct capture *c)
{
	static char piece[PIECE];
	ssize_t n;

	if (c->pipe < 0)
		return PIECE_END;
	do {
		n = read(c->pipe, piece, sizeof(piece));
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return PIECE_NONE;
	if (n <= 0) {
		fdio_close(&c->pipe);
		return PIECE_END;
	}
	c->total += (uint64_t)n;
	add_head(c, (struct str){piece, (size_t)n});
	ring_add(&c->ring, (struct str){piece, (size_t)n});
	return PIECE_READ;
}

bool capture_read(struct capture *c)
{
	for (int i = 0; i < PIECES_A_TURN; i++)
		if (read_piece(c) != PIECE_READ)
			return false;
	return true;
}

static void write_tail(const struct capture *c)
{
	auto_fd int fd = create(c, c->tail);
	struct lerr err = {0};
	struct str older;
	struct str newer;
	enum lerr_code rc;

	if (fd < 0)
		return;
	ring_view(&c->ring, &older, &newer);
	rc = fdio_write_all(fd, older, &err);
	if (!rc)
		rc = fdio_write_all(fd, newer, &err);
	if (rc)
		log_event(LOG_WARN, "output.cut", "job=%.8s file=%s errno=%d", c->job,
			  c->tail, err.os_errno);
}

void capture_finish(struct capture *c)
{
	for (int i = 0; i < PIECES_AT_END && read_piece(c) == PIECE_READ; i++)
		continue;
	fdio_close(&c->pipe);
	fdio_close(&c->head_fd);
	if (c->folder >= 0 && c->total > c->head_bytes)
		write_tail(c);
}

void capture_text(const struct capture *c, char *out, size_t size)
{
	auto_buf struct buf all = BUF_INIT(CAP_OUT_TAIL);
	struct str older;
	struct str newer;

	ring_view(&c->ring, &older, &newer);
	buf_add_str(&all, older);
	buf_add_str(&all, newer);
	record_clean_text(out, size, str_trim(buf_str(&all)));
}
