"""Against what others wrote, on real sockets: moto's S3 and Bedrock, and an emulator of GCS, by the real clients."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.providers.protocol_server import QUICK, FakeClock, write_dataset
from tests.providers.test_native_whole_way import params_for
from tests.providers.vertex_server import ADDRESS as VERTEX
from tuneset.errors import RemoteError
from tuneset.params import EndpointParams
from tuneset.providers import remote_stages
from tuneset.providers.endpoint import Endpoint, connect
from tuneset.providers.files import remote_files
from tuneset.providers.jobs.job_actions import act
from tuneset.providers.jobs.jobs import get_job
from tuneset.providers.places import Places

pytestmark = [pytest.mark.clouds, pytest.mark.filterwarnings("ignore")]  # of moto and what it runs on

ROLE = {"roleArn": "arn:aws:iam::123456789012:role/tuning"}


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    import boto3

    boto3.client("s3").create_bucket(Bucket="bucket")
    yield address
    server.stop()


def opened(address: str, storage: str = "s3://bucket/in") -> Endpoint:
    params = EndpointParams(profile="bedrock-customization", base_url=address, storage=storage)
    return FakeClock().on(connect(params, patience=QUICK))


def _silent(_: str) -> None:
    """Nobody listens."""


def test_files_are_sent_once_listed_read_and_deleted(moto: str, tmp_path: Path) -> None:
    write_dataset(tmp_path)
    places = Places(tmp_path)
    endpoint = opened(moto)
    first = remote_stages.upload(endpoint, places, say=_silent)
    assert remote_stages.upload(endpoint, places, say=_silent) == first
    ids = {file["file_id"] for file in first["files"].values()}
    assert {file.id for file in remote_files.list_files(endpoint)} == ids
    train = first["files"]["train"]["file_id"]
    remote_files.save_content(endpoint, train, tmp_path / "back.jsonl")
    assert (tmp_path / "back.jsonl").read_bytes() == places.dataset("train").read_bytes()
    remote_files.delete_file(endpoint, train)
    with pytest.raises(RemoteError) as caught:
        remote_files.get_file(endpoint, train)
    assert caught.value.code == "not_found"


def test_a_bucket_that_is_not_there_is_told(moto: str, tmp_path: Path) -> None:
    write_dataset(tmp_path)
    with pytest.raises(RemoteError) as caught:
        remote_stages.upload(opened(moto, "s3://none/in"), Places(tmp_path), say=_silent)
    assert caught.value.code == "not_found"


def test_a_job_is_made_once_found_and_stopped(moto: str, tmp_path: Path) -> None:
    write_dataset(tmp_path)
    places, endpoint = Places(tmp_path), opened(moto)
    remote_stages.upload(endpoint, places, say=_silent)
    params = params_for("amazon.nova-lite-v1:0:300k", extra_body=ROLE)
    job = remote_stages.start(endpoint, places, params, say=_silent)
    for path in places.receipts.glob("job-*"):
        path.unlink()
    assert remote_stages.start(endpoint, places, params, say=_silent).id == job.id
    assert get_job(endpoint, job.id).training_file == job.training_file
    assert act(endpoint, job.id, "cancel").id == job.id


def test_files_of_google_are_written_listed_read_with_their_md5_and_deleted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import google.auth
    from gcp_storage_emulator.server import create_server
    from google.auth.exceptions import DefaultCredentialsError

    def nobody(**_: object) -> object:
        raise DefaultCredentialsError("nobody")

    monkeypatch.setattr(google.auth, "default", nobody)  # with any, the kind of the bucket is asked of Google itself
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    server = create_server("127.0.0.1", port, in_memory=True, default_bucket="bucket")
    server.start()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
    try:
        write_dataset(tmp_path)
        params = EndpointParams(profile="vertex-ai", base_url=VERTEX, storage="gs://bucket/in")
        endpoint, places = FakeClock().on(connect(params, patience=QUICK)), Places(tmp_path)
        sent = remote_stages.upload(endpoint, places, say=_silent)
        assert remote_stages.upload(endpoint, places, say=_silent) == sent
        ids = {file["file_id"] for file in sent["files"].values()}
        assert {file.id for file in remote_files.list_files(endpoint)} == ids
        train = sent["files"]["train"]["file_id"]
        with endpoint.provider.files.content(train) as content:
            assert content.md5 is not None
        remote_files.save_content(endpoint, train, tmp_path / "back.jsonl")
        assert (tmp_path / "back.jsonl").read_bytes() == places.dataset("train").read_bytes()
        remote_files.delete_file(endpoint, train)
        with pytest.raises(RemoteError) as caught:
            remote_files.get_file(endpoint, train)
        assert caught.value.code == "not_found"
    finally:
        server.stop()
