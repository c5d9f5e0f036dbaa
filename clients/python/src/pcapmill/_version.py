"""The version, which has one home: internal/version/version.go of the repository. The build copies
it into the metadata of the package, and here it is read from there."""

from importlib import metadata

try:
    __version__ = metadata.version("pcapmill")
except metadata.PackageNotFoundError:  # imported from a folder, not installed
    __version__ = "0+unknown"
