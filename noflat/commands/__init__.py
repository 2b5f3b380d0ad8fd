"""What the subcommands of `noflat` do, where that takes more than a few lines."""
