#!/usr/bin/env python3
"""The results as they stand in docs/llama_cpp.md: document.py RESULTS_FOLDER MACHINE [PAGE]

Prints them; with a page, puts them between its two marks instead."""

import sys
from pathlib import Path

BEGIN = "<!-- results: written by run.sh --document -->\n"
END = "<!-- end of results -->\n"
# File, heading; the last is there only after run.sh --server.
PARTS = [
    ("errors.txt", "Without deadlines"),
    ("progress.txt", "Remaining time, in the same run"),
    ("deadlines.txt", "With deadlines"),
    ("server.txt", "Requests to llama-server"),
]


def block(folder, machine):
    text = f"On {machine}.\n"
    for name, heading in PARTS:
        file = folder / name
        if file.is_file():
            text += f"\n### {heading}\n\n```text\n{file.read_text().rstrip()}\n```\n"
    return text


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    results = block(Path(sys.argv[1]), sys.argv[2])
    if len(sys.argv) == 3:
        print(results, end="")
        return
    page = Path(sys.argv[3])
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        sys.exit(f"{page}: has no lines {BEGIN.strip()} and {END.strip()}")
    page.write_text(f"{before}{BEGIN}\n{results}\n{END}{after}")


if __name__ == "__main__":
    main()
