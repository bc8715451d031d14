r"""Conversations that speak about what a step would repair: about encodings, escape codes, normal forms.

What looks like damage in them is what they are about, in the question as in the answer: "Why do I see Ã¼?" says no word
of it in the turn that has the answer. The words are those of the subject in the languages that write most about it, and
the ways to write a character by its number. A log or a letter has none of them.
"""

from __future__ import annotations

import re

_BY_NUMBER = r"\bU\+[0-9A-F]{4}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\0[0-9]{2}|&#x?[0-9A-Fa-f]{2,6};"
ENCODINGS = re.compile(
    rf"{_BY_NUMBER}|mojibake|ftfy|\butf-?(?:8|16|32)|latin-?[1-9]\b|\biso[- ]?8859|windows-125[0-9]"
    r"|\bcp-?(?:125[0-9]|437|85[0-9])|\bmac-?roman|code ?page|unicode|charset|character (?:set|table|map)"
    r"|\b(?:en|de)cod(?:e[ds]?|ing|er)|garbled|\bzeichen(?:satz|kodierung|salat)|kodierung|umlaut|codificaci|codifica\b"
    r"|\b(?:en)?codage|кодировк|кракозябр|krzacz|kodowani|エンコード|文字化け|文字コード|编码|編碼|乱码|亂碼"
    r"|인코딩|글자가? 깨",
    re.IGNORECASE,
)
"""Words of those who speak about encodings."""
NORMAL_FORMS = re.compile(
    rf"{_BY_NUMBER}|unicode|normali[sz](?:e|ation|ing)\b|\bnfk?[cd]\b|combining|(?:pre|de)compos|diacritic|code ?point"
    r"|grapheme|normalisier|normalisation|normaliza|нормализ|合成|分解|正規化|规范化|정규화",
    re.IGNORECASE,
)
"""Words of those who speak about the forms in which Unicode writes a character."""
CONTROLS = re.compile(
    rf"{_BY_NUMBER}|\bansi (?:escape|colou?r|code|sequence)|escape (?:code|sequence|char)"
    r"|control[- ](?:char|code|seq)|zero[- ]width|\bzw(?:sp|nj|j)\b|\bbom\b|byte[- ]order|form[- ]?feed|backspace"
    r"|vertical tab|overstr[iu]|invisible char|non-?printa|unprintable|\bnul[l]? (?:byte|char)|\\(?:e|033)\[|\\[fvb0]\b"
    r"|\^\[|steuerzeichen|nullbreite|caract[eè]res? de contr[oô]le|control de car|caracter(?:es)? de contr"
    r"|управляющ\w+ символ|制御文字|控制字符|零宽|ゼロ幅|제어 ?문자",
    re.IGNORECASE,
)
"""Words of those who speak about control characters and invisible marks."""
