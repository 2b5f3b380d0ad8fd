r"""Networks in which few neurons are active at a time, weights written down.

With $h(x)=\sum_ju_j\sigma(\langle w_j,x\rangle-b_j)$ on signs, a neuron is active where its sum is
positive. Each of these has a neuron for every word of some signs, and only that of the word which
is there is active: s neurons, but k = 1 at a time.
"""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from noflat.activations import relu
from noflat.arguments import positive, whole
from noflat.constructions.patterns import parity_detector
from noflat.constructions.plans import resolve_dtype
from noflat.networks import Layer, Network
from noflat.networks.sparse import layer_matrix
from noflat.targets.bits import bit_states
from noflat.targets.cube import check_odd

_MOST_WORDS = 16
"""Of so many signs all words get a neuron."""


def index_network(
    bits: int, *, signs: bool = True, address_weight: float = 0.5, dtype: Any = None
) -> Network:
    r"""The data sign at an address of b signs, `noflat.targets.indexed`.

    With $\alpha$ a word of the address, c the `address_weight` and $y_\alpha$ its data sign

    $$\sigma\big(c\langle\alpha,x\rangle+\tfrac12y_\alpha-cb+\tfrac12\big),$$

    which is $(1+y_\alpha)/2$ at $x=\alpha$; elsewhere the sum is at most $1-2c$, and the neuron not
    active. The smallest c is 1/2, with $W^2=(b+1)/4$ for the output 0 or 1; the paper has c = 1.

    Args:
        bits: b, at most 16.
        signs: Whether the output is -1 or 1, else 0 or 1.
        address_weight: c, at least 1/2.
        dtype: Of the weights; JAX's default where None.

    Returns:
        A network of $b+2^b$ inputs and $2^b$ neurons, at most one of them active.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> network = index_network(2)
        >>> print(network.neurons, network(jnp.array([1.0, -1.0, -1.0, 1.0, -1.0, -1.0])))
        4 [1.]

    Reference:
        Awasthi, Dikkala, Kamath and Meka (2024), arXiv:2406.17989.
    """
    b, words = _words(bits, "bits")
    if not address_weight >= 0.5:
        raise ValueError(
            f"`address_weight` must be at least 1/2, so that one neuron is active at a time; got "
            f"{address_weight}"
        )
    hidden = np.concatenate([address_weight * words.T, np.eye(2**b) / 2])
    bias = np.full(2**b, 0.5 - address_weight * b)
    return _network(hidden, bias, np.full(2**b, 1.0 + signs), -1.0 if signs else 0.0, dtype)


def junta_network(
    values: Sequence[float] | np.ndarray,
    *,
    copies: int = 1,
    margin: int = 2,
    inputs: int | None = None,
    dtype: Any = None,
) -> Network:
    r"""Any function of p signs, a neuron for each of their words.

    $$f(x)=\sum_v\frac{f(v)}{mq}\sum_{c=1}^{q}\sigma(\langle v,x\rangle-p+m),\qquad
      W=\frac{\sqrt p}{mq}\max_v|f(v)|,$$

    with m the margin: a neuron's sum is m at its word and $m-2$ or less elsewhere, so that only the
    q copies for the word at hand are active. With the margin 2 parity, times any number, attains
    $4k^2W^2$. The paper has the margin 1, which doubles W for the same function.

    Args:
        values: f at all $2^p$ words, in the order of `noflat.measure.all_signs`; $p\le16$.
        copies: The number q of neurons for a word.
        margin: m, 1 or 2.
        inputs: Signs of the network, those from p on without weights; p where None.
        dtype: Of the weights; JAX's default where None.

    Returns:
        A network of $q2^p$ neurons, q of them active at a time.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> network = junta_network([1, -1, -1, 1])
        >>> print(network.neurons, network(jnp.array([1.0, -1.0])))
        4 [-1.]

    Reference:
        Awasthi, Dikkala, Kamath and Meka (2024), Theorem 13, for the margin 1; Theorem S1 of
        `docs/sparse_activations.md`.
    """
    p = len(values).bit_length() - 1
    if p < 1 or len(values) != 2**p:
        raise ValueError(f"`values` must be one for each of 2, 4, 8, ... words; got {len(values)}")
    p, words = _words(p, "values")
    whole(copies, "copies", "the neurons of a word")
    if margin not in (1, 2):
        raise ValueError(f"`margin` must be 1 or 2, so that other words are silent; got {margin}")
    n = p if inputs is None else whole(inputs, "inputs", "the signs", least=p)
    hidden = np.zeros((n, copies * 2**p))
    hidden[:p] = np.repeat(words, copies, axis=0).T
    bias = np.full(copies * 2**p, float(margin - p))
    readout = np.repeat(np.asarray(values, float), copies) / (margin * copies)
    return _network(hidden, bias, readout, 0.0, dtype)


def extremal_network(p: int, copies: int, *, dtype: Any = None) -> Network:
    r"""The parity of p signs, 2q times: $AS=4k^2W^2$ with k = q and $W^2=p$.

    Args:
        p: The signs, at most 16.
        copies: q.
        dtype: Of the weights; JAX's default where None.

    Returns:
        `junta_network` of that function: all weights are -1 or 1.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> print(extremal_network(3, 5)(jnp.array([1.0, -1.0, 1.0])))
        [-10.]
    """
    _, words = _words(p, "p")
    scale = 2 * whole(copies, "copies", "the neurons of a word")
    return junta_network(scale * np.prod(words, axis=1), copies=copies, dtype=dtype)


def gated_experts(
    experts: Float[np.ndarray, "words data"], *, gate: float | None = None, dtype: Any = None
) -> Network:
    r"""Linear experts, one for every address of b signs: $\sigma(\langle w_\alpha,y\rangle)$ at it.

    $$\sum_\alpha\sigma\big(\langle w_\alpha,y\rangle+\Gamma(\langle\alpha,x\rangle-b)\big).$$

    A wrong address loses $2\Gamma$ or more, so that $\Gamma\ge\tfrac12\max_\alpha\lVert
    w_\alpha\rVert_1$ leaves one neuron active for all inputs.

    Args:
        experts: The $w_\alpha$, in the order of the words of the address.
        gate: $\Gamma$; where None, what is enough for all inputs, and a millionth more, so that
            rounding does not matter.
        dtype: Of the weights; JAX's default where None.

    Returns:
        A network of b address signs and then as many others as an expert has weights.

    Raises:
        ValueError: If there are not 2, 4, 8, ... experts, or the gate is not positive.

    Example:
        >>> network = gated_experts(np.array([[1.0, 0.0], [0.0, 1.0]]))
        >>> print(network(jnp.array([1.0, -1.0, 1.0])), network(jnp.array([-1.0, -1.0, 1.0])))
        [1.] [0.]

    Reference:
        Awasthi, Dikkala, Kamath and Meka (2024), appendix A.
    """
    experts = np.asarray(experts, float)
    b = len(experts).bit_length() - 1
    if experts.ndim != 2 or b < 1 or len(experts) != 2**b:
        raise ValueError(
            f"`experts` must have a row for each of 2, 4, 8, ... addresses; got {experts.shape}"
        )
    b, words = _words(b, "experts")
    enough = np.abs(experts).sum(axis=1).max() / 2 * (1 + 2.0**-20)
    gamma = enough if gate is None else positive(gate, "gate", "the weight of the address")
    hidden = np.concatenate([gamma * words.T, experts.T])
    return _network(hidden, np.full(2**b, -gamma * b), np.ones(2**b), 0.0, dtype)


def lifted_parity(
    m: int, chosen: Sequence[int], *, sums: Sequence[int] | None = None, dtype: Any = None
) -> Network:
    r"""The parity of some of m signs, of their $m^2$ products: a neuron for each value of a sum.

    On $x_{ij}=y_iy_j$ and $x_{ii}=y_i$ (`lifted`) a neuron's sum is $\tfrac12-(\sum_Sy_i-a)^2$, and
    it is active where the sum of the chosen signs is a. An even number of them is -1 where
    $\sum_Sy_i\equiv|S|$ modulo 4, so that is which a there are. The paper has all even a: a sum of
    signs has the parity of $|S|$, so that the output would be the same for all y.

    Args:
        m: The signs.
        chosen: The set S of those that count.
        sums: The values a; those of the right residue where None.
        dtype: Of the weights; JAX's default where None.

    Returns:
        A network of $m^2$ inputs and one active neuron or none; its output is 1 where the sum is
        one of the a, else 0.

    Raises:
        ValueError: If `chosen` has no signs, or others than these m.

    Example:
        >>> y = jnp.array([1.0, -1.0, -1.0, 1.0])
        >>> print(lifted_parity(4, (0, 1))(lifted(y)), lifted_parity(4, (1, 2))(lifted(y)))
        [0.] [1.]

    Reference:
        Awasthi, Dikkala, Kamath and Meka (2024), Theorem 3, and the erratum in
        `docs/sparse_activations.md`.
    """
    m, of = whole(m, "m", "the signs"), sorted(set(chosen))
    if not of or not set(of) <= set(range(m)):
        raise ValueError(f"`chosen` must be some of the signs 0 to {m - 1}; got {chosen}")
    size = len(of)
    values = np.array([a for a in range(-size, size + 1) if (a - size) % 4 == 0])
    if sums is not None:
        values = np.asarray(sums, int)
    hidden = np.zeros((m, m, len(values)))
    hidden[np.ix_(of, of)] = -1
    hidden[of, of] = 2 * values[None, :]
    bias = 0.5 - size - values.astype(float) ** 2
    return _network(hidden.reshape(m * m, -1), bias, np.full(len(values), 2.0), 0.0, dtype)


def dense_parity(p: int, *, inputs: int | None = None, dtype: Any = None) -> Network:
    """The parity of the first p signs by p neurons, all of them active where all signs are 1.

    It is `noflat.constructions.parity_detector`, with dense weights: what a network can be that has
    no more neurons than a sparsely activated one, but none of its sparsity.

    Args:
        p: The signs that count.
        inputs: Signs of the network; p where None.
        dtype: Of the weights; JAX's default where None.

    Returns:
        A network with p neurons.

    Raises:
        ValueError: If `inputs` is below p.

    Example:
        >>> print(dense_parity(3)(jnp.array([1.0, -1.0, 1.0])))
        [-1.]
    """
    n = whole(p, "p", "the signs") if inputs is None else inputs
    first, last = parity_detector(n, p, 0).layers
    hidden, readout = layer_matrix(first, (n, p)), layer_matrix(last, (p, 1))[:, 0]
    (output_bias,) = np.asarray(last.bias, float)
    return _network(hidden, np.asarray(first.bias), readout, float(output_bias), dtype)


def majority_network(n: int, *, dtype: Any = None) -> Network:
    r"""The majority of an odd number of signs by two neurons, $\sigma(S+1)-\sigma(S-1)-1$.

    Args:
        n: The signs.
        dtype: Of the weights; JAX's default where None.

    Returns:
        The network; S is the sum of the signs.

    Raises:
        ValueError: If `n` is even.

    Example:
        >>> print(majority_network(3)(jnp.array([1.0, -1.0, -1.0])))
        [-1.]
    """
    check_odd(n)
    ends = np.array([1.0, -1.0])
    return _network(np.ones((n, 2)), ends, ends, -1.0, dtype)


def lifted(y: Float[Array, " m"]) -> Float[Array, " m_squared"]:
    """The products of all pairs of signs, and the signs themselves in place of their squares.

    Args:
        y: The signs.

    Returns:
        The rows of that matrix, one after the other.

    Example:
        >>> print(lifted(jnp.array([1.0, -1.0])))
        [ 1. -1. -1. -1.]
    """
    one = jnp.eye(len(y), dtype=bool)
    return jnp.where(one, y[:, None], y[:, None] * y[None, :]).reshape(-1)


def _words(bits: int, name: str) -> tuple[int, np.ndarray]:
    b = whole(bits, name, "the signs of an address")
    if b > _MOST_WORDS:
        raise ValueError(
            f"`{name}` must be at most {_MOST_WORDS} signs, for each word takes a neuron; got {b}"
        )
    return b, 2.0 * bit_states(b) - 1


def _network(
    hidden: np.ndarray, bias: np.ndarray, readout: np.ndarray, output_bias: float, dtype: Any
) -> Network:
    kind = resolve_dtype(dtype)
    out = jnp.asarray([output_bias], kind) if output_bias else None
    first = Layer(jnp.asarray(hidden, kind), jnp.asarray(bias, kind))
    return Network((first, Layer(jnp.asarray(readout[:, None], kind), out)), relu)
