"""The detectors of the kinds that are off by default, loaded where one of them is on (`detectors.OPTIONAL_KINDS`).

Their patterns are searched for over all texts, one by one: each takes time of its own.
"""

from __future__ import annotations

from tuneset.cleaning.private_data.kinds import Detector, Signs, anywhere
from tuneset.cleaning.private_data.optional.device import IMEI_HINT, MAC_HINT, imeis, macs
from tuneset.cleaning.private_data.optional.passport import PASSPORT_HINT, passports
from tuneset.cleaning.private_data.optional.postal_address import ADDRESS_HINT, postal_addresses
from tuneset.cleaning.private_data.optional.user_name import USER_NAME_HINT, user_names
from tuneset.cleaning.private_data.optional.wallet import WALLET_HINT, wallets

OPTIONAL: tuple[Detector, ...] = tuple(
    Detector(kind, words, anywhere(find), strict=strict, groups=Signs.OPTIONAL, hint=hint)
    for kind, words, find, hint, strict in (
        ("mac", "the address of a network card", macs, MAC_HINT, True),
        ("imei", "the IMEI of a phone", imeis, IMEI_HINT, True),
        ("wallet", "the address of a wallet", wallets, WALLET_HINT, True),
        ("passport", "the number of a passport", passports, PASSPORT_HINT, False),
        ("user_name", "a user name", user_names, USER_NAME_HINT, False),
        ("postal_address", "a postal address", postal_addresses, ADDRESS_HINT, False),
    )
)
"""Of finds that are equally strict and long one of these goes before all others: mostly a word names it."""
