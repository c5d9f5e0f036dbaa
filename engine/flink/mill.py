"""A plan on Flink, whose tasks leave files for one another.

usage: mill.py BINARY PLAN DIR [DATASET]
       flink run -p SLOTS -py mill.py BINARY PLAN DIR [DATASET]

Under python3 Flink starts on this machine, with a slot a core. Chunks are dealt to SLOTS
tasks, and so are parts when all chunks are there. A task that fails is tried again by Flink,
and skips what is there and whole. All paths must be the same on all machines, that of
Python too.
"""
import json
import subprocess
import sys


def main():
    if len(sys.argv) < 4:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        sys.exit(2)
    from pyflink.common import Configuration, Types
    from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment

    binary, plan, folder, dataset = (sys.argv[1:] + [None])[:4]
    with open(plan) as f:
        p = json.load(f)

    options = Configuration()
    options.set_string("restart-strategy.type", "fixed-delay")
    options.set_string("restart-strategy.fixed-delay.attempts", "3")
    options.set_string("restart-strategy.fixed-delay.delay", "1 s")
    options.set_string("python.executable", sys.executable)
    env = StreamExecutionEnvironment.get_execution_environment(options)
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    # Of a few numbers Flink's scheduler for batches would make one task: so many it is told.
    slots = env.get_parallelism()

    def tasks(verb, n):
        def run(i):
            command = [binary, verb, "--plan", plan, "-d", folder, "--shard", "%d/%d" % (i, n)]
            if verb == "map":
                command += ["-j", "1"]
            done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            if done.returncode:
                raise RuntimeError("%s: exit status %d: %s" % (verb, done.returncode, done.stderr.decode(errors="replace").strip()))
            return i

        numbers = env.from_collection(list(range(n)), Types.INT()).rebalance()
        ran = numbers.map(run, Types.INT()).set_parallelism(max(1, min(slots, n))).name(verb)
        with ran.execute_and_collect("pcapmill %s of %s" % (verb, p["id"][:12])) as numbers:
            done = sorted(numbers)
        if done != list(range(n)):
            sys.exit("%s: %d tasks ended, need %d" % (verb, len(done), n))

    tasks("map", len(p["chunks"]))
    tasks("reduce", p["parts"])
    if dataset:
        sys.exit(subprocess.run([binary, "merge", "--plan", plan, "-d", folder, "-o", dataset]).returncode)


if __name__ == "__main__":
    main()
