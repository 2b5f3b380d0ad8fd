r"""Stacks of convolutions with periodic boundary, as deep linear networks.

Convolutions commute and their product is again one, whose kernel is the convolution of the kernels.
So a stack flattens to a single wide convolution, and whether that has more synapses or fewer
depends on the number of dimensions: kernels of $s$ places per dimension make one of $L(s-1)+1$.
"""

from collections.abc import Sequence

import numpy as np
import scipy.sparse

from noflat.arguments import whole
from noflat.networks import SparseNetwork, linear_network


def convolution(
    kernel: np.ndarray, shape: Sequence[int], *, dilation: int = 1
) -> scipy.sparse.csr_array:
    r"""The matrix of the periodic convolution $y_t = \sum_j k_j\, x_{t - d j}$.

    Args:
        kernel: $k$, with as many axes as the inputs.
        shape: The numbers of places along each axis; indices are taken modulo these.
        dilation: $d$, the distance of neighbors in the kernel.

    Returns:
        A sparse matrix of shape (inputs, outputs), in the dtype of the kernel. Entries of the
        kernel that meet on one place, as the boundary is periodic, are added.

    Raises:
        ValueError: If `kernel` has other axes than `shape`, or a size is not positive.

    Example:
        >>> convolution(np.array([1, 2]), (3,)).toarray()
        array([[1, 2, 0],
               [0, 1, 2],
               [2, 0, 1]])
    """
    kernel = np.asarray(kernel)
    sizes = tuple(whole(size, "shape", "the places along each axis") for size in shape)
    dilation = whole(dilation, "dilation", "the distance of neighbors in the kernel")
    if kernel.ndim != len(sizes) or not kernel.size:
        raise ValueError(
            f"`kernel` must have the {len(sizes)} axes of `shape`; got shape {kernel.shape}"
        )
    places = np.indices(sizes).reshape(len(sizes), -1)
    inputs = np.arange(places.shape[1])
    total = scipy.sparse.csr_array((len(inputs), len(inputs)), dtype=kernel.dtype)
    for offset in zip(*np.nonzero(kernel), strict=True):
        moved = (places + dilation * np.array(offset)[:, None]) % np.array(sizes)[:, None]
        outputs = np.ravel_multi_index(tuple(moved), sizes)
        weights = np.full(len(inputs), kernel[offset])
        total = total + scipy.sparse.csr_array((weights, (inputs, outputs)), total.shape)
    return scipy.sparse.csr_array(total)


def convolution_stack(
    kernels: Sequence[np.ndarray], shape: Sequence[int], *, dilations: Sequence[int] | None = None
) -> SparseNetwork:
    r"""A stack of periodic convolutions, one per layer.

    With $L$ kernels of $s$ places along each of $D$ dimensions, positive and on at least
    $L(s-1)+1$ places, the deep network has $L s^D$ synapses per output and the flat one
    $(L(s-1)+1)^D$, so that flattening costs $(L(s-1)+1)^D / (L s^D)$: less than 1 in one dimension,
    and growing as $L^{D-1}$. A kernel $u \otimes v$ is the stack of its two factors: $s^2$ synapses
    against $2s$. Two places at dilations $1, 2, 4, \dots, 2^{L-1}$ make $2^L$ of $2L$.

    Args:
        kernels: Those of the layers, first to last.
        shape: The numbers of places along each axis.
        dilations: Of the layers; all 1 where None.

    Returns:
        A network whose inputs and outputs are the places, the last axis running fastest.

    Raises:
        ValueError: If there is no kernel, one does not fit, or `dilations` is not one per kernel.

    Example:
        >>> ones = np.ones((3, 3), int)
        >>> stack = convolution_stack([ones, ones], (8, 8))
        >>> stack.synapses // 64, count_flat_synapses(stack) // 64
        (18, 25)

    Reference:
        Lin, Tegmark and Rolnick (2017), equation (26), for the cost; the stacks are not theirs.
    """
    dilations = [1] * len(kernels) if dilations is None else list(dilations)
    if len(dilations) != len(kernels):
        raise ValueError(
            f"`dilations` must be one for each of the {len(kernels)} kernels; got {len(dilations)}"
        )
    pairs = zip(kernels, dilations, strict=True)
    return linear_network([convolution(kernel, shape, dilation=d) for kernel, d in pairs])
