"""Ask an answer under the usual settings, whatever the rest of the notebook has chosen for itself.

Keras's precision, NumPy's and Python's warnings turned into errors, and TensorFlow's old graphs change what a right
answer returns. They are the notebook's to choose; they are put back after the question.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np


@contextlib.contextmanager
def usual_settings() -> Iterator[None]:
    """Compute in float32, eagerly, with warnings that only warn; leave what is not loaded alone."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"))
        stack.enter_context(warnings.catch_warnings())
        for kind in [entry for entry in warnings.filters if entry[0] == "error"]:
            warnings.filterwarnings("default", category=kind[2])
        for put in (_precision, _eager):
            with contextlib.suppress(Exception):  # the learner can have replaced anything
                stack.enter_context(put())
        yield


@contextlib.contextmanager
def _precision() -> Iterator[None]:
    config = getattr(sys.modules.get("keras"), "config", None)
    if config is None:
        yield
        return
    policy, floatx = config.dtype_policy(), config.floatx()
    if (policy.name, floatx) == ("float32", "float32"):
        yield
        return
    config.set_floatx("float32")
    config.set_dtype_policy("float32")
    try:
        yield
    finally:
        config.set_floatx(floatx)
        config.set_dtype_policy(policy)


def _eager() -> Any:
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None or tensorflow.executing_eagerly():
        return contextlib.nullcontext()
    from tensorflow.python.eager import context  # the one way back after disable_eager_execution()

    return context.eager_mode()
