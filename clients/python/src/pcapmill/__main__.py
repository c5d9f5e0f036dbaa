"""python -m pcapmill is the command pcapmill: same arguments, input, output and exit status."""

import os
import signal
import subprocess
import sys
from typing import NoReturn

from ._command import BinaryNotFoundError, binary


def main() -> NoReturn:
    try:
        program = binary()
    except BinaryNotFoundError as e:
        sys.exit(f"pcapmill: {e}")
    args = [program, *sys.argv[1:]]
    if os.name != "nt":
        os.execv(program, args)  # the same process from here on: signals need no help
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program gets Ctrl-C too, and decides
    sys.exit(subprocess.call(args))


main()
