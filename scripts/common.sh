# shellcheck shell=bash
# Sourced by the other scripts: strict mode, the repository as working directory, and commands whose output is shown
# only where they fail.
set -euo pipefail
# --help prints the comment at the beginning of the script.
if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
  exit
fi
# What repeats this script, or the step of scripts/test that runs it.
repeat=${MASKMETRICS_REPEAT:-scripts/${0##*/}${*:+ $*}}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Else a script would go on with its next step where the one that was interrupted ends in its own way.
trap 'exit 130' INT
trap 'exit 143' TERM
# What works beside the script ends with it: a process, and a group of processes.
follower='' packages=''
trap 'kill -- ${follower:+"$follower"} ${packages:+"-$packages"} 2>/dev/null || true' EXIT

# Compiled once for every clone of the repository: paths below it do not count for ccache.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

num_jobs=$(nproc 2>/dev/null || echo 2)
log_dir=build/logs

# follow LOG LABEL: while the caller works, shows the last "[57/131]" of the log and the seconds; on a terminal in one
# line that moves, else in a line every 30 seconds.
follow() {
  local started=$SECONDS next=30 count elapsed
  while sleep 1 && kill -0 $$ 2>/dev/null; do
    elapsed=$((SECONDS - started))
    count=$(tail -c 4000 "$1" | tr '\r' '\n' | grep -oE '\[ *[0-9]+/[0-9]+\]|^ *[0-9]+/[0-9]+ Test|\[ *[0-9]+%\]' | tail -n 1 | tr -d ' Test[]' || true)
    if [[ -t 2 ]]; then
      printf '\r%-28s %9s %5d s' "$2" "$count" $elapsed >&2
    elif ((elapsed >= next)); then
      printf '%-28s %9s %5d s\n' "$2" "$count" $elapsed >&2
      next=$((next + 30))
    fi
  done
}

# end_of_log LOG: its last lines, without those of what passed. More of them in CI, which keeps no log.
end_of_log() {
  grep -vE '^-- |^\[ *[0-9]+/[0-9]+\] |^ *Start +[0-9]+: |^ *[0-9]+/[0-9]+ Test +#.*(Passed|Skipped)' "$1" |
    tail -n "$([[ ${CI:-} == true ]] && echo 400 || echo 60)" || true
}

# quietly LABEL COMMAND...: shows progress and how long it took. Where it fails, also the end of its log and the
# command that repeats it.
quietly() {
  local label=$1 log=$log_dir/${1// /-}.log started=$SECONDS status=0
  shift
  mkdir -p "$log_dir"
  : >"$log"
  follow "$log" "$label" &
  follower=$!
  "$@" >"$log" 2>&1 </dev/null || status=$?
  kill "$follower" 2>/dev/null || true
  wait "$follower" 2>/dev/null || true
  follower=''
  [[ -t 2 ]] && printf '\r\033[K' >&2
  printf '%-28s %9s %5d s\n' "$label" "$( ((status == 0)) && echo ok || echo FAILED)" $((SECONDS - started)) >&2
  if ((status != 0)); then
    {
      echo "--- the end of $log:"
      end_of_log "$log"
      echo "--- repeat it with: $repeat"
    } >&2
  fi
  return $status
}

# build_preset PRESET: configures and builds it.
build_preset() {
  cmake --preset "$1" && cmake --build --preset "$1" --parallel "$num_jobs"
}
