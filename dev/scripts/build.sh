#!/usr/bin/env bash
# Builds the pcapmill that is released, with object stores (the tag s3), so that the same
# sources give the same bytes, wherever and by whomever they are built: no paths (-trimpath), no
# state of a repository (-buildvcs=false), no C compiler (CGO_ENABLED=0), no flags of the
# environment.
#
#   dev/scripts/build.sh [FILE]      # build, to dist/pcapmill unless named; print its SHA-256
#   dev/scripts/build.sh --check     # build twice, in different directories and with different
#                                # GOPATHs, once with the caches here and once with empty ones,
#                                # and compare
#
# GOOS and GOARCH choose another system. The Go toolchain is part of the
# input: the same version gives the same bytes. With --check modules come from
# the module cache where it has them.
# Exit status: 0 done (and equal), 1 failed or different.
set -euo pipefail
cd "$(dirname "$0")/../.."

build() { # SOURCE OUTPUT
	(cd "$1" && GOFLAGS='' GOWORK=off GOTOOLCHAIN=local GOEXPERIMENT='' CGO_ENABLED=0 \
		go build -mod=readonly -tags s3 -trimpath -buildvcs=false -ldflags='-s -w' -o "$2" ./cmd/pcapmill)
}

if [ "${1:-}" != --check ]; then
	out=${1:-dist/pcapmill}
	mkdir -p "$(dirname "$out")"
	build . "$(cd "$(dirname "$out")" && pwd)/$(basename "$out")"
	sha256sum "$out"
	exit
fi

scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
modules=$(go env GOMODCACHE)/cache/download
proxy=$(go env GOPROXY)
for place in a "b/a longer path"; do
	home=$scratch/$place
	mkdir -p "$home/source" "$home/tmp"
	# What git knows of, as it is here: no file that only this directory has gets in.
	git ls-files -z | while IFS= read -r -d '' f; do
		if [ -f "$f" ]; then printf '%s\0' "$f"; fi
	done | tar -c --null -T - | tar -x -C "$home/source"
	(
		if [ "$place" = a ]; then
			GOCACHE=$(go env GOCACHE) GOMODCACHE=$(go env GOMODCACHE)
		else
			GOCACHE=$home/cache GOMODCACHE=$home/modules
		fi
		export GOPATH=$home/gopath GOCACHE GOMODCACHE TMPDIR=$home/tmp HOME=$home
		export GOPROXY="file://$modules,$proxy" GOENV=off
		build "$home/source" "$home/pcapmill"
	)
	sha256sum "$home/pcapmill" | sed "s|$scratch/||"
done
if ! cmp "$scratch/a/pcapmill" "$scratch/b/a longer path/pcapmill"; then
	echo "build: the two are DIFFERENT: compare with go version -m and go tool nm" >&2
	exit 1
fi
echo "build: twice the same $(wc -c <"$scratch/a/pcapmill") bytes, $(go version), $(go env GOOS)/$(go env GOARCH)"
