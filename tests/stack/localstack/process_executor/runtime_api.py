"""The Lambda Runtime API, version 2018-06-01, for one function process, on a loopback port of its own."""

import queue
import re
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PREFIX = "/2018-06-01/runtime"
INVOCATION = re.compile(rf"{PREFIX}/invocation/(?P<id>[^/]+)/(?P<what>response|error)")


@dataclass
class Invocation:
    """What the process is to do."""

    request_id: str
    payload: bytes
    function_arn: str
    trace_id: str
    deadline_ms: int


@dataclass
class Ready:
    """The process asked for work."""


@dataclass
class InitFailed:
    """The process reported that it cannot start."""

    body: bytes


@dataclass
class Answered:
    """The function returned."""

    request_id: str
    body: bytes


@dataclass
class Failed:
    """The function returned an error."""

    request_id: str
    body: bytes


class RuntimeApi:
    """Hands invocations to the process and tells `events` what the process says."""

    def __init__(self, events: queue.Queue) -> None:
        self.events = events
        self.invocations: queue.Queue[Invocation | None] = queue.Queue()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def hand_out(self, invocation: Invocation) -> None:
        self.invocations.put(invocation)

    def close(self) -> None:
        """Safe to call again."""
        self.invocations.put(None)
        self.server.shutdown()
        self.server.server_close()


def _handler(api: RuntimeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path != f"{PREFIX}/invocation/next":
                return self.answer(404)
            api.events.put(Ready())
            invocation = api.invocations.get()
            if invocation is None:
                self.close_connection = True
                return None
            return self.answer(
                200,
                invocation.payload,
                {
                    "Content-Type": "application/json",
                    "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                    "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
                    "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
                    "Lambda-Runtime-Trace-Id": invocation.trace_id,
                },
            )

        def do_POST(self) -> None:
            body = self.body()
            if self.path == f"{PREFIX}/init/error":
                api.events.put(InitFailed(body))
            elif match := INVOCATION.fullmatch(self.path):
                event = Answered if match["what"] == "response" else Failed
                api.events.put(event(match["id"], body))
            else:
                return self.answer(404)
            return self.answer(202, b'{"status":"OK"}')

        def body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            chunks = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return b"".join(chunks)

        def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args) -> None:
            """Requests are not worth a line: the function's own log tells what happened."""

    return Handler
