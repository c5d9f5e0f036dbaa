"""Gives setuptools the version, which stands in internal/version/version.go and nowhere else."""

import pathlib
import re

import setuptools

source = pathlib.Path(__file__).resolve().parents[2] / "internal" / "version" / "version.go"
found = re.search(r'^const Number = "([^"]+)"$', source.read_text(encoding="utf-8"), re.MULTILINE)
if found is None:
    raise SystemExit(f"{source} names no version")
setuptools.setup(version=found.group(1))
