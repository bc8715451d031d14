"""What files can be for stands twice, for two readers: here and in the profile that clients ask. They say the same."""

from __future__ import annotations

from tuneset.endpoint.state.purposes import PURPOSES
from tuneset.profile import embedded_profile

DAY_S = 86_400


def test_the_endpoint_does_with_every_purpose_what_its_profile_says() -> None:
    told = {
        name: (facts.upload, facts.download, facts.expires_days and facts.expires_days * DAY_S)
        for name, facts in embedded_profile().purposes.items()
    }
    assert told == {name: (one.upload, one.download, one.lifetime_s) for name, one in PURPOSES.items()}
