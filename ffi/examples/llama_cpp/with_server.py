#!/usr/bin/env python3
"""Predicts requests to llama-server with the command line of token2metrics, for runtimes that link no library.

Starts llama-server on a free port of 127.0.0.1, asks `token2metrics predict --format json` before each request, and compares."""

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
# input_tokens, output_tokens
REQUESTS = [(64, 32), (256, 64), (600, 24), (32, 128), (400, 96)]
START_S = 60
REQUEST_S = 120
TEXT = "Whoever knows how long a prompt is, and how long its answer, can tell how long both will take. "


def predict(cli, model, input_tokens, output_tokens):
    command = [cli, "predict", "--model", model, "--format", "json"]
    command += ["--input-tokens", str(input_tokens), "--output-tokens", str(output_tokens)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=REQUEST_S)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def post(url, body, seconds=REQUEST_S):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=seconds) as answer:
        return json.load(answer)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start(server, gguf, port, log):
    """As the profile was measured: one thread, one slot, the same batches, and no prompt kept from one request to the next."""
    command = [server, "--model", gguf, "--host", "127.0.0.1", "--port", str(port), "--offline"]
    command += ["--threads", "1", "--threads-batch", "1", "--parallel", "1", "--ctx-size", "2048"]
    command += ["--batch-size", "2048", "--ubatch-size", "512", "--cache-ram", "0", "--ctx-checkpoints", "0"]
    return subprocess.Popen(command, stdout=log, stderr=log)


def wait_until_ready(process, url, log):
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if process.poll() is not None:
            log.seek(0)
            sys.exit(f"llama-server ended with {process.returncode}: {log.read()[-2000:].decode(errors='replace')}")
        try:
            with urllib.request.urlopen(url + "/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    sys.exit(f"llama-server was not ready within {START_S} s")


def complete(url, prompt, output_tokens):
    body = {"prompt": prompt, "n_predict": output_tokens, "ignore_eos": True, "cache_prompt": False, "temperature": 0}
    timings = post(url + "/completion", body)["timings"]
    if (timings["prompt_n"], timings["predicted_n"]) != (len(prompt), output_tokens):
        sys.exit(f"asked for {len(prompt)} and {output_tokens} tokens, and llama-server counted {timings}")
    return timings["prompt_ms"] / 1000, timings["predicted_ms"] / 1000


def compare(cli, model, url):
    tokens = post(url + "/tokenize", {"content": TEXT * 100})["tokens"]
    complete(url, tokens[:64], 1)  # pays for pages of the file that no later request does
    print("  in out | predicted, s             90 % band     | measured, s             | error of total, %")
    print("         | prefill  decode   total                | prefill  decode   total |")
    for input_tokens, output_tokens in REQUESTS:
        said = predict(cli, model, input_tokens, output_tokens)
        times = "{prefill_s:7.3f} {decode_s:7.3f} {total_s:7.3f} {total_low_s:7.3f}-{total_high_s:<6.3f}".format(**said)
        print(f"{input_tokens:4} {output_tokens:3} | {times} |", end="", flush=True)
        prefill_s, decode_s = complete(url, tokens[:input_tokens], output_tokens)
        total_s = prefill_s + decode_s
        error = 100 * (said["total_s"] - total_s) / total_s
        print(f" {prefill_s:7.3f} {decode_s:7.3f} {total_s:7.3f} | {error:+.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gguf")
    parser.add_argument("--server", required=True, help="llama-server")
    parser.add_argument("--cli", default=str(ROOT / "target/release/token2metrics"), help="token2metrics")
    parser.add_argument("--model", default="smollm2_135m", help="the trained model's name for token2metrics")
    options = parser.parse_args()
    for file in (options.gguf, options.server, options.cli):
        if not Path(file).is_file():
            sys.exit(f"{file}: no such file")

    port = free_port()
    with tempfile.TemporaryFile() as log:
        process = start(options.server, options.gguf, port, log)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_ready(process, url, log)
            compare(options.cli, options.model, url)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


if __name__ == "__main__":
    main()
