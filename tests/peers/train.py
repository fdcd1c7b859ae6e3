#!/usr/bin/env python3
"""What one would write with pandas and scikit-learn instead of `token2metrics train`: reads measurements, cleans them, fits a line a phase.

    train.py ROWS.csv

Prints the mean absolute percentage errors on the test part, and on the last line as JSON the seconds that it took, with and without its imports."""

import json
import sys
import time

begin = time.perf_counter()
try:
    import pandas as pd
    from sklearn.linear_model import LinearRegression
    from sklearn.metrics import mean_absolute_percentage_error
    from sklearn.model_selection import train_test_split
except ImportError as missing:
    sys.exit(f"{missing}: python3 -m venv venv && venv/bin/pip install pandas scikit-learn, and run this with venv/bin/python")
imported = time.perf_counter()


def without_outliers(rows, column):
    """The rows within 1.5 interquartile ranges of the quartiles of seconds a token."""
    tokens = rows["input_tokens"] if column == "prefill_s" else rows["output_tokens"]
    rate = rows[column] / tokens
    low, high = rate.quantile(0.25), rate.quantile(0.75)
    margin = 1.5 * (high - low)
    return rows[rate.between(low - margin, high + margin)]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    read = pd.read_csv(sys.argv[1])
    rows = read.dropna().drop_duplicates()
    rows = rows[(rows > 0).all(axis=1)]
    for column, tokens in (("prefill_s", "input_tokens"), ("decode_s", "output_tokens")):
        kept = without_outliers(rows, column)
        train, test = train_test_split(kept, test_size=0.2, random_state=42)
        model = LinearRegression().fit(train[[tokens]], train[column])
        error = mean_absolute_percentage_error(test[column], model.predict(test[[tokens]]))
        print(f"{column}: {model.intercept_:.6g} + {model.coef_[0]:.6g} {tokens}, {len(kept)} rows, MAPE {100 * error:.2f} %")
    end = time.perf_counter()
    print(json.dumps({"rows": len(read), "all_s": end - begin, "without_imports_s": end - imported}))


if __name__ == "__main__":
    main()
