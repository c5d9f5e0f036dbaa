#!/usr/bin/env bash
# Writes THIRD_PARTY_NOTICES.txt: whose work is linked into the program, on any system that is
# released, and under which licences. Run it after a change of go.mod.
#
#   dev/scripts/notices.sh            # write the file
#   dev/scripts/notices.sh --check    # exit status 1 if it is stale
set -euo pipefail
cd "$(dirname "$0")/../.."
new=$(mktemp)
trap 'rm -f "$new"' EXIT
GOFLAGS='' go run -C dev/tools ./notices "$PWD" >"$new"
if [ "${1:-}" != --check ]; then
	cp "$new" THIRD_PARTY_NOTICES.txt
	chmod 0644 THIRD_PARTY_NOTICES.txt
elif ! diff -u THIRD_PARTY_NOTICES.txt "$new"; then
	echo "notices: THIRD_PARTY_NOTICES.txt is stale: run dev/scripts/notices.sh" >&2
	exit 1
fi
