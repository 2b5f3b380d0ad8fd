"""What a result depends on besides its code: the versions, the device, and whether JAX adds up.

Some releases of jaxlib return wrong numbers without a word, and they do so on the very pattern that
this library is made of, a small matrix applied to each row under `vmap`. So the installed one is
asked before it is believed, and its answer travels with every record.
"""

import platform
import sys
from importlib import metadata

import jax
import jax.numpy as jnp
import numpy as np
from rich.console import Console
from rich.table import Table

PACKAGES = ("noflat", "jax", "jaxlib", "flax", "optax", "numpy", "python-flint")


def miscompile_self_test() -> int:
    r"""Counts the rows that compiled JAX gets wrong in a sum that NumPy gets right.

    For a fixed random $3 \times 3$ matrix $A$ and many rows $r$ it compares
    `jit(vmap(lambda r: sum(A @ r)))` with the same sum in NumPy. On CPU, jaxlib 0.9.2 to 0.10.2
    return wrong numbers here, without a warning, from 32769 rows in float32 and from 16385 rows in
    float64; any row past that may be wrong. Releases from 0.11.0 on are right. The numbers of rows
    lie a little past the two limits. The float64 half runs only when JAX has x64 switched on.

    Each side of the comparison rounds at most 9 products and 8 sums in some order, and so is within
    $9u \sum_{ij} |A_{ij} r_j|$ of the truth, with $u = \varepsilon/2$. A row is wrong when the two
    differ by more than $16 \varepsilon \sum_{ij} |A_{ij} r_j|$, or when one is not a number.

    Returns:
        The number of wrong rows; 0 on a sound installation.

    Example:
        >>> miscompile_self_test()
        0

    Reference:
        The bug is jax-ml/jax#39103.
    """
    wrong = _wrong_rows(np.dtype(np.float32), rows=40001)
    if jax.config.jax_enable_x64:
        wrong += _wrong_rows(np.dtype(np.float64), rows=20001)
    return wrong


def _wrong_rows(dtype: np.dtype, *, rows: int) -> int:
    random = np.random.default_rng(0)
    matrix = random.standard_normal((3, 3)).astype(dtype)
    points = random.standard_normal((rows, 3)).astype(dtype)

    # Full precision is asked for, since an accelerator may round float32 products to fewer bits.
    row_sum = jax.jit(jax.vmap(lambda row: jnp.sum(jnp.matmul(matrix, row, precision="highest"))))
    found = np.asarray(row_sum(points))
    expected = (points @ matrix.T).sum(axis=1)
    tolerance = 16 * np.finfo(dtype).eps * (np.abs(points) @ np.abs(matrix.T)).sum(axis=1)
    return int(np.sum(~(np.abs(found - expected) <= tolerance)))


def environment() -> dict[str, str | bool | list[str]]:
    """Tells which versions, device and precision the numbers of this process come from.

    Returns:
        A dictionary that JSON can hold: the version of Python and of each package, the JAX backend
        and the kind of each device, whether x64 is on, the default precision of matrix products,
        and the platform. A package that is not installed, such as noflat run from its source tree,
        has the version "not installed".

    Example:
        >>> sorted(environment())[:4]
        ['backend', 'default_matmul_precision', 'devices', 'flax']
    """
    precision = jax.config.jax_default_matmul_precision
    return {
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
        "backend": jax.default_backend(),
        "devices": [device.device_kind for device in jax.devices()],
        "x64": bool(jax.config.jax_enable_x64),
        "default_matmul_precision": str(precision or "default"),
        # Without the kernel's release and the host's name, which say nothing about a number.
        "platform": f"{platform.system()} {platform.machine()}",
    }


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def main() -> None:
    """Prints the environment and the outcome of the self-test.

    Raises:
        SystemExit: With status 1 and one line on the error stream, if any row is wrong.
    """
    jax.config.update("jax_enable_x64", True)  # every measurement runs in float64: so does the test
    wrong = miscompile_self_test()
    table = Table(show_header=False, box=None)
    for name, value in environment().items():
        table.add_row(name, ", ".join(value) if isinstance(value, list) else str(value))
    table.add_row("miscompiled rows", str(wrong))
    Console().print(table)
    if wrong:
        sys.exit(
            f"jaxlib {_version('jaxlib')} computes {wrong} rows wrongly on this machine"
            " (jax-ml/jax#39103): install jax and jaxlib 0.11.1 or newer."
        )


if __name__ == "__main__":
    main()
