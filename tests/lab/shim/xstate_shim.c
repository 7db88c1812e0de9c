// SPDX-License-Identifier: BSD-2-Clause
/* Preloaded into linux.uml. User Mode Linux 6.1 keeps 2696 bytes of a process' extended registers;
 * on a processor with AMX the host's kernel takes nothing less than the whole area (some 11 KB)
 * back and answers PTRACE_SETREGSET with EFAULT, and the guest dies at its first process. Here the
 * missing tail is filled with the process' own. Nothing changes where the sizes agree. */
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define XSTATE_MAX      65536
#define XSTATE_FEATURES 512                        /* offset of XSTATE_BV, Intel SDM 13.4.2 */
#define XSTATE_KNOWN    ((UINT64_C(1) << 10) - 1U) /* x87 to PKRU; what comes later is reset */

static long raw(long request, long pid, long addr, void *data)
{
    return syscall(SYS_ptrace, request, pid, addr, data);
}

static long set_xstate(long pid, long addr, const struct iovec *given)
{
    /* not on the stack: the guest's kernel has small ones; it makes one call at a time */
    static _Alignas(64) unsigned char area[XSTATE_MAX];
    struct iovec whole = { area, sizeof area };
    if (raw(PTRACE_GETREGSET, pid, addr, &whole) != 0 || whole.iov_len <= given->iov_len)
        return raw(PTRACE_SETREGSET, pid, addr, (void *)(uintptr_t)given);

    uint64_t features;
    memcpy(area, given->iov_base, given->iov_len);
    memcpy(&features, area + XSTATE_FEATURES, sizeof features);
    features &= XSTATE_KNOWN;
    memcpy(area + XSTATE_FEATURES, &features, sizeof features);
    return raw(PTRACE_SETREGSET, pid, addr, &whole);
}

long ptrace(enum __ptrace_request request, ...)
{
    va_list args;
    va_start(args, request);
    long pid = va_arg(args, int);
    long addr = va_arg(args, long);
    void *data = va_arg(args, void *);
    va_end(args);

    if (request == PTRACE_SETREGSET && addr == NT_X86_XSTATE)
        return set_xstate(pid, addr, data);
    if (request != PTRACE_PEEKTEXT && request != PTRACE_PEEKDATA && request != PTRACE_PEEKUSER)
        return raw(request, pid, addr, data);

    /* as libc does it: the word is the result */
    long word;
    if (raw(request, pid, addr, &word) < 0)
        return -1;
    errno = 0;
    return word;
}
