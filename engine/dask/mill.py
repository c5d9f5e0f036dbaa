"""A plan on Dask, which schedules tasks that leave files for one another.

usage: mill.py BINARY PLAN DIR [DATASET [SCHEDULER]]

SCHEDULER is an address like tcp://host:8786; without it two workers start on this machine.
All paths must be the same on all machines.
"""
import json
import subprocess
import sys

MAPS, REDUCES = 64, 16  # tasks, at most


def main():
    if len(sys.argv) < 4:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        sys.exit(2)
    from dask.distributed import Client, LocalCluster

    binary, plan, folder, dataset, scheduler = (sys.argv[1:] + [None, None])[:5]
    with open(plan) as f:
        p = json.load(f)

    def run(verb, i, n):
        command = [binary, verb, "--plan", plan, "-d", folder, "--shard", "%d/%d" % (i, n)]
        if verb == "map":
            command += ["-j", "1"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    cluster = scheduler or LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None)
    with Client(cluster) as client:
        for verb, n in ("map", min(MAPS, len(p["chunks"]))), ("reduce", min(REDUCES, p["parts"])):
            client.gather([client.submit(run, verb, i, n, pure=False, retries=3) for i in range(n)])
    if not scheduler:
        cluster.close()
    if dataset:
        sys.exit(subprocess.run([binary, "merge", "--plan", plan, "-d", folder, "-o", dataset]).returncode)


if __name__ == "__main__":
    main()
