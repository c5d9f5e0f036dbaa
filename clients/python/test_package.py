"""Tests the installed package: the command, convert, and what other libraries get.

    python test_package.py CAPTURES [--alone | --require]

CAPTURES is a folder of captures. The package must be installed, with the program (clients/check_wheel.sh does
both). Prints one line per check; exits 1 at the first that fails. Libraries that are missing are named loudly
(exit 0 then, unless --require is given); with --alone there must be none but numpy.
"""

import argparse
import filecmp
import importlib.util
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import warnings

import numpy as np

import pcapmill

SPLIT = {"split": (60, 20, 20), "split_by": "session", "split_fallback": "time"}


def missing(module: str, args: argparse.Namespace) -> bool:
    if importlib.util.find_spec(module) is not None:
        assert not args.alone, f"{module} is here, and should not be"
        return False
    if args.alone:
        return True
    print(f"SKIPPED: {module} is not installed (clients/install.sh installs it)")
    if args.require:
        sys.exit(1)
    return True


def with_command(captures: pathlib.Path, root: pathlib.Path) -> None:
    """The command on the PATH and python -m pcapmill: status, standard input, signals."""
    installed = shutil.which("pcapmill", path=str(pathlib.Path(sys.executable).parent))
    assert installed == pcapmill.binary(), (installed, pcapmill.binary())
    for number, command in enumerate(([installed], [sys.executable, "-m", "pcapmill"])):
        def status(*args: str, **more: object) -> int:
            return subprocess.run([*command, *args], capture_output=True, check=False, **more).returncode

        told = subprocess.run([*command, "--version"], capture_output=True, check=True, text=True).stdout
        assert told.split() == ["pcapmill", pcapmill.__version__], told
        assert status("no-such-command") == 2 and status("convert", "/no/such", "-o", str(root / "x")) == 1
        out = root / f"stdin{number}"
        with open(captures / "aim_chat1.pcap", "rb") as f:
            assert status("convert", "-", "--stdin-name", "aim_chat1.pcap", "-o", str(out), stdin=f) == 0
        assert len(pcapmill.load(out).images) == 12
        if os.name != "nt":
            never = ["convert", "-", "--json", "-o", str(root / "never")]
            running = subprocess.Popen([*command, *never], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            running.stdin.write((captures / "aim_chat1.pcap").read_bytes()[:5000])
            running.stdin.flush()
            assert b'"plan"' in running.stdout.readline()  # now it waits for more
            running.send_signal(signal.SIGINT)
            running.wait(60)
            _, err = running.communicate()
            assert running.returncode == 130, (running.returncode, err)
    print(f"ok: the command, and python -m pcapmill: {told.strip()}")


def with_convert(captures: pathlib.Path, root: pathlib.Path) -> pathlib.Path:
    """convert makes what the command makes; progress and the result tell of it."""
    steps = []
    out = root / "made"
    result = pcapmill.convert([captures], out, progress=steps.append, udp_pad=False, shape=(28, 28), drop=["dns", "background", "tcp-control"], card=True, **SPLIT)
    done = pcapmill.run("convert", captures, "-o", root / "command", "--split", "60/20/20", "--split-by", "session", "--split-fallback", "time")
    assert "264" in done.stdout and done.returncode == 0, done
    for name in ("session_output.idx3", "label_output.idx1", "sample_table.bin", "splits.json"):
        assert filecmp.cmp(out / name, root / "command" / name, shallow=False), name
    assert (out / "README.md").exists() and not (root / "command" / "README.md").exists()
    assert result.status == 0 and result.samples == result.added["samples"] == 264 and not result.damaged and not result.warnings
    assert [s["reason"] for s in result.skipped] == ["not-a-capture"] and len(result.captures) == 20
    assert [s.done for s in steps] == list(range(21)) and all(s.captures == 20 for s in steps)
    assert steps[-1].bytes == steps[-1].total_bytes == sum(f.stat().st_size for f in captures.iterdir() if f.suffix != ".md")
    assert steps[-1].samples == 264 and steps[-1].packets == result.added["packets"] and steps[-1].path.startswith(str(captures))
    assert len(result.load("train").images) == result.load().manifest["split"]["sides"]["train"]
    again = pcapmill.convert(captures, str(out), **SPLIT)
    assert again.samples == 264 and all(c["already_in_dataset"] for c in again.captures)
    piped = pcapmill.convert("-", root / "piped", input=(captures / "aim_chat1.pcap").read_bytes(), stdin_name="aim_chat1.pcap")
    assert piped.samples == 12 and piped.load().classes[0] == "Chat"
    with open(root / "text", "w+", encoding="utf-8") as f:
        stderr, sys.stderr = sys.stderr, f
        try:
            pcapmill.convert(captures, root / "text-out", progress=True)
        finally:
            sys.stderr = stderr
        f.seek(0)
        lines = f.read().splitlines()
    assert lines[-1] == "pcapmill: 20 of 20 captures, 5.2 MiB of 5.2 MiB, 24,250 packets, 264 samples", lines
    print(f"ok: convert: {result.samples} samples, the bytes of the command")
    return out


def raised(kind: type, status: "int | None", text: str, call: object, *args: object, **options: object) -> Exception:
    try:
        call(*args, **options)
    except kind as e:
        assert text in str(e) and (status is None or e.status == status), (e, getattr(e, "status", None))
        return e
    raise AssertionError(f"{options}: no {kind.__name__}")


def with_errors(captures: pathlib.Path, root: pathlib.Path) -> None:
    """Each exit status is an error of its own, damaged input a warning."""
    e = raised(pcapmill.UsageError, 2, "did you mean --udp-pad?", pcapmill.convert, captures, root / "no", udp_padd=True)
    assert isinstance(e, pcapmill.Error) and isinstance(e, ValueError) and e.command[1] == "convert"
    raised(pcapmill.UsageError, 2, "--ip", pcapmill.convert, captures, root / "no", ip="sometimes")
    raised(pcapmill.FailedError, 1, "/no/such", pcapmill.convert, "/no/such", root / "no")
    raised(pcapmill.FailedError, 1, "manifest", pcapmill.run, "verify", root)
    raised(TypeError, None, "always on", pcapmill.convert, captures, root / "no", json=True)
    raised(TypeError, None, "need True or False", pcapmill.convert, captures, root / "no", card="yes")
    raised(TypeError, None, "need text", pcapmill.convert, captures, root / "no", length=object())
    assert not (root / "no").exists()
    assert pcapmill.run("no-such-command", check=False).returncode == 2

    whole = (captures / "vpn_email1a.pcap").read_bytes()
    (root / "damaged").mkdir()
    (root / "damaged" / "vpn_email1a.pcap").write_bytes(whole[: len(whole) * 2 // 3])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = pcapmill.convert(root / "damaged", root / "rest")
    (w,) = caught
    assert w.category is pcapmill.DamagedInputWarning and "vpn_email1a.pcap" in str(w.message) and w.filename == __file__, w
    assert result.status == 3 and len(result.damaged) == 1 and result.damaged[0]["damage"] and result.samples > 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        raised(pcapmill.DamagedInputWarning, None, "vpn_email1a.pcap", pcapmill.convert, root / "damaged", root / "strict")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = pcapmill.convert(captures / "aim_chat1.pcap", root / "warned", ip="anonymize", ports="keep")
    assert result.warnings and [str(w.message) for w in caught] == result.warnings and caught[0].category is pcapmill.PcapmillWarning

    # A program that ends as none of today's commands does at will.
    if os.name != "nt":
        stand_in, real = root / "stand-in", pcapmill._command.binary
        for code, kind in ((5, pcapmill.IncompleteError), (130, pcapmill.InterruptedRunError), (77, pcapmill.CommandError), (-9, pcapmill.FailedError)):
            end = f"exit {code}" if code > 0 else f"kill {code} $$"
            stand_in.write_text(f"#!/bin/sh\necho 'pcapmill: what went wrong' >&2\n{end}\n")
            stand_in.chmod(0o755)
            pcapmill._command.binary = lambda: str(stand_in)
            try:
                e = raised(kind, code, "what went wrong", pcapmill.convert, captures, root / "no")
                assert type(e) is kind and e.stderr == "pcapmill: what went wrong\n" and e.result.samples == 0
                stand_in.write_text("#!/bin/sh\necho no event\n")
                raised(pcapmill.Error, None, "no event", pcapmill.convert, captures, root / "no")
            finally:
                pcapmill._command.binary = real
    print("ok: errors by exit status, damaged input as a warning")


def with_interrupt(captures: pathlib.Path, root: pathlib.Path) -> None:
    """Ctrl-C ends convert with KeyboardInterrupt, after the program; an error of the caller's function does too."""
    if os.name == "nt":
        return
    os.mkfifo(root / "fifo.pcap")
    code = f"""
        import pcapmill
        try:
            pcapmill.convert([{str(captures)!r}, {str(root / "fifo.pcap")!r}], {str(root / "stopped")!r}, progress=lambda p: print(p.done, flush=True))
        except KeyboardInterrupt:
            print("stopped", flush=True)
            raise
    """
    for whole_group in (False, True):  # a kernel of Jupyter signals one process, a terminal all
        shutil.rmtree(root / "stopped", ignore_errors=True)
        running = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        killer = threading.Timer(60, running.kill)
        killer.start()
        assert running.stdout is not None
        for line in running.stdout:
            if line == "20\n":  # all but the FIFO, which nobody writes
                os.killpg(running.pid, signal.SIGINT) if whole_group else running.send_signal(signal.SIGINT)
                began = time.monotonic()
        out, err = running.communicate()
        killer.cancel()
        assert running.returncode == -signal.SIGINT and "KeyboardInterrupt" in err, (running.returncode, err)
        assert time.monotonic() - began < 30
        assert len(pcapmill.load(root / "stopped").images) == 264
        assert pcapmill.run("verify", root / "stopped").returncode == 0
        held = pcapmill.convert(captures / "aim_chat1.pcap", root / "stopped")  # nobody holds the lock
        assert held.samples == 264

    def stop(p: pcapmill.Progress) -> None:
        if p.done == 3:
            raise RuntimeError("enough")

    raised(RuntimeError, None, "enough", pcapmill.convert, [captures, root / "fifo.pcap"], root / "enough", progress=stop)
    assert pcapmill.run("verify", root / "enough").returncode == 0
    os.remove(root / "fifo.pcap")
    print("ok: Ctrl-C leaves a consistent dataset and no process")


def with_imports(dataset: pathlib.Path) -> None:
    """Nothing heavy is imported before it is asked for."""
    code = f"import sys, pcapmill; pcapmill.load({str(dataset)!r}); pcapmill.groups({str(dataset)!r}); print(*sys.modules)"
    names = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "numpy" in names and not {"torch", "pandas", "datasets", "pyarrow", "PIL"} & set(names)
    print("ok: import pcapmill imports numpy and no other library")


def with_groups(captures: pathlib.Path, dataset: pathlib.Path, root: pathlib.Path) -> None:
    data = pcapmill.load(dataset)
    by_capture = pcapmill.groups(dataset)
    assert by_capture.dtype == np.int64 and (by_capture == data.table["capture"]).all()
    side = pcapmill.load(dataset, "test")
    assert (pcapmill.groups(dataset, "test") == by_capture[side.index]).all()
    by_digest = pcapmill.groups(dataset, by="digest")
    pairs = {(g, d.tobytes()) for g, d in zip(by_digest.tolist(), data.table["digest"])}
    assert len(pairs) == len({g for g, _ in pairs}) == len({d for _, d in pairs})
    raised(pcapmill.Error, None, "--key-file", pcapmill.groups, dataset, by="host")
    pcapmill.run("keygen", root / "project.key")
    pcapmill.convert(captures, root / "hosts", key_file=root / "project.key", ip="anonymize")
    hosts = pcapmill.groups(root / "hosts", by="host")
    table = pcapmill.load(root / "hosts").table
    pairs = {(g, h.tobytes()) for g, h in zip(hosts.tolist(), table["host"])}
    assert len(pairs) == len({g for g, _ in pairs}) == len({h for _, h in pairs}) > 1
    raised(ValueError, None, "need 'capture'", pcapmill.groups, dataset, by="port")
    print(f"ok: groups by capture, digest and host ({len(pairs)} of them)")


def with_sklearn(dataset: pathlib.Path) -> None:
    import sklearn
    from sklearn.model_selection import GroupKFold, cross_val_score
    from sklearn.tree import DecisionTreeClassifier

    data = pcapmill.load(dataset)
    groups = pcapmill.groups(dataset)
    x, y = data.images.reshape(len(data.images), -1), data.labels
    for train, test in GroupKFold(5).split(x, y, groups):
        assert not set(groups[train]) & set(groups[test])
    scores = cross_val_score(DecisionTreeClassifier(random_state=1), x, y, groups=groups, cv=GroupKFold(5))
    assert len(scores) == 5
    print(f"ok: scikit-learn {sklearn.__version__}: GroupKFold")


def with_pandas(captures: pathlib.Path, dataset: pathlib.Path, root: pathlib.Path) -> None:
    import pandas as pd

    pcapmill.convert(captures, root / "timeless", table_times="none")
    shutil.copytree(dataset, root / "tableless")
    record = json.loads((root / "tableless" / "manifest.json").read_text())
    record["files"] = [f for f in record["files"] if f["name"] != "sample_table.bin"]
    (root / "tableless" / "manifest.json").write_text(json.dumps(record))
    (root / "tableless" / "sample_table.bin").unlink()
    for directory in (dataset, root / "hosts", root / "timeless", root / "tableless"):
        frame = pcapmill.to_pandas(directory)
        pcapmill.run("export", directory, "--format", "table")
        table = pd.read_parquet(directory / "table" / "samples.parquet")
        assert frame.columns.tolist() == table.columns.tolist()
        for name in frame:
            a, b = frame[name], table[name]
            assert (a.isna() == b.isna()).all() and (a[a.notna()] == b[b.notna()]).all(), (directory, name)
            assert str(a.dtype) == str(b.dtype) or a.isna().all(), (directory, name, a.dtype, b.dtype)
    frame = pcapmill.to_pandas(dataset)
    side = pcapmill.to_pandas(dataset, "test")
    assert (side["split"] == "test").all() and (side["index"] == pcapmill.load(dataset, "test").index).all()
    counts = frame.groupby("class").size()
    assert {c["name"]: c["samples"] for c in pcapmill.manifest(dataset)["classes"] if c["samples"]} == counts.to_dict()
    print(f"ok: pandas {pd.__version__}: the table of samples, as export writes it")


def with_huggingface(captures: pathlib.Path, dataset: pathlib.Path, root: pathlib.Path) -> None:
    import datasets

    whole = pcapmill.load(dataset)
    sides = pcapmill.to_huggingface(dataset)
    assert isinstance(sides, datasets.DatasetDict) and set(sides) == {"train", "validation", "test"}
    for name, side in sides.items():
        want = pcapmill.load(dataset, name)
        assert side["index"][:] == want.index.tolist() and side["label"][:] == want.labels.tolist()
        assert (np.array(side.with_format("numpy")["image"][:]) == want.images).all()
        assert side.features["label"].names == whole.classes
    one = pcapmill.to_huggingface(dataset, "test")
    assert isinstance(one, datasets.Dataset) and len(one) == len(sides["test"])
    pcapmill.convert([captures / "aim_chat1.pcap", captures / "youtube1.pcapng"], root / "odd", labels=root / "odd.yaml")
    known, kept = pcapmill.to_huggingface(root / "odd")["train"], pcapmill.to_huggingface(root / "odd", unknown="keep")["train"]
    labels = pcapmill.load(root / "odd").labels
    assert 0 < len(known) == int((labels != 255).sum()) < len(kept) == len(labels) and set(kept["label"]) == {0, -1}
    try:
        import torch
    except ModuleNotFoundError:
        return
    loader = torch.utils.data.DataLoader(sides["train"].with_format("torch"), batch_size=32)
    batch = next(iter(loader))
    assert tuple(batch["image"].shape) == (32, 28, 28) and batch["label"].dtype == torch.int64
    assert (batch["image"].numpy() == pcapmill.load(dataset, "train").images[:32]).all()
    print(f"ok: datasets {datasets.__version__}: sides, class names, with_format('torch') and a DataLoader")


def with_torch(dataset: pathlib.Path) -> None:
    import torch
    from torch.utils.data import ConcatDataset, DataLoader, Dataset, Subset

    d = pcapmill.as_torch(dataset, "train")
    data = pcapmill.load(dataset, "train")
    assert isinstance(d, Dataset) and isinstance(d, pcapmill.Sessions) and isinstance(d + d, ConcatDataset)
    assert d.class_to_idx == data.class_to_idx and [d.class_to_idx[name] for name in d.classes] == list(range(len(d.classes)))
    batch = d.__getitems__([3, 0, 3])
    assert [y for _, y in batch] == [int(d.targets[3]), int(d.targets[0]), int(d.targets[3])]
    for i, (x, _) in zip([3, 0, 3], batch):
        assert torch.equal(x, d[i][0]) and x.dtype == torch.float32 and tuple(x.shape) == (1, 28, 28)
    last, = d.__getitems__([-1])
    assert torch.equal(last[0], d[len(d) - 1][0])
    calls = []

    class Counted(pcapmill.Sessions):
        def __getitems__(self, indices):
            calls.append(len(indices))
            return super().__getitems__(indices)

    batches = list(DataLoader(Counted(dataset, "train"), batch_size=50))
    assert calls == [len(b[1]) for b in batches], "the DataLoader takes samples one by one"
    for workers in ({}, {"num_workers": 2}, {"num_workers": 2, "multiprocessing_context": "spawn"}):
        x = torch.cat([b[0] for b in DataLoader(Subset(d, range(100)), batch_size=32, **workers)])
        assert ((x[:, 0] * 255).round().to(torch.uint8).numpy() == data.images[:100]).all()
    try:
        d[len(d)]
        raise AssertionError("a sample behind the last one")
    except IndexError:
        pass
    raised(ValueError, None, "need 'tensor'", pcapmill.as_torch, dataset, input="list")
    print(f"ok: torch {torch.__version__}: a Dataset with batches")


def with_torchvision(dataset: pathlib.Path) -> None:
    import torch
    import torchvision
    from torchvision import transforms
    from torchvision.transforms import v2

    plain = pcapmill.as_torch(dataset)
    pixels = pcapmill.load(dataset).images[5]
    half = transforms.Normalize([0.5], [0.5])
    for transform, input, want in (
        (v2.Normalize([0.5], [0.5]), None, half(plain[5][0])),
        (transforms.ToTensor(), None, plain[5][0]),
        (transforms.Compose([transforms.ToTensor(), half]), None, half(plain[5][0])),
        (torch.nn.Sequential(half), None, half(plain[5][0])),
        (transforms.PILToTensor(), None, torch.from_numpy(pixels.copy())[None]),
        (v2.Compose([v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True)]), None, plain[5][0]),
        (v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]), "array", plain[5][0]),
        (lambda a: torch.from_numpy(a[::-1].copy()), "array", torch.from_numpy(pixels[::-1].copy())),
        (lambda image: torch.tensor(image.getpixel((3, 2))), "pil", torch.tensor(int(pixels[2, 3]))),
        (lambda t: t.flip(0), "tensor", plain[5][0].flip(0)),
    ):
        got, label = pcapmill.as_torch(dataset, transform=transform, target_transform=str, input=input)[5]
        assert torch.allclose(got.as_subclass(torch.Tensor), want) and label == str(int(plain.targets[5])), transform
    print(f"ok: torchvision {torchvision.__version__}: transforms that take tensors, arrays and PIL images")


def with_mypy(root: pathlib.Path) -> None:
    """A program that uses the installed package is clean under mypy --strict, and wrong use is found."""
    program = root / "use.py"
    right = """
        import pathlib

        import numpy as np

        import pcapmill

        def show(p: pcapmill.Progress) -> None:
            print(p.done, p.captures)

        result: pcapmill.Result = pcapmill.convert([pathlib.Path("a.pcap")], "out", progress=show, drop=["dns"])
        data = pcapmill.load(result.directory, "train")
        images, labels, classes, table = data
        total = int(np.sum(labels))
        index: dict[str, int] = data.class_to_idx
        train = pcapmill.as_torch("out", "train", transform=lambda t: t)
        names: list[str] = train.classes
        groups = pcapmill.groups("out", by="host")
        try:
            pcapmill.run("verify", "out")
        except pcapmill.CommandError as e:
            print(e.status + 1, total, index, names, groups.shape)
        """
    wrong = """
        import pcapmill

        pcapmill.convert("a", "out", progress=3)
        pcapmill.groups("out", by="port")
        data: str = pcapmill.load("out")
        """
    for text, errors in ((right, 0), (wrong, 3)):
        program.write_text(textwrap.dedent(text))
        run = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(root / "mypy"), str(program)], capture_output=True, text=True, check=False, cwd=root)
        assert run.stdout.count(": error:") == errors and run.returncode == (errors > 0), run.stdout + run.stderr
    print("ok: mypy --strict")


def with_docs(captures: pathlib.Path, root: pathlib.Path) -> None:
    """The Python examples of the package's page, as they stand there."""
    page = pathlib.Path(__file__).resolve().parents[2] / "docs" / "formats" / "python.md"
    place = root / "docs"
    place.mkdir()
    shutil.copytree(captures, place / "captures")
    shutil.copytree(root / "made", place / "demo")
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    assert len(blocks) >= 4
    for block in blocks:
        block = block.replace("split=(80, 10, 10)", 'split=(80, 10, 10), split_by="session", split_fallback="time"')
        run = subprocess.run([sys.executable, "-c", block], cwd=place, capture_output=True, text=True, check=False)
        assert run.returncode == 0, block + run.stderr
    print(f"ok: {len(blocks)} examples of {page.name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("captures", type=pathlib.Path)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--alone", action="store_true", help="numpy must be the only library")
    mode.add_argument("--require", action="store_true", help="fail if a library is missing")
    args = parser.parse_args()
    captures = args.captures.resolve()
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        (root / "odd.yaml").write_text("Chat: [aim]\n")
        with_command(captures, root)
        dataset = with_convert(captures, root)
        with_errors(captures, root)
        with_interrupt(captures, root)
        with_imports(dataset)
        with_groups(captures, dataset, root)
        if args.alone:
            raised(ModuleNotFoundError, None, "pip install torch", pcapmill.as_torch, dataset)
        if not missing("sklearn", args):
            with_sklearn(dataset)
        if not missing("pandas", args):
            with_pandas(captures, dataset, root)
        if not missing("datasets", args):
            with_huggingface(captures, dataset, root)
        if not missing("torch", args):
            with_torch(dataset)
        if not missing("torchvision", args):
            with_torchvision(dataset)
            with_docs(captures, root)
        if not missing("mypy", args):
            with_mypy(root)


if __name__ == "__main__":
    main()
