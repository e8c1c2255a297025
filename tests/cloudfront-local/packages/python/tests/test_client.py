import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cloudfront_local import CloudFrontLocal

TEMPLATE = Path(__file__).parents[3] / "tests/fixtures/yaml/site.yaml"


class Origin(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("cache-tag", "t")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


class ClientTest(unittest.TestCase):
    def setUp(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Origin)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.origin = f"http://127.0.0.1:{self.server.server_port}"

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()

    def test_hits_misses_and_a_purge_by_tag(self):
        with CloudFrontLocal(TEMPLATE, origins={"*": self.origin}) as cloudfront:
            cloudfront.assert_miss("/api/a?page=1")
            self.assertEqual(cloudfront.assert_hit("/api/a?page=1").body, b"ok")
            with self.assertRaises(AssertionError):
                cloudfront.assert_miss("/api/a?page=1")
            cloudfront.purge("#t")
            cloudfront.assert_miss("/api/a?page=1")
            with self.assertRaisesRegex(RuntimeError, "InvalidArgument"):
                cloudfront.purge("no path")
        self.assertEqual(cloudfront._process.returncode, 0)

    def test_a_template_that_cannot_be_served_is_an_error(self):
        with self.assertRaisesRegex(RuntimeError, "did not start"):
            CloudFrontLocal("nowhere.yaml")


if __name__ == "__main__":
    unittest.main()
