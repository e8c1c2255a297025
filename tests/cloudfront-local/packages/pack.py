"""Packs built programs into wheels for PyPI and a package for npm. Nothing is published.

    python3 pack.py VERSION OUT x86_64=PROGRAM aarch64=PROGRAM

The same programs give the same bytes: names are sorted, moments are fixed, owners are nobody.
"""

import base64
import gzip
import hashlib
import io
import json
import sys
import tarfile
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
LICENSES = [HERE.parents[2] / name for name in ("LICENSE-APACHE", "LICENSE-MIT")]
SUMMARY = "CloudFront on one machine, for tests: cache tags, tiers, purges, edge functions."
# glibc that the programs are linked for: see the make target.
MANYLINUX = "manylinux_2_17"
NODE_ARCH = {"x86_64": "x64", "aarch64": "arm64"}


def wheel(version, arch, program):
    """Name and bytes of a wheel. Format: https://packaging.python.org/en/latest/specifications/binary-distribution-format/"""
    stem = f"cloudfront_local-{version}"
    tag = f"py3-none-{MANYLINUX}_{arch}.{MANYLINUX.replace('_2_17', '2014')}_{arch}"
    tags = "".join(f"Tag: py3-none-{one}\n" for one in tag.removeprefix("py3-none-").split("."))
    files = {
        "cloudfront_local/__init__.py": (HERE / "python/cloudfront_local/__init__.py").read_bytes(),
        f"{stem}.data/scripts/cloudfront-local": program,
        f"{stem}.dist-info/METADATA": (
            f"Metadata-Version: 2.1\nName: cloudfront-local\nVersion: {version}\nSummary: {SUMMARY}\n"
            "License: MIT OR Apache-2.0\nRequires-Python: >=3.9\n"
            "Description-Content-Type: text/markdown\n\n"
        ).encode()
        + (HERE.parent / "README.md").read_bytes(),
        f"{stem}.dist-info/WHEEL": f"Wheel-Version: 1.0\nGenerator: pack.py\nRoot-Is-Purelib: false\n{tags}".encode(),
    }
    for path in licenses():
        files[f"{stem}.dist-info/{path.name}"] = path.read_bytes()
    record = "".join(f"{name},sha256={digest(body)},{len(body)}\n" for name, body in sorted(files.items()))
    files[f"{stem}.dist-info/RECORD"] = f"{record}{stem}.dist-info/RECORD,,\n".encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, body in sorted(files.items()):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = mode_of(name) << 16
            archive.writestr(entry, body)
    return f"{stem}-{tag}.whl", out.getvalue()


def npm_package(version, programs):
    """Name and bytes of a package for npm, with a program for each architecture."""
    manifest = {
        "name": "cloudfront-local",
        "version": version,
        "description": SUMMARY,
        "license": "MIT OR Apache-2.0",
        "type": "module",
        "exports": {".": {"types": "./index.d.ts", "default": "./index.mjs"}},
        "bin": {"cloudfront-local": "cli.mjs"},
        "engines": {"node": ">=20"},
        "os": ["linux"],
        "cpu": [NODE_ARCH[arch] for arch in sorted(programs)],
    }
    files = {name: (HERE / "node" / name).read_bytes() for name in ("cli.mjs", "index.d.ts", "index.mjs", "program.mjs")}
    files["package.json"] = (json.dumps(manifest, indent=2) + "\n").encode()
    files["README.md"] = (HERE.parent / "README.md").read_bytes()
    for path in licenses():
        files[path.name] = path.read_bytes()
    for arch, program in programs.items():
        files[f"bin/linux-{NODE_ARCH[arch]}/cloudfront-local"] = program
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, body in sorted(files.items()):
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size, entry.mode, entry.mtime = len(body), mode_of(name), 0
            archive.addfile(entry, io.BytesIO(body))
    return f"cloudfront-local-{version}.tgz", gzip.compress(tar.getvalue(), 9, mtime=0)


def licenses():
    return [path for path in LICENSES if path.exists()]


def mode_of(name):
    return 0o100755 if name.endswith(("/cloudfront-local", "cli.mjs")) else 0o100644


def digest(body):
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()


def main():
    version, out, *pairs = sys.argv[1:]
    programs = {arch: Path(path).read_bytes() for arch, path in (pair.split("=", 1) for pair in pairs)}
    packed = [wheel(version, arch, program) for arch, program in programs.items()] + [npm_package(version, programs)]
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in packed:
        (folder / name).write_bytes(body)
        print(f"{hashlib.sha256(body).hexdigest()}  {folder / name}  {len(body)} bytes")


if __name__ == "__main__":
    main()
