"""The cage of the child that makes clean copies: after it, the process may compute and use its two open pipes, and nothing else.

A seccomp filter of the kernel: no file can be opened (not even a key its user could read), no program or process started, no
socket made. Run as a file beside `clean_child`; imports nothing of the project.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

# What may be called, with its number on x86-64 and on the kernels that share the newer list (arm64, loongarch, risc-v).
ALLOWED: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "fstat": (5, 80), "lseek": (8, 62), "mmap": (9, 222),
    "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139), "pread64": (17, 67), "readv": (19, 65), "writev": (20, 66), "sched_yield": (24, 124),
    "mremap": (25, 216), "madvise": (28, 233), "nanosleep": (35, 101), "getpid": (39, 172), "exit": (60, 93), "uname": (63, 160),
    "getrusage": (98, 165), "sysinfo": (99, 179), "getuid": (102, 174), "sigaltstack": (131, 132), "gettid": (186, 178),
    "getcwd": (79, 17), "futex": (202, 98), "sched_getaffinity": (204, 123), "set_tid_address": (218, 96),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115), "exit_group": (231, 94),
    "newfstatat": (262, 79), "set_robust_list": (273, 99), "getrandom": (318, 278), "statx": (332, 291), "rseq": (334, 293),
}  # fmt: skip
CLONE, CLONE3 = (56, 220), (435, 435)
CLONE_THREAD = 0x00010000

# Machine as uname says it → its number in the filter, and which column of the table.
MACHINES = {
    "x86_64": (0xC000003E, 0),
    "aarch64": (0xC00000B7, 1),
    "loongarch64": (0xC0000102, 1),
    "riscv64": (0xC00000F3, 1),
}
_LOAD, _EQUAL, _HAS_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _MACHINE, _FIRST_ARGUMENT = 0, 4, 16
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2


class NoCage(Exception):
    """This machine or kernel offers no filter: then no hostile byte is looked at."""


def filter_for(machine: str) -> bytes:
    """The filter as the kernel reads it: eight bytes an instruction. Raises NoCage for a machine we have no numbers of."""
    if machine not in MACHINES:
        raise NoCage(machine)
    number, column = MACHINES[machine]
    calls = [pair[column] for pair in ALLOWED.values() if pair[column] is not None]
    lines = [(_LOAD, 0, 0, _MACHINE), (_EQUAL, 1, 0, number), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, _NUMBER)]
    # glibc falls back to the older call, whose argument a filter can read: threads of a decoder, yes; processes, no.
    lines += [(_EQUAL, 0, 1, CLONE3[column]), (_RETURN, 0, 0, _REFUSE | errno.ENOSYS)]
    lines += [(_EQUAL, 0, 4, CLONE[column]), (_LOAD, 0, 0, _FIRST_ARGUMENT), (_HAS_BIT, 0, 1, CLONE_THREAD)]
    lines += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE | errno.EPERM)]
    lines += [(_EQUAL, len(calls) - place, 0, call or 0) for place, call in enumerate(calls)]
    lines += [(_RETURN, 0, 0, _REFUSE | errno.EPERM), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("lines", ctypes.c_void_p))


def lock_in() -> None:
    """Puts the filter on this process for good. Raises NoCage where the kernel will not."""
    code = filter_for(os.uname().machine)
    held = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(held))
    kernel = ctypes.CDLL(None, use_errno=True)
    if kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or kernel.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0):
        raise NoCage(os.strerror(ctypes.get_errno()))
