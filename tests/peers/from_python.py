"""One prediction of each peer as a Python program calls it: functions from (input_tokens, output_tokens) to a pair of
seconds, prefill and decode."""

import ctypes

import numpy
from aiconfigurator_core import AicEngine
from aiconfigurator_core.sdk.engine import compile_engine

# The nearest that AIConfigurator knows: a dense model of the size, its tables of one data-centre GPU and one runtime.
AICONFIGURATOR = ("Qwen/Qwen3-1.7B", "h100_sxm", "vllm")


class Request(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("input_tokens", "cached_tokens", "output_tokens")]


class Prediction(ctypes.Structure):
    """The first two fields are read; the rest is t2m_prediction's room."""

    _fields_ = [("prefill_s", ctypes.c_float), ("decode_s", ctypes.c_float), ("rest", ctypes.c_uint32 * 14)]


def token2metrics(library: str, blob: bytes):
    lib = ctypes.CDLL(library)
    lib.t2m_predict.argtypes = [ctypes.c_void_p] * 3
    profile, prediction = (ctypes.c_uint64 * 64)(), Prediction()
    lib.t2m_profile_load.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p]
    status = lib.t2m_profile_load(blob, len(blob), profile)
    if status != 0:
        raise SystemExit(f"t2m_profile_load: status {status}")
    predict, byref = lib.t2m_predict, ctypes.byref
    at, answer = byref(profile), byref(prediction)

    def call(input_tokens, output_tokens):
        status = predict(at, byref(Request(input_tokens, 0, output_tokens)), answer)
        if status != 0:
            raise ValueError(f"t2m_predict: status {status}")
        return prediction.prefill_s, prediction.decode_s

    return call


def scikit_learn(fitted: tuple):
    prefill, decode = fitted

    def call(input_tokens, output_tokens):
        return (
            prefill.predict(numpy.array([[input_tokens]]))[0],
            decode.predict(numpy.array([[input_tokens, output_tokens]]))[0],
        )

    return call


def xgboost(fitted: tuple):
    """inplace_predict of the booster, without the checks of features: the shortest way that XGBoost's Python has."""
    prefill, decode = (model.get_booster().inplace_predict for model in fitted)

    def call(input_tokens, output_tokens):
        one = numpy.array([[input_tokens]], dtype=numpy.float32)
        two = numpy.array([[input_tokens, output_tokens]], dtype=numpy.float32)
        return prefill(one, validate_features=False)[0], decode(two, validate_features=False)[0]

    return call


def aiconfigurator(stride: int):
    """run_static of the compiled engine, called without its Python wrapper. It looks at the decode steps once every
    `stride` of them; its default is 32."""
    run = AicEngine.from_spec(compile_engine(*AICONFIGURATOR)).run_static

    def call(input_tokens, output_tokens):
        prefill_ms, decode_ms, _ = run(1, 1, input_tokens, output_tokens, 0, 1.0, 1.0, "static", stride)
        return prefill_ms / 1e3, decode_ms / 1e3

    return call
