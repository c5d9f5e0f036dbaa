#!/usr/bin/env python3
"""Compares all outputs of two pcapmill binaries, byte for byte.

    dev/scripts/same.py OLD NEW CAPTURES [--each] [--only N,...] [--jobs 2]

CAPTURES is a folder of folders of captures. Each folder is converted with each row of OPTIONS by
both binaries, and every file of both datasets is compared. manifest.json is compared without what
may differ between two runs (seconds) and between two versions (tool, settings, and counts that
later versions added). With --each every
capture is converted alone, with two rows of options; that names the captures behind a difference.
A difference is printed with the file and, for a manifest, the fields. Exit status 1 if there is one.
"""
import argparse
import concurrent.futures as futures
import hashlib
import json
import os
import subprocess
import sys
import tempfile

OPTIONS = [
    "",
    "--drop none",
    "--drop dns --dedup none",
    "--drop none --dedup session",
    "--drop none --dedup none --mac zero",
    "--drop none --dedup none --mac anonymize",
    "--drop none --dedup none --mac keep --ip keep --ports keep --checksums keep",
    "--drop none --dedup none --ip remove",
    "--drop none --dedup none --ip anonymize",
    "--drop none --dedup none --ip anonymize --mac anonymize --key-file {key}",
    "--drop none --dedup none --ip prefix --key-file {key}",
    "--drop none --dedup none --udp-pad on",
    "--drop none --dedup none --udp-pad on --ip remove --length 1024",
    "--drop none --dedup none --content payload",
    "--length 64",
    "--length 1500 --shape 30x50 --drop none",
    "--min-packets 3 --min-bytes 200",
    "--idle-timeout 2s --tcp-restart on",
    "--resync on --drop none",
    "--label-from dir --drop none",
    "--unknown skip --labels ustc-tfc2016",
    "--split 80/10/10 --split-by session --split-fallback time --format mnist,npy,npz,png,wds,parquet,parquet-bytes,table,csv",
    "--split 70/30 --split-by none --max-per-class 50 --key-file {key}",
    "--memory 128MiB --workers 2 --drop none --dedup none",
    "--workers 1 --drop none --dedup none",
]
EACH = ["--drop none --dedup none", ""]
ADDED = {"background", "packets_snapped"}  # counts that later versions put into the manifest
SKIP = {"seconds", "tool", "settings", "fingerprint", "dataset_fingerprint"} | ADDED


def plain(value):
    """value without what may differ"""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k not in SKIP}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value


def differing(a, b, at=""):
    """paths of the fields in which two JSON values differ"""
    if isinstance(a, dict) and isinstance(b, dict):
        for k in sorted(a.keys() | b.keys()):
            yield from differing(a.get(k), b.get(k), f"{at}.{k}")
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            yield from differing(x, y, f"{at}[{i}]")
    elif a != b:
        yield f"{at}: {str(a)[:60]} -> {str(b)[:60]}"


def contents(top):
    out = {}
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as f:
                data = f.read()
            rel = os.path.relpath(path, top)
            if name in ("manifest.json", "export.json"):
                out[rel] = plain(json.loads(data))
            else:
                out[rel] = hashlib.sha256(data).hexdigest()
    return out


def convert(binary, source, options, key):
    with tempfile.TemporaryDirectory() as tmp:
        out = os.path.join(tmp, "out")
        args = [binary, "convert", source, "-o", out, *options.format(key=key).split()]
        run = subprocess.run(args, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=tmp)
        return run.returncode, contents(out) if os.path.isdir(out) else {}, run.stderr.decode(errors="replace")


def compare(job):
    old, new, source, options, key = job
    a, b = convert(old, source, options, key), convert(new, source, options, key)
    lines = []
    if a[0] != b[0]:
        last = b[2].strip().splitlines()
        lines.append(f"status {a[0]} -> {b[0]}: {last[-1][:160] if last else ''}")
    for name in sorted(a[1].keys() | b[1].keys()):
        x, y = a[1].get(name), b[1].get(name)
        if x == y:
            continue
        if isinstance(x, dict) and isinstance(y, dict):
            fields = list(differing(x, y))
            more = f" and {len(fields) - 6} more" if len(fields) > 6 else ""
            lines.append(f"{name}: " + "; ".join(fields[:6]) + more)
        else:
            lines.append(f"{name}: {'absent' if x is None else 'other bytes'}{' now' if y is None else ''}")
    return source, options, lines, len(a[1])


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("old")
    p.add_argument("new")
    p.add_argument("captures")
    p.add_argument("--each", action="store_true")
    p.add_argument("--only", help="folders, by comma")
    p.add_argument("--jobs", type=int, default=2)
    a = p.parse_args()
    folders = [f for f in sorted(os.listdir(a.captures)) if os.path.isdir(os.path.join(a.captures, f))]
    if a.only:
        folders = [f for f in folders if f in a.only.split(",")]
    with tempfile.TemporaryDirectory() as tmp:
        key = os.path.join(tmp, "key")
        with open(key, "wb") as f:
            f.write(bytes(range(32)))
        os.chmod(key, 0o600)
        sources = [os.path.join(a.captures, f) for f in folders]
        options = OPTIONS
        if a.each:
            sources = sorted(os.path.join(d, n) for s in sources for d, _, names in os.walk(s) for n in names)
            options = EACH
        jobs = [(os.path.abspath(a.old), os.path.abspath(a.new), s, o, key) for s in sources for o in options]
        files = bad = 0
        with futures.ThreadPoolExecutor(a.jobs) as pool:
            for source, opts, lines, n in pool.map(compare, jobs):
                files += n
                for line in lines:
                    print(f"{os.path.relpath(source, a.captures)} [{opts}]: {line}")
                bad += bool(lines)
        print(f"{len(sources)} sources x {len(options)} rows of options: {files} files compared, {bad} runs differ")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
