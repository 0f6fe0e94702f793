/*
 * Input that may have been compressed by gzip(1): known by its first two bytes, with which no
 * text in UTF-8 begins. Several members, one behind the other, are read as one text.
 */

#ifndef LL_BASE_GZIP_H
#define LL_BASE_GZIP_H

#include <stddef.h>
#include <sys/types.h>

struct ll_err;
struct ll_gzip;

/*
 * Reads from `fd`, which stays the caller's; `name` (borrowed) is for messages, `out` as for
 * ll_read. -LL_ENOMEM.
 */
int ll_gzip_new(struct ll_gzip **gzip, int fd, const char *name, int out, struct ll_err *err);
void ll_gzip_free(struct ll_gzip *gzip);

/*
 * Up to `length` bytes of the text, at least one; 0 at its end. -LL_EDATA for compressed data
 * that is damaged or cut short, -LL_EIO, -LL_ENOMEM.
 */
ssize_t ll_gzip_read(struct ll_gzip *gzip, void *bytes, size_t length, struct ll_err *err);

#endif
