"""A stand-in for the AWS provider that can say its schema and nothing else.

With it `terraform validate` and, since `terraform test` makes up what resources answer, whole applies run without an
account and without a download. Its schema is that of the reference data, which leaves out what resources only answer;
those that we ask for are added here. Its messages are few and simple enough to be written by hand.
https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/tfplugin5.proto
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc

Schema = dict[str, Any]  # Any: JSON

# What resources answer beside what they are told.
ANSWERED = {
    "aws_apigatewayv2_api": {"api_endpoint", "execution_arn", "id"},
    "aws_appautoscaling_policy": {"arn"},
    "aws_cloudwatch_event_rule": {"arn"},
    "aws_cloudwatch_log_group": {"arn"},
    "aws_db_instance": {"address", "arn", "master_user_secret", "resource_id"},
    "aws_db_proxy": {"arn", "endpoint"},
    "aws_db_proxy_default_target_group": {"name"},
    "aws_ecr_repository": {"arn", "repository_url"},
    "aws_ecs_cluster": {"arn", "id"},
    "aws_ecs_task_definition": {"arn"},
    "aws_cognito_user_pool_client": {"id"},
    "aws_iam_role": {"arn", "id"},
    "aws_lambda_alias": {"arn", "invoke_arn"},
    "aws_lambda_function": {"arn", "invoke_arn", "version"},
    "aws_s3_bucket": {"arn", "id"},
    "aws_sns_topic": {"arn"},
    "aws_sqs_queue": {"arn", "url"},
    "aws_vpc_endpoint": {"prefix_list_id"},
    "data.aws_caller_identity": {"account_id"},
    "data.aws_iam_policy_document": {"json"},
    "data.aws_partition": {"partition"},
}
# The schema knows no types. Terraform makes text of numbers, but not of these.
LISTS = {
    "actions", "alarm_actions", "allow_headers", "allow_methods", "allow_origins", "allowed_headers", "allowed_methods",
    "allowed_oauth_flows", "allowed_oauth_scopes", "allowed_origins", "architectures", "audience",
    "auto_verified_attributes", "callback_urls", "capacity_providers", "enabled_cloudwatch_logs_exports", "events",
    "explicit_auth_flows", "expose_headers", "identifiers", "identity_sources", "logout_urls", "ok_actions",
    "requires_compatibilities", "resources", "route_table_ids", "security_group_ids", "security_groups",
    "source_policy_documents", "subnet_ids", "subnets", "subscriber_email_addresses", "supported_identity_providers",
    "username_attributes", "values", "vpc_security_group_ids", "vpc_subnet_ids",
}  # fmt: skip
MAPS = {"dimensions", "tags", "tags_all", "variables"}
TYPES = {name: ["list", "string"] for name in LISTS} | {name: ["map", "string"] for name in MAPS}
TYPES["master_user_secret"] = ["list", ["object", {"secret_arn": "string"}]]

# Fields of the messages, by number.
PROVIDER, RESOURCES, DATA = 1, 2, 3
NAME, TYPE, REQUIRED, OPTIONAL, COMPUTED = 1, 2, 4, 5, 6
ATTRIBUTES, NESTED = 2, 3
AS_LIST = 2


def described(schema: Schema) -> bytes:
    """The answer to GetSchema."""
    answer = field(PROVIDER, whole({"region": {}, "default_tags": {"b": {"tags": {}}}}, set()))
    for name, body in schema.items():
        entry = field(1, name.removeprefix("data.").encode()) + field(2, whole(body, ANSWERED.get(name, set())))
        answer += field(DATA if name.startswith("data.") else RESOURCES, entry)
    return answer


def whole(body: Schema, answered: set[str]) -> bytes:
    """A Schema, whose only field but its version is a block."""
    more = b"".join(attribute(name, COMPUTED) for name in sorted(answered - set(body)))
    return field(2, block(body) + more)


def block(body: Schema) -> bytes:
    return b"".join(_parts(body))


def _parts(body: Schema) -> Iterator[bytes]:
    for name, fact in body.items():
        if "b" in fact:
            inner = field(1, name.encode()) + field(2, block(fact["b"])) + number(3, AS_LIST)
            yield field(NESTED, inner + (number(4, 1) if fact.get("r") else b""))
        elif fact.get("r"):
            yield attribute(name, REQUIRED)
        else:
            yield attribute(name, OPTIONAL, COMPUTED)


def attribute(name: str, *flags: int) -> bytes:
    type_ = json.dumps(TYPES.get(name, "string")).encode()
    return field(
        ATTRIBUTES, field(NAME, name.encode()) + field(TYPE, type_) + b"".join(number(one, 1) for one in flags)
    )


def field(at: int, content: bytes) -> bytes:
    """A field with bytes in it, as protocol buffers write it."""
    return _varint(at << 3 | 2) + _varint(len(content)) + content


def number(at: int, value: int) -> bytes:
    return _varint(at << 3) + _varint(value)


def _varint(value: int) -> bytes:
    written = b""
    while value > 0x7F:
        written += bytes([value & 0x7F | 0x80])
        value >>= 7
    return written + bytes([value])


@contextmanager
def provider(schema: Schema) -> Iterator[str]:
    """Runs while the block lasts; gives what Terraform finds it by, in its variable TF_REATTACH_PROVIDERS."""
    answer = described(schema)
    answers = {
        "GetSchema": lambda request: answer,
        # What was asked comes back as it is: the field of the request has the answer's number.
        "PrepareProviderConfig": lambda request: request,
        "ValidateResourceTypeConfig": lambda request: b"",
        "ValidateDataSourceConfig": lambda request: b"",
        "Stop": lambda request: b"",
    }
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(lambda request, _, reply=reply: reply(request))
        for name, reply in answers.items()
    }
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.max_send_message_length", -1)])
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("tfplugin5.Provider", handlers)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    about = {
        "Protocol": "grpc",
        "ProtocolVersion": 5,
        "Pid": os.getpid(),
        "Test": True,  # it is not Terraform's to end
        "Addr": {"Network": "tcp", "String": f"127.0.0.1:{port}"},
    }
    try:
        yield json.dumps({"registry.terraform.io/hashicorp/aws": about})
    finally:
        server.stop(0.5).wait()
