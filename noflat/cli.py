"""The `noflat` command: one subcommand per function, each importing what it needs when it runs."""

import tyro


def doctor() -> None:
    """Print versions and devices, and test that JAX computes correctly here."""
    from noflat.doctor import main  # here, so that `noflat --help` does not wait for JAX

    main()


SUBCOMMANDS = {"doctor": doctor}


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
