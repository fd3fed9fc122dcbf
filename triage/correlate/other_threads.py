"""Question: what did the other threads do at that moment: who worked, who waited for a lock?"""

from triage.correlate.case import Case, Question
from triage.model import Finding, Frame, Thread

QUESTION = Question("other-threads", "The other threads at the failure")
_LOCKS = frozenset({
    "pthread_mutex_lock", "__pthread_mutex_lock", "___pthread_mutex_lock", "__lll_lock_wait", "pthread_rwlock_wrlock",
    "pthread_rwlock_rdlock", "pthread_spin_lock", "moduleAcquireGIL",
})  # fmt: skip


def other_threads(case: Case) -> Finding:
    """Threads by what they did: waiting for work, waiting for a lock, or at work in a function that is named.

    I/O threads spin and park on a mutex of their own, so a wait for a lock there is their idle state.
    """
    crashed = case.crashed_thread
    others = [thread for thread in case.incident.threads or () if thread is not crashed]
    if not others:
        return QUESTION.unanswerable("The report lists no other thread (servers up to 7.2 print one stack only).")
    locked = [thread for thread in others if _waits_for_lock(thread)]
    busy = [(thread, frame) for thread in others if thread not in locked and (frame := _at_work(case, thread))]
    work = [f"{thread.name or thread.tid} in {frame.function}" for thread, frame in busy]
    figures: dict[str, object] = {
        "threads": len(others),
        "busy": work,
        "waiting_for_lock": [str(thread.name or thread.tid) for thread in locked],
    }
    lines = case.frame_lines(frame for _, frame in busy)
    if busy:
        were = "were" if len(busy) > 1 else "was"
        text = f"{len(busy)} of {len(others)} other threads {were} at work: {', '.join(work[:4])}."
        return QUESTION.yes(0.3, text, lines, **figures)
    return QUESTION.no(0.3, f"All {len(others)} other threads were waiting.", (), **figures)


def _waits_for_lock(thread: Thread) -> bool:
    return any(frame.function and frame.function.partition("@")[0] in _LOCKS for frame in thread.frames[:4])


def _at_work(case: Case, thread: Thread) -> Frame | None:
    """The innermost frame of a thread's own code, unless the thread only waits."""
    for frame in thread.frames:
        if frame.function is None:
            continue
        duty = case.duty_of(frame)
        if duty == "idle":
            return None
        if duty is None:
            return frame
    return None
