#!/bin/sh
# Builds the reference peer once and prints the path of its binary.
#
# The binary lives outside the checkout, keyed by a hash of the peer's sources and manifest, so clean
# checkouts and several worktrees share one build. Exit 77: it cannot be built here (no cargo, no
# registry); the reason is on standard error and tests skip.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
key=$(cat "$here/peer/Cargo.toml" "$here/peer/src/main.rs" | sha256sum | cut -c1-16)
root=${XDG_CACHE_HOME:-$HOME/.cache}/polc
cache=$root/peer-$key
binary=$cache/polc-peer
if [ -x "$binary" ]; then
  echo "$binary"
  exit 0
fi
if ! command -v cargo >/dev/null 2>&1; then
  echo "the reference peer cannot be built: no cargo on PATH" >&2
  exit 77
fi
mkdir -p "$cache"
# Two checkouts may want a peer at once: one builds, the other waits. Dependencies are built once for all
# versions of the peer, in $root/peer-target, which may be deleted at any time.
exec 9>"$root/peer-lock"
flock 9
if [ ! -x "$binary" ]; then
  # Sources are copied: cargo writes its lock file and target folder beside the manifest.
  rm -rf "$cache/src"
  cp -r "$here/peer" "$cache/src"
  if ! cargo build --release --quiet --manifest-path "$cache/src/Cargo.toml" \
    --target-dir "$root/peer-target" >"$cache/build.log" 2>&1; then
    echo "the reference peer cannot be built (see $cache/build.log):" >&2
    tail -n 3 "$cache/build.log" >&2
    exit 77
  fi
  cp "$root/peer-target/release/polc-peer" "$cache/polc-peer.new"
  mv "$cache/polc-peer.new" "$binary"
fi
echo "$binary"
