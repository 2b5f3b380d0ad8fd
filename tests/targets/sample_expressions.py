"""Random expressions in x, y, z1 and z2."""

import hypothesis.strategies as st


def joined(parts):
    left, sign, right = parts
    return f"({left} {sign} {right})"


atoms = st.sampled_from(["x", "y", "z1", "z2", "2", "1/3", "0.5", "(-x)", "3 * y", "-z1"])
expressions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(joined),
        st.tuples(inner, st.integers(0, 3)).map(lambda pair: f"({pair[0]})**{pair[1]}"),
        inner.map(lambda text: f"-({text}) / 4"),
    ),
    max_leaves=8,
)
