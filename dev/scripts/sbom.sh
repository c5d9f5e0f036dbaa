#!/usr/bin/env bash
# Writes the software bill of materials of a pcapmill binary: CycloneDX 1.6, JSON.
#
#   dev/scripts/sbom.sh [BINARY] > pcapmill.cdx.json     # dist/pcapmill unless named, built if absent
#
# It lists what the Go toolchain recorded in the binary: modules with versions,
# hashes and licences, and the standard library. The same binary gives the same bytes.
# Exit status: 0 done, 1 failed.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=${1:-dist/pcapmill}
if [ ! -f "$binary" ] && [ $# -eq 0 ]; then
	dev/scripts/build.sh "$binary" >&2
fi
binary=$(cd "$(dirname "$binary")" && pwd)/$(basename "$binary")
version=$(sed -n 's/^const Number = "\(.*\)"/\1/p' internal/version/version.go)
GOFLAGS='' go run -C dev/tools ./sbom "$binary" "$version" "$(go env GOMODCACHE)" "$PWD/LICENSE"
