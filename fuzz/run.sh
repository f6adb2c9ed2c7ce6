#!/bin/sh
# Fuzzes one target on a stable toolchain: fuzz/run.sh from_worker|to_worker [SECONDS]
# The same as `RUSTC_BOOTSTRAP=1 cargo fuzz run TARGET`, for machines without cargo-fuzz. Needs g++: apt-get install g++
set -eu
cd "$(dirname "$0")"
target=$1
seconds=${2:-60}
host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="--cfg fuzzing -Cdebug-assertions -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Zsanitizer=address -Ccodegen-units=1"
# Naming the target keeps these flags away from build scripts and macros.
cargo build --release --target "$host" --bin "$target"
mkdir -p artifacts
exec "${CARGO_TARGET_DIR:-target}/$host/release/$target" -max_total_time="$seconds" -rss_limit_mb=512 -max_len=65536 \
    -print_final_stats=1 -artifact_prefix=artifacts/ "corpus/$target"
