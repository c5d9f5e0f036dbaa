#!/usr/bin/env bash
# Installs the programs that dev/bench/run.sh compares pcapmill with, on Debian and
# its relatives, and says what it installs:
#
#   apt   tshark (with capinfos), tcpflow, nfdump (nfpcapd), softflowd, tcpdump,
#         argus-server (argus), tcptrace: into the system, which needs root
#   pip   scapy and dpkt, pinned by content: into a virtual environment under
#         $BENCH_CACHE, else $XDG_CACHE_HOME/pcapmill, else ~/.cache/pcapmill
#
#   dev/bench/peers/install.sh            both
#   dev/bench/peers/install.sh apt        one of the two
#   dev/bench/peers/install.sh pip
#
# Three of the packages bring daemons. None is started here: while apt runs,
# /usr/sbin/policy-rc.d says no, unless the machine has one of its own.
# The last line of standard output is the Python to use; all else goes to
# standard error. dev/bench/run.sh finds what is there and skips what is not.
set -euo pipefail

packages="tshark tcpflow nfdump softflowd tcpdump argus-server tcptrace"
here=$(cd "$(dirname "$0")" && pwd)
cache=${BENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pcapmill}
say() { echo "install.sh: $*" >&2; }

install_apt() {
	if ! command -v apt-get >/dev/null; then
		say "no apt-get here: install by your system's means: $packages"
		return
	fi
	local missing="" p as=""
	for p in $packages; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
	done
	if [ -z "$missing" ]; then
		say "apt: all there: $packages"
		return
	fi
	if [ "$(id -u)" != 0 ]; then as=sudo; fi
	say "apt: installs$missing"
	local policy=/usr/sbin/policy-rc.d
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' | $as tee "$policy" >/dev/null
		$as chmod 755 "$policy"
		# shellcheck disable=SC2064 # both are known now
		trap "$as rm -f $policy" EXIT
	fi
	# shellcheck disable=SC2086 # a list of words
	$as env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >&2
}

install_pip() {
	local venv=$cache/peers
	if [ ! -x "$venv/bin/python" ]; then
		say "python: makes $venv"
		python3 -m venv "$venv" >&2
	fi
	say "pip: installs into $venv: $(grep -o '^[a-z]*==[0-9.]*' "$here/requirements.txt" | tr '\n' ' ')"
	"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
		-r "$here/requirements.txt" >&2
	echo "$venv/bin/python"
}

case ${1:-all} in
apt) install_apt ;;
pip) install_pip ;;
all) install_apt && install_pip ;;
*) say "have apt, pip, or nothing for both" && exit 2 ;;
esac
