"""Saving for the lessons: layers and models of their own that Keras can load again."""

from __future__ import annotations

import inspect


def loadable(kind: type) -> type:
    """Return a layer's or model's class so that Keras can load what it saved.

    Two things are needed: the class is registered under its name, and `get_config` returns the arguments that the
    constructor was given (plain values), where the class has no `get_config` of its own. The constructor has to take
    `**kwargs` and pass them on: the name, for example.
    """
    import keras

    def __new__(cls, *args, **kwargs):
        made = super(kind, cls).__new__(cls, *args, **kwargs)
        given = inspect.signature(cls.__init__).bind(made, *args, **kwargs)
        given.apply_defaults()
        plain = {name: value for name, value in list(given.arguments.items())[1:] if name != "kwargs"}
        object.__setattr__(made, "_given", plain)  # before Keras looks after the attributes
        return made

    def get_config(self):
        return super(kind, self).get_config() | self._given

    kind.__new__ = __new__
    if "get_config" not in vars(kind):
        kind.get_config = get_config
    return keras.saving.register_keras_serializable()(kind)
