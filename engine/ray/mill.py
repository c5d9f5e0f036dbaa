"""A plan on Ray, which schedules tasks that leave files for one another.

usage: mill.py BINARY PLAN DIR [DATASET [ADDRESS]]

ADDRESS is that of a cluster ("auto" on one of its machines); without it Ray starts on this
machine. All paths must be the same on all machines.
"""
import json
import subprocess
import sys

MAPS, REDUCES = 64, 16  # tasks, at most


def main():
    if len(sys.argv) < 4:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        sys.exit(2)
    import ray

    binary, plan, folder, dataset, address = (sys.argv[1:] + [None, None])[:5]
    with open(plan) as f:
        p = json.load(f)
    if address:
        ray.init(address=address)
    else:
        ray.init(num_cpus=2, include_dashboard=False, _node_ip_address="127.0.0.1", object_store_memory=200 << 20, log_to_driver=False)

    @ray.remote(max_retries=3, retry_exceptions=True)
    def run(verb, i, n):
        command = [binary, verb, "--plan", plan, "-d", folder, "--shard", "%d/%d" % (i, n)]
        if verb == "map":
            command += ["-j", "1"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    for verb, n in ("map", min(MAPS, len(p["chunks"]))), ("reduce", min(REDUCES, p["parts"])):
        ray.get([run.remote(verb, i, n) for i in range(n)])
    ray.shutdown()
    if dataset:
        sys.exit(subprocess.run([binary, "merge", "--plan", plan, "-d", folder, "-o", dataset]).returncode)


if __name__ == "__main__":
    main()
