"""Row reduction of rationals against sympy's, and the digits on the way."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.exact.elimination import inverse, is_echelon, leading_columns, rank, rref
from generators.exact.matrices import Matrix, identity, product, rational_determinant
from tests.generators.rewriting import domain, exact

entries = st.one_of(st.just(Fraction(0)), st.fractions(-9, 9, max_denominator=9))
matrices = st.tuples(st.integers(1, 5), st.integers(1, 6)).flatmap(
    lambda shape: st.lists(
        st.lists(entries, min_size=shape[1], max_size=shape[1]).map(tuple), min_size=shape[0], max_size=shape[0]
    ).map(tuple)
)


@settings(max_examples=400)
@given(matrices)
def test_rref_and_rank_are_sympys(a: Matrix) -> None:
    form, pivots = domain(a).rref()
    found = rref(a)
    assert found.rows == exact(form)
    assert found.pivots == tuple(pivots) == leading_columns(found.rows)
    assert rank(a) == found.rank == len(pivots)
    assert is_echelon(found.rows)


@settings(max_examples=200)
@given(
    st.integers(1, 5).flatmap(
        lambda n: st.lists(st.lists(entries, min_size=n, max_size=n).map(tuple), min_size=n, max_size=n).map(tuple)
    )
)
def test_inverse_or_singular(a: Matrix) -> None:
    if rational_determinant(a):
        assert product(a, inverse(a)) == identity(len(a)) == product(inverse(a), a)
    else:
        with pytest.raises(ZeroDivisionError):
            inverse(a)
