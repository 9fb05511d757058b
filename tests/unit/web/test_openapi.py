import json

import pytest
from flask import Flask
from openapi_spec_validator import validate

from app import create_app
from app.web.api.matnn import FLAGS
from app.web.api.openapi import describe_api
from app.web.api.operation import JSON, operation, operation_of


@pytest.fixture(scope="module")
def document(served: Flask):
    return describe_api(served)


def operations(document):
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def parameter(document, method, path, name):
    found = operations(document)[method, path]["parameters"]
    return next(one for one in found if one["name"] == name)


def test_document_is_valid(document):
    validate(document)


def test_document_is_served_and_not_sent_again_when_nothing_changed(client, document):
    response = client.get("/api/v1/openapi.json")
    assert response.json == json.loads(json.dumps(document))
    again = client.get("/api/v1/openapi.json", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_every_route_of_the_api_says_what_it_takes_and_gives(served, document):
    for rule in served.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1"):
            continue
        described = operation_of(served, rule.endpoint)
        assert described is not None, f"{rule.rule} has no operation(...)"
        assert described.answers or described.status == 204, f"{rule.rule} does not say what it answers"
        assert described.answers.get(JSON, "") is not None, f"{rule.rule} has no model of its answer"
        assert served.view_functions[rule.endpoint].__doc__, f"{rule.rule} has no description"


OWN_SHAPES = {("health_state", "503"), ("matnn_status", "404"), ("matnn_result", "404")}


def test_every_operation_tells_the_errors_that_all_have_in_one_shape(document):
    for described in operations(document).values():
        for status in ("400", "401", "403", "404", "429", "500", "503"):
            if (described["operationId"], status) in OWN_SHAPES:
                continue
            content = described["responses"][status]["content"]
            assert content == {JSON: {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}}
        assert "Retry-After" in described["responses"]["429"]["headers"]
        has_body = "requestBody" in described
        assert ("413" in described["responses"]) == ("415" in described["responses"]) == has_body


def test_every_operation_tells_the_scope_that_a_token_needs(document):
    scopes = {key: operation["security"][-1]["token"] for key, operation in operations(document).items()}
    assert scopes["GET", "/api/v1/points"] == ["read"]
    assert scopes["POST", "/api/v1/listening/answers"] == ["read"]
    assert all(len(names) == 1 and names[0] in ("read", "analyse", "write") for names in scopes.values())


def test_values_stand_in_one_argument_when_they_are_separated_by_commas(document):
    columns = parameter(document, "GET", "/api/v1/points", "columns")
    assert (columns["style"], columns["explode"], columns["required"]) == ("form", False, True)
    assert columns["schema"]["type"] == "array"
    assert columns["schema"]["maxItems"] == 100
    ids = parameter(document, "GET", "/api/v1/tracks", "ids")
    assert (ids["style"], ids["explode"], ids["schema"]["type"]) == ("form", False, "array")


def test_arguments_in_an_address_are_never_null(document):
    for described in operations(document).values():
        for one in described["parameters"]:
            assert "null" not in json.dumps(one["schema"]), one


def test_limits_and_parts_of_the_path_are_told(document):
    k = parameter(document, "GET", "/api/v1/similar", "k")
    assert {"minimum": 1, "maximum": 1000, "default": 10}.items() <= k["schema"].items()
    track = parameter(document, "GET", "/api/v1/tracks/{track_id}", "track_id")
    assert (track["in"], track["required"]) == ("path", True)
    assert track["schema"] == {"type": "integer", "minimum": 0}


def test_operations_that_refuse_what_has_changed_say_how_to_ask(document):
    asking = {
        (method, path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if any((item["name"], item["in"]) == ("If-Match", "header") for item in operation["parameters"])
    }
    entries = "/api/v1/playlists/{playlist_id}/entries"
    playlist = "/api/v1/playlists/{playlist_id}"
    assert asking == {("patch", playlist), ("delete", playlist), ("put", entries), ("post", entries)}


def test_models_of_arguments_are_no_schemas_of_their_own(document):
    assert "SimilarArguments" not in document["components"]["schemas"]
    assert document["components"]["schemas"]["SimilarAnswer"]["additionalProperties"] is False


def test_texts_come_from_the_docstrings(document):
    operation = operations(document)["GET", "/api/v1/points"]
    assert operation["summary"] == "Send columns of points, binary or JSON."
    tags = {tag["name"]: tag["description"] for tag in document["tags"]}
    assert tags["points"] == "Points of a map, and what is told about maps."


def test_argument_is_refused_when_it_is_given_twice(client):
    response = client.get("/api/v1/tracks?limit=1&limit=2")
    assert response.status_code == 400
    assert response.json["error"]["details"] == {"limit": "Given more than once"}


def test_argument_is_refused_when_there_is_none_to_give(client):
    response = client.get("/api/v1/networks?colour=red")
    assert response.status_code == 400
    assert list(response.json["error"]["details"]) == ["colour"]


def test_page_about_the_api_names_every_route(client, document):
    response = client.get("/api/docs")
    assert (response.status_code, response.mimetype) == (200, "text/html")
    for (method, path), described in operations(document).items():
        assert f'id="{described["operationId"]}"' in response.text
        assert f"{method} {path}" in response.text
    assert "http://" not in response.text
    assert "https://" not in response.text


def test_file_is_the_field_of_a_form_when_one_is_sent_along(library):
    app = create_app(library.settings)

    @app.post("/api/v1/upload")
    @operation(upload="file", media={"text/plain": None}, errors=(422,), scope="analyse")
    def upload():
        """Take a file."""

    described = describe_api(app)
    validate(described)
    found = described["paths"]["/api/v1/upload"]["post"]
    form = found["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["required"] == ["file"]
    assert {"413", "415", "422"} <= set(found["responses"])
    assert found["security"][-1] == {"token": ["analyse"]}


FILE = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}


def form(document, path):
    return operations(document)["POST", path]["requestBody"]["content"]["multipart/form-data"]["schema"]


def test_files_are_described_as_binary_when_they_are_sent(document):
    assert form(document, "/api/v1/analyses")["properties"] == {"file": FILE}
    several = form(document, "/api/v1/analyses/batch")["properties"]["file"]
    assert several == {"type": "array", "items": FILE, "minItems": 1, "maxItems": 50}


def test_every_flag_is_described_when_an_upload_takes_some(document):
    described = form(document, "/api/upload")
    assert described["required"] == ["file"]
    assert set(described["properties"]) == {"file", *FLAGS, "webhook_url"}
    assert all(described["properties"][flag]["type"] == "boolean" for flag in FLAGS)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/export/{network}/{layer}.npy",
        "/api/v1/export/{network}/{layer}.parquet",
        "/audio/track/{track_id}",
    ],
)
def test_answer_is_described_as_a_file_that_any_program_can_save(document, path):
    content = operations(document)["GET", path]["responses"]["200"]["content"]
    assert content["application/octet-stream"] == {"schema": FILE}
