/*
 * The stages of a pipe as child processes; see children.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/err.h"
#include "serve/children.h"

/* In a child: an uninstalled build finds its own neighbours first. */
static _Noreturn void
become(char *const *argv)
{
	char path[PATH_MAX], line[PATH_MAX + 100];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;
	int count;

	if (length > 0) {
		path[length] = '\0';
		slash = strrchr(path, '/');
		if (slash != NULL && (size_t)(slash - path) + strlen(argv[0]) + 2 <= sizeof(path)) {
			strcpy(slash + 1, argv[0]);
			execv(path, argv);
		}
	}
	execvp(argv[0], argv);
	count = snprintf(line, sizeof(line), "%s: %s: %s\n", program_invocation_short_name, argv[0], strerror(errno));
	if (count > 0 && write(STDERR_FILENO, line, (size_t)count) < 0)
		_exit(LL_EIO);
	_exit(LL_EINPUT);
}

/* A stage ends with this program, also where that is killed in the middle of a step. */
static void
follow(pid_t parent)
{
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(LL_EIO);
#else
	(void)parent;
#endif
}

static void
run_child(struct ll_children *children, char *const *argv, int in, int out, int errors, pid_t parent)
{
	sigset_t none;

	follow(parent);
	setpgid(0, children->group);
	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* The other ends are closed on exec. */
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    (errors >= 0 && dup2(errors, STDERR_FILENO) < 0))
		_exit(LL_EIO);
	become(argv);
}

static int
make_pipe(int ends[2], struct ll_err *err)
{
	if (pipe(ends) != 0)
		return ll_fail_errno(err, LL_ENOMEM, "cannot make a pipe");
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	return 0;
}

int
ll_children_start(struct ll_children *children, char *const *const *commands, size_t count, int errors,
    struct ll_err *err)
{
	pid_t parent = getpid();
	int ends[2], status;

	*children = (struct ll_children){ .in = -1, .out = -1 };
	if ((status = make_pipe(ends, err)) < 0)
		return status;
	children->out = ends[0];
	children->in = ends[1];
	for (size_t i = 0; i < count; i++) {
		pid_t pid;

		if ((status = make_pipe(ends, err)) < 0)
			return status;
		if ((pid = fork()) == 0)
			run_child(children, commands[i], children->out, ends[1], errors, parent);
		close(children->out);
		close(ends[1]);
		children->out = ends[0];
		if (pid < 0)
			return ll_fail_errno(err, LL_ENOMEM, "cannot start %s", commands[i][0]);
		/* Both sides set it: whoever comes first. */
		setpgid(pid, children->group);
		if (children->group == 0)
			children->group = pid;
		children->pids[children->count++] = pid;
	}
	return 0;
}

int
ll_children_wait(struct ll_children *children)
{
	int worst = 0;

	if (children->in >= 0)
		close(children->in);
	if (children->out >= 0)
		close(children->out);
	children->in = children->out = -1;
	for (size_t i = 0; i < children->count; i++) {
		int status = 0, code;

		while (waitpid(children->pids[i], &status, 0) < 0 && errno == EINTR)
			continue;
		code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status) == SIGPIPE ? 0 : LL_EBUG;
		if (worst == 0)
			worst = code;
	}
	children->count = 0;
	return worst;
}
