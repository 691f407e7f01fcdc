"""Names of files as text that XML can hold."""

import re
from typing import Final

# XML 1.0 has no way to write these, escaped or not.
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """Return `text` with the signs that XML cannot hold as hexadecimal escapes."""
    return _NO_XML.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
