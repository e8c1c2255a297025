"""A function's process and what can become of an invocation: an answer, an error, a timeout, a death."""

import json
import os
import queue
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from process_executor import reaper
from process_executor.runtime_api import Answered, Failed, InitFailed, Invocation, Ready, RuntimeApi


@dataclass
class Failure:
    """What Lambda reports in the place of an answer."""

    error_type: str
    message: str
    reported: bytes | None = None

    def payload(self, request_id: str) -> bytes:
        if self.reported is not None:
            return self.reported
        message = f"RequestId: {request_id} Error: {self.message}"
        return json.dumps({"errorType": self.error_type, "errorMessage": message}).encode()


@dataclass
class Exited:
    """The process is gone."""

    status: int

    def failure(self) -> Failure:
        if self.status < 0:
            name = {-signal.SIGKILL: "killed", -signal.SIGSEGV: "segmentation fault"}
            reason = f"with error: signal: {name.get(self.status, -self.status)}"
        elif self.status > 0:
            reason = f"with error: exit status {self.status}"
        else:
            reason = "without providing a reason"
        return Failure("Runtime.ExitError", f"Runtime exited {reason}")


class FunctionProcess:
    """Serves one invocation at a time, as an execution environment does."""

    def __init__(self, bootstrap: Path, environment: dict[str, str], log: Path) -> None:
        self.events: queue.Queue = queue.Queue()
        self.api = RuntimeApi(self.events)
        self.pid_file = log.with_suffix(".pid")
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                [bootstrap],
                cwd=bootstrap.parent,
                env=environment | {"AWS_LAMBDA_RUNTIME_API": self.api.address},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        reaper.watch(self.process.pid)
        self.pid_file.write_text(f"{self.process.pid}\n")
        threading.Thread(target=self._await_exit, daemon=True).start()

    def alive(self) -> bool:
        return self.process.poll() is None

    def wait_until_ready(self, seconds: float) -> Failure | None:
        """None when the process asked for work, or when it is merely slow."""
        match self._next_event((Ready, InitFailed, Exited), seconds):
            case InitFailed(body):
                return Failure("Runtime.InitError", "", body)
            case Exited() as exited:
                return exited.failure()
        return None

    def invoke(self, payload: dict[str, str], timeout: float) -> bytes | Failure:
        deadline = time.time() + timeout
        request_id = payload["invoke-id"]
        self.api.hand_out(
            Invocation(
                request_id=request_id,
                payload=payload["payload"].encode(),
                function_arn=payload["invoked-function-arn"],
                trace_id=payload["trace-id"],
                deadline_ms=int(deadline * 1000),
            )
        )
        while True:
            event = self._next_event((Answered, Failed, InitFailed, Exited), deadline - time.time())
            match event:
                case None:
                    self.kill()
                    return Failure("Sandbox.Timedout", f"Task timed out after {timeout:.2f} seconds")
                case Exited() as exited:
                    return exited.failure()
                case InitFailed(body):
                    self.kill()
                    return Failure("Runtime.InitError", "", body)
                case Answered(answered_id, body) if answered_id == request_id:
                    return body
                case Failed(failed_id, body) if failed_id == request_id:
                    return Failure("Unhandled", "", body)

    def kill(self) -> None:
        """Ends the process and whatever it started."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.api.close()

    def _next_event(self, wanted: tuple[type, ...], seconds: float):
        deadline = time.monotonic() + seconds
        while True:
            try:
                event = self.events.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return None
            if isinstance(event, wanted):
                return event

    def _await_exit(self) -> None:
        status = self.process.wait()
        reaper.forget(self.process.pid)
        self._drop_pid_file()
        self.events.put(Exited(status))

    def _drop_pid_file(self) -> None:
        # The next process of the environment may have written its own by now.
        try:
            if self.pid_file.read_text().strip() == str(self.process.pid):
                self.pid_file.unlink()
        except FileNotFoundError:
            pass
