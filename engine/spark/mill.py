"""A plan on Spark: it owns the shuffle and the retries, the binary owns every byte.

usage: spark-submit [OPTIONS] mill.py BINARY PLAN DIR [DATASET]

Chunks are tasks; frames are shuffled by part; each part becomes a file of DIR, which all
executors and the driver can write to. With DATASET the driver merges at the end. BINARY and
PLAN are paths of the driver. Where executors have no such file, send it along: --files
pcapmill,plan.json.
A key reaches the tasks as --conf spark.executorEnv.PCAPMILL_KEY_FILE=... (and in the
driver's environment).
"""
import itertools
import json
import os
import stat
import struct
import subprocess
import sys
import tempfile
import time

REPORTS = 0xFFFFFFFF  # the part that reports are frames of


def here(path):
    """The path on this machine: as it stands, or where --files put it."""
    if os.path.exists(path):
        return os.path.abspath(path)
    from pyspark import SparkFiles

    sent = SparkFiles.get(os.path.basename(path))
    if path == BINARY and not os.access(sent, os.X_OK):
        os.chmod(sent, os.stat(sent).st_mode | stat.S_IXUSR)
    return sent


def start(verb, **streams):
    return subprocess.Popen([here(BINARY), verb, "--plan", here(PLAN), "--pipe"], stderr=subprocess.PIPE, **streams)


def end(verb, process):
    """Raises what the process says if it failed, so that Spark tries the task again."""
    said = process.stderr.read().decode("utf-8", "replace")
    if process.wait():
        raise RuntimeError("%s: exit status %d: %s" % (verb, process.returncode, said.strip()))


def map_chunk(chunk):
    """The frames of a chunk, each with its part, as they come."""
    with tempfile.TemporaryFile() as numbers:
        numbers.write(b"%d\n" % chunk)
        numbers.seek(0)
        process = start("map", stdin=numbers, stdout=subprocess.PIPE)
    while head := process.stdout.read(12):
        part, length = struct.unpack(">IQ", head)
        yield part, head + process.stdout.read(length)
    end("map of chunk %d" % chunk, process)


def reduce_part(frames):
    """Pipes the frames of a part through reduce, into a file that is put in place whole."""
    first = next(frames, None)
    if first is None:
        return
    part = first[0]
    name = os.path.join(DIR, "reports" if part == REPORTS else "part-%05d" % part)
    with tempfile.NamedTemporaryFile(dir=DIR, prefix=".spark-", delete=False) as out:
        size = 0
        try:
            process = start("reduce", stdin=subprocess.PIPE, stdout=out)
            try:
                for _, frame in itertools.chain([first], frames):
                    process.stdin.write(frame)
                    size += len(frame)
                process.stdin.close()
            except BrokenPipeError:
                pass  # it has ended, and says why
            end("reduce of part %d" % part, process)
            os.fsync(out.fileno())
            os.replace(out.name, name)
        except BaseException:
            os.unlink(out.name)
            raise
    yield name, size


if len(sys.argv) < 4:
    print(__doc__.split("\n\n")[1], file=sys.stderr)
    sys.exit(2)
BINARY, PLAN, DIR = sys.argv[1:4]
DIR = os.path.abspath(DIR)


def main():
    from pyspark.sql import SparkSession

    began = time.time()
    with open(PLAN) as f:
        plan = json.load(f)
    chunks, parts = len(plan["chunks"]), plan["parts"]
    os.makedirs(DIR, exist_ok=True)
    context = SparkSession.builder.appName("pcapmill " + plan["id"][:12]).getOrCreate().sparkContext
    done = (
        context.parallelize(range(chunks), min(chunks, 50000))
        .flatMap(map_chunk)
        .partitionBy(parts + 1, lambda part: min(part, parts))
        .mapPartitions(reduce_part)
        .collect()
    )
    shuffled = sum(size for _, size in done)
    print("%d chunks mapped, %d parts reduced, %d bytes shuffled, %.1f s" % (chunks, len(done) - 1, shuffled, time.time() - began))
    if len(done) != parts + 1:
        sys.exit("%d files were written, need %d" % (len(done), parts + 1))
    if len(sys.argv) > 4:
        command = [here(BINARY), "merge", "--plan", here(PLAN), "-d", DIR, "-o", sys.argv[4]]
        context.stop()
        sys.exit(subprocess.run(command).returncode)


if __name__ == "__main__":
    main()
