"""Names of classes that come from a file: text that every page, table and figure may show as it is.

Streamlit reads many labels as Markdown and Plotly reads tags, so what either would understand is refused here, where
such a name enters, and nowhere else.
"""

import re
import unicodedata

from core.errors import DarkroomError

MAX_NAME = 64
PUNCTUATION = " .,-+/()%&'=?!°_"  # `_` only within a word: around one it would mean emphasis
_UNFIT = re.compile(r"(?<!\w)_|_(?!\w)|^\d+[.)] |^[-+=] |^www\.| www\.|  ", re.IGNORECASE)


def checked_class(name: str, where: str) -> str:
    """The name in its composed form (NFC), without space around it; `where` is the file, for the sentence of a refusal."""
    text = unicodedata.normalize("NFC", name).strip()
    unfit = [c for c in text if unicodedata.category(c)[0] not in "LMN" and c not in PUNCTUATION]
    if not 0 < len(text) <= MAX_NAME or unfit or _UNFIT.search(text):
        what = f" (it has {', '.join(repr(c) for c in dict.fromkeys(unfit))})" if unfit else ""
        raise DarkroomError(
            f"{where}: {name[:80]!r} cannot name a class{what}: expected 1 to {MAX_NAME} letters and digits of any script, single spaces "
            f"and {PUNCTUATION.strip()} ('_' within a word). Rename it in the file."
        )
    return text
