"""Installs the packed wheel and npm package into empty folders, and runs the clients' tests against what was installed.

    python3 try.py FOLDER_OF_PACKAGES
"""

import os
import platform
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).parent


def run(*command, folder, **environment):
    print("+", *command[:4], flush=True)
    subprocess.run(command, cwd=folder, env={**os.environ, **environment}, check=True)


def try_wheel(wheel, folder):
    venv.create(folder, with_pip=True)
    run(folder / "bin/pip", "install", "--quiet", "--no-index", wheel, folder=folder)
    tests = HERE / "python/tests"
    # From the folder of the tests, where the sources are not on the way to the installed package.
    run(folder / "bin/python", "-m", "unittest", "test_client", folder=tests, PYTHONDONTWRITEBYTECODE="1")


def try_npm_package(package, folder):
    (folder / "package.json").write_text("{}")
    run("npm", "install", "--silent", "--no-audit", "--no-fund", "--offline", package, folder=folder)
    resolve = f"require('node:module').createRequire('{folder}/x.js').resolve('cloudfront-local')"
    found = subprocess.run(["node", "-p", resolve], check=True, capture_output=True, text=True)
    run("node", "--test", HERE / "node/test/client.test.mjs", folder=folder, CLIENT=found.stdout.strip())


def main():
    packages = Path(sys.argv[1]).resolve()
    os.environ.pop("CLOUDFRONT_LOCAL", None)
    [wheel] = packages.glob(f"*_{platform.machine()}.whl")
    [package] = packages.glob("*.tgz")
    with tempfile.TemporaryDirectory() as folder:
        try_wheel(wheel, Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        try_npm_package(package, Path(folder))


if __name__ == "__main__":
    main()
