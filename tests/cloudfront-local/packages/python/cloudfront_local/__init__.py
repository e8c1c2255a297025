"""Runs cloudfront-local, a CloudFront on this machine, inside a test.

    with CloudFrontLocal("template.yaml", origins={"*": "http://127.0.0.1:8080"}) as cloudfront:
        cloudfront.assert_miss("/a")
        cloudfront.assert_hit("/a")
        cloudfront.purge("#tag")
        cloudfront.assert_miss("/a")
"""

import json
import os
import shutil
import subprocess
import sysconfig
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

__all__ = ["Answer", "CloudFrontLocal"]

_NAMESPACE = {"cf": "http://cloudfront.amazonaws.com/doc/2020-05-31/"}


class Answer:
    """What a viewer is answered; `cache` is the first word of `X-Cache`: `Hit`, `Miss`, …"""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body
        self.cache = (headers.get("x-cache") or "").split(" ")[0]

    def __repr__(self):
        return f"Answer(status={self.status}, cache={self.cache!r})"


class CloudFrontLocal:
    """A running stand-in; leaving the `with` block stops it, and so does the end of this process."""

    def __init__(self, *templates, origins=None, parameters=None, options=(), program=None):
        command = [program or _program(), "--with-parent", *options]
        command += [f"--template={template}" for template in templates]
        command += [f"--origin={name}={url}" for name, url in (origins or {}).items()]
        command += [f"--parameter={name}={value}" for name, value in (parameters or {}).items()]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        line = self._process.stdout.readline()
        if not line:
            self.stop()
            raise RuntimeError("cloudfront-local did not start: its reasons are on standard error")
        #: The ready line: `controlPlane`, `control`, `distributions`, `notModelled`, …
        self.ready = json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def get(self, path, headers=None, distribution=0):
        """Asks the distribution with this index as a viewer does."""
        url = self.ready["distributions"][distribution]["url"] + path
        return _send(urllib.request.Request(url, headers=headers or {}))

    def assert_hit(self, path, headers=None, distribution=0):
        """Fails unless the answer comes out of the cache."""
        return self._assert("Hit", path, headers, distribution)

    def assert_miss(self, path, headers=None, distribution=0):
        """Fails unless the answer comes from the origin."""
        return self._assert("Miss", path, headers, distribution)

    def purge(self, *items, distribution=0, timeout=60):
        """Invalidates paths and `#tags`, and waits until CloudFront says that it is done."""
        identity = self.ready["distributions"][distribution]["id"]
        url = f"{self.ready['controlPlane']}/2020-05-31/distribution/{identity}/invalidation"
        paths = "".join(f"<Path>{escape(item)}</Path>" for item in items)
        batch = (
            f"<InvalidationBatch xmlns='{_NAMESPACE['cf']}'><Paths><Quantity>{len(items)}</Quantity>"
            f"<Items>{paths}</Items></Paths><CallerReference>{uuid.uuid4()}</CallerReference></InvalidationBatch>"
        )
        invalidation = _xml(_send(urllib.request.Request(url, data=batch.encode(), method="POST")))
        url += "/" + invalidation.findtext("cf:Id", namespaces=_NAMESPACE)
        deadline = time.monotonic() + timeout
        while invalidation.findtext("cf:Status", namespaces=_NAMESPACE) != "Completed":
            if time.monotonic() > deadline:
                raise TimeoutError(f"{items} is not purged within {timeout} s")
            time.sleep(0.02)
            invalidation = _xml(_send(urllib.request.Request(url)))

    def stop(self):
        """Stops it, and waits until it is gone."""
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=10)

    def _assert(self, expected, path, headers, distribution):
        answer = self.get(path, headers, distribution)
        if answer.cache != expected:
            raise AssertionError(f"{path}: a {expected} is expected, and it is {answer!r}")
        return answer


def _program():
    """The program of this package, else the one on the path."""
    given = os.environ.get("CLOUDFRONT_LOCAL")
    packaged = Path(sysconfig.get_path("scripts")) / "cloudfront-local"
    found = given or (str(packaged) if packaged.exists() else shutil.which("cloudfront-local"))
    if not found:
        raise FileNotFoundError("cloudfront-local is neither installed with this package nor on the path")
    return found


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


# No proxy: everything is on this machine. Redirects are answers like others.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


def _send(request):
    try:
        with _OPENER.open(request, timeout=200) as response:
            return Answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())


def _xml(answer):
    if answer.status >= 300:
        raise RuntimeError(f"the CloudFront API answers {answer.status}: {answer.body.decode()}")
    return ElementTree.fromstring(answer.body)
