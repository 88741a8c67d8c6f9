# shellcheck shell=bash
# Sourced by the other scripts: strict mode, the repository as working directory, and commands that speak only when
# they fail.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Compiled once for every clone of the repository: paths below it do not count for ccache.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

num_jobs=$(nproc 2>/dev/null || echo 2)

# quietly LABEL COMMAND...: prints the label and how long it took; on failure the command's output as well.
quietly() {
  local label=$1 log started status=0
  shift
  log=$(mktemp)
  started=$SECONDS
  printf '%-32s' "$label" >&2
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if ((status == 0)); then
    printf ' ok %5d s\n' $((SECONDS - started)) >&2
  else
    printf ' FAILED %d s: %s\n' $((SECONDS - started)) "$*" >&2
    cat "$log" >&2
  fi
  rm -f "$log"
  return $status
}

# build_preset PRESET: configures and builds it.
build_preset() {
  cmake --preset "$1" && cmake --build --preset "$1" --parallel "$num_jobs"
}
