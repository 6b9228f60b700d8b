# What stands before the commands of a page when commands.test.ts runs them. PATH has the programs that commands.ts lists, and no others.
# In: REAL_PATH, NODE, CLI, NOTES (file for commands that are not run here), UNKNOWN (file for programs that do not exist), SCRATCH.
set -Eeuo pipefail
AT=''
trap 'echo "$AT: ended with $?: $BASH_COMMAND" >&2' ERR
command_not_found_handle() { echo "$AT: $1" >> "$UNKNOWN"; return 127; }

note() { local words="$*"; echo "${words//$'\n'/ }" >> "$NOTES"; }
npm() { note npm "$@"; }
git() { note git "$@"; }
kubectl() { note kubectl "$@"; }
helm() { note helm "$@"; }
openssl() { note openssl "$@"; }
docker() {
  if [[ "$*" == 'compose exec api aetherlink '* ]]; then aetherlink "${@:5}"; else note docker "$@"; fi
}
npx() {
  if [[ $1 == aetherlink ]]; then aetherlink "${@:2}"; else note npx "$@"; fi
}
node() {
  if [[ $1 == ops/* || $1 == api/* ]]; then note node "$@"; return; fi
  # In the background it is the job itself, which `kill` then ends.
  [[ $BASHPID == $$ ]] || exec "$NODE" "$@"
  "$NODE" "$@"
}

# Runs a command that follows a stream until its output has $1, writes that output, and ends the command.
until_has() {
  local wanted=$1 output="$SCRATCH/stream.$BASHPID" process deadline=$((SECONDS + 30))
  shift
  : > "$output"
  "$@" >> "$output" & process=$!
  until [[ "$(< "$output")" == *"$wanted"* ]]; do
    kill -0 $process || { wait $process; return 1; }
    ((SECONDS < deadline)) || { kill $process; echo "waited in vain for $wanted: $(< "$output")" >&2; return 1; }
    sleep 0.1
  done
  # A stream may end by itself.
  kill $process 2> /dev/null || true
  wait $process || true
  cat "$output"
}
curl() {
  if [[ " $* " == *' -N '* ]]; then until_has '"data":{' "$(type -P curl)" "$@"; else command curl "$@"; fi
}
aetherlink() {
  case "$1 ${2-}" in
    'events tail') until_has $'\n' "$NODE" "$CLI" "$@" ;;
    'heal now') note aetherlink "$@" ;;
    *) "$NODE" "$CLI" "$@" ;;
  esac
}
# The program cannot call the functions above. Only `xargs -r COMMAND...` is used.
xargs() {
  local arguments
  mapfile -t arguments
  ((${#arguments[@]} == 0)) || "${@:2}" "${arguments[@]}"
}
# Some installations of it are scripts that look for other programs.
python3() { PATH=$REAL_PATH command python3 "$@"; }
# Stands for a program of the reader's.
handle() { [[ -n $1 ]]; }
