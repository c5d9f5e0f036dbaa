"""Makes the numbers of docs/proof.md again.

    proof.py PCAPMILL CAPTURES [--seeds 5] [--no-cnn] [--check PAGE] [--json FILE]

CAPTURES is a directory with `iscx/first784` and `labelled` in it. Each is compiled under five
profiles of masks and split in three ways; then come the probes of `pcapmill audit`, which learn on
the training side and are scored on the test side, and a small CNN in torch, on the CPU, once a seed.
Then the CNN is scored on challenge twins: the rows of the test side, from packets with other
addresses, ports and numbers.
All numbers are balanced accuracy (the mean of the recalls of the classes on the test side); those of
the CNN have the 95 % interval of the mean over seeds (Student's t).

--check makes the table of probes only, which is the same on every machine, and fails if a row does
not stand in PAGE.

docs/proof.ipynb does the same in a notebook: see clients/notebook.py.
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile

ZERO = ["--mask", "tcp.seq=zero,tcp.ack=zero"]  # instead of relative numbers
PROFILES = {
    "none": ["--profile", "none"],
    "default": [],
    "strict": ["--profile", "strict", *ZERO],
    "headers": ["--profile", "headers", *ZERO],
    "payload": ["--profile", "payload"],
}
SPLITS = {"random": "none", "session": "session", "capture": "capture"}
PROBES = [("majority", "all"), ("one-byte", "all"), ("length", "all"), ("tree-3", "all"), ("tree-8", "all"), ("knn", "all")]
# Two-sided 95 % of Student's t, by seeds - 1.
T95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}


def vpn(captures, scratch):
    """VPN or not: the files of ISCX, in two folders."""
    source, out = os.path.join(captures, "iscx", "first784"), os.path.join(scratch, "vpn")
    for name in sorted(os.listdir(source)):
        folder = os.path.join(out, "VPN" if name.startswith("vpn_") else "NonVPN")
        os.makedirs(folder, exist_ok=True)
        shutil.copy(os.path.join(source, name), folder)
    return out


def labelled(captures, _):
    """What the traffic is, by folder."""
    return os.path.join(captures, "labelled")


TASKS = {"vpn": vpn, "labelled": labelled}


def run(*command):
    """Runs a command, whose warnings do not matter here."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 3):  # 3: a damaged capture, whose beginning is in the dataset
        sys.exit(f"{' '.join(command)}: status {done.returncode}: {done.stderr[-500:]}")
    return done.stdout


def load(directory):
    """Samples, labels and sides of those that have a class; variants have the split of their dataset."""
    import numpy as np

    top = directory.split(os.sep + "variants" + os.sep)[0]  # of a variant, the dataset
    manifest = json.load(open(os.path.join(top, "manifest.json")))
    n, rows, cols = manifest["samples"], manifest["rows"], manifest["columns"]
    x = np.fromfile(os.path.join(directory, "session_output.idx3"), np.uint8)[16:][: n * rows * cols].reshape(n, 1, rows, cols)
    y = np.fromfile(os.path.join(directory, "label_output.idx1"), np.uint8)[8:][:n]
    sides = np.array(list(json.load(open(os.path.join(top, "splits.json")))["assignment"]))
    kept = y != 255
    return x[kept], y[kept].astype("int64"), sides[kept]


def cnn(directory, seed, twin=None):
    """The balanced accuracy of a small CNN on the test side; with a twin, on that of the twin too."""
    import numpy as np
    import torch
    from torch import nn

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    x, y, sides = load(directory)
    images = torch.from_numpy(x / np.float32(255))
    labels = torch.from_numpy(y)
    train, test = np.flatnonzero(sides == "0"), np.flatnonzero(sides == "2")
    classes = int(y.max()) + 1
    model = nn.Sequential(
        nn.Conv2d(1, 16, 5, stride=2, padding=2), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(32 * 7 * 7, 64), nn.ReLU(), nn.Linear(64, classes),
    )
    optimizer, loss = torch.optim.Adam(model.parameters(), 2e-3), nn.CrossEntropyLoss()
    order = torch.Generator().manual_seed(seed)
    for _ in range(8):
        for part in torch.from_numpy(train)[torch.randperm(len(train), generator=order)].split(128):
            optimizer.zero_grad()
            loss(model(images[part]), labels[part]).backward()
            optimizer.step()
    truth = y[test]

    def score(pictures):
        with torch.no_grad():
            said = torch.cat([model(pictures[p]).argmax(1) for p in torch.from_numpy(test).split(512)]).numpy()
        return float(np.mean([(said[truth == c] == c).mean() for c in np.unique(truth)]))

    if twin is None:
        return score(images)
    other, labels_too, _ = load(twin)
    assert (labels_too == y).all()
    return score(images), score(torch.from_numpy(other / np.float32(255)))


def interval(values):
    """Mean and half the 95 % interval."""
    n = len(values)
    mean = sum(values) / n
    if n < 2:
        return mean, 0.0
    s = math.sqrt(sum((v - mean) ** 2 for v in values) / (n - 1))
    return mean, T95[n - 1] * s / math.sqrt(n)


def say_nothing(_):
    pass


def measure(pcapmill, captures, seeds, tasks=tuple(TASKS), say=say_nothing):
    """All cells: by task, profile and split the probes, and the CNN's scores."""
    seeds = int(os.environ.get("PROOF_SEEDS", seeds))
    cells = []
    with tempfile.TemporaryDirectory() as scratch:
        for task in tasks:
            source = TASKS[task](captures, scratch)
            for profile, options in PROFILES.items():
                out = os.path.join(scratch, f"{task}-{profile}")
                run(pcapmill, "convert", source, "-o", out, "--label-from", "dir", *options)
                for split, by in SPLITS.items():
                    run(pcapmill, "split", out, "--split", "70/0/30", "--split-by", by)
                    report = json.loads(run(pcapmill, "audit", out, "--evaluate", "split", "--json"))
                    probes = {(p["probe"], p["input"]): p["balanced_accuracy"] for p in report["probes"]}
                    scores = [cnn(out, seed) for seed in range(seeds)]
                    cells.append({
                        "task": task, "profile": profile, "split": split, "samples": report["data"]["samples"],
                        "test": report["data"]["test"], "probes": [probes[p] for p in PROBES], "cnn": scores,
                    })
                    say(f"{task} {profile} {split}: {cells[-1]['probes']} {scores}")
    return cells


def challenge(pcapmill, captures, seeds, tasks=tuple(TASKS), say=say_nothing):
    """By task, profile and split the CNN's scores on the test side, and on the twins of its rows."""
    seeds = int(os.environ.get("PROOF_SEEDS", seeds))
    cells = []
    with tempfile.TemporaryDirectory() as scratch:
        variants = os.path.join(scratch, "variants.json")
        with open(variants, "w") as f:
            json.dump([{"name": "seen"}, {"name": "twin", "forge": "all"}], f)
        for task in tasks:
            source = TASKS[task](captures, scratch)
            for profile, options in PROFILES.items():
                out = os.path.join(scratch, f"{task}-{profile}")
                run(pcapmill, "convert", source, "-o", out, "--label-from", "dir", "--variants", variants, *options)
                for split in ("random", "capture"):
                    run(pcapmill, "split", out, "--split", "70/0/30", "--split-by", SPLITS[split])
                    scores = [cnn(out, seed, os.path.join(out, "variants", "twin")) for seed in range(seeds)]
                    cells.append({"task": task, "profile": profile, "split": split, "seen": [s for s, _ in scores], "twin": [t for _, t in scores]})
                    say(f"{task} {profile} {split}: {scores}")
    return cells


def table(head, rows):
    """A table as the page has it."""
    return "\n".join(["| " + " | ".join(head) + " |", "|---" * len(head) + "|", *rows])


PROBE_HEAD = "task|profile|split|test samples|majority|one byte|length|tree-3|tree-8|k-NN".split("|")
CNN_HEAD = ["task", "profile", *SPLITS]
TWIN_HEAD = ["task", "profile", "random", "its twins", "capture", "its twins"]


def probe_rows(cells):
    for c in cells:
        values = " | ".join(f"{v:.3f}" for v in c["probes"])
        yield f"| {c['task']} | {c['profile']} | {c['split']} | {c['test']:,} | {values} |"


def cnn_rows(cells):
    for task in dict.fromkeys(c["task"] for c in cells):
        for profile in PROFILES:
            row = [interval(c["cnn"]) for c in cells if (c["task"], c["profile"]) == (task, profile)]
            yield f"| {task} | {profile} | " + " | ".join(f"{m:.3f} ± {h:.3f}" for m, h in row) + " |"


def twin_rows(cells):
    for task in dict.fromkeys(c["task"] for c in cells):
        for profile in PROFILES:
            row = [interval(c[side]) for c in cells if (c["task"], c["profile"]) == (task, profile) for side in ("seen", "twin")]
            yield f"| {task} | {profile} | " + " | ".join(f"{m:.3f} ± {h:.3f}" for m, h in row) + " |"


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("pcapmill")
    a.add_argument("captures")
    a.add_argument("--seeds", type=int, default=5)
    a.add_argument("--task", action="append", choices=list(TASKS), help="only this one; may be repeated")
    a.add_argument("--no-cnn", action="store_true", help="only the probes")
    a.add_argument("--check", help="a page that must have the rows of the probes")
    a.add_argument("--json", help="write all numbers to this file")
    args = a.parse_args()
    if not os.path.isdir(args.captures):
        print(f"NOT CHECKED: the numbers of docs/proof.md: {args.captures} is not there")
        return 0
    seeds, tasks = 0 if args.no_cnn or args.check else args.seeds, args.task or list(TASKS)

    def say(line):
        print(line, file=sys.stderr, flush=True)

    cells = measure(args.pcapmill, args.captures, seeds, tasks, say)
    twins = challenge(args.pcapmill, args.captures, seeds, tasks, say) if seeds else []
    if args.json:
        with open(args.json, "w") as f:
            json.dump({"cells": cells, "twins": twins}, f, indent=1)
    rows = list(probe_rows(cells))
    if args.check:
        with open(args.check) as f:
            page = set(f.read().splitlines())
        wrong = [r for r in rows if r not in page]
        print("\n".join(f"not in {args.check}: {r}" for r in wrong) or f"ok {args.check}: {len(rows)} rows")
        return 1 if wrong else 0
    print(table(PROBE_HEAD, rows))
    if cells[0]["cnn"]:
        print("\n" + table(CNN_HEAD, cnn_rows(cells)))
        print("\n" + table(TWIN_HEAD, twin_rows(twins)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
