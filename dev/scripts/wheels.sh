#!/usr/bin/env bash
# Builds the Python wheels of pcapmill. Each carries the program for one system, and the package in
# clients/python. The same sources give the same bytes. Needs Go and git, no Python.
#
#   dev/scripts/wheels.sh [DIR]          # all five, to dist/wheels unless named
#   dev/scripts/wheels.sh --here [DIR]   # the one for this machine:
#   pip install dist/wheels/pcapmill-*.whl
#
# The program is static (no cgo), so one wheel fits every Linux of an architecture, with glibc or
# musl. Nothing is published. Exit status: 0 done, 1 failed.
set -euo pipefail
cd "$(dirname "$0")/../.."

# Go's system and architecture, and the platforms of the wheel's tag. manylinux_2_17 is the oldest
# that pip knows by that scheme; Go 1.26 needs macOS 12.
targets=(
	"linux amd64 manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64"
	"linux arm64 manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64"
	"darwin amd64 macosx_12_0_x86_64"
	"darwin arm64 macosx_12_0_arm64"
	"windows amd64 win_amd64"
)
here=
if [ "${1:-}" = --here ]; then
	here="$(go env GOHOSTOS) $(go env GOHOSTARCH)"
	shift
fi
out=${1:-dist/wheels}
mkdir -p "$out"
rm -f "$out"/pcapmill-*.whl
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
version=$(sed -n 's/^const Number = "\(.*\)"/\1/p' internal/version/version.go)
GOFLAGS='' go build -C dev/tools -o "$scratch/pack" ./pack
GOFLAGS='' go build -C dev/tools -o "$scratch/sbom" ./sbom

made=0
for target in "${targets[@]}"; do
	read -r system arch platforms <<<"$target"
	if [ -n "$here" ] && [ "$here" != "$system $arch" ]; then continue; fi
	binary=$scratch/bin/${system}_$arch/pcapmill
	if [ "$system" = windows ]; then binary=$binary.exe; fi
	GOOS=$system GOARCH=$arch dev/scripts/build.sh "$binary" >/dev/null
	"$scratch/sbom" "$binary" "$version" "$(go env GOMODCACHE)" LICENSE >"$scratch/sbom.json"
	"$scratch/pack" wheel "$out" "$version" "py3-none-$platforms" clients/python "$binary" \
		LICENSE THIRD_PARTY_NOTICES.txt --sbom "$scratch/sbom.json"
	made=$((made + 1))
done
if [ "$made" -eq 0 ]; then
	echo "wheels.sh: no wheel for $here: install with 'go install ./cmd/pcapmill' and 'pip install ./clients/python'" >&2
	exit 1
fi
