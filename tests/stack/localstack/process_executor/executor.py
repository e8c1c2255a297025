"""One Lambda execution environment: a function process that is started, reused and replaced.

`PROCESS_EXECUTOR_LOGS`, in LocalStack's own environment, names the folder for the functions' output:
a folder per function, a file per execution environment.
"""

import os
import tempfile
from pathlib import Path

from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from process_executor.function_process import Failure, FunctionProcess

LOGS = Path(os.environ.get("PROCESS_EXECUTOR_LOGS") or tempfile.gettempdir())
# Lambda gives a function ten seconds to initialise; what is missing then counts against its timeout.
INIT_SECONDS = 10
# What Lambda's own sandbox sets. Nothing else of LocalStack's environment reaches a function.
SANDBOX_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin", "LANG": "en_US.UTF-8"}


class ProcessExecutor(RuntimeExecutor):
    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id, function_version)
        self.environment: dict[str, str] = {}
        self.process: FunctionProcess | None = None

    def start(self, env_vars: dict[str, str]) -> None:
        code = self.function_version.config.code.get_unzipped_code_location()
        configured = {name: str(value) for name, value in env_vars.items()}
        self.environment = SANDBOX_ENVIRONMENT | configured | {"LAMBDA_TASK_ROOT": str(code)}
        self._spawn()
        failure = self.process.wait_until_ready(INIT_SECONDS)
        if failure:
            raise StatusErrorException("initialisation failed", payload=failure.payload(""))

    def stop(self) -> None:
        if self.process:
            self.process.kill()

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        request_id = payload["invoke-id"]
        # Lambda starts a new process in the same environment after a crash or a timeout.
        if not self.process.alive():
            self.process.kill()
            self._spawn()
        logs_from = self._log_file().stat().st_size
        outcome = self.process.invoke(payload, float(self.function_version.config.timeout))
        is_error = isinstance(outcome, Failure)
        body = outcome.payload(request_id) if is_error else outcome
        return InvocationResult(request_id, body, is_error, self._logs(request_id, logs_from))

    def get_logs(self) -> str:
        return self._read_log(0)

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        # Only LocalStack's own runtime client asks for this; the process is told of its Runtime API directly.
        return ""

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        runtime = function_version.config.runtime or "none"
        if not runtime.startswith("provided"):
            raise ValueError(
                f"runtime {runtime} cannot run as a process here: use provided.al2023 and a bootstrap"
            )
        code = function_version.config.code
        code.prepare_for_execution()
        bootstrap = code.get_unzipped_code_location() / "bootstrap"
        if not bootstrap.is_file():
            raise ValueError("the function's archive has no file named bootstrap")
        bootstrap.chmod(0o755)

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """The unpacked code goes with LocalStack's temporary folder."""

    @classmethod
    def validate_environment(cls) -> bool:
        return True

    def _spawn(self) -> None:
        self._log_file().parent.mkdir(parents=True, exist_ok=True)
        self._log_file().touch()
        self.process = FunctionProcess(
            Path(self.environment["LAMBDA_TASK_ROOT"]) / "bootstrap",
            self.environment,
            self._log_file(),
        )

    def _log_file(self) -> Path:
        return LOGS / self.function_version.id.function_name / f"{self.id}.log"

    def _read_log(self, offset: int) -> str:
        with open(self._log_file(), "rb") as log:
            log.seek(offset)
            return log.read().decode(errors="replace")

    def _logs(self, request_id: str, offset: int) -> str:
        version = self.function_version.id.qualifier
        return (
            f"START RequestId: {request_id} Version: {version}\n"
            f"{self._read_log(offset)}END RequestId: {request_id}\n"
        )
