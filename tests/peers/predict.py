#!/usr/bin/env python3
"""How long one prediction takes: token2metrics beside what else there is, in one run on one machine.

Builds the library and the trainer with cargo and the C side with cc, fits the peers to the rows that are shipped for the
1.5B model, and prints a Markdown table. The packages are those of requirements.txt, which is beside this file."""

import argparse
import importlib.metadata
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REQUIREMENTS = [line for line in (HERE / "requirements.txt").read_text().split() if line]
MEASUREMENTS = ROOT / "configs" / "measurements"
MODEL, PRESET = "qwen_1_5b", "jetson_agx_orin_qwen_1_5b"
# What both profiles were trained on, so that no prediction is extrapolated: inclusive.
INPUT_TOKENS, OUTPUT_TOKENS = (8, 940), (16, 96)
REQUESTS = 1000
# Walks through the requests that one figure of a round is the mean of: 10 ms or more for each.
PASSES = {"trained": 300, "preset": 100, "m2cgen": 3000, "xgboost": 1, "empty": 3000}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=31, help="interleaved rounds, at least 30 (default: 31)")
    parser.add_argument("--seed", type=int, default=42, help="of the requests (default: 42)")
    options = parser.parse_args()
    if options.rounds < 30:
        parser.error("--rounds: at least 30, for the quartiles to mean something")
    return options


def check_tools():
    missing = [f"{tool} is not in PATH" for tool in ("cargo", "cc") if shutil.which(tool) is None]
    for line in REQUIREMENTS:
        name, version = line.split("==")
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(f"{line} is not installed: pip install {line}")
        else:
            if found != version:
                missing.append(f"{name} is {found}, not {version}: pip install {line}")
    if missing:
        sys.exit("\n".join([*missing, f"all at once: pip install -r {os.path.relpath(HERE / 'requirements.txt')}"]))


def run(*command) -> str:
    done = subprocess.run([str(part) for part in command], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"failed with {done.returncode}: {' '.join(str(part) for part in command)}")
    return done.stdout


class Driver:
    """The C program, which stays and answers line by line."""

    def __init__(self, command: list):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line: str) -> str:
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer:
            sys.exit(f"the C driver gave no answer to: {line}")
        return answer

    def time_ns(self, peer: str) -> float:
        return float(self.ask(f"time {peer} {PASSES[peer]}"))

    def show(self, peer: str) -> list:
        lines, line = [], self.ask(f"show {peer}")
        while line != ".":
            lines.append([float(value) for value in line.split()])
            line = self.process.stdout.readline().strip()
        return lines


def python_ns(call, requests: list) -> float:
    statement = "for input_tokens, output_tokens in requests: call(input_tokens, output_tokens)"
    names = {"call": call, "requests": requests}
    # CPU time of all threads, as in the driver.
    return timeit.timeit(statement, timer=time.process_time, globals=names, number=1) * 1e9 / len(requests)


def with_quartiles(values: list, form: str) -> tuple:
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:{form}}", f"{low:{form}} to {high:{form}}"


def cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def main():
    options = arguments()
    check_tools()
    # Here, so that --help and the list of what is missing need none of the packages.
    import xgboost.core

    import fitted
    import from_python

    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
    run("cargo", "build", "--release", "--locked", "-p", "token2metrics-ffi")
    run("cargo", "build", "--release", "--locked", "-p", "token2metrics-trainer")
    cli = target / "token2metrics"

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in (MODEL, PRESET):
            run(cli, "train", "--model", name, "--output", work, "--log-level", "error")
        blobs = [work / name / "profile.t2m" for name in (MODEL, PRESET)]
        evaluation = json.loads(run(cli, "evaluate", "--model", MODEL, "--model-path", work, "--format", "json"))

        device = fitted.rows(MEASUREMENTS / f"{MODEL}_device.csv")
        holdout = fitted.rows(MEASUREMENTS / f"{MODEL}_device_holdout.csv")
        pipelines, trees = fitted.pipelines(device), fitted.trees(device)
        (work / "m2cgen.c").write_text(fitted.m2cgen_c(pipelines))
        for phase, model in zip(("prefill", "decode"), trees):
            model.save_model(work / f"{phase}.json")
        run("cc", "-O3", "-I", ROOT / "include", "-c", work / "m2cgen.c", "-o", work / "m2cgen.o")
        driver_c, library = HERE / "driver.c", target / "libtoken2metrics.a"
        compile_driver = ["cc", "-O2", "-Wall", "-I", ROOT / "include", driver_c, work / "m2cgen.o", library]
        run(*compile_driver, "-lpthread", "-lm", "-ldl", "-o", work / "driver")

        chance = random.Random(options.seed)
        requests = [(chance.randint(*INPUT_TOKENS), chance.randint(*OUTPUT_TOKENS)) for _ in range(REQUESTS)]
        held = [(int(row[0]), int(row[1])) for row in holdout]

        def driver(name, pairs):
            (work / name).write_text("".join(f"{a},{b}\n" for a, b in pairs))
            models = [work / "prefill.json", work / "decode.json"]
            return Driver([work / "driver", *blobs, work / name, xgboost.core.find_lib_path()[0], *models])

        asked, timed = driver("holdout.csv", held), driver("requests.csv", requests)
        calls = {
            "token2metrics, ctypes": from_python.token2metrics(str(target / "libtoken2metrics.so"), blobs[0].read_bytes()),
            "scikit-learn": from_python.scikit_learn(pipelines),
            "XGBoost, Python": from_python.xgboost(trees),
            "AIConfigurator, stride 32": from_python.aiconfigurator(32),
            "AIConfigurator, one stride": from_python.aiconfigurator(4096),
        }
        measures = {
            "token2metrics, 1.5B": lambda: timed.time_ns("trained"),
            "token2metrics, Jetson 1.5B preset": lambda: timed.time_ns("preset"),
            "m2cgen, C": lambda: timed.time_ns("m2cgen"),
            "XGBoost, C": lambda: timed.time_ns("xgboost"),
            "an empty call": lambda: timed.time_ns("empty"),
            **{name: lambda call=call: python_ns(call, requests) for name, call in calls.items()},
        }

        mape = {name: fitted.errors(holdout, asked.show(peer)) for name, peer in (
            ("token2metrics, 1.5B", "trained"), ("m2cgen, C", "m2cgen"), ("XGBoost, C", "xgboost"))}
        for name in ("token2metrics, ctypes", "scikit-learn", "XGBoost, Python"):
            mape[name] = fitted.errors(holdout, [calls[name](*pair) for pair in held])
        by_cli = [evaluation[key]["mape_percent"] for key in ("prefill_s", "decode_s", "total_s")]
        if any(abs(a - b) > 0.005 for a, b in zip(by_cli, mape["token2metrics, 1.5B"])):
            sys.exit(f"evaluate says {by_cli}, the C library's answers {mape['token2metrics, 1.5B']}")

        for measure in measures.values():  # warm
            measure()
        rounds = []
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
            rounds.append({name: measure() for name, measure in measures.items()})

    print("| peer | median ns | quartiles | x t2m_predict | quartiles | prefill MAPE % | decode MAPE % | total MAPE % |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for name in measures:
        nanoseconds = with_quartiles([one[name] for one in rounds], ",.1f")
        ratios = with_quartiles([one[name] / one["token2metrics, 1.5B"] for one in rounds], ",.2f")
        percents = [f"{percent:.2f}" for percent in mape.get(name, [])] or ["", "", ""]
        print("| " + " | ".join([name, *nanoseconds, *ratios, *percents]) + " |")
    compiler, rustc = run("cc", "--version").splitlines()[0], run("rustc", "--version").strip()
    print(f"\n{cpu_model()}, {platform.system()}; {compiler}; {rustc}; Python {platform.python_version()}; ", end="")
    print(", ".join(line.replace("==", " ") for line in REQUIREMENTS) + f"; {options.rounds} rounds, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
