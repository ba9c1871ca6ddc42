#!/usr/bin/env bash
# Installs the Debian packages that are missing: those to build and run dgba, with --analysis those of the scripts in
# analysis/ that read results, with --tests those of the tests, too.
set -euo pipefail

packages=(gcc libc6-dev cmake ninja-build pkg-config git libopenmpi-dev openmpi-bin libopenblas-dev libhdf5-dev
  libyaml-dev libpng-dev libjpeg62-turbo-dev libxxhash-dev librandom123-dev coinor-libcbc-dev)
[ "${1:-}" != --analysis ] || packages+=(python3 python3-h5py python3-pandas python3-matplotlib)
if [ "${1:-}" = --tests ]; then
  packages+=(libcmocka-dev clang-format python3 python3-h5py python3-scipy python3-pandas python3-xarray python3-matplotlib
    texlive-latex-base texlive-latex-recommended chromium
    iproute2 slurmctld slurmd slurm-client munge)
fi

missing=()
for package in "${packages[@]}"; do
  dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "Please install the equivalents of: ${missing[*]}" >&2
  exit 1
fi
sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
echo "Installing ${missing[*]}" >&2
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
