"""What the peers learn from the device's rows, and m2cgen's C of it."""

import csv
from pathlib import Path

import m2cgen
import numpy
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures
from xgboost import XGBRegressor

# The features of the two phases: prefill is learned from input_tokens, decode from both counts.
PREFILL, DECODE = 1, 2

# m2cgen exports the regression alone. Expanding the features is left to its user: PolynomialFeatures' order.
M2CGEN_USER_C = """
#include "token2metrics.h"

typedef struct times {
    double prefill_s, decode_s;
} times;

times m2cgen_predict(const t2m_request *request) {
    double n = request->input_tokens, m = request->output_tokens;
    double prefill[] = {1.0, n, n * n};
    double decode[] = {1.0, n, m, n * n, n * m, m * m};
    return (times){score_prefill(prefill), score_decode(decode)};
}

times empty_predict(const t2m_request *request) {
    return (times){request->input_tokens, request->output_tokens};
}
"""


def rows(path: Path) -> numpy.ndarray:
    """input_tokens, output_tokens, prefill_s, decode_s of each row."""
    with open(path, newline="") as file:
        reader = csv.DictReader(file)
        return numpy.array(
            [[float(row[name]) for name in ("input_tokens", "output_tokens", "prefill_s", "decode_s")] for row in reader]
        )


def both_phases(new, measured: numpy.ndarray) -> tuple:
    prefill = new().fit(measured[:, :PREFILL], measured[:, 2])
    return prefill, new().fit(measured[:, :DECODE], measured[:, 3])


def pipelines(measured: numpy.ndarray) -> tuple:
    return both_phases(lambda: make_pipeline(PolynomialFeatures(degree=2), LinearRegression()), measured)


def trees(measured: numpy.ndarray) -> tuple:
    """One thread: a single row has no work for two."""
    return both_phases(lambda: XGBRegressor(n_estimators=200, n_jobs=1), measured)


def m2cgen_c(fitted: tuple) -> str:
    names = ("score_prefill", "score_decode")
    scores = (m2cgen.export_to_c(pipeline[-1], function_name=name) for name, pipeline in zip(names, fitted))
    return "\n".join([*scores, M2CGEN_USER_C])


def mape_percent(observed: numpy.ndarray, predicted: numpy.ndarray) -> float:
    return float(100 * numpy.mean(numpy.abs(predicted - observed) / observed))


def errors(holdout: numpy.ndarray, predicted: list) -> list:
    """MAPE of prefill, decode and total, in percent."""
    observed, answers = holdout[:, 2:], numpy.array(predicted)
    each = [mape_percent(observed[:, phase], answers[:, phase]) for phase in (0, 1)]
    return [*each, mape_percent(observed.sum(axis=1), answers.sum(axis=1))]
