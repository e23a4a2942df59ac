"""Layers and models of a lesson's own that Keras can load again."""

from __future__ import annotations

import keras

from autograder.toolbox import loadable


@loadable
class Twice(keras.Model):
    def __init__(self, factor, shift=1, **kwargs):
        super().__init__(**kwargs)
        self.factor, self.shift = factor, shift


class More(Twice):
    def __init__(self, size, **kwargs):
        super().__init__(2 * size, **kwargs)


def test_does_a_config_hold_what_the_constructor_was_given_and_what_it_was_not():
    config = Twice(3, name="three").get_config()
    assert (config["factor"], config["shift"], config["name"]) == (3, 1, "three")


def test_is_a_model_made_again_from_its_config():
    again = Twice.from_config(Twice(factor=3, shift=5, name="three").get_config())
    assert (again.factor, again.shift, again.name) == (3, 5, "three")


def test_is_a_class_made_from_it_made_again_from_its_own_arguments():
    assert More.from_config(More(4).get_config()).factor == 8


def test_does_keras_know_the_class_by_its_name():
    assert keras.saving.get_registered_object("Custom>Twice") is Twice
