"""Reads what session-captures writes with programs that take such files: scapy and pcapml.

    pcapmill session-captures SESSIONS CAPTURES --drop none
    pcapmill session-captures COMMENTS CAPTURES --drop none --mac zero --comments
    pcapmill convert CAPTURES -o DATASET --drop none --dedup none
    python3 clients/check_sessions.py DATASET SESSIONS COMMENTS [--require]

Compares packets, labels and bytes with the dataset. Prints one line per check, exits 1 at the
first that fails, and says loudly which libraries are missing (exit 0 then, unless --require is
given). Nothing is downloaded.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import logging
import pathlib
import sys


def missing(module: str, require: bool) -> bool:
    if importlib.util.find_spec(module) is not None:
        return False
    print(f"SKIPPED: {module} is not installed (clients/install.sh installs it)")
    if require:
        sys.exit(1)
    return True


def lines(folder: pathlib.Path) -> list:
    found = [json.loads(line) for line in (folder / "__pcapmill" / "sessions.jsonl").open()]
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert there == {line["file"] for line in found} | {"__pcapmill/sessions.jsonl"}
    return found


def with_scapy(dataset: pathlib.Path, folder: pathlib.Path) -> None:
    import numpy as np

    logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
    from scapy.layers.inet import IP
    from scapy.layers.inet6 import IPv6
    from scapy.utils import PcapReader

    manifest = json.loads((dataset / "manifest.json").read_text())
    size = manifest["rows"] * manifest["columns"]
    images = np.fromfile(dataset / "session_output.idx3", np.uint8)[16:].reshape(-1, size)
    labels = np.fromfile(dataset / "label_output.idx1", np.uint8)[8:]
    found = lines(folder)
    assert len(found) == len(images), (len(found), len(images))
    packets = 0
    for line, image, label in zip(found, images, labels, strict=True):
        with PcapReader(str(folder / line["file"])) as reader:
            session = list(reader)
        assert len(session) == line["packets"] and line["label"] == label, line
        assert all(isinstance(p, (IP, IPv6)) for p in session), line
        assert {(p.src, p.dst) for p in session} <= {("0.0.0.0", "0.0.0.0"), ("::", "::")}, line
        content = b"".join(p.original for p in session)
        assert content[:size].ljust(size, b"\0") == image.tobytes(), line
        packets += len(session)
    print(f"ok: scapy {importlib.metadata.version('scapy')}: {len(found)} sessions, {packets} packets, each begins with its sample")


def with_pcapml(folder: pathlib.Path) -> None:
    import pcapml

    found = lines(folder)
    packets = 0
    for line in found:
        table = pcapml.read_pcapml(str(folder / line["file"]))
        assert len(table) == line["packets"] and sum(map(len, table["raw"])) == line["bytes"], line
        assert set(table["sample_id"]) == {str(line["id"])} and set(table["label"]) == {line["class"]}, line
        packets += len(table)
    print(f"ok: pcapml {importlib.metadata.version('pcapml')}: {len(found)} sessions, {packets} packets, label and id of each")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=pathlib.Path)
    parser.add_argument("sessions", type=pathlib.Path)
    parser.add_argument("comments", type=pathlib.Path)
    parser.add_argument("--require", action="store_true", help="fail if a library is missing")
    args = parser.parse_args()
    if not missing("numpy", args.require) and not missing("scapy", args.require):
        with_scapy(args.dataset, args.sessions)
    if not missing("pandas", args.require) and not missing("pcapml", args.require):
        with_pcapml(args.comments)


if __name__ == "__main__":
    main()
