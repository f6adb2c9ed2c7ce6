#!/bin/sh
# Installs Outboard for the current user. No root is needed, and nothing outside of the prefix is touched.
#
#   sh install.sh [--from ADDRESS] [--version VERSION] [--prefix FOLDER]
#   sh install.sh --uninstall [--prefix FOLDER]
#
# ADDRESS is a folder, a file:// or an https:// address that holds SHA256SUMS and the archives; without it, the
# folder of this script. The prefix is ~/.local unless given: the programs go to lib/outboard-VERSION below it, and
# bin/outboard is a link to them.
set -eu

# Where archives are, if nothing is said.
FROM=""

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "error: $1"
  [ $# -lt 2 ] || say "  $2"
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# The name under which programs for this machine are packed.
target() {
  system=$(uname -s)
  machine=$(uname -m)
  [ "$system" = Linux ] || fail "Outboard runs on Linux only; this is $system" \
    "its jail is made of namespaces, seccomp and Landlock; a virtual machine or container with Linux will do"
  case $machine in
    x86_64 | amd64) echo x86_64-unknown-linux-gnu ;;
    aarch64 | arm64) echo aarch64-unknown-linux-gnu ;;
    *) fail "there are no programs for $machine" "build them from source: cargo xtask install" ;;
  esac
}

# Copies FILE of the address to a path.
fetch() {
  case $FROM in
    https://* | http://127.0.0.1[:/]* | http://localhost[:/]*)
      if has curl; then
        curl --fail --silent --show-error --location --retry 2 --output "$2" "$FROM/$1"
      elif has wget; then
        wget --quiet --output-document="$2" "$FROM/$1"
      else
        fail "neither curl nor wget is there" "apt-get install curl"
      fi ;;
    http://*) fail "$FROM is not encrypted, so anybody on the way could change what is installed" "use https://" ;;
    file://*) cp "${FROM#file://}/$1" "$2" ;;
    *) cp "$FROM/$1" "$2" ;;
  esac || fail "$FROM/$1 cannot be read" "check --from; it has to hold SHA256SUMS and the archives"
}

digest() {
  if has sha256sum; then sha256sum "$1"; elif has shasum; then shasum -a 256 "$1"; else openssl dgst -sha256 -r "$1"; fi |
    cut -d ' ' -f 1
}

# The archive for a target among the lines of SHA256SUMS; the last one, unless a version is asked for.
archive() {
  sed -n "s/^[0-9a-f]\{64\} [ *]\(outboard-[0-9A-Za-z.+-]*-$1\.tar\.gz\)\$/\1/p" "$2" |
    if [ -n "$VERSION" ]; then grep -F -x "outboard-$VERSION-$1.tar.gz" || true; else sort -V | tail -n 1; fi
}

install() {
  target=$(target)
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' INT TERM HUP
  fetch SHA256SUMS "$work/SHA256SUMS"
  name=$(archive "$target" "$work/SHA256SUMS")
  [ -n "$name" ] || fail "there is no archive of ${VERSION:-any version} for $target at $FROM" \
    "there are: $(sed 's/^[0-9a-f]* [ *]//' "$work/SHA256SUMS" | tr '\n' ' ')"
  say "getting $name"
  fetch "$name" "$work/$name"
  expected=$(grep -F "$name" "$work/SHA256SUMS" | cut -d ' ' -f 1)
  found=$(digest "$work/$name")
  [ "$expected" = "$found" ] || fail "$name is not what SHA256SUMS says" \
    "expected $expected, found $found; nothing was installed"
  tar -x -z -f "$work/$name" -C "$work"
  folder=${name%.tar.gz}
  starts "$work/$folder"
  place "$work/$folder"
}

# Whether the programs start here; if not, why.
starts() {
  if ! shown=$("$1/outboard" --version 2>&1); then
    say "$shown"
    fail "the program does not start on this machine" \
      "it needs $(cat "$1/requires" 2>/dev/null) or newer ($(getconf GNU_LIBC_VERSION 2>/dev/null || echo 'no glibc') is here); build from source instead: cargo xtask install"
  fi
}

place() {
  version=$(printf '%s\n' "$shown" | sed -n '1s/^outboard //p')
  home="$PREFIX/lib/outboard-$version"
  mkdir -p "$PREFIX/lib" "$PREFIX/bin"
  # Whole or not at all: copied beside, then moved.
  rm -rf "$home.new"
  cp -R "$1" "$home.new"
  rm -rf "$home.old"
  [ ! -d "$home" ] || mv "$home" "$home.old"
  mv "$home.new" "$home"
  rm -rf "$home.old"
  ln -s "../lib/outboard-$version/outboard" "$PREFIX/bin/outboard.new"
  mv -f "$PREFIX/bin/outboard.new" "$PREFIX/bin/outboard"
  say "installed outboard $version: $PREFIX/bin/outboard"
  case ":$PATH:" in
    *":$PREFIX/bin:"*) ;;
    *) say "add it to your path: export PATH=\"$PREFIX/bin:\$PATH\"" ;;
  esac
  for program in python3 bash; do
    has "$program" || say "for programs in that language, install $program"
  done
  say "see it work: outboard demo"
  say "check this machine: outboard doctor"
}

uninstall() {
  rm -f "$PREFIX/bin/outboard"
  rm -rf "$PREFIX"/lib/outboard-[0-9]*
  say "removed Outboard from $PREFIX; .outboard folders and settings of your projects were left alone"
}

main() {
  VERSION=""
  PREFIX="${HOME:?is not set}/.local"
  action=install
  given=""
  while [ $# -gt 0 ]; do
    case $1 in
      --uninstall) action=uninstall ;;
      --from | --version | --prefix)
        [ $# -ge 2 ] || fail "$1 needs a value"
        case $1 in --from) given=$2 ;; --version) VERSION=$2 ;; --prefix) PREFIX=$2 ;; esac
        shift ;;
      --help | -h)
        say "usage: sh install.sh [--from ADDRESS] [--version VERSION] [--prefix FOLDER] [--uninstall]"
        exit 0 ;;
      *) fail "unknown option $1" "usage: sh install.sh [--from ADDRESS] [--version VERSION] [--prefix FOLDER] [--uninstall]" ;;
    esac
    shift
  done
  FROM=${given:-${FROM:-$(dirname "$0")}}
  case $PREFIX in /*) ;; *) PREFIX="$PWD/$PREFIX" ;; esac
  $action
}

# All of it was read before anything is done: half a download does nothing.
main "$@"
