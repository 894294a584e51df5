/* SPDX-License-Identifier: MIT */
/*
 * short-writes COMMAND... - runs COMMAND, whose every write() and pwrite64() writes half of what it
 * was asked to, as a full pipe or a disk at its limit may. Ends as COMMAND does; 77 where it cannot
 * be traced.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define CANNOT 77
#define WHOLE 8 /* bytes: the count of an eventfd is one piece */
#define OPTIONS (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL)

static uint64_t written;

/* A call is seen at its begin, where the result register holds -ENOSYS, and at its end. */
static void at_call(pid_t thread)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, thread, NULL, &regs) || regs.rax != (unsigned long long)-ENOSYS)
		return;
	if ((regs.orig_rax != SYS_write && regs.orig_rax != SYS_pwrite64) || regs.rdx <= WHOLE)
		return;
	regs.rdx /= 2;
	if (!ptrace(PTRACE_SETREGS, thread, NULL, &regs))
		written++;
}

/* What @thread is let go on with. */
static int signal_of(pid_t thread, int status)
{
	const int number = WSTOPSIG(status);

	if (number == (SIGTRAP | 0x80))
		at_call(thread);
	/* Ours, or the first stop of a new thread. */
	return number == (SIGTRAP | 0x80) || number == SIGTRAP || number == SIGSTOP ? 0 : number;
}

static int follow(pid_t main_thread)
{
	int status;

	for (;;) {
		const pid_t thread = waitpid(-1, &status, __WALL);

		if (thread < 0)
			return CANNOT;
		if (WIFSTOPPED(status)) {
			ptrace(PTRACE_SYSCALL, thread, NULL,
			       (void *)(long)signal_of(thread, status));
			continue;
		}
		if (thread == main_thread)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

int main(int argc, char **argv)
{
	int status;

	if (argc < 2)
		return 2;
	const pid_t child = fork();

	if (child < 0)
		return CANNOT;
	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
			_exit(CANNOT);
		raise(SIGSTOP);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)(long)OPTIONS))
		return CANNOT;
	ptrace(PTRACE_SYSCALL, child, NULL, NULL);
	const int ret = follow(child);

	fprintf(stderr, "short-writes: %" PRIu64 "\n", written);
	return ret;
}
