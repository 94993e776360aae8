"""What a student of the course imports: tools, data, checks. No solution is in here."""

from course.activations import sigmoid
from course.checks import check
from course.data import initial_layers, initial_weights, two_moons, xor
from course.gradcheck import (
    complex_step_gradient,
    complex_step_jacobian,
    numerical_gradient,
    relative_error,
)

__all__ = [
    "check",
    "complex_step_gradient",
    "complex_step_jacobian",
    "initial_layers",
    "initial_weights",
    "numerical_gradient",
    "relative_error",
    "sigmoid",
    "two_moons",
    "xor",
]
