"""A filter on system calls: what no exercise needs and the other walls do not cover.

The filter closes for good, for this thread and all it will start:
- making or connecting a socket (the kernel only accepts on sockets it inherits), so neither a
  network nor a machine's VSOCK nor another program's Unix socket can be reached;
- memory that no resource limit counts (memfd, System V, message queues);
- other processes' memory, key rings, io_uring, new namespaces, mounts, BPF, tracing, clocks.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct

# name: (x86_64, aarch64); None where the architecture has no such call.
_DENIED: dict[str, tuple[int | None, int | None]] = {
    "connect": (42, 203),
    "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196), "msgget": (68, 186),
    "semget": (64, 190), "mq_open": (240, 180),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "pidfd_getfd": (438, 438), "kcmp": (312, 272),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fspick": (433, 433), "mount_setattr": (442, 442), "fanotify_init": (300, 262),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "lookup_dcookie": (212, 18),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "acct": (163, 89), "swapon": (167, 224),
    "swapoff": (168, 225), "syslog": (103, 116), "reboot": (169, 142), "vhangup": (153, 58),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "sethostname": (170, 161),
    "setdomainname": (171, 162), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "adjtimex": (159, 171), "clock_adjtime": (305, 266), "iopl": (172, None),
    "ioperm": (173, None), "modify_ldt": (154, None),
}  # fmt: skip

# "Not implemented" makes the C library and others fall back to the older call.
_ABSENT: dict[str, tuple[int | None, int | None]] = {
    "clone3": (435, 435), "memfd_create": (319, 279), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
}  # fmt: skip

# libzmq aborts the process on any other error: it looks for network interfaces when ipykernel binds
# the pipe by which forks of the kernel print.
_UNSUPPORTED: dict[str, tuple[int | None, int | None]] = {"socket": (41, 198)}

_CLONE = (56, 220)
_SOCKETPAIR = (53, 199)
_NEW_NAMESPACES = 0x7E020080  # every CLONE_NEW* flag

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000  # the second numbering of x86_64's calls

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCH, _ARG0 = 0, 4, 16  # offsets in struct seccomp_data

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2


def supported() -> bool:
    """Whether the call numbers of this machine are known here."""
    return os.uname().machine in _AUDIT_ARCH


def install() -> None:
    """Close the calls above. Needs no_new_privs; OSError if the kernel refuses."""
    code = _program(os.uname().machine)
    buffer = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    program = Program(len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp filter: {os.strerror(number)}")


def _program(machine: str) -> bytes:
    """The filter as classic BPF: a chain of tests, each with its own return, so no long jumps."""
    column = list(_AUDIT_ARCH).index(machine)

    def instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("=HBBI", code, if_true, if_false, value)

    def refuse(numbers: dict[str, tuple[int | None, int | None]], error: int) -> list[bytes]:
        chain = []
        for pair in numbers.values():
            if pair[column] is not None:
                chain += [
                    instruction(_EQUAL, pair[column], 0, 1),
                    instruction(_RETURN, _ERRNO | error),
                ]
        return chain

    permission_denied = instruction(_RETURN, _ERRNO | errno.EPERM)
    program = [
        instruction(_LOAD, _ARCH),
        instruction(_EQUAL, _AUDIT_ARCH[machine], 1, 0),
        instruction(_RETURN, _KILL_PROCESS),
        instruction(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        program += [instruction(_AT_LEAST, _X32, 0, 1), permission_denied]
    program += refuse(_DENIED, errno.EPERM) + refuse(_ABSENT, errno.ENOSYS)
    program += refuse(_UNSUPPORTED, errno.EOPNOTSUPP)
    program += [
        instruction(_EQUAL, _CLONE[column], 0, 4),
        instruction(_LOAD, _ARG0),
        instruction(_ANY_BIT, _NEW_NAMESPACES, 0, 1),
        permission_denied,
        instruction(_RETURN, _ALLOW),
        # asyncio needs socket pairs; they lead nowhere but to their maker.
        instruction(_EQUAL, _SOCKETPAIR[column], 0, 3),
        instruction(_LOAD, _ARG0),
        instruction(_EQUAL, socket.AF_UNIX, 1, 0),
        permission_denied,
        instruction(_RETURN, _ALLOW),
    ]
    return b"".join(program)
