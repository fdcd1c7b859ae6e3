#!/usr/bin/env bash
# Installs the library by cargo-c (`cargo install cargo-c --locked`) to an empty prefix, and builds and runs a program with
# it by pkg-config: with the shared library, and with the static one. Not part of CI, since cargo-c takes long to build.
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() { printf 'check_cinstall: %s\n' "$*" >&2; exit 1; }

prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cargo cinstall -p token2metrics-ffi --no-default-features --release --locked --prefix "$prefix" --libdir lib

abi=$(sed -n 's/^#define T2M_ABI_VERSION //p' include/token2metrics.h)
expected=$(
    cd include
    printf 'include/%s\n' *
    printf '%s\n' lib/libtoken2metrics.a "lib/libtoken2metrics.so -> libtoken2metrics.so.$abi.0.0" \
        "lib/libtoken2metrics.so.$abi -> libtoken2metrics.so.$abi.0.0" "lib/libtoken2metrics.so.$abi.0.0" \
        lib/pkgconfig/token2metrics.pc share/doc/token2metrics/LICENSE-{APACHE,MIT}
)
installed=$(find "$prefix" -type f -printf '%P\n' -o -type l -printf '%P -> %l\n' | LC_ALL=C sort)
diff <(printf '%s\n' "$expected") <(printf '%s\n' "$installed") || fail 'other files are installed (>) than expected (<)'
for header in include/*; do
    cmp "$header" "$prefix/$header" || fail "$header is not installed as it is"
done

export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
read -ra cflags <<<"$(pkg-config --cflags token2metrics)"
read -ra libs <<<"$(pkg-config --libs token2metrics)"
blob=tests/vectors/version_2.t2m
cc "${cflags[@]}" tests/packaging/main.c "${libs[@]}" -o "$prefix/shared"
# By its SONAME alone.
mkdir "$prefix/run"
cp "$prefix/lib/libtoken2metrics.so.$abi.0.0" "$prefix/run/libtoken2metrics.so.$abi"
shared=$(LD_LIBRARY_PATH="$prefix/run" "$prefix/shared" "$blob")
cc "${cflags[@]}" tests/packaging/main.c "$prefix/lib/libtoken2metrics.a" -lpthread -lm -ldl -o "$prefix/static"
static=$("$prefix/static" "$blob")
[[ $shared == "$static" && $shared =~ ^[0-9.]+$ ]] || fail "the programs print $shared and $static"
printf '%s\n' "$installed" "a request takes $shared s"
