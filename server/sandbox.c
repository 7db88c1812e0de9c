// SPDX-License-Identifier: BSD-2-Clause
#include "server/sandbox.h"

#include "base/compiler.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__x86_64__) && !defined(__ILP32__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define MACHINE AUDIT_ARCH_AARCH64
#endif

#ifdef MACHINE

/* The calls that no code of ours makes once it serves, and that are of use to an intruder. A list
 * of what is allowed would be shorter-lived: it depends on the C library. */
static const unsigned forbidden[] = {
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kill,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_io_uring_setup,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_unshare,
    SYS_setns,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_init_module,
    SYS_finit_module,
    SYS_kexec_load,
    SYS_open_by_handle_at,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
};

#define COUNT ARRAY_LEN(forbidden)
#define X32   0x40000000U /* marks the calls of another layout on the same machine */

#define LOAD(field)     BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF(value, t, f) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (t), (f))
#define RETURN(what)    BPF_STMT(BPF_RET | BPF_K, (what))

bool sandbox_netlink_only(void)
{
    static const struct sock_filter head[] = {
        LOAD(arch),
        IF(MACHINE, 1, 0),
        RETURN(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32, COUNT + 5, 0), /* to the last line */
    };
    static const struct sock_filter tail[] = {
        IF(SYS_socket, 0, 3),
        LOAD(args[0]), /* its low half, which has the int on these little-endian machines */
        IF(AF_NETLINK, 1, 0),
        IF(AF_UNIX, 0, 1), /* if_nametoindex(3) */
        RETURN(SECCOMP_RET_ALLOW),
        RETURN(SECCOMP_RET_ERRNO | EPERM),
    };
    struct sock_filter code[ARRAY_LEN(head) + COUNT + ARRAY_LEN(tail)];
    memcpy(code, head, sizeof(head));
    for (size_t i = 0; i < COUNT; i++) {
        uint8_t to_last = (uint8_t)(COUNT - 1 - i + ARRAY_LEN(tail) - 1);
        code[ARRAY_LEN(head) + i] = (struct sock_filter)IF(forbidden[i], to_last, 0);
    }
    memcpy(code + ARRAY_LEN(head) + COUNT, tail, sizeof(tail));
    struct sock_fprog program = { .len = ARRAY_LEN(code), .filter = code };
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

#else

bool sandbox_netlink_only(void)
{
    return false;
}

#endif
