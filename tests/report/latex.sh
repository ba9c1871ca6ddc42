#!/usr/bin/env bash
# The LaTeX tables compile as they are, whatever the names of tasks contain, and the names come out as they went in.
# Usage: latex.sh SOURCE_FOLDER DGBA
set -euo pipefail

fail() { echo "FAILED: $*" >&2; exit 1; }
command -v pdflatex >/dev/null || { echo "skipped: no pdflatex (Debian: texlive-latex-base, texlive-latex-recommended)"; exit 77; }
kpsewhich booktabs.sty >/dev/null || { echo "skipped: no booktabs.sty (Debian: texlive-latex-recommended)"; exit 77; }
dgba=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$(dirname "$dgba")/tests/make_results" results.h5 hard
"$dgba" report results.h5 --format latex -o all.tex
"$dgba" report results.h5 --format latex --claims -o claims.tex
"$dgba" report results.h5 --format latex --rows rule,layout --columns task --value drop --where step=fgsm,epsilon=8 -o pivot.tex
for name in all claims pivot; do
  pdflatex -interaction=nonstopmode -halt-on-error "$name.tex" > "$name.out" || { tail -n 20 "$name.out"; fail "$name.tex does not compile"; }
  ! grep -E '^(!|LaTeX Warning: (Reference|Citation))|Missing character|Undefined' "$name.log" || fail "$name.tex: see above"
done
grep -qF 'seg\_a\%b\&c\#d\$e\~{}f\^{}g\textbackslash{}h\{i\}' pivot.tex || fail "a name is not escaped"
grep -qF 'Fläche$\rightarrow$\textless{}i\textgreater{}' pivot.tex || fail "a name beyond ASCII is not kept"
grep -qF '\toprule' pivot.tex || fail "no booktabs"
