#!/usr/bin/env python3
"""Converts captures that stand in a store (moto, on loopback), through plan, map, reduce and merge
too, puts the dataset back, and compares every byte with what the files give.

    clients/stores.sh PCAPMILL CAPTURES

PCAPMILL is a program built with the tag s3. Exit status: 0 the same, 1 not.
"""
import logging
import os
import pathlib
import subprocess
import sys
import tempfile

import boto3
from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.ERROR)


def main():
    program, captures = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        check(program, captures, "http://%s:%d" % server.get_host_and_port())
    finally:
        server.stop()


def check(program, captures, endpoint):
    env = dict(os.environ, AWS_ENDPOINT_URL=endpoint, AWS_ACCESS_KEY_ID="id", AWS_SECRET_ACCESS_KEY="secret",
               AWS_REGION="us-east-1", AWS_EC2_METADATA_DISABLED="true")
    s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="id", aws_secret_access_key="secret")
    s3.create_bucket(Bucket="bucket")
    for path in sorted(captures.rglob("*")):
        if path.is_file():
            s3.upload_file(str(path), "bucket", "captures/" + path.relative_to(captures).as_posix())

    with tempfile.TemporaryDirectory() as tmp:
        def mill(*args, want=0):
            done = subprocess.run([program, *args], env=env, cwd=tmp, capture_output=True, text=True)
            if done.returncode != want:
                sys.exit("%s: status %d, need %d\n%s" % (" ".join(args), done.returncode, want, done.stderr))
            return done

        def same(a, b):
            files = sorted(p.relative_to(a).as_posix() for p in pathlib.Path(a).rglob("*") if p.is_file())
            others = sorted(p.relative_to(b).as_posix() for p in pathlib.Path(b).rglob("*") if p.is_file())
            if files != others:
                sys.exit("%s has %s, %s has %s" % (a, files, b, others))
            for name in files:
                if name != "manifest.json" and pathlib.Path(a, name).read_bytes() != pathlib.Path(b, name).read_bytes():
                    sys.exit("%s differs in %s and %s" % (name, a, b))

        where = pathlib.Path(tmp)
        mill("convert", str(captures), "-o", "want")
        mill("convert", "s3://bucket/captures", "-o", "have")
        same(where / "want", where / "have")
        mill("plan", "s3://bucket/captures", "-o", "plan.json", "--chunk", "64KiB", "--parts", "3")
        for shard in ("0/2", "1/2"):
            mill("map", "--plan", "plan.json", "--shard", shard, "-d", "s3://bucket/work")
        mill("reduce", "--plan", "plan.json", "--shard", "0/1", "-d", "s3://bucket/work")
        mill("merge", "--plan", "plan.json", "-d", "s3://bucket/work", "-o", "s3://bucket/dataset", "--tmp", tmp)
        mill("convert", str(captures), "-o", "s3://bucket/dataset", want=1)  # it is not added to
        back = where / "back"
        for o in s3.list_objects_v2(Bucket="bucket", Prefix="dataset/")["Contents"]:
            path = back / o["Key"][len("dataset/"):]
            path.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file("bucket", o["Key"], str(path))
        same(where / "want", back)
        mill("verify", "back")

        # An object that is replaced after it was planned is refused.
        first = next(p for p in sorted(captures.rglob("*")) if p.suffix == ".pcap")
        s3.put_object(Bucket="bucket", Key="captures/" + first.relative_to(captures).as_posix(), Body=b"other")
        if "was changed since the plan was made" not in mill("map", "--plan", "plan.json", "--shard", "0/1", "-d", "w2", want=1).stderr:
            sys.exit("an object that was changed is not named")
    print("stores: captures, tasks and dataset in moto give the bytes that files give")


if __name__ == "__main__":
    main()
