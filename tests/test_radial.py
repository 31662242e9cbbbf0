"""Theorem 2 needs more than 2 pi in many dimensions: the example, its proof, and the line where it does not."""

import math

import mpmath
import pytest

from proofs_numeric._radial import certified_constant, radial_example


@pytest.mark.parametrize(("ndim", "reach"), [(20, 0.045), (40, 0.04)])
def test_ball_arithmetic_proves_that_two_pi_is_not_enough(ndim, reach):
    proved = certified_constant(ndim, reach)
    assert proved > 2 * math.pi
    # The quadrature counts more of the line, and agrees where both count the same.
    assert proved <= radial_example(ndim, reach).constant
    same = radial_example(ndim, reach, furthest=2.0 * ndim).constant
    assert same == pytest.approx(proved, rel=1e-3)


def test_no_example_beats_the_proved_constant():
    upper = 2 * math.pi * (4 - 2 * math.sqrt(2))
    for ndim in (1, 2, 5, 40, 200):
        assert radial_example(ndim, 0.04).constant < upper


def test_the_same_example_stays_below_two_pi_on_a_line():
    for reach in (0.01, 0.04, 0.1, 0.3):
        assert radial_example(1, reach).constant < 2 * math.pi


def test_the_norm_of_the_example_is_what_it_says():
    # int_0^inf J_(d/2)(2 pi r)^2 / r dr = 1/d.
    for ndim in (2, 5):
        order = mpmath.mpf(ndim) / 2
        head = mpmath.quad(
            lambda x, order=order: mpmath.besselj(order, x) ** 2 / x, mpmath.linspace(0, 400, 401)
        )
        tail = 1 / (mpmath.pi * 400)  # mean of cos^2 is 1/2
        assert float(head + tail) == pytest.approx(1 / ndim, rel=1e-4)
        assert radial_example(ndim, 0.04).size ** 2 == pytest.approx(1 / ndim)


def test_a_proof_for_an_odd_dimension_is_refused():
    with pytest.raises(ValueError, match="d must be even, not 3"):
        certified_constant(3, 0.04)
