#!/bin/sh
# Installs what the demo and the tests need and this machine lacks: the Postgres
# server programs, python3 with venv (for the MongoDB-compatible server, where
# there is no mongod) and, with the argument "browser", Chromium.
#
# Uses apt-get as root or by sudo without a password. Where it cannot install
# something it says so in one line and goes on: the step that needs it tells
# what is wrong. Never touches a Postgres cluster that exists.
set -eu

have() { command -v "$1" >/dev/null 2>&1; }
say() { printf 'deps: %s\n' "$*" >&2; }

have_postgres() {
	have postgres && return
	for initdb in /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb; do
		[ -x "$initdb" ] && return
	done
	return 1
}
have_mongo() { have mongod || python3 -c 'import ensurepip, venv' 2>/dev/null; }
have_browser() {
	for b in chromium chromium-browser google-chrome chrome headless-shell; do
		have "$b" && "$b" --version >/dev/null 2>&1 && return
	done
	return 1
}

sudo=
can_apt() {
	have apt-get || return 1
	[ "$(id -u)" -eq 0 ] && return
	have sudo && sudo -n true 2>/dev/null && sudo='sudo -n'
}

updated=
apt() {
	if [ -z "$updated" ]; then
		$sudo apt-get update -qq >&2 || return
		updated=yes
	fi
	say "installing $*"
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# postgresql would make and start a cluster of its own; ours are elsewhere. The
# drop-in that forbids it is removed again, so that later installations behave.
apt_postgres() {
	dropin=/etc/postgresql-common/createcluster.d/aisle-no-cluster.conf
	apt postgresql-common || return
	$sudo mkdir -p "${dropin%/*}"
	echo 'create_main_cluster = false' | $sudo tee "$dropin" >/dev/null
	status=0
	apt postgresql || status=$?
	$sudo rm -f "$dropin"
	return "$status"
}

apt_browser() {
	apt chromium fonts-dejavu-core || apt chromium-browser
}

# need NAME CHECK INSTALL HELP
need() {
	"$2" && return
	if can_apt && "$3" && "$2"; then
		return
	fi
	say "cannot install $1 here: $4"
}

apt_mongo() { apt python3 python3-venv; }

if ! have_postgres && ! can_apt && [ "$(id -u)" -ne 0 ]; then
	say "no Postgres here: its programs are fetched into your cache folder at the first start"
else
	need Postgres have_postgres apt_postgres "install the package postgresql, or set AISLE_POSTGRES_URL to a server with wal_level=logical"
fi
need python3-venv have_mongo apt_mongo "install the packages python3 and python3-venv (or mongod), or set AISLE_MONGO_URI to a replica set"
if [ "${1:-}" = browser ]; then
	need Chromium have_browser apt_browser "install Chromium or Chrome so that the browser tests can run"
fi
