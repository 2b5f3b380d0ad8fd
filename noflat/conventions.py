"""What a network of one hidden layer may use besides its neurons.

The least number of neurons depends on it: for the product of n variables the same theorem reads
2^n, 2^n - 1 or 2^(n-1) as biases are forbidden or free. A bound without its convention is
therefore not a number, and every count in this library carries one.
"""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Convention:
    r"""Which free parameters come with the neurons.

    A network of one hidden layer is $N(x) = c + v \cdot x + \sum_j w_j\,\sigma(b_j + a_j \cdot x)$.

    Attributes:
        hidden_bias: Whether the $b_j$ are free; otherwise they are zero.
        output_bias: Whether $c$ is free; otherwise it is zero.
        affine_skip: Whether $v$ and $c$ are free; otherwise $v$ is zero. It implies an output bias.

    Example:
        >>> Convention(hidden_bias=True, output_bias=True).name
        'hidden_bias+output_bias'
    """

    hidden_bias: bool = False
    output_bias: bool = False
    affine_skip: bool = False

    def __post_init__(self) -> None:
        """Makes the skip carry its constant, so that equal conventions compare equal."""
        for field in fields(self):
            if not isinstance(getattr(self, field.name), bool):
                raise ValueError(
                    f"`{field.name}` must be True or False; got {getattr(self, field.name)!r}"
                )
        if self.affine_skip:
            object.__setattr__(self, "output_bias", True)

    @property
    def name(self) -> str:
        """The free parameters joined by `+`, or `bias_free` where there are none."""
        return "+".join(f.name for f in fields(self) if getattr(self, f.name)) or "bias_free"

    @property
    def free_degrees(self) -> frozenset[int]:
        """The degrees whose Taylor coefficients the readout matches at no cost in neurons."""
        if self.affine_skip:
            return frozenset({0, 1})
        return frozenset({0}) if self.output_bias else frozenset()


CONVENTIONS = tuple(
    Convention(hidden_bias=hidden, output_bias=output, affine_skip=skip)
    for hidden in (False, True)
    for output, skip in ((False, False), (True, False), (True, True))
)
"""All six: with and without hidden biases, times no readout bias, an output bias, a skip."""


def convention(name_or_convention: "str | Convention") -> Convention:
    """Reads a convention from its name.

    Args:
        name_or_convention: A `Convention`, or a name as `Convention.name` writes it.

    Returns:
        The convention.

    Raises:
        ValueError: If the name has a part that is none of the three fields.

    Example:
        >>> convention("hidden_bias").hidden_bias
        True
    """
    if isinstance(name_or_convention, Convention):
        return name_or_convention
    known = [field.name for field in fields(Convention)]
    parts = [] if name_or_convention == "bias_free" else str(name_or_convention).split("+")
    unknown = [part for part in parts if part not in known]
    if unknown:
        raise ValueError(
            f"`convention` must be 'bias_free' or some of {', '.join(known)} joined by '+'; "
            f"got {name_or_convention!r}"
        )
    return Convention(**dict.fromkeys(parts, True))
