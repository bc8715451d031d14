"""What is counted of requests: each once, by the template of its route, and nothing that a client made up."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tuneset.endpoint.routes import ROUTES
from tuneset.endpoint.traffic import DURATIONS_S, METHODS, NO_ROUTE, OTHER, Answered, Traffic, template

TEMPLATES = {route.path for route in ROUTES}


@given(
    st.text(max_size=20)
    | st.lists(st.sampled_from(["v1", "files", "models", "a/b", "content", "", "metrics"])).map("/".join)
)
def test_a_path_is_one_of_the_templates_or_none_of_them(path: str) -> None:
    for asked in (path, f"/{path}", f"/v1/files/{path}"):
        assert template(asked, ROUTES) in TEMPLATES | {NO_ROUTE}


def test_every_route_is_known_by_its_own_template() -> None:
    for path in TEMPLATES:
        assert template(path, ROUTES) == path
    assert template("/v1/files/metrics/", ROUTES) == NO_ROUTE


@given(
    st.lists(
        st.builds(
            Answered,
            st.sampled_from(sorted(METHODS | {OTHER})),
            st.sampled_from(sorted(TEMPLATES)),
            st.sampled_from([200, 404, 500]),
            st.sampled_from([0.0, *DURATIONS_S, 0.3, 61.0, 1e9]),
            st.none(),
            st.just("req_1"),
        )
    )
)
def test_every_request_is_counted_once(requests: list[Answered]) -> None:
    traffic = Traffic()
    for request in requests:
        traffic.add(request)
    assert traffic.requests == Counter((one.route, one.method, one.status) for one in requests)
    for asked, classes in traffic.durations.items():
        mine = [one.seconds for one in requests if (one.route, one.method) == asked]
        assert traffic.seconds[asked] == sum(mine)
        for place, end in enumerate(DURATIONS_S):
            assert sum(classes[: place + 1]) == sum(seconds <= end for seconds in mine)
        assert sum(classes) == len(mine)
