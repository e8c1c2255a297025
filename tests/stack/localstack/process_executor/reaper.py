"""Leaves no process behind when the process that started it dies, even by SIGKILL.

Run as a program, it reads `+PID` and `-PID` lines (leaders of process groups) and, when its standard
input ends because its starter is gone, ends the groups that are left. It needs nothing but Python.
As a module, it is how this package starts one such program.
"""

import os
import signal
import subprocess
import sys
import threading
import time

# Servers end their own children when asked politely; what is left after this is killed.
GRACE_SECONDS = 5.0

_lock = threading.Lock()
_program: subprocess.Popen | None = None


def watch(pid: int) -> None:
    """From now on this process group ends with the calling process."""
    _tell(f"+{pid}\n")


def forget(pid: int) -> None:
    """The process is gone, its number may be given to another."""
    _tell(f"-{pid}\n")


def _tell(line: str) -> None:
    global _program
    with _lock:
        if _program is None:
            _program = subprocess.Popen(
                [sys.executable, __file__, "0"],
                stdin=subprocess.PIPE,
                start_new_session=True,
            )
        _program.stdin.write(line.encode())
        _program.stdin.flush()


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _main(grace: float) -> None:
    groups: list[int] = []
    for line in sys.stdin:
        group = int(line[1:])
        if line[0] == "+":
            groups.append(group)
        elif group in groups:
            groups.remove(group)
    left = [group for group in reversed(groups) if _signal(group, signal.SIGTERM)]
    end = time.monotonic() + grace
    while left and time.monotonic() < end:
        time.sleep(0.05)
        left = [group for group in left if _signal(group, 0)]
    for group in left:
        _signal(group, signal.SIGKILL)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _main(float(sys.argv[1]) if len(sys.argv) > 1 else GRACE_SECONDS)
