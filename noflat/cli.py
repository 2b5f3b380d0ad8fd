"""The `noflat` command: one subcommand per function, each importing what it needs when it runs."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import tyro


def doctor() -> None:
    """Print versions and devices, and test that JAX computes correctly here."""
    from noflat.doctor import main  # here, so that `noflat --help` does not wait for JAX

    main()


def bounds(
    expression: tyro.conf.Positional[str],
    activation: tuple[str, ...] = ("exp", "tanh"),
    convention: tuple[str, ...] = (),
    inputs: Literal["cube", "gaussian"] = "cube",
    error: str | None = None,
    as_json: Annotated[bool, tyro.conf.arg(name="json")] = False,
    save: Path | None = None,
) -> None:
    """Say how many neurons a polynomial needs: proved and constructed, at each depth.

    Args:
        expression: The polynomial, such as "x*y*z + 2*w**3"; its form decides the deep network.
        activation: One or more of exp, tanh, sigmoid, softplus, silu, gelu, sin, cos, erf, ...
        convention: Such as bias_free or hidden_bias+output_bias; all six where none is given.
        inputs: The law under which networks are made and measured; on the cube [-1, 1]^n or normal.
        error: A relative rms error that is enough; with normal inputs a bound at it is proved.
        as_json: Print JSON instead of a table.
        save: A folder for bounds.json, the certificates and the networks.
    """
    from noflat.commands import run_bounds

    sys.exit(run_bounds(expression, activation, convention, inputs, error, as_json, save))


def verify(files: tyro.conf.Positional[tuple[Path, ...]]) -> None:
    """Check certificates, and say what they prove or the first condition that fails.

    Args:
        files: JSON files; the status is 1 if any is refused.
    """
    # the checker alone: nothing of what makes certificates is imported
    from noflat.certificates.checker import CertificateError
    from noflat.certificates.checker import verify as check

    if not files:
        sys.exit("noflat verify: error: name one file or more")
    refused = False
    for file in files:
        try:
            sys.stdout.write(f"{file}: accepted: {check(file).statement}\n")
        except CertificateError as problem:
            sys.stdout.write(f"{file}: refused: {problem}\n")
            refused = True
    sys.exit(int(refused))


SUBCOMMANDS = {"bounds": bounds, "doctor": doctor, "verify": verify}


def main() -> None:
    """Runs the subcommand that the command line names.

    Raises:
        SystemExit: With status 2 and a short message, if the command line is wrong.
    """
    tyro.extras.subcommand_cli_from_dict(
        SUBCOMMANDS,
        prog="noflat",
        description="How many neurons does a target need at each depth, and how do we know?",
    )


if __name__ == "__main__":
    main()
