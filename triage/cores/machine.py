"""What differs between processors: registers and their DWARF numbers, calls, and how Linux lays out a signal frame.

Sources: the psABI of x86-64 (figure 3.36, DWARF numbers) and of AArch64 (AADWARF64); Linux ``elf_gregset_t``,
``struct rt_sigframe`` and ``struct sigcontext`` of both (arch/x86, arch/arm64).
"""

from collections.abc import Mapping

from triage.records import dataclass

Registers = Mapping[int, int]
"""Register values by DWARF number; the program counter and the stack pointer have the machine's own numbers."""

WORD = 8
_X86_PC, _ARM_PC = 16, 32
_X86_CALL, _ARM_CALL = 0xE8, 0x25


@dataclass(frozen=True, slots=True)
class SignalFrame:
    """Where the kernel leaves what it interrupted, in bytes from the trampoline's stack pointer.

    ``registers`` says at which byte each register lies; ``info`` is where the siginfo begins. ``trampolines`` are the
    instructions that make the system call rt_sigreturn. ``mark`` is a word that hardly anything else on a stack
    contains, at ``mark_at``: by it the frame is found where the walk cannot reach it.
    """

    trampolines: tuple[bytes, ...]
    registers: Mapping[int, int]
    info: int
    size: int
    mark: bytes
    mark_at: int


@dataclass(frozen=True, slots=True)
class Machine:
    """One processor architecture under Linux.

    ``saved`` are the registers that a function hands back to its caller as they were. ``dumped`` is the order of the
    registers in NT_PRSTATUS, ``None`` for one without a DWARF number. ``return_register`` holds the return address
    right after a call, if the call does not push it. ``futex`` is the number of that system call, and
    ``system_call`` says where in the dumped registers its number stands, ``arguments`` where its arguments are.
    ``call_reach`` is the size of the longest call instruction, ``direct_call`` that of a call to a fixed place.
    """

    name: str
    names: Mapping[int, str]
    pc: int
    sp: int
    fp: int
    return_register: int | None
    saved: frozenset[int]
    dumped: tuple[int | None, ...]
    signal_frame: SignalFrame
    futex: int
    system_call: int
    arguments: tuple[int, int]
    system_call_code: bytes
    call_reach: int
    direct_call: int

    def follows_call(self, code: bytes) -> bool:
        """Whether ``code``, the bytes right before an address, can end with a call instruction."""
        return _ends_with_x86_call(code) if self.pc == _X86_PC else _ends_with_arm_call(code)

    def call_target(self, code: bytes, address: int) -> int | None:
        """Where the direct call ``code`` goes that returns to ``address``; ``None`` if it is none."""
        if self.pc == _X86_PC:
            offset = int.from_bytes(code[1:], "little", signed=True)
            return address + offset if code[0] == _X86_CALL else None
        word = int.from_bytes(code, "little")
        # BL: the lower 26 bits count instructions from the call itself.
        offset = ((word & 0x3FFFFFF) ^ 0x2000000) - 0x2000000
        return address - 4 + 4 * offset if word >> 26 == _ARM_CALL else None


def _ends_with_x86_call(code: bytes) -> bool:
    """E8 rel32, or FF /2 with any operand (2 to 7 bytes, a REX prefix aside)."""
    if len(code) >= 5 and code[-5] == _X86_CALL:
        return True
    for at in range(max(0, len(code) - 7), len(code) - 1):
        if (
            code[at] == 0xFF
            and code[at + 1] >> 3 & 7 == 2
            and _x86_size(code[at + 1], code[at + 2 :]) == len(code) - at
        ):
            return True
    return False


def _x86_size(mode: int, rest: bytes) -> int:
    """The length of an FF instruction with this ModRM byte, by the rules of the addressing forms."""
    kind, base = mode >> 6, mode & 7
    if kind == 3:
        return 2
    indexed = base == 4
    absolute = kind == 0 and (base == 5 or (indexed and bool(rest) and rest[0] & 7 == 5))
    return 2 + indexed + (4 if absolute or kind == 2 else kind)


def _ends_with_arm_call(code: bytes) -> bool:
    """BL, BLR, or BLRAA and its like."""
    word = int.from_bytes(code[-4:], "little") if len(code) >= 4 else 0
    return word >> 26 == _ARM_CALL or word & 0xFFFFFC1F == 0xD63F0000 or word & 0xFEFFF800 == 0xD63F0800


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_X86_NAMES = _names("rax rdx rcx rbx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip")
_X86_DUMPED = _names("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp")
_X86_CONTEXT = _names("r8 r9 r10 r11 r12 r13 r14 r15 rdi rsi rbp rbx rdx rax rcx rsp rip")
_X86 = {name: number for number, name in enumerate(_X86_NAMES)}

X86_64 = Machine(
    name="x86-64",
    names=dict(enumerate(_X86_NAMES)),
    pc=_X86_PC,
    sp=_X86["rsp"],
    fp=_X86["rbp"],
    return_register=None,
    saved=frozenset(_X86[name] for name in ("rbx", "rbp", "rsp", "r12", "r13", "r14", "r15")),
    dumped=tuple(_X86.get(name) for name in _X86_DUMPED),
    # The handler has popped its return address: the stack pointer stands at the ucontext, whose sigcontext follows
    # flags, link and stack (40 bytes). Its word 18 is cs, gs, fs and ss: 0x33 and 0x2b in every 64-bit process.
    signal_frame=SignalFrame(
        trampolines=(b"\x48\xc7\xc0\x0f\0\0\0\x0f\x05", b"\xb8\x0f\0\0\0\x0f\x05"),
        registers={_X86[name]: 40 + WORD * index for index, name in enumerate(_X86_CONTEXT)},
        info=304,
        size=304 + 128,
        mark=(0x002B_0000_0000_0033).to_bytes(WORD, "little"),
        mark_at=40 + WORD * 18,
    ),
    futex=202,
    system_call=15,
    arguments=(14, 13),
    system_call_code=b"\x0f\x05",
    call_reach=7,
    direct_call=5,
)

AARCH64 = Machine(
    name="aarch64",
    names={**{number: f"x{number}" for number in range(31)}, 31: "sp", _ARM_PC: "pc"},
    pc=_ARM_PC,
    sp=31,
    fp=29,
    return_register=30,
    saved=frozenset((*range(19, 30), 31)),
    dumped=(*range(31), 31, _ARM_PC),
    # struct rt_sigframe is a siginfo (128) and a ucontext, whose sigcontext is aligned to 16: at 128 + 176. The
    # registers follow its fault_address.
    signal_frame=SignalFrame(
        trampolines=(b"\x68\x11\x80\xd2\x01\0\0\xd4",),
        registers={**{number: 312 + WORD * number for number in range(32)}, _ARM_PC: 312 + WORD * 32},
        info=0,
        size=312 + WORD * 34,
        # The first record after the registers is always the one of the vector registers: its magic and its size.
        mark=(0x0000_0210_4650_8001).to_bytes(WORD, "little"),
        mark_at=592,
    ),
    futex=98,
    system_call=8,
    arguments=(0, 1),
    system_call_code=b"\x01\0\0\xd4",
    call_reach=4,
    direct_call=4,
)

MACHINES = {62: X86_64, 183: AARCH64}
"""By ``e_machine``."""
