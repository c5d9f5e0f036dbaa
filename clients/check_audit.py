"""Compares 'pcapmill audit' with numpy and scikit-learn, on IDX files that others published.

    check_audit.py PCAPMILL SET... [--forms CAPTURES] [--require]

A SET is a directory that 'pcapmill audit' reads, with one pair of IDX files in it. Computed here,
from docs/audit.md and not from the program: every score of every byte to 4 digits, entropy and
mutual information, duplicates, the scores of the length, nearest neighbours. AMI is
scikit-learn's to 1e-6, and trees are within 0.5 points of scikit-learn's of the same depth. A SET
that is not there is skipped, which is said; with --require it fails.

With --forms, CAPTURES (a folder with a folder for each class) become datasets of some forms, and
the same is compared of their cells.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile


def read(path):
    import numpy as np

    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rb") as f:
        raw = f.read()
    dims = raw[3]
    shape = np.frombuffer(raw, ">u4", dims, 4)
    return np.frombuffer(raw, np.uint8, int(shape.prod()), 4 + 4 * dims).reshape(int(shape[0]), -1)


def pair(folder):
    images, labels = None, None
    for name in sorted(os.listdir(folder)):
        if "images" in name:
            images = read(os.path.join(folder, name))
        if "labels" in name:
            labels = read(os.path.join(folder, name)).ravel()
    return images, labels


def spaced(n, m):
    """The places of m evenly spaced of n rows."""
    import numpy as np

    return np.arange(n) if n <= m else np.arange(m) * n // m


def even_odd(classes, k):
    """Within each class rows are training and test in turn; both in the order of rows."""
    import numpy as np

    test = np.zeros(len(classes), bool)
    for c in range(k):
        test[np.flatnonzero(classes == c)[1::2]] = True
    return np.flatnonzero(~test), np.flatnonzero(test)


def scores(truth, said, k):
    """Accuracy, balanced accuracy, macro-F1 and kappa."""
    import numpy as np

    m = np.zeros((k, k))
    np.add.at(m, (truth, said), 1)
    n, hit = m.sum(), np.diag(m)
    actual, chosen = m.sum(1), m.sum(0)
    there = actual > 0
    chance = (actual * chosen).sum() / n**2
    kappa = 0 if chance == 1 else (hit.sum() / n - chance) / (1 - chance)
    f1 = 2 * hit[there] / (actual + chosen)[there]
    return hit.sum() / n, (hit[there] / actual[there]).mean(), f1.mean(), kappa


def table(train, train_classes, test, values, k):
    """Each value says its most frequent class of training; one never seen, that of training."""
    import numpy as np

    counts = np.zeros((values, k), int)
    np.add.at(counts, (train, train_classes), 1)
    says = counts.argmax(1)  # ties: the lower class
    says[counts.sum(1) == 0] = np.bincount(train_classes, minlength=k).argmax()
    return says[test]


def near(have, want, digits, what):
    assert abs(have - want) < 0.5 * 10**-digits + 1e-9, f"{what}: pcapmill {have}, here {want}"


def entropy(p):
    import numpy as np

    p = p[p > 0] / p.sum()
    return float(-(p * np.log2(p)).sum())


FORMS = ["series", "mini-flowpic", "segments", "matrix"]


def form_data(pcapmill, captures, form, folder):
    """Makes a dataset of a form; its arrays, row by row."""
    import numpy as np

    made = os.path.join(folder, form)
    subprocess.run([pcapmill, "convert", captures, "-o", made, "--form", form, "--label-from", "dir", "-q"], check=True, capture_output=True)
    with open(os.path.join(made, "manifest.json")) as f:
        dtype = json.load(f)["form"]["dtype"]
    with open(os.path.join(made, "session_output.idx3"), "rb") as f:
        raw = f.read()
    kind = {"u8": ">u1", "i8": ">i1", "i16": ">i2", "f32": ">f4"}[dtype]
    dims = raw[3]
    shape = np.frombuffer(raw, ">u4", dims, 4).astype(int)
    x = np.frombuffer(raw, kind, int(shape.prod()), 4 + 4 * dims).reshape(shape[0], -1)
    return made, x, read(os.path.join(made, "label_output.idx1")).ravel()


def binned(x, train):
    """The bins of cells, as docs/audit.md has them: learned from training rows."""
    import numpy as np

    if x.dtype.itemsize == 1:
        return (x.astype(int) + (128 if x.dtype.kind == "i" else 0)).astype(np.uint8)
    rows = train[spaced(len(train), 20_000)]
    out = np.empty(x.shape, np.uint8)
    for p in range(x.shape[1]):
        ordered = np.sort(x[rows, p])
        cuts = np.unique(ordered)[1:]
        if len(cuts) >= 256:
            cuts = np.unique(ordered[np.arange(1, 256) * len(ordered) // 256])
        out[:, p] = np.searchsorted(cuts, x[:, p], side="right")
    return out


def check_form(pcapmill, captures, form, folder):
    import numpy as np
    from sklearn.metrics import adjusted_mutual_info_score
    from sklearn.tree import DecisionTreeClassifier

    made, x, labels = form_data(pcapmill, captures, form, folder)
    kept = labels != 255
    raw, labels = x[kept], labels[kept]
    present, y = np.unique(labels, return_inverse=True)
    k = len(present)
    run = subprocess.run([pcapmill, "audit", made, "--evaluate", "even-odd", "--json"], check=True, capture_output=True)
    report = json.loads(run.stdout)
    assert report["data"]["layout"] == form, report["data"]
    train, test = even_odd(y, k)
    x = binned(raw, train)
    rows = spaced(len(y), 20_000)
    for p, have in enumerate(report["positions"]):
        accuracy, balanced, _, kappa = scores(y[test], table(x[train, p], y[train], x[test, p], 256, k), k)
        for key, want in (("accuracy", accuracy), ("balanced_accuracy", balanced), ("kappa", kappa)):
            near(have[key], want, 4, f"{form} cell {p} {key}")
        if p % 97 == 0:
            want = adjusted_mutual_info_score(y[rows], x[rows, p], average_method="max")
            assert abs(have["ami"] - want) < 1e-6, f"{form} cell {p} AMI: pcapmill {have['ami']}, scikit-learn {want}"
    probes = {(p["probe"], p["input"]): p for p in report["probes"]}
    said = {}
    for depth in (3, 8):
        # Where several cuts are equally good, scikit-learn takes one by chance: the nearest of
        # some seeds is the same tree, or as good a one.
        have, want = probes[(f"tree-{depth}", "all")]["accuracy"], []
        for seed in range(3):
            t = DecisionTreeClassifier(max_depth=depth, random_state=seed).fit(x[train], y[train])
            want.append(scores(y[test], t.predict(x[test]), k)[0])
        assert min(want) - 0.005 <= have <= max(want) + 0.005, f"{form}: tree of depth {depth}: pcapmill {have}, scikit-learn {want}"
        said[depth] = f"{have:.4f} (scikit-learn {min(want):.4f} to {max(want):.4f})"
    near(probes[("knn", "all")]["accuracy"], knn_accuracy(x, y, train, test, k), 4, f"{form}: nearest neighbours")
    assert report["duplicates"]["distinct"] == len(set(map(bytes, raw))), report["duplicates"]
    print(f"ok {form}: {len(y)} rows, {k} classes; trees {said[3]} and {said[8]}", flush=True)


def check(pcapmill, folder):
    import numpy as np
    from sklearn.metrics import adjusted_mutual_info_score
    from sklearn.tree import DecisionTreeClassifier

    x, labels = pair(folder)
    kept = labels != 255
    x, labels = x[kept], labels[kept]
    present, y = np.unique(labels, return_inverse=True)
    k = len(present)
    run = subprocess.run([pcapmill, "audit", folder, "--evaluate", "even-odd", "--json"], check=True, capture_output=True)
    report = json.loads(run.stdout)
    train, test = even_odd(y, k)
    data = report["data"]
    assert (data["train"], data["test"], data["samples"]) == (len(train), len(test), len(kept)), data
    assert [c["label"] for c in data["classes"]] == present.tolist()

    best = 0
    for p, have in enumerate(report["positions"]):
        said = table(x[train, p], y[train], x[test, p], 256, k)
        accuracy, balanced, _, kappa = scores(y[test], said, k)
        for key, want in (("accuracy", accuracy), ("balanced_accuracy", balanced), ("kappa", kappa)):
            near(have[key], want, 4, f"byte {p} {key}")
        joint = np.zeros((256, k))
        np.add.at(joint, (x[:, p], y), 1)
        h = entropy(joint.sum(1))
        near(have["entropy"], h, 4, f"byte {p} entropy")
        near(have["mi"], h + entropy(joint.sum(0)) - entropy(joint.ravel()), 4, f"byte {p} mutual information")
        best = max(best, accuracy)
    rows = spaced(len(y), 20_000)
    told = sorted(range(x.shape[1]), key=lambda p: -report["positions"][p]["kappa"])[:8]
    for p in sorted(set(told + list(range(0, x.shape[1], 97)))):
        want = adjusted_mutual_info_score(y[rows], x[rows, p], average_method="max")
        have = report["positions"][p]["ami"]
        assert abs(have - want) < 1e-6, f"byte {p} AMI: pcapmill {have}, scikit-learn {want}"

    probes = {(p["probe"], p["input"]): p for p in report["probes"]}
    near(report["length"]["accuracy"], length_accuracy(x, y, train, test, k), 4, "length")
    grown, said = spaced(len(train), 200_000), {}
    for depth in (3, 8):
        t = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(x[train][grown], y[train][grown])
        want = scores(y[test], t.predict(x[test]), k)[0]
        have = probes[(f"tree-{depth}", "all")]["accuracy"]
        assert abs(have - want) <= 0.005, f"tree of depth {depth}: pcapmill {have}, scikit-learn {want}"
        said[depth] = (have, want)
    near(probes[("knn", "all")]["accuracy"], knn_accuracy(x, y, train, test, k), 4, "nearest neighbours")

    groups = {}
    for row, c in zip(map(bytes, x), y):
        groups.setdefault(row, []).append(int(c))
    d = report["duplicates"]
    assert d["distinct"] == len(groups) and d["repeated"] == len(y) - len(groups), d
    assert d["conflicts"] == sum(len(g) for g in groups.values() if len(set(g)) > 1), d
    near(d["ceiling"], sum(max(g.count(c) for c in set(g)) for g in groups.values()) / len(y), 4, "ceiling")
    taught = set(map(bytes, x[train]))
    assert d["across_sides"] == sum(bytes(r) in taught for r in x[test]), d
    print(
        f"ok {os.path.basename(folder)}: {len(y)} rows, {k} classes; best byte {best:.4f}; "
        f"trees {said[3][0]:.4f} and {said[8][0]:.4f}, scikit-learn {said[3][1]:.4f} and {said[8][1]:.4f}"
    )


def length_accuracy(x, y, train, test, k):
    import numpy as np

    length = np.where(x.any(1), x.shape[1] - (x[:, ::-1] != 0).argmax(1), 0)
    ordered = np.sort(length[train])
    cuts = np.unique([ordered[i * len(ordered) // 32] for i in range(1, 32)])
    bins = np.searchsorted(cuts, length, side="right")
    return scores(y[test], table(bins[train], y[train], bins[test], 33, k), k)[0]


def knn_accuracy(x, y, train, test, k):
    import numpy as np

    known, asked = train[spaced(len(train), 10_000)], test[spaced(len(test), 2_000)]
    said = []
    for i in asked:
        d = (x[known] != x[i]).sum(1)
        nearest = np.argsort(d, kind="stable")[:5]  # equal distances: the earlier row
        said.append(np.bincount(y[known][nearest], minlength=k).argmax())  # ties: the lower class
    return scores(y[asked], np.array(said), k)[0]


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("pcapmill")
    a.add_argument("sets", nargs="*")
    a.add_argument("--forms", metavar="CAPTURES", help="also compare audits of forms of these captures")
    a.add_argument("--require", action="store_true", help="fail where a library or a set is missing")
    args = a.parse_args()
    try:
        import numpy  # noqa: F401
        import sklearn  # noqa: F401
    except ImportError as e:
        print(f"NOT CHECKED: the audit: {e}")
        return 1 if args.require else 0
    skipped = 0
    for folder in args.sets:
        if not os.path.isdir(folder):
            print(f"NOT CHECKED: {folder} is not there")
            skipped += 1
            continue
        check(args.pcapmill, folder.rstrip("/"))
    if args.forms and not os.path.isdir(args.forms):
        print(f"NOT CHECKED: {args.forms} is not there")
        skipped += 1
    elif args.forms:
        with tempfile.TemporaryDirectory() as folder:
            for form in FORMS:
                check_form(args.pcapmill, args.forms, form, folder)
    return 1 if skipped and args.require else 0


if __name__ == "__main__":
    sys.exit(main())
