"""What the build adds: the README as an index of packages shows it, and the pages in the wheel.

An index renders the README far from the files beside it. A relative link leads there to the tagged
files of the repository when `[project.urls]` names one, and else leaves its text only; an image
leaves its alternative text.
"""

import re
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

_CODE = r"^```.*?^```$|`[^`\n]+`"
_IMAGE = re.compile(rf"{_CODE}|!\[(?P<text>[^\]]*)\]\((?P<path>[^)\s]+)\)", re.M | re.S)
# the text of a link may hold code, and an image
_TEXT = r"(?:[^\[\]`]|`[^`\n]+`|!\[[^\]]*\]\([^)\s]+\))*"
_LINK = re.compile(rf"{_CODE}|(?<!!)\[(?P<text>{_TEXT})\]\((?P<path>[^)\s]+)\)", re.M | re.S)


def published(readme: str, repository: str | None, tag: str) -> str:
    """The README without relative links: to the tagged files of the repository, or dropped.

    Args:
        readme: Markdown; links and images are inline.
        repository: Its address, or None while it has none.
        tag: Of the release.

    Returns:
        Markdown that reads the same anywhere.
    """

    def image(found: re.Match[str]) -> str:
        if _stays(found["path"]):
            return found[0]
        place = repository and f"{repository.rstrip('/')}/raw/{tag}/{found['path']}"
        return f"![{found['text']}]({place})" if place else found["text"]

    def link(found: re.Match[str]) -> str:
        if _stays(found["path"]):
            return found[0]
        path = f"README.md{found['path']}" if found["path"].startswith("#") else found["path"]
        place = repository and f"{repository.rstrip('/')}/blob/{tag}/{path}"
        return f"[{found['text']}]({place})" if place else found["text"]

    return _LINK.sub(link, _IMAGE.sub(image, readme))


def _stays(path: str | None) -> bool:
    """Whether this is code, or an address that holds anywhere."""
    return path is None or re.match(r"[a-z]+:", path) is not None


class Readme(MetadataHookInterface):
    """Gives the package its description."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Adds the field `readme`."""
        readme = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        repository = metadata.get("urls", {}).get("Repository")
        text = published(readme, repository, f"v{metadata['version']}")
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


class Pages(BuildHookInterface):
    """Puts the pages of docs/ into the wheel, where the theorems are read from."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds `noflat/docs/*.md`; an editable install reads docs/ itself."""
        if version != "editable":
            for page in sorted((Path(self.root) / "docs").glob("*.md")):
                build_data["force_include"][str(page)] = f"noflat/docs/{page.name}"
