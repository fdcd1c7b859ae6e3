"""The pages that the firmware reads; firmware.h says which is what."""

import csv
import json
import re
import struct
from typing import NamedTuple
from pathlib import Path

PAGE_LEN = 512
MODEL = "qwen_1_5b"
PRESET = "jetson_agx_orin_qwen_1_5b"
VECTORS = ["version_1.t2m", "version_2.t2m", "prefill_only.t2m"]


class Pages(NamedTuple):
    """The file of all pages, how many rows are in it, and the directory of the same profile as C source, for a command line that has it."""

    file: Path
    rows: int
    c_source: Path | None


def page(content):
    """Content in erased flash."""
    assert len(content) <= PAGE_LEN, f"a blob of {len(content)} bytes"
    return content.ljust(PAGE_LEN, b"\xff")


def damaged(blob):
    """One bit of the payload flipped."""
    return blob[:40] + bytes([blob[40] ^ 1]) + blob[41:]


def train(cli, root, build):
    """The blobs of the preset, with energy and bands; of the model, which has bands; and of the model without them."""
    shipped = build / "outputs"
    for model in (PRESET, MODEL):
        cli("train", "--model", model, "--output", shipped)
    blobs = [shipped / name / "profile.t2m" for name in (PRESET, MODEL)]

    configs = build / "latency"
    preset = configs / "presets/latency.toml"
    preset.parent.mkdir(parents=True, exist_ok=True)
    preset.unlink(missing_ok=True)
    cli("export", blobs[1], "--format", "toml", "--source", "a trained profile without its bands", "--output", preset)
    preset.write_text(re.sub(r"(?ms)^\[preset\.bands\].*?(?=^\[|\Z)", "", preset.read_text()))
    cli("--config-dir", configs, "train", "--model", "latency", "--output", shipped)
    return [*blobs, shipped / "latency/profile.t2m"]


def flag_bits(root):
    header = (root / "include/token2metrics.h").read_text()
    return {name.lower(): int(bit) for name, bit in re.findall(r"#define T2M_FLAG_(\w+) (\d+)", header)}


def row(number, request, status, words):
    return struct.pack("<4Ii16I", number, *request, status, *words)


def make(run, root, build):
    """Trains the profiles and writes the pages, with the rows that the host expects."""
    command = ["cargo", "run", "--quiet", "--locked", "-p", "token2metrics-trainer", "--", "--log-level", "error"]
    run(["cargo", "build", "--quiet", "--locked", "-p", "token2metrics-trainer"], cwd=root)
    cli = lambda *arguments: run([*command, *arguments], cwd=root)  # noqa: E731
    trained = train(cli, root, build)

    with (root / "tests/vectors/predictions.csv").open() as file:
        vectors = list(csv.DictReader(file))
    figures = list(vectors[0])[5:-1]
    rows = []
    for vector in vectors:
        request = [int(vector[name]) for name in ("input_tokens", "cached_tokens", "output_tokens")]
        words = [int(vector[name] or "0", 16) for name in figures] + [int(vector["flags"] or 0)]
        rows.append(row(5 + VECTORS.index(vector["blob"]), request, int(vector["status"]), words))

    bits = flag_bits(root)
    for number, blob in enumerate(trained):
        for request in [(1, 0, 1), (100, 0, 50), (257, 0, 2), (900, 512, 300), (4096, 0, 1000)]:
            counts = [f"--{name}-tokens={count}" for name, count in zip(("input", "cached", "output"), request)]
            answer = json.loads(cli("predict", "--model-path", blob, "--format", "json", *counts))
            unknown = [0.0 if name.endswith("_low_s") else float("inf") for name in figures]
            floats = [other if answer.get(name) is None else answer[name] for name, other in zip(figures, unknown)]
            words = [struct.unpack("<I", struct.pack("<f", value))[0] for value in floats]
            rows.append(row(number, request, 0, [*words, sum(bits[flag] for flag in answer["flags"])]))

    blobs = [blob.read_bytes() for blob in trained]
    blobs += [damaged(blobs[0]), b"", *((root / "tests/vectors" / name).read_bytes() for name in VECTORS)]
    content = b"".join(map(page, blobs)) + struct.pack("<I", len(rows)) + b"".join(rows)
    file = build / "pages.bin"
    file.write_bytes(content.ljust(1 << 15, b"\xff"))
    c_source = build / "c_source"
    if "c-source" not in cli("export", "--help"):
        return Pages(file, len(rows), None)
    c_source.mkdir(exist_ok=True)
    (c_source / "c_source.c").unlink(missing_ok=True)
    cli("export", trained[0], "--format", "c-source", "--name", "token2metrics", "--output", c_source / "c_source.c")
    vector_blobs = [root / "tests/vectors" / name for name in VECTORS]
    for number, blob in [*enumerate(trained), *enumerate(vector_blobs, start=5)]:
        output = c_source / f"page_{number}.c"
        output.unlink(missing_ok=True)
        cli("export", blob, "--format", "c-source", "--name", f"page_{number}", "--output", output)
    return Pages(file, len(rows), c_source)
