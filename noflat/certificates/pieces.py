r"""What no number of pieces can do: lower bounds for networks on a line, in whole numbers.

A hidden layer of $w$ ReLU neurons, or of $w$ threshold gates, adds at most $w$ cuts to every piece
on which all that it sees is affine. So hidden layers of widths $w_i$ make at most $\prod_i (w_i +
1)$ pieces, whatever their weights, biases and skips. Proofs: docs/separations.md.
"""

from fractions import Fraction

from noflat.arguments import whole


def most_pieces(neurons: int, hidden_layers: int) -> int:
    r"""The largest $\prod_i (w_i + 1)$ over widths $w_i \ge 0$ that add up to the neurons.

    Args:
        neurons: Their number, at least 0.
        hidden_layers: The number of layers.

    Returns:
        The pieces that no network of that size exceeds on a line.

    Example:
        >>> most_pieces(6, 1), most_pieces(6, 2), most_pieces(6, 6)
        (7, 16, 64)
    """
    neurons = whole(neurons, "neurons", "all neurons of the network", least=0)
    hidden_layers = whole(hidden_layers, "hidden_layers", "the layers of neurons")
    width, wider = divmod(neurons, hidden_layers)
    return (width + 1) ** (hidden_layers - wider) * (width + 2) ** wider


def fewest_neurons(pieces: int, hidden_layers: int | None = None) -> int:
    r"""The fewest neurons that may make so many pieces.

    Args:
        pieces: Their number, at least 1.
        hidden_layers: The number of layers, or None for any: then $\lceil \log_2 \rceil$ of the
            pieces, since a neuron at most doubles them.

    Returns:
        A lower bound for every network on a line, skips or not.

    Example:
        >>> fewest_neurons(1024, 1), fewest_neurons(1024, 2), fewest_neurons(1024)
        (1023, 62, 10)
    """
    pieces = whole(pieces, "pieces", "the number of pieces")
    if hidden_layers is None:
        return (pieces - 1).bit_length()
    low, high = 0, pieces - 1  # one layer needs that many, and more layers never more
    while low < high:
        middle = (low + high) // 2
        low, high = (
            (low, middle) if most_pieces(middle, hidden_layers) >= pieces else (middle + 1, high)
        )
    return low


def fewest_wrong(points: int, pieces: int) -> int:
    r"""How many of alternating labels a continuous function of so many affine pieces gets wrong.

    It crosses 1/2 at most once per piece, and so is constant, above or below, on at most
    $t + 1$ runs of points; of $p$ points of alternating labels a run has $\lfloor p/2 \rfloor$
    wrong.

    Args:
        points: The number of points $n$, at least 1.
        pieces: The $t$ above.

    Returns:
        $\lceil (n - t - 1)/2 \rceil$, or 0 where that is negative.

    Example:
        >>> fewest_wrong(1024, 511), fewest_wrong(1024, 1023)
        (256, 0)
    """
    points = whole(points, "points", "the number of points")
    pieces = whole(pieces, "pieces", "the number of pieces")
    return max(0, (points - pieces) // 2)


def least_square_error(pieces: int) -> Fraction:
    r"""The least sup error for $x^2$ on $[0, 1]$ of any function of so many affine pieces.

    One piece has a length of at least $1/P$, and on an interval of length $L$ no affine function
    comes closer to $x^2$ than $L^2/8$.

    Args:
        pieces: The $P$ above.

    Returns:
        $1/(8P^2)$.

    Example:
        >>> least_square_error(4)
        Fraction(1, 128)
    """
    return Fraction(1, 8 * whole(pieces, "pieces", "the number of pieces") ** 2)


def fewest_parity_gates(n: int, hidden_layers: int) -> int:
    r"""The fewest gates for parity, of those that see the bits only through their sum.

    On a piece the readout is affine in the sum, with one slope for all pieces, and parity is affine
    on no more than two numbers in a row: $2\prod_i (w_i + 1) \ge n + 1$.

    Args:
        n: The number of bits.
        hidden_layers: The number of layers of gates; all see the sum and all earlier layers.

    Returns:
        The bound, for an affine readout and for an output gate alike.

    Example:
        >>> fewest_parity_gates(64, 1), fewest_parity_gates(64, 3)
        (32, 7)
    """
    n = whole(n, "n", "the number of bits")
    return fewest_neurons((n + 2) // 2, hidden_layers)


def cited_parity_gates(n: int, depth: int) -> float:
    r"""The gates that every threshold circuit for parity has, whatever its weights; cited.

    Args:
        n: The number of bits.
        depth: Of the circuit, its output gate included: hidden layers and one, at least 2.

    Returns:
        $(n/2)^{1/(2(d-1))}$, the output gate counted.

    Example:
        >>> cited_parity_gates(32, 2), cited_parity_gates(32, 3)
        (4.0, 2.0)

    Reference:
        Impagliazzo, Paturi and Saks (1997), SIAM J. Comput. 26(3), 693-707.
    """
    n = whole(n, "n", "the number of bits")
    depth = whole(depth, "depth", "that of the circuit", least=2)
    return (n / 2) ** (1 / (2 * (depth - 1)))
