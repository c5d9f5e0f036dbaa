#!/usr/bin/env bash
# Makes all files of a release, and publishes nothing: archives for six systems, packages for Debian
# and for rpm, wheels, bills of materials, SHA256SUMS; and in bin/ the programs, which the Containerfile
# takes. The version is that of internal/version/version.go.
#
#   dev/scripts/release.sh [DIR]         # to dist/release unless named; what is there goes away
#   dev/scripts/release.sh --check       # make it twice, and compare every byte
#
# Times in archives are SOURCE_DATE_EPOCH, or that of the last commit. Needs Go and git.
# Exit status: 0 done (and equal), 1 failed or different.
set -euo pipefail
cd "$(dirname "$0")/../.."
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}

if [ "${1:-}" = --check ]; then
	scratch=$(mktemp -d)
	trap 'rm -rf "$scratch"' EXIT
	for place in a "b/a longer path"; do dev/scripts/release.sh "$scratch/$place" >/dev/null; done
	if ! diff -r "$scratch/a" "$scratch/b/a longer path"; then
		echo "release: the two are DIFFERENT" >&2
		exit 1
	fi
	echo "release: twice the same $(find "$scratch/a" -type f | wc -l) files, $(du -sh "$scratch/a" | cut -f1)"
	exit
fi

out=${1:-dist/release}
rm -rf "$out"
mkdir -p "$out"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
version=$(sed -n 's/^const Number = "\(.*\)"/\1/p' internal/version/version.go)
dev/scripts/notices.sh --check
GOFLAGS='' go build -C dev/tools -o "$scratch/pack" ./pack
GOFLAGS='' go build -C dev/tools -o "$scratch/sbom" ./sbom
GOFLAGS='' go build -trimpath -buildvcs=false -o "$scratch/pcapmill" ./cmd/pcapmill

# What stands beside the program: manual pages and completions come from the program itself.
mkdir -p "$scratch/man" "$scratch/shell"
manual=() installed=()
for page in cmd/pcapmill/man/*.1; do
	name=$(basename "$page")
	manual+=("man/$name=$page")
	installed+=("usr/share/man/man1/$name.gz=$page")
done
for shell in bash zsh fish; do "$scratch/pcapmill" completion $shell >"$scratch/shell/$shell"; done
texts=("LICENSE=LICENSE" "THIRD_PARTY_NOTICES.txt=THIRD_PARTY_NOTICES.txt" "README.md=README.md" "CHANGELOG.md=CHANGELOG.md")
completions=("completions/pcapmill.bash=$scratch/shell/bash" "completions/_pcapmill=$scratch/shell/zsh" "completions/pcapmill.fish=$scratch/shell/fish")
cat LICENSE THIRD_PARTY_NOTICES.txt >"$scratch/copyright"
installed+=(
	"usr/share/bash-completion/completions/pcapmill=$scratch/shell/bash"
	"usr/share/zsh/vendor-completions/_pcapmill=$scratch/shell/zsh"
	"usr/share/fish/vendor_completions.d/pcapmill.fish=$scratch/shell/fish"
	"usr/share/doc/pcapmill/copyright=$scratch/copyright"
	"usr/share/doc/pcapmill/README.md.gz=README.md"
	"usr/share/doc/pcapmill/changelog.gz=CHANGELOG.md"
)

for target in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do
	system=${target%/*} arch=${target#*/}
	name=pcapmill_${version}_${system}_$arch
	program=pcapmill
	if [ "$system" = windows ]; then program=pcapmill.exe; fi
	binary=$out/bin/${system}_$arch/$program
	GOOS=$system GOARCH=$arch dev/scripts/build.sh "$binary"
	"$scratch/sbom" "$binary" "$version" "$(go env GOMODCACHE)" LICENSE >"$out/$name.cdx.json"
	if [ "$system" = windows ]; then
		"$scratch/pack" archive "$out/$name.zip" "$name" "+$program=$binary" "${texts[@]}"
	else
		"$scratch/pack" archive "$out/$name.tar.gz" "$name" "+$program=$binary" "${texts[@]}" "${manual[@]}" "${completions[@]}"
	fi
	if [ "$system" = linux ]; then
		"$scratch/pack" deb "$out/pcapmill_${version}_$arch.deb" "$version" "$arch" "+usr/bin/pcapmill=$binary" "${installed[@]}"
		"$scratch/pack" rpm "$out/pcapmill_${version}_$arch.rpm" "$version" "$arch" "+usr/bin/pcapmill=$binary" "${installed[@]}"
	fi
done
dev/scripts/wheels.sh "$out"
(cd "$out" && sha256sum ./*.tar.gz ./*.zip ./*.deb ./*.rpm ./*.whl ./*.cdx.json | sed 's|\./||' >SHA256SUMS)
ls -l "$out"
