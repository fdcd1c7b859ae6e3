#!/usr/bin/env python3
"""Training on ever more rows: `token2metrics train` beside tests/peers/train.py, which does with pandas and scikit-learn what one would do without it.

    tests/peers/scale.py [--rows 10000,100000,1000000,10000000] [--rounds 3] [--python venv/bin/python] [--dir DIR]

Generates rows from the profile of a shipped config, lets both train on the same file in turn, and prints a Markdown table of medians: seconds, seconds of processor time, peak memory.
`auto` is the whole of `train` as it comes: forms compared, bands, report, page and figures. `linear` fits a line a phase, as the peer does, and writes the
same files. Needs Rust, and a Python with pandas and scikit-learn: python3 -m venv venv && venv/bin/pip install pandas scikit-learn"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """[llm]
name = "generated"
size = "any"

[device]
name = "generated"
data = ["rows.csv"]
"""


Figures = namedtuple("Figures", "seconds processor_seconds megabytes")


def run(command):
    """Seconds, seconds of processor time, peak memory in megabytes, and what the command printed."""
    begin = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    # Both print far less than a pipe holds.
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    output, errors = process.stdout.read(), process.stderr.read()
    process.stdout.close(), process.stderr.close()
    if status != 0:
        sys.exit(f"{' '.join(map(str, command))}: {errors.strip()}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6, output


def build():
    command = ["cargo", "build", "--release", "-p", "token2metrics-trainer", "--bin", "token2metrics", "--example", "generate"]
    try:
        subprocess.run(command, cwd=ROOT, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{error}: cargo must be installed and build this project")
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"


def measure(rows, rounds, python, programs, folder):
    """The median of each figure over some rounds in which all take turns."""
    data = folder / "configs" / "rows.csv"
    data.parent.mkdir(exist_ok=True)
    (data.parent / "scale.toml").write_text(CONFIG)
    run([programs / "examples" / "generate", "--config-dir", ROOT / "configs", "--model", "1.5B", "--rows", rows, "--seed", 1, "--output", data])
    train = [programs / "token2metrics", "--config-dir", data.parent, "train", "--model", "scale", "--output", folder / "outputs"]
    found = {"peer": [], "auto": [], "linear": []}
    imports = []
    for _ in range(rounds):
        *figures, output = run([python, ROOT / "tests" / "peers" / "train.py", data])
        found["peer"].append(figures)
        report = json.loads(output.splitlines()[-1])
        imports.append(report["all_s"] - report["without_imports_s"])
        for form in ("auto", "linear"):
            found[form].append(run([*train, "--regression", form])[:3])
        print(rows, {name: [round(value, 2) for value in values[-1]] for name, values in found.items()}, file=sys.stderr)
    data.unlink()
    return {name: Figures(*map(statistics.median, zip(*values))) for name, values in found.items()}, statistics.median(imports)


def growth(found, name):
    """Bytes of peak memory a row, between the last two numbers of rows."""
    (fewer, (before, _)), (more, (after, _)) = list(found.items())[-2:]
    return (after[name].megabytes - before[name].megabytes) * 1e6 / (more - fewer)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="10000,100000,1000000,10000000", help="numbers of rows, rising")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--python", default=sys.executable, help="the Python that has pandas and scikit-learn")
    parser.add_argument("--dir", help="where to write (260 MB for ten million rows); a temporary folder otherwise")
    arguments = parser.parse_args()
    programs = build()
    with tempfile.TemporaryDirectory(dir=arguments.dir) as folder:
        counts = [int(count) for count in arguments.rows.split(",")]
        found = {count: measure(count, arguments.rounds, arguments.python, programs, Path(folder)) for count in counts}
    print(f"{platform.machine()}, {os.cpu_count()} cores; medians of {arguments.rounds} rounds\n")
    print("| rows | program | seconds | processor seconds | times faster | MB | share of memory |")
    print("|--:|---|--:|--:|--:|--:|--:|")
    for count, (of, imports) in found.items():
        peer = of["peer"]
        names = {
            "peer": f"pandas + scikit-learn ({imports:.2f} s of imports)",
            "auto": "`train`",
            "linear": "`train --regression linear`",
        }
        for name, (seconds, processor, megabytes) in of.items():
            faster, share = (f"{peer.seconds / seconds:.1f}", f"{megabytes / peer.megabytes:.2f}") if name != "peer" else ("", "")
            print(f"| {count:,} | {names[name]} | {seconds:.2f} | {processor:.2f} | {faster} | {megabytes:.0f} | {share} |")
    if len(found) > 1:
        peer, auto = growth(found, "peer"), growth(found, "auto")
        print(f"\nBytes a row, between the last two: pandas + scikit-learn {peer:.1f}, `train` {auto:.1f}.")


if __name__ == "__main__":
    main()
