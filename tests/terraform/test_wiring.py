"""What the Terraform sets up is what the code asks for, and no more."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Match
from typer.main import get_command

from api import emf
from api.app import _middleware, create_app
from domain.recommendations import TRAINED
from domain.settings import Settings
from jobs.backlog_metrics import METRICS
from jobs.cli.app import app
from jobs.ingest_handler import TELL_QUEUE
from jobs.storage import keys
from jobs.storage.location import open_storage
from sql import login, roles
from tests.terraform.hcl import FOLDER, ROOT, actions, blocks, files, local, names, resource, sizes, statements, texts

FUNCTIONS = ("api", "ingest")
# The HTTP API gives up after thirty seconds, whatever a function may take.
GATEWAY_SECONDS = 30
# What a client of boto3 is asked, and what IAM calls it. Uploads go through a transfer manager, in parts where they are
# large; signed addresses allow what their signer may do.
ACTIONS_OF_CALLS = {
    "get_object": {"s3:GetObject"},
    "head_object": {"s3:GetObject"},
    "list_objects_v2": {"s3:ListBucket"},
    "get_paginator": {"s3:ListBucket"},
    "delete_object": {"s3:DeleteObject"},
    "create_transfer_manager": {"s3:PutObject", "s3:AbortMultipartUpload"},
    "generate_presigned_post": {"s3:PutObject"},
    "generate_presigned_url": {"s3:GetObject"},
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_handlers_are_there(function: str) -> None:
    module, _, name = str(resource("aws_lambda_function", function)["handler"]).strip('"').rpartition(".")
    assert callable(getattr(import_module(module), name))


def test_s3_tells_of_what_the_api_signs() -> None:
    [told] = resource("aws_s3_bucket_notification", "archive")["lambda_function"]
    assert texts(told["filter_prefix"]) == [keys.INCOMING]
    assert texts(told["events"]) == ["s3:ObjectCreated:*"]
    assert keys.incoming_key("Prélude.flac").startswith(keys.INCOMING)


def test_prefixes_are_those_of_the_storage() -> None:
    prefixes = {name.strip('"'): str(value).strip('"') for name, value in local("prefixes").items()}
    ours = {"incoming", "audio", "artefacts", "covers", "snapshots"}
    assert {name: prefixes[name] for name in ours} == {name: getattr(keys, name.upper()) for name in ours}
    # Beside them lies only what this deployment itself puts there.
    assert set(prefixes) - ours == {"weights", "releases"}


def test_environments_name_settings() -> None:
    told = set(re.findall(r"SEGUE_\w+", "".join(files().values())))
    assert told <= {f"SEGUE_{name.upper()}" for name in Settings.model_fields}
    assert {"SEGUE_DATABASE_URL", "SEGUE_STORAGE_URL", "SEGUE_METRICS_NAMESPACE", "SEGUE_WEIGHTS_DIR"} <= told
    # Nobody else is told anything: but for libpq, and what Lambda and Fargate tell by themselves.
    assert set(re.findall(r"\bPG[A-Z]+\b", files()["workers.tf"])) == {"PGPASSWORD"}


def test_settings_take_what_they_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGUE_DATABASE_URL", _address("api_database_url"))
    monkeypatch.setenv("SEGUE_STORAGE_URL", "s3://segue-archive-123456789012")
    monkeypatch.setenv("SEGUE_WEIGHTS_DIR", "s3://segue-archive-123456789012/weights")
    monkeypatch.setenv("SEGUE_METRICS_NAMESPACE", "Segue/segue")
    monkeypatch.setenv("SEGUE_MAX_UPLOAD_MB", str(_default("max_upload_mb")))
    monkeypatch.setenv("SEGUE_DATABASE_POOL_SIZE", str(_default("api_pool_size")))
    monkeypatch.setenv("SEGUE_LOG_LEVEL", str(_default("log_level")))
    monkeypatch.setenv("SEGUE_CORS_ORIGINS", "https://a.example,https://b.example")
    monkeypatch.setenv("SEGUE_OIDC_CURATOR_CLAIM", "cognito:groups")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    settings = Settings()
    assert (settings.database_pool_size, settings.max_upload_mb) == (2, 2000)
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    storage: Any = open_storage(settings)
    assert (storage.bucket, storage.prefix) == ("segue-archive-123456789012", "")


@pytest.mark.parametrize(
    ("address", "user", "way"),
    [
        ("api_database_url", roles.API, "iam"),
        ("worker_database_url", roles.WORKER, "iam"),
        ("administrator_url", "segue_admin", "password"),
    ],
)
def test_processes_log_in_as_those_whom_the_migration_makes(
    address: str, user: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    url = _address(address)
    assert url == f"postgresql://{user}@segue.c1.eu-central-1.rds.amazonaws.com:5432/segue?login={way}"
    told = login.parameters(url)
    assert (told["sslmode"], told["sslrootcert"]) == ("verify-full", str(login.CERTIFICATES))
    assert ("password" in told) == (way == "iam")


def test_each_may_log_in_as_itself_alone() -> None:
    assert "${local.api_user}" in local("functions_login")
    assert _resources("worker", "rds-db:connect") == ["${local.database_users}/${local.worker_user}"]
    assert _resources("migrate", "rds-db:connect") == ["${local.database_users}/${local.administrator}"]
    for document in ("api", "ingest"):
        assert _resources(document, "rds-db:connect") == ["${local.functions_login}"]
    kept = "${aws_db_instance.archive.master_user_secret[0].secret_arn}"
    readers = [
        name
        for kind, name, _ in blocks("data")
        if kind == "aws_iam_policy_document" and _resources(name, "secretsmanager:GetSecretValue") == [kept]
    ]
    assert readers == ["migrate_execution"]


def test_storage_is_allowed_what_the_code_asks_of_it() -> None:
    called = _calls_of_storage()
    assert called == set(ACTIONS_OF_CALLS)
    wanted = {action for call in called for action in ACTIONS_OF_CALLS[call]}
    assert actions("worker", "s3:") == wanted
    # The API gives out signed addresses, reads models, and asks whether an object is there.
    assert actions("api", "s3:") == {"s3:PutObject", "s3:GetObject", "s3:ListBucket"}
    assert _resources("api", "s3:PutObject") == ["${aws_s3_bucket.archive.arn}/${local.prefixes.incoming}*"]
    assert actions("ingest", "s3:") == set()
    assert actions("s3_endpoint") == wanted


def test_other_services_are_called_by_nobody() -> None:
    users = {path for path, tree in _product() for node in ast.walk(tree) if _imports(node, ("boto3", "botocore"))}
    rooms = {str(path.relative_to(ROOT)) for path in users}
    # The queue in SQS is not what this deployment uses.
    assert {room for room in rooms if not room.startswith("jobs/storage/")} == {"jobs/brokers/sqs.py"}
    assert "SEGUE_BROKER_URL" not in "".join(files().values())
    assert {action.partition(":")[0] for action in actions("worker") | actions("migrate")} == {"s3", "rds-db"}


def test_everything_connects_through_the_login() -> None:
    direct = {
        str(path.relative_to(ROOT))
        for path, tree in _product()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "psycopg.connect"
    }
    # The embedded server is reached through its socket.
    assert direct <= {"sql/login.py", "sql/embedded/server.py"}


def test_wildcards_are_where_there_is_no_name() -> None:
    loose = {
        (name, action)
        for kind, name, _ in blocks("data")
        if kind == "aws_iam_policy_document"
        for one in statements(name)
        if "*" in texts(one.get("resources", [])) and one.get("effect") != '"Deny"'
        for action in texts(one["actions"])
    }
    # Interfaces that Lambda makes have no name before, and the registry's login has none at all.
    assert {action.partition(":")[0] for name, action in loose if name == "in_network"} == {"ec2"}
    assert loose - {one for one in loose if one[0] == "in_network"} == {("execution", "ecr:GetAuthorizationToken")}
    allowed = {
        action for kind, name, _ in blocks("data") if kind == "aws_iam_policy_document" for action in actions(name)
    }
    assert [action for action in allowed if "*" in action] == []


def test_nobody_gets_in_and_nothing_is_paid_for_the_way_out() -> None:
    types = {kind for kind, _, _ in blocks("resource")}
    assert types & {"aws_nat_gateway", "aws_lb", "aws_eip", "aws_kms_key", "aws_sagemaker_endpoint"} == set()
    for kind, name, body in blocks("resource"):
        if kind == "aws_vpc_security_group_ingress_rule":
            assert "referenced_security_group_id" in body, name
            assert not {"cidr_ipv4", "cidr_ipv6", "prefix_list_id"} & set(body), name
    assert resource("aws_db_instance", "archive")["publicly_accessible"] is False
    assert resource("aws_vpc_endpoint", "s3")["vpc_endpoint_type"] == '"Gateway"'
    assert _default("interface_endpoints") == []


def test_the_administrators_password_is_in_no_state() -> None:
    database = resource("aws_db_instance", "archive")
    assert database["manage_master_user_password"] is True
    assert not {"password", "password_wo"} & set(database)
    assert database["iam_database_authentication_enabled"] is True
    assert {kind for kind, _, _ in blocks("resource")} & {
        "random_password",
        "aws_secretsmanager_secret_version",
    } == set()


def test_the_gateway_knows_routes_that_the_api_has(monkeypatch: pytest.MonkeyPatch) -> None:
    named = re.findall(r'"(GET|POST) (/[^"]*)"', str(local("open_routes")) + str(local("curator_routes")))
    assert {path for _, path in named} >= {"/graphql", "/curator/graphql"}
    app = create_app(Settings(database_url="postgresql://nobody@localhost/none"), in_cloud=True)
    for method, path in named:
        scope = {"type": "http", "method": method, "path": path.replace("{proxy+}", "main.js"), "headers": []}
        assert any(route.matches(scope)[0] is Match.FULL for route in app.routes), (method, path)


def test_browsers_are_told_by_the_gateway_what_the_api_would_tell() -> None:
    [told] = [
        one
        for one in _middleware(Settings(cors_origins=("https://a.example",)), in_cloud=True)
        if one.cls is CORSMiddleware
    ]
    [cors] = resource("aws_apigatewayv2_api", "api")["dynamic"]
    [content] = cors['"cors_configuration"']["content"]
    assert set(texts(content["allow_headers"])) == set(told.kwargs["allow_headers"])  # type: ignore[call-overload]  # its own
    assert set(texts(content["expose_headers"])) == set(told.kwargs["expose_headers"])  # type: ignore[call-overload]  # its own
    # Uploads (PUT) go to the bucket.
    assert set(texts(content["allow_methods"])) == {"GET", "POST", "OPTIONS"}


def test_the_gateway_checks_curators_and_lets_others_through() -> None:
    assert "/curator/graphql" in local("curator_routes")
    assert resource("aws_apigatewayv2_route", "open")["authorization_type"] == '"NONE"'
    assert resource("aws_apigatewayv2_route", "curators")["authorization_type"] == '"JWT"'
    [settings] = resource("aws_apigatewayv2_stage", "live")["default_route_settings"]
    assert {"throttling_rate_limit", "throttling_burst_limit"} <= set(settings)


def test_new_code_answers_after_the_migration() -> None:
    migration = "${terraform_data.migration}"
    for function in FUNCTIONS:
        assert resource("aws_lambda_function", function)["publish"] is True
        assert resource("aws_lambda_alias", function)["depends_on"] == [migration]
    assert migration in resource("aws_ecs_service", "worker")["depends_on"]
    assert "${terraform_data.image}" in resource("terraform_data", "migration")["depends_on"]
    # Everybody calls the alias, never the function itself.
    assert resource("aws_apigatewayv2_integration", "api")["integration_uri"] == "${aws_lambda_alias.api.invoke_arn}"
    [told] = resource("aws_s3_bucket_notification", "archive")["lambda_function"]
    assert told["lambda_function_arn"] == "${aws_lambda_alias.ingest.arn}"
    assert resource("aws_cloudwatch_event_target", "queue")["arn"] == "${aws_lambda_alias.ingest.arn}"
    for kind, name, body in blocks("resource"):
        if kind == "aws_lambda_permission":
            assert str(body["qualifier"]).startswith("${aws_lambda_alias."), name


def test_tasks_run_commands_that_there_are() -> None:
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]  # a group
    told = re.findall(r"command\s+= \[(.*)\]", files()["workers.tf"])
    assert told == ['"worker"', '"train", "SHALLOW"', '"migrate", "--services"']
    assert {line.split('"')[1] for line in told} <= commands
    assert "SHALLOW" in TRAINED
    image = (FOLDER / "package" / "Dockerfile").read_text()
    assert 'ENTRYPOINT ["segue"]' in image
    assert re.findall(r"SEGUE_DATA_DIR\s*=\s*\"?(/data)\b", image + files()["environment.tf"]) == ["/data"] * 3


def test_the_queue_is_looked_at_as_the_handler_knows_it() -> None:
    [[name, value]] = TELL_QUEUE.items()
    assert f'jsonencode({{ {name} = "{value}" }})' in files()["uploads.tf"]


def test_alarms_and_scaling_watch_metrics_that_are_told() -> None:
    told = {metric["Name"] for metric in METRICS}
    of_requests = {metric["Name"] for metric in emf.METRICS}
    watched = {
        *re.findall(r'local\.metrics_namespace, metric = "(\w+)"', files()["alarms.tf"]),
        *re.findall(r'\[local\.metrics_namespace, "(\w+)"\]', files()["dashboard.tf"]),
        *re.findall(r'metric_name\s+= "(\w+)"', files()["scaling.tf"]),
    }
    assert watched == told | {"Failed"}
    assert watched - told <= of_requests


@pytest.mark.parametrize("process", [name for name, size in sizes().items() if size["measured"]])
def test_sizes_come_from_measurements(process: str) -> None:
    size = sizes()[process]
    measured = size["measured"]
    assert set(measured) >= {"memory_mb", "seconds", "command"}
    # A quarter more memory than was seen, and three times the seconds.
    assert size["memory_mb"] >= measured["memory_mb"] * 5 / 4
    if "timeout_seconds" in size:
        assert size["timeout_seconds"] >= measured["seconds"] * 3


def test_nobody_waits_longer_than_whoever_asked() -> None:
    defaults = Settings(_env_file=None)
    api = sizes()["api"]["timeout_seconds"]
    assert defaults.statement_timeout_seconds + defaults.connection_wait_seconds < api < GATEWAY_SECONDS
    assert resource("aws_apigatewayv2_integration", "api")["timeout_milliseconds"] == (
        "${(local.sizes.api.timeout_seconds + 1) * 1000}"
    )
    for function in FUNCTIONS:
        body = resource("aws_lambda_function", function)
        assert body["timeout"] == f"${{local.sizes.{function}.timeout_seconds}}"
        assert body["memory_size"] == f"${{local.sizes.{function}.memory_mb}}"


def test_variables_and_outputs_are_described_and_used() -> None:
    everything = "".join(files().values())
    for kind in ("variable", "output"):
        for _, name, body in blocks(kind):
            assert str(body["description"]).strip('"').endswith("."), name
    for name in names("variable"):
        assert len(re.findall(rf"\bvar\.{name}\b", everything)) >= 1, name
    unchecked = {
        name for _, name, body in blocks("variable") if "validation" not in body and body.get("type") != "bool"
    }
    # Free text, names that AWS checks, and what a default stands in for.
    assert unchecked == {
        "bucket_name", "curator_callback_urls", "database_max_connections", "interface_endpoints", "local_image",
        "package_folder", "tags", "worker_cpu", "worker_memory_mb",
    }  # fmt: skip


@pytest.mark.parametrize("example", ["terraform.tfvars.example", "terraform.tfvars.busy.example"])
def test_examples_name_variables(example: str) -> None:
    named = set(re.findall(r"(?m)^(\w+)\s*=", (FOLDER / example).read_text()))
    assert named <= names("variable")
    assert {name for _, name, body in blocks("variable") if "default" not in body} <= named


def test_every_alarm_is_explained() -> None:
    manual = (ROOT / "docs" / "operations.md").read_text()
    assert [name for name in local("alarms") if f"**{name.strip(chr(34))}**" not in manual] == []


def _address(name: str) -> str:
    known = {
        "local.api_user": roles.API,
        "local.worker_user": roles.WORKER,
        "local.administrator": "segue_admin",
        "local.functions_host": "segue.c1.eu-central-1.rds.amazonaws.com",
        "local.database_host": "segue.c1.eu-central-1.rds.amazonaws.com",
        "local.database_name": "segue",
    }
    for user in ("api_user", "worker_user", "administrator"):
        assert texts(local(user)) == [known[f"local.{user}"]]
    return re.sub(r"\$\{([\w.]+)\}", lambda found: known[found[1]], str(local(name)).strip('"'))


def _default(variable: str) -> Any:  # Any: HCL
    [found] = [body["default"] for _, name, body in blocks("variable") if name == variable]
    return found.strip('"') if isinstance(found, str) else found


def _resources(document: str, action: str) -> list[str]:
    return [
        resource
        for one in statements(document)
        if action in texts(one["actions"]) and one.get("effect") != '"Deny"'
        for resource in texts(one["resources"])
    ]


def _product() -> list[tuple[Path, ast.Module]]:
    found = [path for room in ("api", "domain", "jobs", "ml", "sql") for path in sorted((ROOT / room).rglob("*.py"))]
    return [(path, ast.parse(path.read_text())) for path in found]


def _imports(node: ast.AST, packages: tuple[str, ...]) -> bool:
    if isinstance(node, ast.Import):
        return any(name.name.split(".")[0] in packages for name in node.names)
    return isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in packages


def _calls_of_storage() -> set[str]:
    """What the storage asks of a client of S3."""
    tree = ast.parse((ROOT / "jobs" / "storage" / "s3.py").read_text())
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    of_client = {
        call.attr for call in calls if isinstance(call, ast.Attribute) and ast.unparse(call.value) == "self._client"
    }
    given_to = {
        ast.unparse(node.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and any(ast.unparse(argument) == "self._client" for argument in node.args)
    }
    return of_client | given_to
