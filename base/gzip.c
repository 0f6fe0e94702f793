/*
 * The sole user of zlib: compressed input (gzip.h), and the crc of hash.h.
 */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/err.h"
#include "base/gzip.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/mem.h"

#define RAW_BYTES 65536u
#define GZIP_ONLY (15 + 16)	/* of inflateInit2: the largest window, a gzip header */

struct ll_gzip {
	int fd, out;
	const char *name;
	bool begun, compressed;
	bool inside;		/* of a member */
	bool ended;		/* there is nothing left to read */
	z_stream z;		/* next_in and avail_in are the raw bytes not used yet, compressed or not */
	unsigned char raw[RAW_BYTES];
};

uint32_t
ll_crc32(uint32_t crc, const void *bytes, size_t length)
{
	return (uint32_t)crc32_z(crc, bytes, length);
}

int
ll_gzip_new(struct ll_gzip **out, int fd, const char *name, int watched, struct ll_err *err)
{
	struct ll_gzip *gzip = ll_alloc(1, sizeof(*gzip), err);

	if (gzip == NULL)
		return -LL_ENOMEM;
	gzip->fd = fd;
	gzip->out = watched;
	gzip->name = name;
	gzip->z.next_in = gzip->raw;
	*out = gzip;
	return 0;
}

void
ll_gzip_free(struct ll_gzip *gzip)
{
	if (gzip == NULL)
		return;
	if (gzip->compressed)
		inflateEnd(&gzip->z);
	free(gzip);
}

/* Reads more raw bytes behind those that are there. */
static int
fill(struct ll_gzip *gzip, struct ll_err *err)
{
	size_t have = gzip->z.avail_in;
	ssize_t count;

	memmove(gzip->raw, gzip->z.next_in, have);
	gzip->z.next_in = gzip->raw;
	count = ll_read(gzip->fd, gzip->raw + have, RAW_BYTES - have, gzip->out, gzip->name, err);
	if (count < 0)
		return (int)count;
	gzip->z.avail_in += (uInt)count;
	gzip->ended = count == 0;
	return 0;
}

/* Two bytes tell; a text may have fewer, and a first byte that is another's tells alone. */
static int
look(struct ll_gzip *gzip, struct ll_err *err)
{
	int status = 0;

	while (status == 0 && !gzip->ended && gzip->z.avail_in < 2 &&
	    (gzip->z.avail_in == 0 || gzip->raw[0] == 0x1f))
		status = fill(gzip, err);
	if (status < 0)
		return status;
	gzip->begun = true;
	if (gzip->z.avail_in < 2 || gzip->raw[0] != 0x1f || gzip->raw[1] != 0x8b)
		return 0;
	if (inflateInit2(&gzip->z, GZIP_ONLY) != Z_OK)
		return ll_fail(err, LL_ENOMEM, "out of memory: %s", gzip->name);
	gzip->compressed = gzip->inside = true;
	return 0;
}

static ssize_t
copy(struct ll_gzip *gzip, void *bytes, size_t length, struct ll_err *err)
{
	size_t have = gzip->z.avail_in;

	if (have == 0)
		return gzip->ended ? 0 : ll_read(gzip->fd, bytes, length, gzip->out, gzip->name, err);
	if (length > have)
		length = have;
	memcpy(bytes, gzip->z.next_in, length);
	gzip->z.next_in += length;
	gzip->z.avail_in -= (uInt)length;
	return (ssize_t)length;
}

static int
inflate_some(struct ll_gzip *gzip, struct ll_err *err)
{
	int result;

	if (!gzip->inside) {
		if (inflateReset(&gzip->z) != Z_OK)
			return ll_fail(err, LL_EBUG, "%s: gzip: cannot begin again", gzip->name);
		gzip->inside = true;
	}
	result = inflate(&gzip->z, Z_NO_FLUSH);
	if (result == Z_STREAM_END)
		gzip->inside = false;
	else if (result == Z_MEM_ERROR)
		return ll_fail(err, LL_ENOMEM, "out of memory: %s", gzip->name);
	else if (result != Z_OK && result != Z_BUF_ERROR)
		return ll_fail(err, LL_EDATA, "%s: gzip: %s", gzip->name,
		    gzip->z.msg != NULL ? gzip->z.msg : "the data is damaged");
	return 0;
}

/* Behind a member there may be zeros, as on a tape. */
static void
skip_padding(struct ll_gzip *gzip)
{
	while (!gzip->inside && gzip->z.avail_in > 0 && *gzip->z.next_in == 0) {
		gzip->z.next_in++;
		gzip->z.avail_in--;
	}
}

static ssize_t
expand(struct ll_gzip *gzip, void *bytes, size_t length, struct ll_err *err)
{
	gzip->z.next_out = bytes;
	gzip->z.avail_out = length < RAW_BYTES ? (uInt)length : RAW_BYTES;
	length = gzip->z.avail_out;
	while (gzip->z.avail_out == length) {
		int status = 0;

		if (gzip->z.avail_in == 0 && !gzip->ended)
			status = fill(gzip, err);
		skip_padding(gzip);
		if (status == 0 && gzip->z.avail_in == 0 && gzip->ended)
			return gzip->inside ? ll_fail(err, LL_EDATA, "%s: gzip: the data is cut short", gzip->name) : 0;
		if (status == 0 && gzip->z.avail_in > 0)
			status = inflate_some(gzip, err);
		if (status < 0)
			return status;
	}
	return (ssize_t)(length - gzip->z.avail_out);
}

ssize_t
ll_gzip_read(struct ll_gzip *gzip, void *bytes, size_t length, struct ll_err *err)
{
	int status = gzip->begun ? 0 : look(gzip, err);

	if (status < 0)
		return status;
	return gzip->compressed ? expand(gzip, bytes, length, err) : copy(gzip, bytes, length, err);
}
