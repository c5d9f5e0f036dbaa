"""Packs a directory of captures with Python's zipfile and tarfile and with py7zr, in the ways in
which datasets are packed, and compares what pcapmill makes of each archive with what it makes of
the directory.

    python3 clients/check_archives.py PCAPMILL DIR [--require]

Prints one line per check; exits 1 at the first that fails. Without py7zr the 7z archives are left
out, which is said (exit 0 then, unless --require is given). Nothing is downloaded.
"""

import argparse
import importlib.util
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile


def convert(program: str, source: pathlib.Path, out: pathlib.Path) -> dict[str, bytes]:
    subprocess.run([program, "convert", str(source), "-o", str(out)], check=True, capture_output=True)
    return {name: (out / name).read_bytes() for name in ("session_output.idx3", "label_output.idx1")}


def files(source: pathlib.Path) -> list[tuple[pathlib.Path, str]]:
    return [(p, p.relative_to(source).as_posix()) for p in sorted(source.rglob("*"), reverse=True) if p.is_file()]


def pack_zip(source: pathlib.Path, to: pathlib.Path, method: int) -> None:
    with zipfile.ZipFile(to, "w", method) as z:
        for path, name in files(source):
            z.write(path, name)


def pack_tar(source: pathlib.Path, to: pathlib.Path, mode: str, form: int) -> None:
    with tarfile.open(to, mode, format=form) as t:
        for path, name in files(source):
            t.add(path, name)


def pack_7z(source: pathlib.Path, to: pathlib.Path, filters: list[dict[str, object]]) -> None:
    import py7zr

    with py7zr.SevenZipFile(to, "w", filters=filters) as z:
        for path, name in files(source):
            z.write(path, name)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("--require", action="store_true")
    args = parser.parse_args()
    ways = {
        "stored.zip": lambda to: pack_zip(args.dir, to, zipfile.ZIP_STORED),
        "deflated.zip": lambda to: pack_zip(args.dir, to, zipfile.ZIP_DEFLATED),
        "bzip2.zip": lambda to: pack_zip(args.dir, to, zipfile.ZIP_BZIP2),
        "ustar.tar": lambda to: pack_tar(args.dir, to, "w", tarfile.USTAR_FORMAT),
        "gnu.tar.gz": lambda to: pack_tar(args.dir, to, "w:gz", tarfile.GNU_FORMAT),
        "pax.tar.bz2": lambda to: pack_tar(args.dir, to, "w:bz2", tarfile.PAX_FORMAT),
        "pax.tar.xz": lambda to: pack_tar(args.dir, to, "w:xz", tarfile.PAX_FORMAT),
    }
    if importlib.util.find_spec("py7zr") is not None:
        import py7zr

        for name, filters in {
            "lzma2": [{"id": py7zr.FILTER_LZMA2, "preset": 6}],
            "lzma": [{"id": py7zr.FILTER_LZMA, "preset": 6}],
            "bzip2": [{"id": py7zr.FILTER_BZIP2}],
            "deflate": [{"id": py7zr.FILTER_DEFLATE}],
            "copy": [{"id": py7zr.FILTER_COPY}],
        }.items():
            ways[name + ".7z"] = lambda to, filters=filters: pack_7z(args.dir, to, filters)
    elif args.require:
        sys.exit("py7zr is missing: pip install -r clients/requirements-archives.txt")
    else:
        print("LEFT OUT: 7z archives: py7zr is missing")
    with tempfile.TemporaryDirectory() as scratch:
        top = pathlib.Path(scratch)
        want = convert(args.program, args.dir, top / "want")
        for name, pack in ways.items():
            pack(top / name)
            if convert(args.program, top / name, top / (name + ".out")) != want:
                sys.exit(f"{name}: the dataset is not that of the directory")
            print(f"ok: {name}: the dataset of the directory")


if __name__ == "__main__":
    main()
