"""Names of fatal signals and of their codes, as signal(7) and sigaction(2) of Linux have them."""

_NAMES = {3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL"}
# SIGBUS is 10 on macOS and the BSDs; no server handles SIGUSR1, which Linux has there.
_NAMES |= {10: "SIGBUS", 11: "SIGSEGV", 14: "SIGALRM", 15: "SIGTERM", 19: "SIGSTOP", 31: "SIGSYS"}
_LINUX_NUMBERS = {10: 7}
_ANY_SIGNAL = {0: "SI_USER", 128: "SI_KERNEL", -1: "SI_QUEUE", -2: "SI_TIMER", -6: "SI_TKILL"}
_CODES = {
    4: tuple(
        f"ILL_{name}" for name in ("ILLOPC", "ILLOPN", "ILLADR", "ILLTRP", "PRVOPC", "PRVREG", "COPROC", "BADSTK")
    ),
    7: ("BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR", "BUS_MCEERR_AR", "BUS_MCEERR_AO"),
    8: tuple(
        f"FPE_{name}" for name in ("INTDIV", "INTOVF", "FLTDIV", "FLTOVF", "FLTUND", "FLTRES", "FLTINV", "FLTSUB")
    ),
    11: ("SEGV_MAPERR", "SEGV_ACCERR", "SEGV_BNDERR", "SEGV_PKUERR"),
}


def signal_name(number: int) -> str | None:
    """``SIGSEGV`` for 11; ``None`` for a number that no crash report is about."""
    return _NAMES.get(number)


def code_name(number: int, code: int) -> str | None:
    """The name of ``si_code`` for that signal, or ``None`` if it has none."""
    if code in _ANY_SIGNAL:
        return _ANY_SIGNAL[code]
    names = _CODES.get(_LINUX_NUMBERS.get(number, number), ())
    return names[code - 1] if 1 <= code <= len(names) else None
