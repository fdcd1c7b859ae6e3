#!/usr/bin/env python3
"""Peak memory of `import`, for large files of several formats that it makes itself.

    cargo build --release
    python3 tests/peers/import_memory.py [--program PROGRAM] [--megabytes 1000] [FORMAT ...]

Prints a line per format: its name, the file's size and the rows in it, the peak resident memory and the seconds of the run. One file at a time is on the disk.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def llama_bench(size):
    """A list of tests, each with five samples."""
    test = json.loads((ROOT / "tests/samples/llama-bench/small.json").read_text())[0]
    rows, separator = 0, "[\n"
    while size() > 0:
        test["n_prompt"] = 1 + rows % 4096
        test["samples_ns"] = [180_000_000 + rows + sample for sample in range(5)]
        yield separator + json.dumps(test, indent=2)
        rows, separator = rows + 5, ",\n"
    yield "\n]\n"
    return rows


def llama_server(size):
    """A response a line."""
    rows = 0
    while size() > 0:
        timings = {"cache_n": 0, "prompt_n": 1 + rows % 4096, "prompt_ms": 100.0 + rows % 977, "prompt_per_token_ms": 1.1,
                   "prompt_per_second": 909.1, "predicted_n": 101, "predicted_ms": 900.0, "predicted_per_token_ms": 9.0,
                   "predicted_per_second": 111.1}
        yield json.dumps({"content": "word " * 100, "model": "m", "timings": timings}) + "\n"
        rows += 1
    return rows


def vllm(size):
    """One run, with a list of each figure; a request has 128 tokens, as many as `vllm bench serve` asks for by default."""
    # The lists stand one after the other, so that how many requests there are must be known before.
    gaps = "[" + ", ".join(repr(0.0112345678901234 + token / 7e6) for token in range(127)) + "]"
    text = json.dumps("word " * 100)
    rows = int(size() // (len(gaps) + len(text) + 60))
    yield '{"model_id": "m", "max_concurrency": null, "request_rate": "inf"'
    for name, value in [("input_lens", lambda row: str(1 + row % 4096)), ("output_lens", lambda row: "128"),
                        ("ttfts", lambda row: repr(0.1 + row / 1e7)), ("itls", lambda row: gaps),
                        ("start_times", lambda row: repr(1000.0 + 10 * row)), ("generated_texts", lambda row: text),
                        ("errors", lambda row: '""')]:
        yield f', "{name}": ['
        for row in range(rows):
            yield (", " if row else "") + value(row)
        yield "]"
    yield "}\n"
    return rows


def aiperf(size):
    """A record a line, as AIPerf 0.13 writes them, of requests one after the other."""
    record = json.loads((ROOT / "tests/samples/aiperf/profile_export.jsonl").read_text().splitlines()[0])
    rows = 0
    while size() > 0:
        record["metadata"]["request_start_ns"] = 1_795_577_167_975_098_950 + 10_000_000_000 * rows
        yield json.dumps(record) + "\n"
        rows += 1
    return rows


def server(size):
    """A table with a row a question and the whole answer in it."""
    yield "subject,question,generated_text,ttft,decode_time,total_time_ms,input_tokens,output_tokens\n"
    rows, text = 0, '"It is ""so"", ' + "word " * 100 + '"'
    while size() > 0:
        yield f"math,{text},{text},{100 + rows % 977},900,,{1 + rows % 4096},101\n"
        rows += 1
    return rows


FORMATS = {"llama-bench": llama_bench, "llama-server": llama_server, "vllm": vllm, "aiperf": aiperf, "server": server}


def write(path, make, size):
    """Fills a file with about so many bytes, and tells of how many rows."""
    written = 0
    with open(path, "w", encoding="utf-8") as file:
        parts = make(lambda: size - written)
        while True:
            try:
                part = next(parts)
            except StopIteration as end:
                return end.value
            written += file.write(part)


def run(program, path, output):
    """Imports the file: peak memory in bytes, seconds."""
    began = time.monotonic()
    child = subprocess.Popen([program, "import", path, "--output", output], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{program} import {path}: exit code {child.returncode}")
    # Linux counts in kB.
    return usage.ru_maxrss * 1024, time.monotonic() - began


def main():
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(target / "release/token2metrics"))
    parser.add_argument("--megabytes", type=float, default=1000)
    parser.add_argument("formats", nargs="*", metavar="FORMAT", help=", ".join(FORMATS))
    arguments = parser.parse_args()
    if not os.access(arguments.program, os.X_OK):
        sys.exit(f"{arguments.program}: no such program: cargo build --release")
    for name in arguments.formats or FORMATS:
        if name not in FORMATS:
            sys.exit(f"no format {name}; there are: {', '.join(FORMATS)}")
        with tempfile.TemporaryDirectory() as folder:
            path, output = os.path.join(folder, "file"), os.path.join(folder, "rows.csv")
            rows = write(path, FORMATS[name], arguments.megabytes * 1e6)
            peak, seconds = run(arguments.program, path, output)
            with open(output, encoding="utf-8") as file:
                kept = sum(1 for _ in file) - 1
            if kept != rows:
                sys.exit(f"{name}: {kept} rows of {rows}")
            size = os.path.getsize(path)
            print(f"{name}: {size / 1e6:.0f} MB, {rows} rows: peak {peak / 1e6:.1f} MB, {seconds:.1f} s", flush=True)


if __name__ == "__main__":
    main()
