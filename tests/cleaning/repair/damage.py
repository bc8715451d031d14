"""What each step repairs: texts before and after it, by the name of the step."""
# ruff: noqa: RUF001  characters that look like others are the subject

DAMAGE = {
    "line_endings": [("a\r\nb\rc", "a\nb\nc"), ("a\r\r\nb", "a\n\nb")],
    "mojibake": [("schÃ¶n", "schön"), ("Itâ€™s", "It’s"), ("â€œquotedâ€\x9d", "“quoted”")],
    "control_characters": [
        ("a\x00b", "ab"),
        ("\ufeffa\u200bb", "ab"),
        ("a\x1b[31mb", "ab"),
        ("a\x7fb\x0c", "ab"),
        ("a\x0cb\x0bc", "a\nb\nc"),
        ("N\bNA\bA _\bx", "NA x"),
        ("PATH=/bin\x00HOME=/root\x00", "PATH=/bin HOME=/root"),
    ],
    "unicode_nfc": [("xe\u0301", "xé"), ("\u1112\u1161\u11ab", "한"), ("\u09b8\u09c7\u09be", "\u09b8\u09cb")],
    "whitespace": [
        (" a  ", "a"),
        ("\n \n  a\n", "  a"),
        ("a\n \t \nb", "a\n\nb"),
        ("\u3000a\u2028", "\u3000a"),
        (" \n ", ""),
    ],
}
