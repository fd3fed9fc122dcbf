"""Call instructions are told from others by their bytes, which GNU as gave for each of these."""

import pytest

from triage.cores.machine import AARCH64, X86_64, Machine

CALLS = {
    "call rel32": (X86_64, "e8 10 00 00 00"),
    "call *%rax": (X86_64, "ff d0"),
    "call *%r12": (X86_64, "41 ff d4"),
    "call *(%rax)": (X86_64, "ff 10"),
    "call *(%rsp)": (X86_64, "ff 14 24"),
    "call *8(%rax)": (X86_64, "ff 50 08"),
    "call *16(%rsp)": (X86_64, "ff 54 24 10"),
    "call *0x1000(%rbx)": (X86_64, "ff 93 00 10 00 00"),
    "call *0x20(%rip)": (X86_64, "ff 15 20 00 00 00"),
    "call *0x1000(%rsp)": (X86_64, "ff 94 24 00 10 00 00"),
    "call *0x4000(,%rax,8)": (X86_64, "ff 14 c5 00 40 00 00"),
    "bl": (AARCH64, "04 00 00 94"),
    "blr x8": (AARCH64, "00 01 3f d6"),
    "blraaz x8": (AARCH64, "1f 09 3f d6"),
    "blraa x8, x9": (AARCH64, "09 09 3f d7"),
}
OTHERS = {
    "jmp *%rax": (X86_64, "ff e0"),
    "push %rbp; mov %rsp,%rbp": (X86_64, "55 48 89 e5"),
    "jmp rel32": (X86_64, "e9 10 00 00 00"),
    "nothing": (X86_64, ""),
    "b": (AARCH64, "04 00 00 14"),
    "br x8": (AARCH64, "00 01 1f d6"),
    "ret": (AARCH64, "c0 03 5f d6"),
}


@pytest.mark.parametrize("name", CALLS)
def test_an_address_after_a_call_may_be_returned_to(name: str) -> None:
    machine, code = CALLS[name]
    padding = bytes.fromhex("1f 20 03 d5") if machine is AARCH64 else b"\x90" * 4
    assert machine.follows_call((padding + bytes.fromhex(code))[-machine.call_reach :])


@pytest.mark.parametrize("name", OTHERS)
def test_an_address_after_anything_else_may_not(name: str) -> None:
    machine, code = OTHERS[name]
    assert not machine.follows_call(bytes.fromhex(code))


@pytest.mark.parametrize(
    ("machine", "code", "target"),
    [
        (X86_64, "e8 10 00 00 00", 0x1015),
        (X86_64, "e8 f0 ff ff ff", 0xFF5),
        (X86_64, "ff 15 00 00 00", None),
        (AARCH64, "04 00 00 94", 0x1010),
        (AARCH64, "ff ff ff 97", 0xFFC),
        (AARCH64, "00 01 3f d6", None),
    ],
)
def test_a_direct_call_tells_where_it_goes(machine: Machine, code: str, target: int | None) -> None:
    raw = bytes.fromhex(code)
    assert machine.call_target(raw, 0x1000 + len(raw)) == target
