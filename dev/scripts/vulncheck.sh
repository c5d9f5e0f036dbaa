#!/usr/bin/env bash
# Looks for known vulnerabilities in what pcapmill is made of: code that it calls,
# in libraries and in the Go standard library. Needs the vulnerability database.
#
#   dev/scripts/vulncheck.sh                        # ask vuln.go.dev
#   dev/scripts/vulncheck.sh file:///srv/vulndb     # ask a copy of it
#
# Exit status: 0 looked and found none, 1 found some, 2 COULD NOT LOOK (no
# database, no govulncheck). 2 is not "none": nothing is known then.
set -u
cd "$(dirname "$0")/../.." || exit 2
export GOFLAGS="${GOFLAGS:-} -buildvcs=false"
database=${1:-https://vuln.go.dev}

version=$(go list -modfile=dev/tools/go.mod -m -f '{{.Version}}' golang.org/x/vuln) || exit 2
echo "govulncheck $version (dev/tools/go.mod), database $database"
go tool -modfile=dev/tools/go.mod govulncheck -tags s3 -db "$database" ./...
case $? in
0)
	echo "vulncheck: looked, and found none"
	exit 0
	;;
3)
	echo "vulncheck: FOUND vulnerabilities in code that pcapmill calls: see above" >&2
	exit 1
	;;
*)
	{
		echo "vulncheck: ****************************************************************"
		echo "vulncheck: COULD NOT LOOK for vulnerabilities. This is not a clean result:"
		echo "vulncheck: nothing is known about this source tree. Run it again where"
		echo "vulncheck: $database can be read, or name a copy of the database."
		echo "vulncheck: ****************************************************************"
	} >&2
	exit 2
	;;
esac
