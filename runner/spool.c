/* SPDX-License-Identifier: MIT */
/*
 * Files of the spool, for loom-runner and loom-shim. Every name below a job's folder is
 * fixed here and every open is relative to a descriptor and follows no link: both
 * programs are root, and nothing that a job can write to may ever be reached from here.
 */
#include "config.h"

#include "runner/spool.h"

#include "lib/base/buf.h"
#include "lib/base/fdio.h"
#include "lib/base/hex.h"
#include "lib/base/rng.h"
#include "runner/reason.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK "lock"
#define OWN "own"
#define VERDICT "verdict"
#define RUN_NEW "run.new"
#define VOID_NEW "void.new"
#define STARTED "started"
#define STATUS "status"
#define STATUS_NEW "status.new"

#define REC spool_holder
static const struct record_field holder_fields[] = {
	RECORD_T(slot),       RECORD_U(uid),     RECORD_U(shim_pid),
	RECORD_U(shim_start), RECORD_T(boot_id),
};
#undef REC

#define REC spool_verdict
static const struct record_field verdict_fields[] = {
	RECORD_T(verdict),
	RECORD_U(init_pid),
	RECORD_U(init_start),
};
#undef REC

#define REC spool_started
static const struct record_field started_fields[] = {
	RECORD_U(started_ms),
};
#undef REC

#define REC spool_status
static const struct record_field status_fields[] = {
	RECORD_T(reason),       RECORD_T(text),           RECORD_U(started),
	RECORD_U(exit_code),    RECORD_U(signal),         RECORD_U(started_ms),
	RECORD_U(ended_ms),     RECORD_U(wall_ms),        RECORD_U(cpu_us),
	RECORD_T(cpu_source),   RECORD_U(mem_peak_bytes), RECORD_U(oom_kills),
	RECORD_U(stdout_bytes), RECORD_U(stderr_bytes),
};
#undef REC

/* ---- records */

void spool_encode_holder(struct buf *out, const struct spool_holder *h)
{
	record_write(out, holder_fields, ARRAY_LEN(holder_fields), h);
}

enum lerr_code spool_decode_holder(struct spool_holder *out, struct str text,
				   struct lerr *err)
{
	struct spool_holder h = {0};
	enum lerr_code rc =
		record_parse(&h, holder_fields, ARRAY_LEN(holder_fields), text, err);

	if (rc)
		return rc;
	if (!h.slot[0] || strchr(h.slot, '/') || h.shim_pid == 0 ||
	    h.shim_pid > INT32_MAX || h.uid > UINT32_MAX - 1 ||
	    (h.uid && h.uid < SPOOL_UID_FIRST))
		return lerr_set(err, LERR_INPUT, 0, "lock: values out of range");
	*out = h;
	return LERR_OK;
}

void spool_encode_verdict(struct buf *out, const struct spool_verdict *v)
{
	record_write(out, verdict_fields, ARRAY_LEN(verdict_fields), v);
}

enum lerr_code spool_decode_verdict(struct spool_verdict *out, struct str text,
				    struct lerr *err)
{
	struct spool_verdict v = {0};
	enum lerr_code rc =
		record_parse(&v, verdict_fields, ARRAY_LEN(verdict_fields), text, err);

	if (rc)
		return rc;
	if (strcmp(v.verdict, SPOOL_RUN) != 0 && strcmp(v.verdict, SPOOL_VOID) != 0)
		return lerr_set(err, LERR_INPUT, 0, "verdict is neither run nor void");
	if (v.init_pid > INT32_MAX)
		return lerr_set(err, LERR_INPUT, 0, "verdict: init_pid");
	*out = v;
	return LERR_OK;
}

void spool_encode_status(struct buf *out, const struct spool_status *s)
{
	record_write(out, status_fields, ARRAY_LEN(status_fields), s);
}

/* What is larger than a message to the engine may hold. */
static bool status_in_range(const struct spool_status *s)
{
	const uint64_t numbers[] = {s->started_ms,     s->ended_ms,    s->wall_ms,
				    s->cpu_us,         s->oom_kills,   s->stdout_bytes,
				    s->mem_peak_bytes, s->stderr_bytes};
	enum reason r;

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (numbers[i] > CAP_CREATED_AT)
			return false;
	return s->started <= 1 && s->exit_code <= 255 && s->signal <= 64 &&
	       reason_find(&r, str_of(s->reason));
}

enum lerr_code spool_decode_status(struct spool_status *out, struct str text,
				   struct lerr *err)
{
	struct spool_status s = {0};
	enum lerr_code rc =
		record_parse(&s, status_fields, ARRAY_LEN(status_fields), text, err);

	if (rc)
		return rc;
	if (!status_in_range(&s))
		return lerr_set(err, LERR_INPUT, 0, "status: values out of range");
	*out = s;
	return LERR_OK;
}

/* ---- the spool itself */

static enum lerr_code lock_file(int *out_fd, int folder, const char *name,
				struct lerr *err)
{
	auto_fd int fd =
		openat(folder, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return lerr_set(err, LERR_TEMP, errno, "open %s", name);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return lerr_set(err, errno == EWOULDBLOCK ? LERR_STATE : LERR_TEMP, errno,
				"%s is held", name);
	*out_fd = fdio_steal(&fd);
	return LERR_OK;
}

/* Read the id, or make one: a new id tells the engine that all older jobs are lost. */
static enum lerr_code read_id(struct spool *s, struct lerr *err)
{
	auto_buf struct buf text = BUF_INIT(256);
	uint8_t random[SPOOL_ID_CHARS / 2];
	enum lerr_code rc = fdio_read_file(s->folder, "id", &text, err);

	if (rc == LERR_GONE) {
		rng_fill(random, sizeof(random));
		hex_encode(s->id, random, sizeof(random));
		return fdio_write_file(s->folder, "id", 0600, str_of(s->id), FDIO_ATOMIC,
				       err);
	}
	if (rc)
		return rc;
	if (!hex_decode(random, sizeof(random), buf_str(&text)))
		return lerr_set(err, LERR_INPUT, 0, "id of the spool is broken");
	hex_encode(s->id, random, sizeof(random));
	return LERR_OK;
}

enum lerr_code spool_open(struct spool *out, const char *path, struct lerr *err)
{
	struct spool s = {.folder = -1, .lock = -1};
	struct stat st;
	enum lerr_code rc = fdio_make_folder(path, 0700, err);

	if (rc)
		return rc;
	s.folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (s.folder < 0 || fstat(s.folder, &st) != 0)
		rc = lerr_set(err, LERR_TEMP, errno, "%.100s", path);
	else if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		rc = lerr_set(err, LERR_DENIED, 0, "%.100s: want mode 0700 and owner %u",
			      path, (unsigned int)geteuid());
	if (!rc)
		rc = lock_file(&s.lock, s.folder, LOCK, err);
	if (rc == LERR_STATE)
		rc = lerr_set(err, LERR_STATE, 0, "%.100s: another loom-runner uses it",
			      path);
	if (!rc)
		rc = read_id(&s, err);
	if (rc) {
		spool_close(&s);
		return rc;
	}
	*out = s;
	return LERR_OK;
}

void spool_close(struct spool *s)
{
	fdio_close(&s->folder);
	fdio_close(&s->lock);
}

enum lerr_code spool_lock_slot(const struct spool *s, int *fd, const char *slot,
			       struct lerr *err)
{
	char name[PLAN_SLOT_MAX + 8];

	(void)snprintf(name, sizeof(name), "%s.lock", slot);
	return lock_file(fd, s->folder, name, err);
}

/* ---- job folders */

enum lerr_code spool_make_job(const struct spool *s, int *out_folder,
			      const struct id32 *job, struct lerr *err)
{
	struct id32hex hex = id32_hex(job);

	if (mkdirat(s->folder, hex.c, 0700) != 0)
		return lerr_set(err, errno == EEXIST ? LERR_STATE : LERR_TEMP, errno,
				"spool entry");
	return spool_open_job(s, out_folder, job, err);
}

enum lerr_code spool_open_job(const struct spool *s, int *out_folder,
			      const struct id32 *job, struct lerr *err)
{
	struct id32hex hex = id32_hex(job);
	int fd =
		openat(s->folder, hex.c, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return lerr_set(err, errno == ENOENT ? LERR_GONE : LERR_TEMP, errno,
				"spool entry");
	*out_folder = fd;
	return LERR_OK;
}

enum lerr_code spool_mark_own(int folder, struct lerr *err)
{
	auto_fd int fd = openat(
		folder, OWN, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd < 0 ? lerr_set(err, LERR_TEMP, errno, "create " OWN) : LERR_OK;
}

bool spool_is_own(int folder)
{
	return faccessat(folder, OWN, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A folder stream over a copy of fd. */
static DIR *open_stream(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);

	if (!dir)
		fdio_close(&copy);
	return dir;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static enum lerr_code empty_folder(int folder, struct lerr *err)
{
	DIR *dir = open_stream(folder);
	const struct dirent *e;
	enum lerr_code rc = LERR_OK;

	if (!dir)
		return lerr_set(err, LERR_TEMP, errno, "spool entry");
	while (!rc && (e = readdir(dir)) != NULL)
		if (!is_dots(e->d_name) && unlinkat(folder, e->d_name, 0) != 0 &&
		    errno != ENOENT)
			rc = lerr_set(err, LERR_TEMP, errno, "remove from the spool");
	(void)closedir(dir);
	return rc;
}

enum lerr_code spool_remove_job(const struct spool *s, const struct id32 *job,
				struct lerr *err)
{
	struct id32hex hex = id32_hex(job);
	auto_fd int folder = -1;
	enum lerr_code rc = spool_open_job(s, &folder, job, err);

	if (rc == LERR_GONE)
		return LERR_OK;
	if (!rc)
		rc = empty_folder(folder, err);
	if (!rc && unlinkat(s->folder, hex.c, AT_REMOVEDIR) != 0)
		rc = lerr_set(err, LERR_TEMP, errno, "remove spool entry");
	return rc;
}

enum lerr_code spool_each_job(const struct spool *s,
			      void (*fn)(void *ctx, const struct id32 *job), void *ctx,
			      size_t *count, struct lerr *err)
{
	DIR *dir = open_stream(s->folder);
	const struct dirent *e;
	size_t n = 0;

	if (!dir)
		return lerr_set(err, LERR_TEMP, errno, "spool");
	while ((e = readdir(dir)) != NULL) {
		struct id32 job;

		if (!id32_parse(&job, str_of(e->d_name)))
			continue;
		if (n++ < CAP_SPOOL_JOBS)
			fn(ctx, &job);
	}
	(void)closedir(dir);
	*count = n;
	return LERR_OK;
}

/* ---- files of a job */

/* A new file with a record in it; the descriptor stays open. LERR_STATE: it is there. */
static enum lerr_code create_record(int *out_fd, int folder, const char *name,
				    const struct buf *text, struct lerr *err)
{
	auto_fd int fd = openat(folder, name,
				O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	enum lerr_code rc;

	if (fd < 0)
		return lerr_set(err, errno == EEXIST ? LERR_STATE : LERR_TEMP, errno,
				"create %s", name);
	rc = fdio_write_all(fd, buf_str(text), err);
	if (rc)
		return lerr_wrap(err, rc, "%s", name);
	*out_fd = fdio_steal(&fd);
	return LERR_OK;
}

enum lerr_code spool_hold(int folder, int *out_fd, const struct spool_holder *h,
			  struct lerr *err)
{
	auto_buf struct buf text = BUF_INIT(CAP_RECORD_BYTES);
	auto_fd int fd = -1;
	enum lerr_code rc;

	spool_encode_holder(&text, h);
	rc = create_record(&fd, folder, LOCK, &text, err);
	if (rc)
		return rc;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return lerr_set(err, LERR_STATE, errno, "lock");
	*out_fd = fdio_steal(&fd);
	return LERR_OK;
}

bool spool_is_held(int folder)
{
	auto_fd int fd = openat(folder, LOCK, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	/* the lock decides, not the pid: pids are used again, locks are not */
	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

enum lerr_code spool_read_holder(int folder, struct spool_holder *out, struct lerr *err)
{
	auto_buf struct buf text = BUF_INIT(CAP_RECORD_BYTES);
	enum lerr_code rc = fdio_read_file(folder, LOCK, &text, err);

	return rc ? rc : spool_decode_holder(out, buf_str(&text), err);
}

enum lerr_code spool_write_verdict(int folder, const struct spool_verdict *v,
				   struct lerr *err)
{
	auto_buf struct buf text = BUF_INIT(CAP_RECORD_BYTES);
	/* runner and shim may write at the same moment: each has a name of its own */
	const char *temp = strcmp(v->verdict, SPOOL_RUN) == 0 ? RUN_NEW : VOID_NEW;
	auto_fd int fd = -1;
	enum lerr_code rc;

	spool_encode_verdict(&text, v);
	/* whoever died before its link left this behind: it decided nothing */
	if (unlinkat(folder, temp, 0) != 0 && errno != ENOENT)
		return lerr_set(err, LERR_TEMP, errno, "remove %s", temp);
	rc = create_record(&fd, folder, temp, &text, err);
	if (rc)
		return rc;
	/* content and name appear in one step, and only the first one does */
	if (linkat(folder, temp, folder, VERDICT, 0) != 0)
		rc = lerr_set(err, errno == EEXIST ? LERR_STATE : LERR_TEMP, errno,
			      "verdict");
	(void)unlinkat(folder, temp, 0);
	return rc;
}

enum lerr_code spool_read_verdict(int folder, struct spool_verdict *out, struct lerr *err)
{
	auto_buf struct buf text = BUF_INIT(CAP_RECORD_BYTES);
	enum lerr_code rc = fdio_read_file(folder, VERDICT, &text, err);

	return rc ? rc : spool_decode_verdict(out, buf_str(&text), err);
}

enum lerr_code spool_write_started(int folder, const struct spool_started *s,
				   struct lerr *err)
{
	auto_buf struct buf text = BUF_INIT(CAP_RECORD_BYTES);

	record_write(&text, started_fields, ARRAY_LEN(started_fields), s);
	return fdio_write_file(folder, STARTED, 0600, buf_str(&text), FDIO_ATOMIC, err);
}

enum lerr_code spool_read_started(int folder, struct spool_started *out, struct lerr *err)
{
	auto_buf struct buf text = BUF_INIT(CAP_RECORD_BYTES);
	struct spool_started s = {0};
	enum lerr_code rc = fdio_read_file(folder, STARTED, &text, err);

	if (!rc)
		rc = record_parse(&s, started_fields, ARRAY_LEN(started_fields),
				  buf_str(&text), err);
	if (!rc && s.started_ms > CAP_CREATED_AT)
		rc = lerr_set(err, LERR_INPUT, 0, "started: value out of range");
	if (rc)
		return rc;
	*out = s;
	return LERR_OK;
}

enum lerr_code spool_reserve_status(int folder, int *out_fd, struct lerr *err)
{
	auto_fd int fd = openat(folder, STATUS_NEW,
				O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	int error;

	if (fd < 0)
		return lerr_set(err, LERR_TEMP, errno, "create " STATUS_NEW);
	error = posix_fallocate(fd, 0, CAP_STATUS_BYTES);
	if (error)
		return lerr_set(err, LERR_TEMP, error, "no space for a status");
	*out_fd = fdio_steal(&fd);
	return LERR_OK;
}

enum lerr_code spool_write_status(int folder, int fd, const struct spool_status *s,
				  struct lerr *err)
{
	auto_buf struct buf text = BUF_INIT(CAP_STATUS_BYTES);
	enum lerr_code rc;

	spool_encode_status(&text, s);
	if (lseek(fd, 0, SEEK_SET) != 0)
		return lerr_set(err, LERR_TEMP, errno, "status");
	rc = fdio_write_all(fd, buf_str(&text), err);
	if (rc)
		return rc;
	if (ftruncate(fd, (off_t)text.n) != 0 ||
	    renameat(folder, STATUS_NEW, folder, STATUS) != 0)
		return lerr_set(err, LERR_TEMP, errno, "status");
	return LERR_OK;
}

enum lerr_code spool_conclude(int folder, const struct spool_status *s, struct lerr *err)
{
	auto_fd int fd = -1;
	enum lerr_code rc;

	if (unlinkat(folder, STATUS_NEW, 0) != 0 && errno != ENOENT)
		return lerr_set(err, LERR_TEMP, errno, "remove " STATUS_NEW);
	rc = spool_reserve_status(folder, &fd, err);
	return rc ? rc : spool_write_status(folder, fd, s, err);
}

enum lerr_code spool_read_status(int folder, struct spool_status *out, struct lerr *err)
{
	auto_buf struct buf text = BUF_INIT(CAP_STATUS_BYTES);
	enum lerr_code rc = fdio_read_file(folder, STATUS, &text, err);

	return rc ? rc : spool_decode_status(out, buf_str(&text), err);
}
