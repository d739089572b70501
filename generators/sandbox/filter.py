"""What a program may ask of the kernel: a seccomp filter that lets it compute, and write to one pipe.

Three answers: allowed; refused with EPERM, for what programs stumble on; and death by SIGSYS for everything else, which
also counts attempts to get out. Without this filter no program is run: all else around it is no boundary.
"""

import platform
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

RESULT_FD = 3

_ALLOW, _KILL, _EPERM = 0x7FFF0000, 0x80000000, 0x00050001
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE = 0, 4  # offsets in what the kernel shows of a call; then arguments of eight bytes from 16
_ADVICE = (4, 8, 14, 15)  # not needed, free, huge pages, no huge pages
_X32 = 0x40000000  # calls of another table on x86_64

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant


@dataclass(frozen=True)
class Table:
    """The system calls of one machine by number. `refused` are those that ordinary programs make without malice."""

    audit: int
    write: int
    mmap: int
    mprotect: int
    madvise: int
    allowed: Sequence[int]  # munmap brk rt_sigreturn mremap getpid exit gettimeofday time clocks getrandom
    refused: Sequence[int]  # files, signals, sleeping, locks between threads, limits, identities


TABLES: Mapping[str, Table] = {
    "x86_64": Table(
        0xC000003E,
        1,
        9,
        10,
        28,
        (11, 12, 15, 25, 39, 60, 96, 201, 228, 231, 318),
        (
            *(0, 2, 3, 4, 5, 6, 7, 8, 13, 14, 16, 17, 18, 19, 20, 21, 23, 24, 32, 33, 35, 62, 63, 72, 79, 80, 82, 83),
            *(84, 85, 86, 87, 88, 89, 90, 97, 98, 99, 100, 102, 104, 107, 108, 110, 111, 121, 124, 131, 160, 186),
            *(200, 202, 203, 204, 217, 230, 232, 234, 257, 258, 262, 263, 264, 265, 266, 267, 269, 270, 271, 273),
            *(281, 292, 293, 302, 332, 334, 437, 439),
        ),
    ),
    "aarch64": Table(
        0xC00000B7,
        64,
        222,
        226,
        233,
        (93, 94, 113, 139, 169, 172, 214, 215, 216, 278),
        (
            *(17, 22, 23, 24, 25, 29, 34, 35, 38, 43, 46, 48, 49, 56, 57, 61, 62, 63, 65, 66, 67, 72, 73, 78, 79, 80),
            *(98, 99, 101, 115, 122, 123, 124, 129, 131, 132, 134, 135, 153, 160, 163, 165, 173, 174, 175, 176, 177),
            *(178, 179, 261, 276, 291, 293, 437, 439),
        ),
    ),
}


def supported(machine: str = "") -> bool:
    """Whether there is a filter for a kind of machine, this one by default."""
    return platform.system() == "Linux" and (machine or platform.machine()) in TABLES


def instructions(table: Table) -> list[Instruction]:
    """Return the filter as a program of the Berkeley packet filter; each block returns or falls to the next."""
    found: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, table.audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
    ]
    # write: to the result pipe only
    found += [(_EQUAL, 0, 4, table.write), (_LOAD, 0, 0, _argument(0)), (_EQUAL, 0, 1, RESULT_FD)]
    found += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _EPERM)]
    # mmap: memory of no file (flag 0x20), not shared (1), which the limit would forget; not to be executed (4)
    found += [(_EQUAL, 0, 7, table.mmap), (_LOAD, 0, 0, _argument(2)), (_ANY_BIT, 4, 0, 4)]
    found += [(_LOAD, 0, 0, _argument(3)), (_ANY_BIT, 0, 2, 0x20), (_ANY_BIT, 1, 0, 1)]
    found += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _EPERM)]
    # madvise: what allocators say; other advice sends pages to a disk, which is waiting without processor time
    found += [(_EQUAL, 0, 7, table.madvise), (_LOAD, 0, 0, _argument(2))]
    found += [(_EQUAL, 3 - at, int(at == 3), advice) for at, advice in enumerate(_ADVICE)]
    found += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _EPERM)]
    # mprotect: never to executable
    found += [(_EQUAL, 0, 4, table.mprotect), (_LOAD, 0, 0, _argument(2)), (_ANY_BIT, 1, 0, 4)]
    found += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _EPERM)]
    for answer, numbers in ((_ALLOW, table.allowed), (_EPERM, table.refused)):
        for number in numbers:
            found += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, answer)]
    return [*found, (_RETURN, 0, 0, _KILL)]


def _argument(at: int) -> int:
    """Return the offset of the lower half of an argument; all that are looked at are 32 bits wide."""
    return 16 + 8 * at


def compiled(machine: str = "") -> bytes:
    """Return the filter of a kind of machine as the kernel takes it; raises `KeyError` where there is none."""
    table = TABLES[machine or platform.machine()]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions(table))
