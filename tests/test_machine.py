"""The failing instruction of real reports: what it was, what it touched, and CASR's class for it."""

import shutil
import subprocess
from dataclasses import replace

import pytest
from correlate_case import crash_of, log_lines

from triage.machine import access_class, explain_code
from triage.model import CodeDump, Hex, Incident, Kind, Server, Signal


@pytest.mark.parametrize(
    ("case", "function", "text", "words", "casr"),
    [
        ("bug-hll-32023-r62", "hllSparseToDense", "and al, byte ptr [r8]", "read 1 byte at [r8]", "SourceAv"),
        (
            "lab2-13-v801-segfault-tls-cluster",
            "debugCommand",
            "mov byte ptr [rax], 0x78",
            "wrote 1 byte at",
            "DestAv",
        ),
        ("lab-04-iothread-nullderef", "bad_touch", "mov dword ptr [rdi], 7", "(rdi is 0x18)", "DestAvNearNull"),
    ],
)
def test_failing_instruction_of_a_real_report(tmp_path, case, function, text, words, casr):
    incident, _ = crash_of(log_lines(case), tmp_path)
    code = explain_code(incident)
    assert code.function == function
    assert [found.text for found in code.instructions if found.failing] == [text]
    assert words in code.explanation
    assert incident.signal.address in [operand.address for operand in code.operands]
    assert access_class(incident, code) == casr


@pytest.mark.parametrize(
    ("case", "casr"),
    [
        ("lab-03-extkill-sigsegv-v801", None),
        ("lab2-13-v801-assert-hide-no", "AbortSignal"),
        ("lab2-10-v912-panic", "AbortSignal"),
        ("lab2-54-v811-neg-watchdog", None),
    ],
)
def test_class_of_what_no_instruction_caused(tmp_path, case, casr):
    incident, _ = crash_of(log_lines(case), tmp_path)
    assert access_class(incident, None) == casr


CODE = {
    "x86_64": ("488b4708", "mov rax, qword ptr [rdi + 8]", {"RIP": 0x1000, "RDI": 0x10}, 0x18),
    "i386": ("8b4708", "mov eax, dword ptr [edi + 8]", {"EIP": 0x1000, "EDI": 0x10}, 0x18),
    "aarch64": ("600640f9", "ldr x0, [x19, #8]", {"pc": 0x1000, "X19": 0x10}, 0x18),
    "armv7l": ("080094e5", "ldr r0, [r4, #8]", {"pc": 0x1000, "R4": 0x10}, 0x18),
}


@pytest.mark.parametrize("arch", CODE)
def test_each_processor_is_decoded_and_its_address_worked_out(arch):
    octets, text, registers, address = CODE[arch]
    incident = Incident(
        Kind.SIGNAL,
        server=Server(arch=arch),
        signal=Signal(11, "SIGSEGV", 1, "SEGV_MAPERR", Hex(address)),
        registers={name: Hex(value) for name, value in registers.items()},
        code_dump=CodeDump(Hex(0x1000), bytes.fromhex(octets), "f"),
    )
    code = explain_code(incident)
    assert code.instructions[0].text == text
    assert code.operands[0].address == address
    assert access_class(incident, code) == "SourceAvNearNull"


@pytest.mark.parametrize(
    ("octets", "casr"),
    [("c3", "ReturnAv"), ("ff5708", "CallAv"), ("ff6708", "BranchAv"), ("488907", "DestAv"), ("488b07", "SourceAv")],
)
def test_class_follows_the_instruction(octets, casr):
    incident = Incident(
        Kind.SIGNAL,
        server=Server(arch="x86_64"),
        signal=Signal(11, "SIGSEGV", 128, "SI_KERNEL", None),
        registers={"RIP": Hex(0x1000), "RSP": Hex(0x7FFF0000), "RDI": Hex(1 << 60)},
        code_dump=CodeDump(Hex(0x1000), bytes.fromhex(octets), "f"),
    )
    assert access_class(incident, explain_code(incident)) == casr


def test_a_jump_to_nowhere_is_a_fault_on_the_program_counter():
    incident = Incident(
        Kind.SIGNAL, signal=Signal(11, "SIGSEGV", 1, "SEGV_MAPERR", Hex(0)), registers={"RIP": Hex(0)}
    )
    assert access_class(incident, None) == "SegFaultOnPcNearNull"


def test_a_cut_or_foreign_dump_gives_no_code(tmp_path):
    incident, _ = crash_of(log_lines("bug-hll-32023-r62"), tmp_path)
    cut = replace(incident.code_dump, octets=incident.code_dump.octets[:4])
    assert explain_code(replace(incident, code_dump=cut)) is None
    assert explain_code(replace(incident, code_dump=None)) is None


@pytest.mark.skipif(not shutil.which("objdump"), reason="objdump is missing: apt-get install binutils")
def test_objdump_reads_the_same_instructions(tmp_path):
    incident, _ = crash_of(log_lines("bug-hll-32023-r62"), tmp_path)
    (tmp_path / "code.bin").write_bytes(incident.code_dump.octets)
    vma = f"--adjust-vma={incident.code_dump.base}"
    command = ["objdump", vma, "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", str(tmp_path / "code.bin")]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    theirs = {int(line.split(":")[0], 16) for line in listed.splitlines() if ":\t" in line}
    ours = {int(found.address) for found in explain_code(incident).instructions}
    assert ours <= theirs
