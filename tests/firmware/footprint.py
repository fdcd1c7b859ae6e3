"""The table of docs/footprint.md: printing, writing and comparing it."""

import re
import sys

OPT_LEVEL = "s"
BEGIN, END = "<!-- tests/firmware/run --bless writes from here -->\n", "<!-- to here -->\n"
MAY_GROW = 1.05

ROWS = {
    "flash_predict": "flash: predict",
    "flash_load_predict": "flash: load + predict",
    "flash_everything": "flash: every function",
    "flash_c_source": "flash: C source",
    "ram_static": "RAM: static",
    "ram_profile": "RAM: `t2m_profile`",
    "ram_drift": "RAM: `t2m_drift`",
    "stack_load": "stack: load",
    "stack_predict": "stack: predict",
    "stack_budget": "stack: budget",
    "stack_observe": "stack: observe",
    "instructions_load": "instructions: load",
    "instructions_predict_latency": "instructions: predict, latency",
    "instructions_predict_bands": "instructions: predict, latency and bands",
    "instructions_predict": "instructions: predict, everything",
    "instructions_budget": "instructions: budget",
    "instructions_observe": "instructions: observe",
}


def table(measured, machines):
    """A row a figure, a column a target."""
    lines = ["| | " + " | ".join(f"{name}: {machines[name]}" for name in measured) + " |", "|---|" + "--:|" * len(measured)]
    for key, label in ROWS.items():
        if any(key in figures for figures in measured.values()):
            cells = [str(figures.get(key, "-")) for figures in measured.values()]
            lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def document(root):
    path = root / "docs/footprint.md"
    before, begin, rest = path.read_text().partition(BEGIN)
    written, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{path}: the lines {BEGIN.strip()} and {END.strip()} are gone: between them is where the table goes")
    return path, before + begin, written, end + after


def write(root, table, versions):
    path, before, _, after = document(root)
    path.write_text(f"{before}\n{table}\n\nMeasured with:\n" + "".join(f"- {version}\n" for version in versions) + f"\n{after}")


def parse(written):
    """The figures that are written: by target, then by key."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in written.splitlines() if line.startswith("|")]
    keys = {label: key for key, label in ROWS.items()}
    if not lines:
        return {}
    names = [cell.partition(":")[0] for cell in lines[0][1:]]
    figures = {name: {} for name in names}
    for label, *cells in lines[2:]:
        for name, cell in zip(names, cells):
            if cell != "-":
                figures[name][keys[label]] = int(cell)
    return figures


def compare(root, measured, versions):
    """What is wrong with the table that is written, if anything is."""
    path, _, written, _ = document(root)
    before = parse(written)
    grown, other, shrunk = [], [], []
    for name, figures in measured.items():
        for key, now in figures.items():
            was = before.get(name, {}).get(key)
            label = f"{name}, {ROWS[key]}"
            if was is None:
                other.append(f"{label}: {now} is not in the table")
            elif now > was * MAY_GROW:
                grown.append(f"{label}: from {was} to {now}")
            elif now < was / MAY_GROW:
                shrunk.append(f"{label}: from {was} to {now}")
        other += [f"{name}, {ROWS[key]}: no longer measured" for key in before.get(name, {}).keys() - figures.keys()]
    if shrunk:
        print("\n".join(["", "Smaller by more than 5 %; tests/firmware/run --bless tightens the table:", *shrunk]))
    if not grown and not other:
        return None
    found = re.findall(r"^- (.*)$", written, re.M)
    compilers = [f"Measured with {new}, the table with {old}." for new, old in zip(versions, found) if new != old]
    advice = f"Mend it, or accept it: tests/firmware/run --bless writes the table of {path.relative_to(root)}, to be committed with the change."
    return "\n".join(["", *(["Grown by more than 5 %:"] if grown else []), *grown, *other, *compilers, advice])
