# Runs before the commands of a page in commands.test.ts. PATH contains only the programs that commands.ts lists.
# Input variables: REAL_PATH, NODE, CLI, NOTES (file that records the commands that are not run), UNKNOWN (file that records programs
# that do not exist), SCRATCH.
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
  # In the background, node replaces the subshell, so that `kill` of the job ends node.
  [[ $BASHPID == $$ ]] || exec "$NODE" "$@"
  "$NODE" "$@"
}

# Runs a command that follows a stream. When its output contains $1, prints the output and ends the command.
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
  # The stream may already have ended by itself.
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
# The real xargs cannot call the functions above. The pages use only `xargs -r COMMAND...`.
xargs() {
  local arguments
  mapfile -t arguments
  ((${#arguments[@]} == 0)) || "${@:2}" "${arguments[@]}"
}
# In some installations, python3 is a script that needs other programs.
python3() { PATH=$REAL_PATH command python3 "$@"; }
# A placeholder in the pages for a program of the reader.
handle() { [[ -n $1 ]]; }
