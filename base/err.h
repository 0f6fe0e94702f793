/*
 * Errors. A library function returns 0 or more on success and -LL_E* on failure; where it
 * failed it fills the caller's `struct ll_err` once, with file, field and value. It never
 * prints and never exits. A program ends in ll_exit(), which prints the one line.
 *
 * The codes are the exit statuses of every program (sysexits(3) numbers; see ll(7)).
 */

#ifndef LL_BASE_ERR_H
#define LL_BASE_ERR_H

enum {
	LL_EANSWER = 1,		/* the negative answer of a question */
	LL_EUSAGE = 64,		/* the command line is wrong */
	LL_EDATA = 65,		/* bad data */
	LL_EINPUT = 66,		/* cannot open input */
	LL_EUNSUPPORTED = 69,	/* unsupported model */
	LL_EBUG = 70,		/* a bug of ours */
	LL_ENOMEM = 71,		/* out of memory or threads */
	LL_ECREATE = 73,	/* cannot create output */
	LL_EIO = 74,		/* input or output error */
	LL_ECONFIG = 78		/* bad configuration */
};

struct ll_err {
	int code;		/* LL_E*, 0 while all is well */
	int reported;		/* another program has printed it: exit with the code, silently */
	char text[1000];	/* one line, without the program's name and the newline */
};

/*
 * Records an error and returns -code. The first one stays: a later call on the same `err`
 * changes nothing and returns the code of the first. `err` may be NULL. Control characters
 * in the text (from hostile names) are replaced by '?'.
 */
int ll_fail(struct ll_err *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, followed by ": " and the text of errno. */
int ll_fail_errno(struct ll_err *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Records the error that `other` is, of another thread or an earlier time, and returns its code as ll_fail() does. */
int ll_fail_as(struct ll_err *err, const struct ll_err *other);

/* Replaces control characters, C0 and C1: bytes of a hostile name must not steer the reader's terminal. */
void ll_harmless(char *text);

/* Prints "program: text" on stderr as one line, in one write: an error that ends nothing. */
void ll_complain(const char *program, const char *text);

/* The same, unless -q: a warning. */
void ll_warn(const char *program, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same, but only under -v. */
void ll_note(const char *program, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The single end of every program: flushes and closes stdout (a failure there is LL_EIO),
 * prints err->text unless it was reported by another program, and returns the exit status.
 * `status` is 0, -LL_E*, or LL_EANSWER.
 */
int ll_exit(const char *program, int status, struct ll_err *err);

#endif
