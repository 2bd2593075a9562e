"""Names in zip archives, which may be written in any encoding.

Only names with a flag are known to be UTF-8. Other systems write what their own language uses, and
do not say which: the encoding that makes the most sensible words of all names together is taken.
"""

from __future__ import annotations

import struct
import unicodedata
import zlib
from collections.abc import Sequence
from zipfile import ZipInfo

_UTF8_FLAG = 0x800
_UNICODE_PATH = 0x7075  # an extra field with the name in UTF-8 (Info-ZIP)
# Windows packs in the DOS encoding of its language; a few programs use the Windows one.
_ENCODINGS = (
    *("cp850", "cp437", "cp852", "cp866", "shift_jis", "gbk", "big5", "euc_kr"),
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256"),
)


def readable_names(entries: Sequence[ZipInfo]) -> list[str]:
    """The name of each entry, its letters composed (é is one letter, however it was written)."""
    raw = [None if entry.flag_bits & _UTF8_FLAG else _raw(entry) for entry in entries]
    unknown = [name for name in raw if name is not None and not name.isascii()]
    encoding = _encoding_of(unknown)
    names = []
    for entry, name in zip(entries, raw, strict=True):
        said = _unicode_path(entry, name)
        if said is None:
            said = entry.filename if name is None else name.decode(encoding, "replace")
        names.append(unicodedata.normalize("NFC", said))
    return names


def _raw(entry: ZipInfo) -> bytes | None:
    """The bytes of a name, which Python took for cp437."""
    try:
        return entry.filename.encode("cp437")
    except UnicodeEncodeError:
        return None


def _unicode_path(entry: ZipInfo, raw: bytes | None) -> str | None:
    extra = entry.extra
    while len(extra) >= 4 and raw is not None:
        kind, size = struct.unpack_from("<HH", extra)
        body, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and len(body) > 5 and body[0] == 1:
            if struct.unpack_from("<I", body, 1)[0] != zlib.crc32(raw):
                continue  # it was renamed since
            try:
                return body[5:].decode()
            except UnicodeDecodeError:
                return None
    return None


def _encoding_of(names: Sequence[bytes]) -> str:
    """The encoding in which all these names make the most sensible words."""
    whole = b"\n".join(sorted({part for name in names for part in name.split(b"/")}))
    try:
        whole.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    scores = {}
    for encoding in _ENCODINGS:
        try:
            scores[encoding] = _sense(whole.decode(encoding))
        except UnicodeDecodeError:
            continue
    return max(scores, key=scores.__getitem__) if scores else "cp437"


def _sense(text: str) -> float:
    """How much a text looks like words: from the letters that are not ASCII and their neighbours.

    A letter counts for it; a sign, a letter beside one of another script, and a capital behind a
    small letter count against it.
    """
    score = 0.0
    odd = korean = 0
    for before, letter in zip("\n" + text, text, strict=False):
        if letter.isascii():
            continue
        odd += 1
        if not letter.isalpha():
            score -= 2
            continue
        score += 1
        if before.isalpha() and _script(before) != _script(letter):
            score -= 1.5
        if letter.isupper() and before.islower():
            score -= 1
        if letter in _RARE or _script(letter) == "HALFWIDTH":
            score -= 0.5
        korean += _script(letter) == "HANGUL"
    # Chinese bytes are Korean ones too, but hardly ever all of them in the part for syllables.
    bonus = 0.1 if korean == odd >= _KOREAN_FROM else 0.0
    return score / max(1, odd) + bonus


_RARE = frozenset("ªºƒµÐÞðþ")
_KOREAN_FROM = 5  # letters


def _script(letter: str) -> str:
    return unicodedata.name(letter, "?").split()[0]
