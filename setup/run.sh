#!/bin/sh
# First half of `npm run demo`, `npm start` and `npm test`: what must be there before our own Node can run. It installs the
# missing system packages and the npm packages, then hands over to setup/main.ts under the pinned Node 24.
# Plain POSIX sh: a fresh machine may have nothing but Node and npm.
set -eu
cd "$(dirname "$0")/.."
command_name=${1:?usage: setup/run.sh demo|start|test [options]}

say() { printf '\033[2m[setup]\033[0m %s\n' "$*" >&2; }
fail() { printf '[setup] %s\n' "$*" >&2; exit 1; }

find_postgres() {
  for candidate in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -n -r); do
    version=$(basename "$(dirname "$candidate")")
    if [ "$version" -ge 14 ] 2>/dev/null && [ -x "$candidate/initdb" ] && [ -x "$candidate/pg_basebackup" ]; then return 0; fi
  done
  return 1
}

# What each command needs, as Debian and Ubuntu package names.
missing=
find_postgres || missing="$missing postgresql postgresql-client postgresql-contrib"
if [ "$command_name" != start ]; then
  command -v pgbackrest >/dev/null 2>&1 || missing="$missing pgbackrest"
  command -v pgbouncer >/dev/null 2>&1 || [ -x /usr/sbin/pgbouncer ] || missing="$missing pgbouncer"
  command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
fi
if [ "$command_name" = test ]; then
  command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || missing="$missing chromium"
  command -v haproxy >/dev/null 2>&1 || [ -x /usr/sbin/haproxy ] || missing="$missing haproxy"
fi

if [ -n "$missing" ]; then
  line="apt-get update && apt-get install -y --no-install-recommends$missing"
  if [ "$(id -u)" = 0 ]; then as_root=
  elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then as_root=sudo
  else fail "These system packages are missing:$missing
Farshore may not install them as $(id -un). Let an administrator run this line, then start again:
  $line"
  fi
  command -v apt-get >/dev/null 2>&1 || fail "These programs are missing:$missing (Debian package names). This machine has no apt-get; install them with its own package manager, then start again."
  say "Installing system packages:$missing (a minute or two)"
  # The packages would start servers of their own on standard ports. Farshore needs the programs only.
  made_policy=
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' | $as_root tee /usr/sbin/policy-rc.d >/dev/null && $as_root chmod 755 /usr/sbin/policy-rc.d && made_policy=1
  fi
  log=$(mktemp)
  status=0
  {
    $as_root apt-get update &&
      case "$missing" in
        *" postgresql "*)
          $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql-common &&
            $as_root sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf ;;
      esac &&
      $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
  } >"$log" 2>&1 || status=$?
  [ -z "$made_policy" ] || $as_root rm -f /usr/sbin/policy-rc.d
  if [ "$status" != 0 ]; then tail -n 20 "$log" >&2; fail "Installing the system packages failed (log: $log). Mend what it says, or run by hand: $line"; fi
  rm -f "$log"
fi

# npm leaves out optional packages that don't want the Node it runs under: under Debian 12's Node 18 that would be the compilers of
# this very platform. There, a present npm under the pinned Node does the work, and is removed afterwards.
npm_of_today() {
  if [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; then npm "$@"; return; fi
  node_version=$(node -p 'require("./package.json").dependencies.node')
  node_package=node-linux-$(node -p process.arch)
  npm install --prefix .setup-node --no-save --ignore-scripts --no-audit --no-fund --loglevel=error npm@11 "$node_package@$node_version" || return 1
  status_of_npm=0
  PATH="$PWD/.setup-node/node_modules/$node_package/bin:$PATH" node .setup-node/node_modules/npm/bin/npm-cli.js "$@" || status_of_npm=$?
  rm -rf .setup-node
  return "$status_of_npm"
}

# npm packages: again only when the lock file changed.
stamp=node_modules/.farshore-lock
lock_sum=$(cksum <package-lock.json)
if [ ! -x node_modules/.bin/node ] || [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$lock_sum" ]; then
  say "Installing npm packages (about a minute)"
  log=$(mktemp)
  # No install scripts of packages run, but for `node`, whose script fetches the binary of this platform.
  if ! npm_of_today ci --ignore-scripts --no-audit --no-fund --loglevel=error >"$log" 2>&1; then
    tail -n 20 "$log" >&2; fail "npm ci failed (log: $log). Check the network or the registry that npm is set to, then start again."
  fi
  if ! (cd node_modules/node && npm_config_save=false node installArchSpecificPackage >"$log" 2>&1); then
    tail -n 20 "$log" >&2; fail "The pinned Node could not be installed (log: $log)."
  fi
  # Without its script, npm made no link for it.
  ln -sf ../node/bin/node node_modules/.bin/node
  rm -f "$log"
  printf '%s' "$lock_sum" >"$stamp"
fi

PATH="$PWD/node_modules/.bin:$PATH"
export PATH
exec node setup/main.ts "$@"
