#!/usr/bin/env python3
"""How far the predicted remaining times of a trace were from what remained: progress.py TRACE.csv"""

import csv
import statistics
import sys

# Shares of a request's tokens at which the prediction is looked at; 0 is before prefill.
SHARES = [0, 0.25, 0.5, 0.75]
# Requests with fewer tokens have no such points.
LEAST_TOKENS = 8


def read(path):
    requests = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            point = (int(row["token"]), float(row["elapsed_s"]), float(row["predicted_remaining_s"]))
            requests.setdefault(int(row["request"]), []).append(point)
    return requests


def errors(points, share):
    """The error of the predicted remaining time, in % of the whole request's time."""
    last_token, total_s, _ = points[-1]
    _, elapsed_s, predicted_s = points[round(last_token * share)]
    return 100 * abs(predicted_s - (total_s - elapsed_s)) / total_s


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: progress.py TRACE.csv")
    requests = [points for points in read(sys.argv[1]).values() if points[-1][0] >= LEAST_TOKENS]
    if not requests:
        sys.exit(f"{sys.argv[1]}: no request of at least {LEAST_TOKENS} tokens")
    print(f"remaining time, error in % of the whole time, {len(requests)} requests of at least {LEAST_TOKENS} tokens")
    print("of the tokens there  median  largest")
    for share in SHARES:
        found = [errors(points, share) for points in requests]
        print(f"{100 * share:16.0f} %  {statistics.median(found):7.1f}  {max(found):7.1f}")


if __name__ == "__main__":
    main()
