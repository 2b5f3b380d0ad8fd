"""Runs the Python of a page in one session, as a reader who types it in: `python run_page.py PAGE`.

Blocks with prompts must print what they show; others are run as they are. What a guide tells its
reader to write into a file is left out.
"""

import doctest
import sys
from pathlib import Path

from pages import blocks, edit


def main(path):
    names = {"__name__": "__main__"}
    failed = 0
    for block in blocks(path.read_text(encoding="utf-8")):
        if block.kind != "python" or edit(block):
            continue
        if ">>>" in block.text:
            test = doctest.DocTestParser().get_doctest(
                block.text, {}, path.name, str(path), block.line
            )
            test.globs = names
            runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
            failed += runner.run(test, clear_globs=False).failed
        else:
            exec(compile("\n" * block.line + block.text, str(path), "exec"), names)
    return failed


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
