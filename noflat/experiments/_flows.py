"""What averaging over blocks makes of a Hamiltonian: exact spectra, drawn fields, and fits."""

from collections.abc import Iterator
from typing import Any

from noflat.experiments.records import Row

_SMALLEST = 9
"""Momenta of a fit to an exact spectrum, by a polynomial of degree 6 in their squares."""
_LARGEST = 1.6
"""The largest momentum of a fit to drawn fields, in units of the coarse lattice.

Farther out the terms left out of the fit count for more than the noise does."""


def exact_rows(settings: Any) -> list[Row]:
    """Coefficients of coarse fields, read off their exact spectra."""
    from noflat.targets import QuadraticField
    from noflat.targets.fields import block_flow, block_spectrum, cutoff_flow, cutoff_spectrum

    rows = []
    for dimension, size in ((1, settings.line), (2, settings.side)):
        for mass in (0.0, *settings.masses):
            field = QuadraticField((mass, 1.0, settings.stiffness), size, dimension)
            for block in settings.blocks:
                pure = cutoff_flow(field.coefficients, block, dimension)
                corrected = block_flow(field.coefficients, block, dimension)
                for way, spectrum, predicted in (
                    ("cutoff", cutoff_spectrum(field, block), pure),
                    ("blocks", block_spectrum(field, block), corrected),
                ):
                    about = _about(dimension, field, block, way)
                    rows.append(about | _columns(_fitted(spectrum), pure, predicted))
    return rows


def _about(dimension: int, field: Any, block: int, way: str) -> Row:
    start = dict(zip(("y0", "y1", "y2"), field.coefficients, strict=True))
    return {"dimension": dimension, **start, "block": block, "way": way}


def _columns(found: Any, pure: Any, predicted: Any) -> Row:
    row: Row = {}
    for i in range(3):
        row |= {f"coarse{i}": float(found[i]), f"pure{i}": pure[i], f"predicted{i}": predicted[i]}
    return row


def _fitted(spectrum: Any) -> Any:
    """The first coefficients of 1/P in powers of the squared momentum, along an axis."""
    import numpy as np

    from noflat.targets.fields import momenta

    line = spectrum[(slice(None), *[0] * (spectrum.ndim - 1))]
    step = max(1, len(line) // 64)  # as far apart as on a lattice of 64 sites
    kept = np.arange(_SMALLEST) * step
    squared = momenta(len(line))[kept] ** 2
    fit = np.polynomial.Polynomial.fit(squared, 1 / line[kept], 6)
    return fit.convert().coef[:3]


def drawn_rows(settings: Any) -> Iterator[Row]:
    """The same from fields that are drawn and averaged, with intervals by bootstrap."""
    import jax

    from noflat.targets import QuadraticField
    from noflat.targets.fields import block_flow, cutoff_flow

    field = QuadraticField((settings.drawn_mass, 1.0, settings.stiffness), settings.drawn_side)
    key = jax.random.fold_in(jax.random.key(settings.seed), 2)
    powers = _powers(field, settings.drawn_blocks, settings.fields, key)
    for block in settings.drawn_blocks:
        found, low, high = _with_intervals(powers[block], field.size // block, settings)
        pure = cutoff_flow(field.coefficients, block, 2)
        predicted = block_flow(field.coefficients, block, 2)
        row = _about(2, field, block, "drawn") | _columns(found, pure, predicted)
        for i in range(3):
            row |= {f"low{i}": float(low[i]), f"high{i}": float(high[i])}
        yield row | {"fields": settings.fields}


def _powers(field: Any, blocks: tuple[int, ...], count: int, key: Any) -> dict[int, Any]:
    """For each block size the squared modes of all coarse fields."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    from noflat.targets.fields import block_averages

    @jax.jit
    def batch(key: Any) -> list[Any]:
        fields = field.sample(min(count, 256), key=key)
        coarse = (block_averages(fields, block) for block in blocks)
        modes = ((jnp.fft.fftn(f, axes=(1, 2)), f.shape[1]) for f in coarse)
        return [jnp.abs(mode) ** 2 / side**2 for mode, side in modes]

    keys = (jax.random.fold_in(key, i) for i in range(-(-count // 256)))
    parts = zip(*[batch(key) for key in keys], strict=True)
    return {
        block: np.concatenate([np.asarray(p) for p in part])[:count]
        for block, part in zip(blocks, parts, strict=True)
    }


def _with_intervals(powers: Any, side: int, settings: Any) -> tuple[Any, Any, Any]:
    """Coefficients by least squares on K P = 1, with the ends of their 99 % intervals."""
    import numpy as np

    from noflat.targets.fields import momenta, squares

    square = squares(side, 2)
    kept = square <= _LARGEST**2
    quartic = np.add.outer(momenta(side) ** 4, momenta(side) ** 4)
    terms = (np.ones_like(square), square, square**2, quartic, square**3)
    design = np.stack([term[kept] for term in terms], axis=1)
    measured = powers[:, kept]

    def fit(spectrum: Any) -> Any:
        rows = design * spectrum[:, None]
        return np.linalg.lstsq(rows, np.ones(len(rows)), rcond=None)[0][:3]

    count = len(measured)
    generator = np.random.default_rng(settings.seed)
    shares = generator.multinomial(count, np.full(count, 1 / count), settings.resamples) / count
    again = np.array([fit(spectrum) for spectrum in shares @ measured])
    low, high = np.quantile(again, [0.005, 0.995], axis=0)
    return fit(measured.mean(axis=0)), low, high
