"""Every setting there is, read from the environment (`SEGUE_…`) in this one place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.hours import Hours
from domain.loopback import is_loopback


class Settings(BaseSettings):
    """Settings of one process. Each field is read from the variable `SEGUE_` + its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="SEGUE_", frozen=True)

    data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("segue")),
        description="Folder of the embedded database, logs and artefacts.",
    )
    database_url: str | None = Field(
        default=None,
        description="postgresql:// address of a server with pgvector 0.8 or later; unset: the embedded server.",
    )
    broker_url: str | None = Field(
        default=None,
        description="What carries messages to workers: redis://…, rediss://…, amqp://…, amqps://… or "
        "sqs://queue-prefix?region=…; unset: the database.",
    )
    storage_url: str | None = Field(
        default=None,
        description="Where uploads, artefacts and snapshots lie: a folder, or s3://bucket/prefix; unset: the folder "
        "`storage` in the data folder.",
    )
    weights_dir: str | None = Field(
        default=None,
        description="Where the weights of audio backends lie: a folder, or s3://bucket/prefix, from which they are "
        "copied into the data folder; unset: the folder `weights` in the data folder.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto",
        description="What backends on torch compute on: cpu, cuda (an error without a GPU), or auto: a GPU if there is "
        "one.",
    )
    max_upload_mb: int = Field(
        default=2000, ge=1, le=2047, description="Largest recording that may be uploaded, in megabytes."
    )
    import_roots: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(),
        description="Folders, separated as in PATH, below which curators may import through the API; unset: none.",
    )
    host: str = Field(default="127.0.0.1", description="Address that `segue serve` listens on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port that `segue serve` listens on.")
    database_pool_size: int = Field(default=8, ge=1, description="Connections the API keeps.")
    statement_timeout_seconds: float = Field(default=10.0, gt=0, description="Longest a statement of the API may run.")
    connection_wait_seconds: float = Field(
        default=2.0, gt=0, description="Longest a request of the API waits for a connection; then it is turned away."
    )
    max_requests: int = Field(
        default=64, ge=1, description="Operations the API answers at once; further ones are turned away at once (503)."
    )
    slow_statement_seconds: float = Field(
        default=1.0, gt=0, description="Statements of the API that take longer are logged, with their plan."
    )
    traces_url: str | None = Field(
        default=None,
        description="Where traces are sent, by OpenTelemetry's protocol over HTTP, such as "
        "http://127.0.0.1:4318/v1/traces; unset: nothing is traced. It takes the extra `observe`.",
    )
    subsonic: bool = Field(
        default=False, description="Whether players may ask for similar recordings by OpenSubsonic, below /rest."
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Origins, separated by commas, whose web pages may call the API from a browser."
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Names, separated by commas, that the service is reached by, such as archive.example behind a "
        "proxy; unset: on the own machine's address only its own names, on another address any.",
    )
    oidc_issuer: str | None = Field(
        default=None,
        description="Who issues the tokens (OIDC) of curators: the address in their claim `iss`; unset: nobody.",
    )
    oidc_audience: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        validate_default=True,
        description="Whom those tokens must be for, separated by commas: their claim `aud`, or `client_id` without it.",
    )
    oidc_jwks_url: str | None = Field(
        default=None, description="Where the issuer's keys (JWKS) are; unset: where its discovery document says."
    )
    oidc_curator_claim: str = Field(
        default="groups",
        min_length=1,
        description="The claim that tells curators, such as groups, cognito:groups, roles or realm_access.roles.",
    )
    oidc_curator_value: str = Field(
        default="curators", min_length=1, description="What that claim is, or holds, for a curator."
    )
    max_cost: int = Field(
        default=20_000, ge=1, description="What an operation may cost, as docs/costs.md counts it; refused above."
    )
    introspection: bool = Field(default=True, description="Whether the API describes its schema to whoever asks.")
    graphiql: bool = Field(default=True, description="Whether browsers are shown GraphiQL.")
    queries_dir: Path | None = Field(
        default=None,
        description="Folder of .graphql files whose operations are known by their hash or name; unset: only those of "
        "the page.",
    )
    only_known_queries: bool = Field(
        default=False, description="Whether only operations are answered that are known from the beginning."
    )
    cache_seconds: int = Field(
        default=60,
        ge=0,
        description="How long caches may keep answers that are the same for everybody, asked for with GET; 0: not.",
    )
    index_threshold: int = Field(
        default=20_000, ge=1, description="Vectors from which a space is searched through an HNSW index."
    )
    longest_recording_hours: float = Field(
        default=12.0, gt=0, allow_inf_nan=False, description="Recordings that claim or hold more are refused."
    )
    decoder_memory_mb: int = Field(
        default=768, ge=64, description="Memory that decoding and hearing may take beyond that of the loaded backend."
    )
    decoder_stall_seconds: float = Field(
        default=60.0, gt=0, description="A recording is given up when hearing it stands still for so long."
    )
    worker_nice: int = Field(
        default=0,
        ge=0,
        le=19,
        description="How far workers, and what decodes for them, step back behind other programs; 19: they take only "
        "what nobody else wants.",
    )
    worker_hours: str = Field(
        default="",
        description="Local time in which workers take up work, such as 22:00-06:00, or several ranges separated by "
        "commas; unset: always.",
    )
    metrics_namespace: str | None = Field(
        default=None,
        min_length=1,
        description="Where CloudWatch keeps what workers and the handlers of Lambda tell of waiting jobs; unset: they "
        "tell nothing.",
    )
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @property
    def weights_folder(self) -> Path:
        """The folder on this machine that backends load their weights from."""
        if self.weights_dir and not self.weights_dir.startswith("s3://"):
            return Path(self.weights_dir).expanduser().absolute()
        return self.data_dir.expanduser().absolute() / "weights"

    @field_validator("import_roots", mode="before")
    @classmethod
    def _split_paths(cls, roots: object) -> object:
        return [root for root in roots.split(os.pathsep) if root] if isinstance(roots, str) else roots

    @field_validator("worker_hours")
    @classmethod
    def _require_hours(cls, hours: str) -> str:
        return str(Hours.parse(hours))

    @field_validator("cors_origins", "allowed_hosts", "oidc_audience", mode="before")
    @classmethod
    def _split(cls, words: object) -> object:
        if isinstance(words, str):
            return [word.strip() for word in words.split(",") if word.strip()]
        return words

    @field_validator("oidc_issuer", "oidc_jwks_url")
    @classmethod
    def _require_safe_address(cls, address: str | None) -> str | None:
        if not address:
            return None
        parts = urlsplit(address)
        if not parts.hostname or not (
            parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
        ):
            raise ValueError("it begins with https:// (or http:// on this machine)")
        return address

    @field_validator("oidc_audience")
    @classmethod
    def _require_audience(cls, audience: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if info.data.get("oidc_issuer") and not audience:
            raise ValueError("with SEGUE_OIDC_ISSUER, it names whom tokens are for: without, any token would do")
        return audience
