"""What the endpoint does with files of each purpose is what its profile says of it."""

from tuneset.endpoint.state.purposes import PURPOSES
from tuneset.profile import embedded_profile

DAY_S = 86_400


def test_the_table_of_purposes_and_the_profile_say_the_same() -> None:
    told = {
        name: (facts.upload, facts.download, facts.expires_days and facts.expires_days * DAY_S)
        for name, facts in embedded_profile().purposes.items()
    }
    assert told == {name: (way.upload, way.download, way.lifetime_s) for name, way in PURPOSES.items()}
