"""What records say, as one page of HTML that needs nothing else; the theorems behind it."""

from pathlib import Path


def write_report(folder: Path, out: Path) -> None:
    """Writes a page with everything that the records in a folder hold.

    Args:
        folder: One record, or a folder of records; certificates in folders
            `certificates` anywhere below are checked again.
        out: The page, written whole or not at all.

    Raises:
        ValueError: If there is nothing to show, a record is damaged, or the page cannot be written.
    """
    from noflat.experiments.records import check_folder, write_whole
    from noflat.report.page import page

    if out.is_dir():
        raise ValueError(f"`out` {out} cannot be written to: it is a folder; name a file")
    check_folder(out.parent)
    text = page(folder)
    try:
        write_whole(out, text.encode())
    except OSError as problem:
        raise ValueError(f"`out` {out} cannot be written to: {problem.strerror}") from None
