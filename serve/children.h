/*
 * The stages of a pipe as child processes, in a process group of their own: Ctrl-C at the
 * terminal reaches this program, not them.
 */

#ifndef LL_SERVE_CHILDREN_H
#define LL_SERVE_CHILDREN_H

#include <stddef.h>
#include <sys/types.h>

struct ll_err;

#define LL_CHILDREN_MAX 8

struct ll_children {
	pid_t group;
	pid_t pids[LL_CHILDREN_MAX];
	size_t count;
	int in, out;		/* into the first, out of the last; -1 when closed */
};

/*
 * Starts commands[0] | commands[1] | ...; each is an argv. Programs are looked for beside
 * this one, then in PATH: one that is nowhere ends with LL_EINPUT. `errors` is their standard
 * error; -1: this program's. -LL_ENOMEM, and what runs already is to be waited for, too.
 */
int ll_children_start(struct ll_children *children, char *const *const *commands, size_t count, int errors,
    struct ll_err *err);

/*
 * Closes both ends and waits for all. The first exit status that is not 0 (in the order of
 * the pipe; death by SIGPIPE does not count, another signal is LL_EBUG), or 0.
 */
int ll_children_wait(struct ll_children *children);

#endif
