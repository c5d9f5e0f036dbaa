"""Runs the program pcapmill: finds it, passes options, reads its events, turns its exit status into errors."""

import contextlib
import dataclasses
import datetime
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
import warnings
from typing import IO, Any, Callable, Dict, Iterable, Iterator, List, Mapping, NoReturn, Optional, Sequence, Tuple, Union

from ._load import Data, Error, load

_Path = Union[str, "os.PathLike[str]"]

# Options that stand alone; all others are --name=value, and switches --name=on.
_BARE = frozenset({"card", "dry_run"})
# What stands between the parts of a value that is given as a list; else a comma.
_BETWEEN = {"shape": "x", "split": "/"}
# What convert itself decides.
_OURS = {"out": "the second argument", "json": "always on", "help": "see 'pcapmill convert --help'"}


class BinaryNotFoundError(Error, FileNotFoundError):
    """The program pcapmill is not there: the package was installed without it."""


class CommandError(Error):
    """The program ended without doing what it was asked.

    status is its exit status (negative: the signal that ended it), command the command line, stderr
    what it wrote there, result what its events said before it ended, or None.
    """

    status: int
    command: List[str]
    stderr: str
    result: "Optional[Result]"

    def __init__(self, message: str, status: int, command: Sequence[str], stderr: str, result: "Optional[Result]" = None) -> None:
        super().__init__(message)
        self.status, self.command, self.stderr, self.result = status, list(command), stderr, result


class FailedError(CommandError):
    """Status 1: it failed, and the dataset is as it was. Also a program that a signal ended."""


class UsageError(CommandError, ValueError):
    """Status 2: an option or a value that does not exist, or does not fit the others. Nothing was done."""


class IncompleteError(CommandError):
    """Status 5: the samples are in the dataset, and a step behind them (split, export, card) failed.

    The same call again completes it.
    """


class InterruptedRunError(CommandError):
    """Status 130: somebody else interrupted the program. The dataset is consistent; the same call completes it."""


class PcapmillWarning(UserWarning):
    """Something that the program warned of."""


class DamagedInputWarning(PcapmillWarning):
    """Status 3: done, but some input was damaged or could not be read. Result.damaged names it."""


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a run is. Captures that are in the dataset already count as done."""

    captures: int  # to read in all
    done: int  # of these, read
    bytes: int  # of the captures that are done, as they are on disk
    total_bytes: int  # of all captures; 0 if one of them has no size that is known before
    packets: int
    samples: int
    seconds: float  # since the program was started
    path: str  # the capture that was finished last, "" at the beginning


@dataclasses.dataclass(frozen=True)
class Result:
    """What a run of convert came to."""

    directory: str
    status: int  # 0, or 3 if some input was damaged
    samples: int  # in the dataset now
    added: Mapping[str, Any]  # packets, sessions, samples, duplicates, ... of this run
    captures: List[Mapping[str, Any]]  # as the program read them; "result" has the counts of each
    skipped: List[Mapping[str, Any]]  # files that are no captures: "path", "reason", "detail"
    problems: List[str]  # paths that could not be looked at
    warnings: List[str]
    seconds: float
    events: List[Mapping[str, Any]]  # all lines of --json, as they came

    @property
    def damaged(self) -> List[Mapping[str, Any]]:
        """The captures that were damaged ("damage") or could not be read at all ("error")."""
        return [c for c in self.captures if "error" in c or "damage" in c]

    def load(self, split: Optional[str] = None) -> Data:
        """The dataset, or one side of it."""
        return load(self.directory, split)


def binary() -> str:
    """The path of the program: the one that this package brought, else the first on the PATH."""
    name = "pcapmill.exe" if os.name == "nt" else "pcapmill"
    folders = [sysconfig.get_path("scripts")]
    for scheme in (f"{os.name}_user", "osx_framework_user"):
        if scheme in sysconfig.get_scheme_names():
            folders.append(sysconfig.get_path("scripts", scheme))
    folders.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bin"))  # pip install --target
    for folder in folders:
        path = os.path.join(folder, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    found = shutil.which("pcapmill")
    if found is None:
        raise BinaryNotFoundError(
            f"the program pcapmill is neither in {folders[0]} nor on the PATH: install a wheel of pcapmill, "
            "which brings it, or build it with 'go install ./cmd/pcapmill' in a clone"
        )
    return found


def run(
    *args: _Path, input: "Union[None, bytes, IO[bytes]]" = None, check: bool = True
) -> "subprocess.CompletedProcess[str]":
    """Runs any command of the program, as run("verify", "dataset"), and returns what it wrote.

    input is what it reads from standard input: bytes, an open file, or nothing. With check a status
    other than 0 raises the CommandError of that status, except 3, which warns.
    """
    command = [binary(), *(os.fspath(a) for a in args)]
    with _input(input) as source:
        done = subprocess.run(command, stdin=source, capture_output=True, check=False)
    out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    if check and done.returncode == 3:
        warnings.warn(DamagedInputWarning(_message(err, 3)), stacklevel=2)
    elif check and done.returncode != 0:
        _fail(done.returncode, command, err, None)
    return subprocess.CompletedProcess(command, done.returncode, out, err)


def convert(
    paths: Union[_Path, Iterable[_Path]],
    out: _Path,
    *,
    progress: Union[None, bool, Callable[[Progress], object]] = None,
    input: "Union[None, bytes, IO[bytes]]" = None,
    **options: Any,
) -> Result:
    """Makes a dataset in the directory out, or adds to the one that is there.

    paths are captures and directories. A capture that is in the dataset already is not read into it
    again, so the same call completes a run that was interrupted.

    progress is a function that gets a Progress when the run begins and after each capture, or True
    for a line of text on standard error. input is the content of the capture "-", if it is one
    of the paths: bytes, or a file that is open for reading.

    options are those of `pcapmill convert --help` with _ for -, and values as there, or as Python has
    them: True and False for on and off, lists for lists, (28, 28) for shape, (80, 10, 10) for
    split, a dict for table_columns, a timedelta for durations:

        pcapmill.convert("captures", "dataset", ip="anonymize", key_file="project.key",
                         drop=["dns", "background"], split=(80, 10, 10), udp_pad=True)

    Raises UsageError, FailedError, IncompleteError, InterruptedRunError (all CommandError) by exit
    status, and BinaryNotFoundError. Damaged input is a DamagedInputWarning, and what else the program
    warns of a PcapmillWarning. Ctrl-C asks the program to stop, waits until the dataset is consistent
    and raises KeyboardInterrupt; a second one ends the program at once, which leaves a
    dataset of whole captures too.
    """
    names = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    command = [binary(), "convert", "--json", f"--out={os.fspath(out)}"]
    for name, value in options.items():
        command += _option(name, value)
    command += ["--", *(os.fspath(name) for name in names)]
    tell = _Text() if progress is True else progress if callable(progress) else None
    reader = _Reader(os.fspath(out), tell)
    try:
        status, err = _watch(command, input, reader.line)
    finally:
        if isinstance(tell, _Text):
            tell.end()
    result = reader.result(status)
    if status not in (0, 3):
        _fail(status, command, "\n".join([err, *result.problems]), result)
    for text in result.warnings:
        warnings.warn(PcapmillWarning(text), stacklevel=2)
    if status == 3:
        what = [f"{c['name']}: {c.get('error') or c['damage']}" for c in result.damaged] + result.problems
        warnings.warn(DamagedInputWarning(_list(what) or _message(err, 3)), stacklevel=2)
    return result


def _option(name: str, value: Any) -> List[str]:
    """An option of the command line."""
    if name in _OURS:
        raise TypeError(f"convert() takes no option {name!r}: it is {_OURS[name]}")
    flag = "--" + name.replace("_", "-")
    if value is None:
        return []
    if name in _BARE:
        if not isinstance(value, bool):
            raise TypeError(f"{name}={value!r}: need True or False")
        return [flag] if value else []
    if isinstance(value, bool):
        text = "on" if value else "off"
    elif isinstance(value, datetime.timedelta):
        text = f"{value.total_seconds():.9f}s"
    elif isinstance(value, Mapping):
        text = ",".join(f"{k}={v}" for k, v in value.items())
    elif isinstance(value, (str, int, float, os.PathLike)):
        text = str(os.fspath(value) if isinstance(value, os.PathLike) else value)
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        text = _BETWEEN.get(name, ",").join(map(str, value))
    else:
        raise TypeError(f"{name}={value!r}: need text, a number, True or False, or a list")
    return [f"{flag}={text}"]


def _watch(command: List[str], data: "Union[None, bytes, IO[bytes]]", line: Callable[[bytes], None]) -> Tuple[int, str]:
    """Runs a command and hands on the lines of its output as they come; returns status and what it wrote on standard error.

    The command gets no signals of the terminal but ours, so that one Ctrl-C is one.
    """
    own: Dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        own = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    with tempfile.TemporaryFile() as err, _input(data) as source:
        with subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE, stderr=err, **own) as process:
            assert process.stdout is not None
            stopped: Optional[BaseException] = None
            while True:
                try:
                    for text in process.stdout:
                        if stopped is None:
                            line(text)
                    process.wait()
                    break
                except BaseException as e:  # Ctrl-C, or an error of the caller's function
                    if stopped is not None:
                        process.kill()
                        process.wait()
                        raise
                    stopped = e
                    _interrupt(process)
        if stopped is not None:
            raise stopped
        err.seek(0)
        return process.returncode, err.read().decode("utf-8", "replace")


@contextlib.contextmanager
def _input(data: "Union[None, bytes, IO[bytes]]") -> "Iterator[Union[int, IO[bytes]]]":
    """What a program reads from standard input: bytes from a file that goes away, an open file, or nothing."""
    if data is None:
        yield subprocess.DEVNULL
    elif isinstance(data, bytes):
        with tempfile.TemporaryFile() as f:
            f.write(data)
            f.seek(0)
            yield f
    else:
        yield data


def _interrupt(process: "subprocess.Popen[bytes]") -> None:
    if sys.platform == "win32":
        process.send_signal(signal.CTRL_BREAK_EVENT)
    else:
        process.send_signal(signal.SIGINT)


class _Reader:
    """Collects the events of a run."""

    def __init__(self, directory: str, tell: Optional[Callable[[Progress], object]]) -> None:
        self.directory, self.tell = directory, tell
        self.events: List[Mapping[str, Any]] = []
        self.start = time.monotonic()
        self.progress = Progress(0, 0, 0, 0, 0, 0, 0.0, "")

    def line(self, text: bytes) -> None:
        try:
            e = json.loads(text)
            kind = e["event"]
        except (ValueError, TypeError, KeyError):
            raise Error(f"the program pcapmill wrote a line that is no event: {text[:200]!r}: is it of another version?") from None
        self.events.append(e)
        p = self.progress
        if kind == "plan":
            p = dataclasses.replace(p, captures=e["captures"], total_bytes=max(0, e["bytes"]))
        elif kind == "capture":
            counts = e.get("result") or {}
            p = dataclasses.replace(
                p,
                done=p.done + 1,
                bytes=p.bytes + max(0, counts.get("size", 0)),
                packets=p.packets + counts.get("packets", 0),
                samples=p.samples + counts.get("samples", 0),
                path=e["path"],
            )
        else:
            return
        self.progress = dataclasses.replace(p, seconds=time.monotonic() - self.start)
        if self.tell is not None:
            self.tell(self.progress)

    def result(self, status: int) -> Result:
        def of(kind: str) -> List[Mapping[str, Any]]:
            return [e for e in self.events if e["event"] == kind]

        last: Mapping[str, Any] = of("done")[-1] if of("done") else {}
        return Result(
            directory=self.directory,
            status=status,
            samples=last.get("samples", 0),
            added=last.get("added", {}),
            captures=of("capture"),
            skipped=of("skipped"),
            problems=[e["text"] for e in of("problem")],
            warnings=[e["text"] for e in of("warning")],
            seconds=last.get("seconds", time.monotonic() - self.start),
            events=self.events,
        )


class _Text:
    """Progress as a line of text: one that is written over on a terminal, else one every few seconds."""

    def __init__(self) -> None:
        self.file = sys.stderr
        self.over = self.file.isatty()
        self.width, self.next, self.shown = 0, 0.0, ""

    def __call__(self, p: Progress) -> None:
        size = f"{_size(p.bytes)} of {_size(p.total_bytes)}" if p.total_bytes else _size(p.bytes)
        self.shown = f"{p.done:,} of {p.captures:,} captures, {size}, {p.packets:,} packets, {p.samples:,} samples"
        if time.monotonic() < self.next and p.done < p.captures:
            return
        self.next = time.monotonic() + (0.1 if self.over else 5)
        self.write()

    def write(self) -> None:
        if self.over:
            print("\r" + self.shown.ljust(self.width), end="", file=self.file, flush=True)
            self.width = len(self.shown)
        else:
            print("pcapmill: " + self.shown, file=self.file, flush=True)

    def end(self) -> None:
        if self.over and self.shown:
            self.write()
            print(file=self.file, flush=True)


def _size(n: int) -> str:
    value = float(n)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def _list(texts: Sequence[str]) -> str:
    """A few texts on a line each, and how many more there are."""
    more = [f"and {len(texts) - 10} more"] if len(texts) > 10 else []
    return "\n".join([*texts[:10], *more])


def _message(err: str, status: int) -> str:
    """What the program wrote on standard error, without its name before each line."""
    lines = [line.removeprefix("pcapmill: ").rstrip() for line in err.splitlines()]
    return "\n".join(line for line in lines if line) or f"pcapmill ended with status {status}"


def _fail(status: int, command: Sequence[str], err: str, result: Optional[Result]) -> NoReturn:
    text = _message(err, status)
    kinds = {1: FailedError, 2: UsageError, 5: IncompleteError, 130: InterruptedRunError}
    if status < 0:
        text += f"\nthe program was ended by signal {-status}; the same call completes the dataset"
    raise kinds.get(status, FailedError if status < 0 else CommandError)(text, status, command, err, result)
