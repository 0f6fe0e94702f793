/*
 * The answers of a batch as a file; see ledger.h. What is done is a hash table of 128-bit
 * hashes, so that ids of any length cost the same.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"
#include "base/lines.h"
#include "base/mem.h"
#include "serve/ledger.h"

struct key {
	uint64_t hash[2];
	uint32_t count, left;	/* answers; those that no record was found for yet */
};

struct ll_ledger {
	int fd;
	const char *path;	/* of messages */
	bool file, made;	/* a regular file; made by us */
	struct key *keys;	/* a power of two of them, open addressing; count 0: free */
	size_t key_cap, key_count;
	size_t done, failed;
	bool wrote;
	struct ll_out *copy;	/* while it is written anew: gets the records that did not fail */
};

/* The answers of one record, which stand together. */
struct group {
	uint64_t line, wanted, count;
	off_t begin;
	bool error;
	struct key key;
	struct ll_buf text;	/* their lines, where they are copied */
};

static struct key
key_of(const struct ll_json *id, uint64_t line)
{
	size_t length = 0;
	const char *text = ll_json_text_of(id, &length);
	int64_t number = 0;
	struct key key = { .count = 1 };
	uint64_t kind = text != NULL ? 1 : ll_json_integer(id, &number) ? 2 : 3;

	if (kind == 3)
		number = (int64_t)line;
	for (int i = 0; i < 2; i++)
		key.hash[i] = text != NULL ? ll_hash(kind + (uint64_t)i * 16, text, length) :
		    ll_hash(kind + (uint64_t)i * 16, &number, sizeof(number));
	return key;
}

static struct key *
slot(const struct ll_ledger *ledger, const struct key *key)
{
	size_t i = key->hash[0] & (ledger->key_cap - 1);

	while (ledger->keys[i].count > 0 && memcmp(ledger->keys[i].hash, key->hash, sizeof(key->hash)) != 0)
		i = (i + 1) & (ledger->key_cap - 1);
	return &ledger->keys[i];
}

static int
remember(struct ll_ledger *ledger, const struct key *key, struct ll_err *err)
{
	struct key *at;

	if (2 * (ledger->key_count + 1) > ledger->key_cap) {
		struct ll_ledger wide = { .key_cap = ledger->key_cap > 0 ? 2 * ledger->key_cap : 256 };

		if ((wide.keys = ll_alloc(wide.key_cap, sizeof(*wide.keys), err)) == NULL)
			return -LL_ENOMEM;
		for (size_t i = 0; i < ledger->key_cap; i++)
			if (ledger->keys[i].count > 0)
				*slot(&wide, &ledger->keys[i]) = ledger->keys[i];
		free(ledger->keys);
		ledger->keys = wide.keys;
		ledger->key_cap = wide.key_cap;
	}
	at = slot(ledger, key);
	if (at->count == 0) {
		*at = *key;
		ledger->key_count++;
	} else {
		at->count++;
	}
	at->left = at->count;
	return 0;
}

bool
ll_ledger_has(struct ll_ledger *ledger, const struct ll_json *id, uint64_t line)
{
	struct key key = key_of(id, line), *at;

	if (ledger->key_cap == 0 || (at = slot(ledger, &key))->left == 0)
		return false;
	at->left--;
	return true;
}

void
ll_ledger_rewind(struct ll_ledger *ledger)
{
	for (size_t i = 0; i < ledger->key_cap; i++)
		ledger->keys[i].left = ledger->keys[i].count;
}

size_t
ll_ledger_done(const struct ll_ledger *ledger)
{
	return ledger->done;
}

size_t
ll_ledger_failed(const struct ll_ledger *ledger)
{
	return ledger->failed;
}

static int
end_group(struct ll_ledger *ledger, struct group *group, size_t row, struct ll_err *err)
{
	int status = 0;

	if (group->count < group->wanted)
		return ll_fail(err, LL_EDATA, "%s:%zu: line %llu has %llu of its %llu samples", ledger->path, row,
		    (unsigned long long)group->line, (unsigned long long)group->count,
		    (unsigned long long)group->wanted);
	ledger->done++;
	ledger->failed += group->error;
	group->count = 0;
	if (ledger->copy != NULL && !group->error)
		status = ll_write(ledger->copy->fd, group->text.data, group->text.len, ledger->path, err);
	group->text.len = 0;
	return status < 0 ? status : remember(ledger, &group->key, err);
}

/* Takes an answer that is there. */
static int
take_answer(struct ll_ledger *ledger, struct group *group, const char *text, size_t length, size_t row,
    off_t begin, struct ll_err *err)
{
	struct ll_json *answer = NULL;
	int64_t line = 0, wanted = 1;
	struct ll_err bad = { 0 };
	int status = ll_json_parse_line(&answer, text, length, "", &bad);

	if (bad.code == LL_ENOMEM)
		return ll_fail(err, LL_ENOMEM, "out of memory: %s", ledger->path);
	if (status < 0 || !ll_json_integer(ll_json_get(answer, "line"), &line) || line < 1 ||
	    ll_json_get(answer, "id") == NULL) {
		ll_json_free(answer);
		return ll_fail(err, LL_EDATA, "%s:%zu: is no answer of a batch: the file is left as it is",
		    ledger->path, row);
	}
	ll_json_integer(ll_json_get(answer, "n"), &wanted);
	if (group->count > 0 && group->line != (uint64_t)line)
		status = end_group(ledger, group, row - 1, err);
	if (status == 0 && group->count == 0)
		*group = (struct group){ .line = (uint64_t)line, .wanted = (uint64_t)(wanted > 1 ? wanted : 1),
		    .begin = begin, .key = key_of(ll_json_get(answer, "id"), (uint64_t)line), .text = group->text };
	group->count++;
	group->error |= ll_json_get(answer, "error") != NULL;
	ll_json_free(answer);
	if (status == 0 && ledger->copy != NULL)
		status = ll_buf_add(&group->text, text, length + 1, err);
	return status == 0 && group->count == group->wanted ? end_group(ledger, group, row, err) : status;
}

/* What a killed run may have left at the end: the beginning of an answer. */
static int
check_rest(const struct ll_ledger *ledger, const char *text, size_t length, struct ll_err *err)
{
	static const char begin[] = "{\"id\":";
	size_t compared = length < sizeof(begin) - 1 ? length : sizeof(begin) - 1;

	if (memcmp(text, begin, compared) == 0)
		return 0;
	return ll_fail(err, LL_EDATA, "%s: does not end with an answer of a batch: the file is left as it is",
	    ledger->path);
}

/* Reads what is there. *keep is where whole records end. */
static int
scan(struct ll_ledger *ledger, off_t *keep, struct ll_err *err)
{
	struct ll_lines lines = { .delimiter = '\n' };
	struct group group = { 0 };
	size_t length, row = 0;
	ssize_t count = 0;
	const char *line;
	off_t at = 0;
	int status = 0;

	do {
		while (status == 0 && ll_lines_next(&lines, false, &line, &length)) {
			status = take_answer(ledger, &group, line, length, ++row, at, err);
			at += (off_t)length + 1;
		}
	} while (status == 0 && (count = ll_lines_read(&lines, ledger->fd, NULL, -1, ledger->path, err)) > 0);
	if (status == 0 && count == 0 && ll_lines_next(&lines, true, &line, &length))
		status = check_rest(ledger, line, length, err);
	*keep = group.count > 0 ? group.begin : at;
	ll_lines_free(&lines);
	ll_buf_free(&group.text);
	return status < 0 ? status : (int)count;
}

static int
open_file(struct ll_ledger *ledger, struct ll_err *err)
{
	struct stat info, now;
	/* Who could read a pipe, too, would not be told that its reader has gone. */
	bool special = stat(ledger->path, &info) == 0 && !S_ISREG(info.st_mode);

	ledger->fd = open(ledger->path, special ? O_WRONLY | O_CLOEXEC : O_RDWR | O_APPEND | O_CLOEXEC);
	if (ledger->fd < 0 && errno == ENOENT) {
		ledger->fd = open(ledger->path, O_RDWR | O_APPEND | O_CLOEXEC | O_CREAT, 0666);
		ledger->made = ledger->fd >= 0;
	}
	if (ledger->fd < 0 || fstat(ledger->fd, &info) != 0)
		return ll_fail_errno(err, LL_ECREATE, "%s", ledger->path);
	ledger->file = S_ISREG(info.st_mode);
	if (ledger->file && flock(ledger->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		return ll_fail(err, LL_ECREATE, "%s: another batch writes it", ledger->path);
	/* One that was writing it anew until now has put another in its place. */
	if (ledger->file && (stat(ledger->path, &now) != 0 || now.st_ino != info.st_ino || now.st_dev != info.st_dev))
		return ll_fail(err, LL_ECREATE, "%s: another batch wrote it anew", ledger->path);
	return 0;
}

/* Writes the file anew without the answers that are errors. */
static int
drop_failed(struct ll_ledger *ledger, struct ll_err *err)
{
	struct ll_out copy;
	off_t keep;
	int status;

	if ((status = ll_out_open(&copy, ledger->path, err)) < 0)
		return status;
	ledger->copy = &copy;
	status = scan(ledger, &keep, err);
	if (status == 0 && ledger->failed == 0)
		status = 1;
	status = ll_out_close(&copy, status == 1 ? -LL_EANSWER : status, err);
	free(ledger->keys);
	close(ledger->fd);
	*ledger = (struct ll_ledger){ .path = ledger->path, .fd = -1, .made = ledger->made };
	return status == -LL_EANSWER || status == 0 ? open_file(ledger, err) : status;
}

int
ll_ledger_open(struct ll_ledger **out, const char *path, bool retry, struct ll_err *err)
{
	struct ll_ledger *ledger = ll_alloc(1, sizeof(*ledger), err);
	off_t keep = 0;
	int status = 0;

	if (ledger == NULL)
		return -LL_ENOMEM;
	*out = ledger;
	*ledger = (struct ll_ledger){ .fd = STDOUT_FILENO, .path = "standard output" };
	if (path == NULL || strcmp(path, "-") == 0)
		return 0;
	ledger->path = path;
	if ((status = open_file(ledger, err)) < 0 || !ledger->file)
		return status;
	if (retry && (status = drop_failed(ledger, err)) < 0)
		return status;
	if ((status = scan(ledger, &keep, err)) < 0)
		return status;
	if (ftruncate(ledger->fd, keep) != 0)
		return ll_fail_errno(err, LL_EIO, "%s", path);
	return 0;
}

int
ll_ledger_add(struct ll_ledger *ledger, const char *lines, size_t length, struct ll_err *err)
{
	struct stat info;

	/* Nobody could read what follows. */
	if (ledger->file && fstat(ledger->fd, &info) == 0 && info.st_nlink == 0)
		return ll_fail(err, LL_EIO, "%s: was removed while it was written", ledger->path);
	ledger->wrote = true;
	return ll_write(ledger->fd, lines, length, ledger->path, err);
}

int
ll_ledger_close(struct ll_ledger *ledger, int status, struct ll_err *err)
{
	if (ledger == NULL)
		return status;
	if (ledger->fd > STDOUT_FILENO) {
		if (ledger->made && !ledger->wrote && status < 0)
			unlink(ledger->path);
		if (close(ledger->fd) != 0 && status >= 0)
			status = ll_fail_errno(err, LL_EIO, "%s", ledger->path);
	}
	ledger->fd = -1;
	return status;
}

void
ll_ledger_free(struct ll_ledger *ledger)
{
	if (ledger == NULL)
		return;
	free(ledger->keys);
	free(ledger);
}
