r"""Gaussian fields on a periodic lattice, and what averaging over blocks does to them.

The Hamiltonian is quadratic and invariant under translations,
$H=\frac12\sum_k K(k)|\phi_k|^2$ with $K(k)=y_0+y_1|k|^2+y_2|k|^4+\dots$, so that $\phi_k$ are
independent with variance $1/K(k)$. A coarse field, lengths measured in blocks, is Gaussian with
such a K again. A sharp cutoff of momenta sends $y_i$ to $b^{d-2i}y_i$. Averages over blocks of side
b weigh momentum k by a window $W(k)$ and fold the momenta that the coarse lattice cannot tell
apart onto one another; both change $y_1$ and $y_2$, and the law of powers of b is theirs only in
part.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from noflat.arguments import whole


@dataclass(frozen=True)
class QuadraticField:
    r"""A Gaussian field by the coefficients of its Hamiltonian.

    Attributes:
        coefficients: $y_0,y_1,\dots$; $y_0=0$ is the critical point, where the mean of the field
            has no law.
        size: The sites along each side of the lattice.
        dimension: Its dimension d.

    Example:
        >>> field = QuadraticField((1.0, 0.0), 4, 1)
        >>> print(field.spectrum)
        [1. 1. 1. 1.]

    Reference:
        Lin, Tegmark and Rolnick (2017), equation (23).
    """

    coefficients: tuple[float, ...]
    size: int
    dimension: int = 2

    def __post_init__(self) -> None:
        """Checks that there is such a field."""
        whole(self.size, "size", "the sites along a side")
        whole(self.dimension, "dimension", "that of the lattice")
        spectrum = self.spectrum
        if not np.all(spectrum > 0) or np.isinf(spectrum).sum() > 1:
            raise ValueError(
                "`coefficients` must make every mode positive, k = 0 aside: "
                f"raise the last of them; got {self.coefficients}"
            )

    @cached_property
    def spectrum(self) -> Float[np.ndarray, "..."]:
        """The variance 1/K(k) of every mode, in the order of `numpy.fft`."""
        with np.errstate(divide="ignore"):
            return 1 / inverse_spectrum(self.coefficients, squares(self.size, self.dimension))

    def sample(self, count: int, *, key: Key[Array, ""]) -> Float[Array, "count ..."]:
        """Draws fields, also within a compiled function.

        Args:
            count: How many.
            key: The JAX key.

        Returns:
            The fields.

        Raises:
            ValueError: If the field is critical.
        """
        if not np.all(np.isfinite(self.spectrum)):
            raise ValueError("`coefficients` must have y_0 > 0: a critical field has no mean")
        axes = tuple(range(1, self.dimension + 1))
        noise = jax.random.normal(key, (count, *[self.size] * self.dimension))
        modes = jnp.fft.fftn(noise, axes=axes)
        modes = modes * jnp.asarray(np.sqrt(self.spectrum)[None], modes.dtype)
        return jnp.fft.ifftn(modes, axes=axes).real


def momenta(size: int) -> Float[np.ndarray, " size"]:
    """The momenta of a periodic line, from -pi to pi, in the order of `numpy.fft`.

    Example:
        >>> print(momenta(4) / np.pi)
        [ 0.   0.5 -1.  -0.5]
    """
    return 2 * np.pi * np.fft.fftfreq(size)


def squares(size: int, dimension: int) -> Float[np.ndarray, "..."]:
    """The squared momentum of every mode.

    Example:
        >>> squares(4, 2).shape
        (4, 4)
    """
    axes = np.meshgrid(*[momenta(size) ** 2] * dimension, indexing="ij")
    return np.sum(axes, axis=0)


def inverse_spectrum(coefficients: Sequence[float], square: Any) -> Any:
    """K(k) for squared momenta.

    Example:
        >>> inverse_spectrum((1.0, 2.0, 3.0), 4.0)
        57.0
    """
    return sum(y * square**i for i, y in enumerate(coefficients))


def cutoff_spectrum(field: QuadraticField, block: int) -> Float[np.ndarray, "..."]:
    """The spectrum when momenta beyond pi/b are dropped and lengths measured in blocks.

    Args:
        field: The field.
        block: The side b of a block; it divides the size.

    Returns:
        The variance of every mode of the coarse lattice.

    Raises:
        ValueError: If the blocks do not fill the lattice.

    Example:
        >>> print(cutoff_spectrum(QuadraticField((1.0,), 4, 1), 2))
        [0.5 0.5]
    """
    coarse = _coarse(field, block)
    kept = np.rint(momenta(coarse) * coarse / (2 * np.pi)).astype(int)
    return field.spectrum[np.ix_(*[kept] * field.dimension)] / block**field.dimension


def block_spectrum(field: QuadraticField, block: int) -> Float[np.ndarray, "..."]:
    r"""The exact spectrum of the averages over blocks, lengths measured in blocks.

    $$P'(k')=b^{-d}\sum_{k:\,bk\equiv k'}\frac{W(k)^2}{K(k)},\qquad
      W(k)=\prod_{j}\frac{\sin(bk_j/2)}{b\sin(k_j/2)}.$$

    Args:
        field: The field.
        block: The side b of a block; it divides the size.

    Returns:
        The variance of every mode of the coarse lattice.

    Raises:
        ValueError: If the blocks do not fill the lattice.

    Example:
        >>> print(block_spectrum(QuadraticField((1.0,), 4, 1), 2))  # white stays white
        [0.5 0.5]
    """
    coarse, d = _coarse(field, block), field.dimension
    window = _window(field.size, block) ** 2
    weight = window
    for _ in range(d - 1):
        weight = np.multiply.outer(weight, window)
    weighted = np.multiply(
        weight, field.spectrum, where=weight > 0, out=np.zeros_like(field.spectrum)
    )
    # modes that differ by a multiple of the coarse size are one mode of the coarse lattice
    folded = weighted.reshape([part for _ in range(d) for part in (block, coarse)])
    return folded.sum(axis=tuple(range(0, 2 * d, 2))) / block**d


def _window(size: int, block: int) -> Float[np.ndarray, " size"]:
    """What the average over a block makes of each mode of a line; zeros are exact."""
    k = momenta(size)
    number = np.arange(size)
    small = np.where(number == 0, 1.0, block * np.sin(k / 2))
    window = np.where(number == 0, 1.0, np.sin(block * k / 2) / small)
    return np.where((number > 0) & (number * block % size == 0), 0.0, window)


def block_averages(fields: Float[Array, "count ..."], block: int) -> Float[Array, "count ..."]:
    """Averages fields over blocks.

    Args:
        fields: Samples of a field.
        block: The side of a block; it divides the size.

    Returns:
        The coarse fields.

    Raises:
        ValueError: If the blocks do not fill the lattice.

    Example:
        >>> print(block_averages(jnp.array([[1.0, 3.0, 5.0, 5.0]]), 2))
        [[2. 5.]]
    """
    _check(fields.shape[1], block)
    shape = [part for side in fields.shape[1:] for part in (side // block, block)]
    return fields.reshape(len(fields), *shape).mean(axis=tuple(range(2, len(shape) + 1, 2)))


def _coarse(field: QuadraticField, block: int) -> int:
    _check(field.size, block)
    return field.size // block


def _check(size: int, block: int) -> None:
    if whole(block, "block", "the side of a block") > size or size % block:
        raise ValueError(f"`block` must divide the size {size} of the lattice; got {block}")


def cutoff_flow(coefficients: Sequence[float], block: int, dimension: int) -> tuple[float, ...]:
    r"""The coefficients behind a sharp cutoff, $y_i\to b^{d-2i}y_i$.

    Args:
        coefficients: $y_0,y_1,\dots$
        block: The side b of a block.
        dimension: That of the lattice, d.

    Returns:
        The coefficients of the coarse field.

    Example:
        >>> cutoff_flow((1.0, 1.0, 1.0), 2, 2)
        (4.0, 1.0, 0.25)

    Reference:
        Lin, Tegmark and Rolnick (2017), equation (24), for d = 2.
    """
    return tuple(float(block) ** (dimension - 2 * i) * y for i, y in enumerate(coefficients))


def block_flow(
    coefficients: Sequence[float], block: int, dimension: int
) -> tuple[float, float, float | None]:
    r"""The first coefficients of the field of block averages.

    $$y_0'=b^dy_0,\qquad y_1'=b^{d-2}y_1+b^dy_0\sum_{n=1}^{b-1}
      \frac{1-y_0/K(2\pi n/b)}{4b^2\sin^2(\pi n/b)},$$

    and at the critical point, $y_0=0$,

    $$y_2'=b^{d-4}y_2+b^{d-2}\,\frac{1-b^{-2}}{12}\,y_1 .$$

    Args:
        coefficients: $y_0,y_1,\dots$
        block: The side b of a block.
        dimension: That of the lattice, d.

    Returns:
        $y_0'$, $y_1'$ and $y_2'$, the last None where the field is not critical.

    Example:
        >>> [round(y, 4) for y in block_flow((0.0, 1.0, 1.0), 2, 2)]
        [0.0, 1.0, 0.3125]
    """
    pure = cutoff_flow([*coefficients, 0.0, 0.0, 0.0][:3], block, dimension)
    lost = 0.0
    for n in range(1, block):
        k = 2 * np.pi * min(n, block - n) / block
        rest = 1 - coefficients[0] / inverse_spectrum(coefficients, k**2)
        lost += rest / (4 * block**2 * np.sin(np.pi * n / block) ** 2)
    slope = pure[1] + pure[0] * float(lost)
    if coefficients[0]:
        return pure[0], slope, None
    return pure[0], slope, pure[2] + (1 - block**-2.0) / 12 * pure[1]
