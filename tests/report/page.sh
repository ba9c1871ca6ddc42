#!/usr/bin/env bash
# The page in a browser: nothing is loaded, nothing is reported to the console, it is no wider than a small screen, and its
# tables are sorted with the keyboard.
# Usage: page.sh SOURCE_FOLDER DGBA
set -euo pipefail

fail() { echo "FAILED: $*" >&2; exit 1; }
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
  { echo "skipped: no chromium"; exit 77; }
tests=$(realpath "$1")/tests/report dgba=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export HOME=$work

"$(dirname "$dgba")/tests/make_results" results.h5 hard
"$dgba" report results.h5 --format html -o page.html
! grep -nE '(src|href)="(https?:)?//|@import|url\(' page.html || fail "the page refers to something outside of it"
! grep -n '<script>alert' page.html || fail "a text of the run became a script"

# The pictures: image, perturbation, adversarial image, and three maps of each of two tasks.
[ "$(grep -o '<img src="data:image/png;base64,' page.html | wc -l)" = 9 ] || fail "there are not 9 pictures"
grep -q 'loss 1.25' page.html && grep -q 'loss 4.5' page.html && grep -q '× 15.9' page.html || fail "numbers at the pictures"
grep -q '</span>wall</li>' page.html && grep -q '</span>floor</li>' page.html || fail "the classes have no names"

# browse WIDTH FILE: the page after its scripts have run.
browse() {
  timeout 120 "$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --disable-dev-shm-usage --user-data-dir="$work/profile-$1" --enable-logging=stderr \
    --v=0 --window-size="$1,900" --virtual-time-budget=5000 --dump-dom "file://$work/$2" 2> console || { tail console; fail "chromium"; }
}

# The page stands in a frame of the wanted width (a headless window is never narrower than 500 pixels), and a script that
# only this test adds says what it finds.
cp "$tests/probe.js" .
{ sed '/<\/body>/d' page.html; echo '<script src="probe.js"></script></body></html>'; } > probed.html
for width in 400 1280; do
  echo "<!doctype html><title>frame</title><body style='margin:0'><iframe src='probed.html' style='border:0;width:${width}px;height:900px'></iframe>
    <pre id=said></pre><script>addEventListener('message', e => { document.getElementById('said').textContent = e.data; });</script>" > frame.html
  browse $((width + 200)) frame.html > dom.html
  ! grep -E 'CONSOLE|ERROR:.*(net|script)' console || fail "the console says something"
  grep -o 'result .*' dom.html | sed 's/<\/pre>.*//' | head -n 1 > said
  expected="result width $width fits sorted ascending -20.5,-10.5 then descending -10.5,-20.5 focus kept pictures 9 broken 0"
  [ "$(cat said)" = "$expected" ] || { cat said; fail "at $width pixels, expected: $expected"; }
done
