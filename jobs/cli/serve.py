"""`segue serve`: the GraphQL server alone."""

from __future__ import annotations

from typing import Any

from jobs.cli.environment import DataDir, Host, Port, read_settings
from jobs.cli.tied import Tied, end_with_parent

# See docs/limits.md. What is beyond `limit_concurrency` connections gets 503 at once.
BOUNDS: dict[str, Any] = {  # Any: of every setting's own type
    "http": "jobs.cli.http_protocol:GuardedHttp",
    "limit_concurrency": 500,
    "timeout_keep_alive": 5,
    "timeout_graceful_shutdown": 5,
    "ws_max_size": 1_000_000,
    "ws_max_queue": 8,
    # A message of some bytes could become one of megabytes.
    "ws_per_message_deflate": False,
}


def serve(data_dir: DataDir = None, host: Host = None, port: Port = None, tied: Tied = False) -> None:
    """Serve GraphQL and GraphiQL until Ctrl-C. Imports and embeds nothing."""
    import uvicorn

    from domain.logs import configure_logs
    from jobs.cli.authentication import say_who_may
    from jobs.cli.console import say
    from jobs.cli.database import ready_address
    from jobs.cli.listening import base_url, require_port

    settings = read_settings(data_dir=data_dir, host=host, port=port)
    configure_logs(settings.log_level)
    if tied:
        end_with_parent()
    require_port(settings.host, settings.port)
    say_who_may(settings, ready_address(settings))
    say(f"Serving {base_url(settings.host, settings.port)}/graphql")
    uvicorn.run(
        "api.app:from_environment",
        factory=True,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=settings.log_level == "DEBUG",
        server_header=False,
        **BOUNDS,
    )
