"""Fetches weights, from the models' hub through its own library or from an address of their own.

A file appears in its place when it is complete and is what it should be; nothing half is ever taken for whole. No code
comes with it: of a repository, only the named files are fetched.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import urllib.request
from http.client import HTTPException
from pathlib import Path

from domain.errors.machine import ExtraMissing, FileUnwritable, WeightsDamaged, WeightsRefused, WeightsUnreachable
from domain.spaces import BackendFacts, HubFile, WeightFile
from ml.weights import ORIGINS, address, check, file_digest, missing, origins, place

# Beside the backends' own folders: a download that was cut off is no one's weights.
UNFINISHED = ".unfinished"
TIMEOUT_SECONDS = 20.0
READ_BYTES = 2**20

# What the hub calls a large file's version.
SHA256 = re.compile(r"[0-9a-f]{64}")


def fetch(root: Path, facts: BackendFacts) -> list[Path]:
    """Fetch what a backend misses into its folder below `root`; returns the places of the files that came.

    Raises WeightsUnreachable with the address and the place for each way in which it cannot be had, WeightsRefused
    when what came is not what was asked for, FileUnwritable, ExtraMissing without the hub's library.
    """
    came = []
    for file in missing(root, facts):
        target = place(root, facts, file)
        unfinished = root / UNFINISHED / target.parent.name
        try:
            unfinished.mkdir(parents=True, exist_ok=True)
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileUnwritable(path=target, reason=error.strerror) from error
        if isinstance(file, HubFile):
            downloaded, source, expected = _from_hub(facts, file, unfinished, target)
        else:
            downloaded, source, expected = _from_web(facts, file, unfinished, target), address(file), file.sha256
        try:
            check(downloaded, file, expected)
        except WeightsDamaged as error:
            shutil.rmtree(unfinished)
            raise WeightsRefused(url=source, reason=error.details["reason"]) from None
        _note(target, source, expected or file_digest(downloaded))
        downloaded.replace(target)
        shutil.rmtree(unfinished)
        came.append(target)
    return came


def _from_hub(facts: BackendFacts, file: HubFile, unfinished: Path, target: Path) -> tuple[Path, str, str | None]:
    """A downloaded file, the address of its very commit, and its SHA-256 as published or as the hub says."""
    try:
        import httpx2
        from huggingface_hub import get_hf_file_metadata, hf_hub_download
        from huggingface_hub.errors import (
            EntryNotFoundError,
            FileMetadataError,
            GatedRepoError,
            RepositoryNotFoundError,
            RevisionNotFoundError,
        )
    except ModuleNotFoundError:
        raise ExtraMissing(feature=f"Fetching '{file.repository}' from the hub", extra="backends") from None
    endpoint = os.environ.get("HF_ENDPOINT")
    try:
        head = get_hf_file_metadata(address(file), timeout=TIMEOUT_SECONDS, endpoint=endpoint)
        commit = head.commit_hash or file.revision
        local = hf_hub_download(
            file.repository, file.path, revision=commit, local_dir=unfinished, endpoint=endpoint, library_name="segue"
        )
    except EntryNotFoundError as error:
        raise _unreachable(facts, file, target, "the hub has no such file") from error
    except RevisionNotFoundError as error:
        raise _unreachable(facts, file, target, f"the hub has no revision '{file.revision}' of it") from error
    except GatedRepoError as error:
        raise _unreachable(facts, file, target, "its owner wants to be asked on the hub's page first") from error
    except RepositoryNotFoundError as error:
        raise _unreachable(facts, file, target, "the hub has no such model, or shows it to nobody") from error
    except (OSError, httpx2.HTTPError, FileMetadataError) as error:
        raise _unreachable(facts, file, target, _told(error)) from error
    said = head.etag if head.etag and SHA256.fullmatch(head.etag) else None
    source = address(HubFile(file.repository, file.path, revision=commit))
    return Path(local), source, file.sha256 or said


def _from_web(facts: BackendFacts, file: WeightFile, unfinished: Path, target: Path) -> Path:
    """A downloaded file; one that was cut off before is gone on with."""
    part = unfinished / file.name
    start = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(address(file), headers={"Range": f"bytes={start}-"} if start else {})  # noqa: S310 -- the addresses are constants of this program
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 -- see above
            goes_on = answer.status == 206
            left = answer.length  # None where the server does not say
            with part.open("ab" if goes_on else "wb") as sink:
                while block := answer.read(READ_BYTES):
                    sink.write(block)
                    left = None if left is None else left - len(block)
        if left:
            raise HTTPException(f"the connection ended {left:,} bytes too early")
    except (OSError, HTTPException) as error:
        raise _unreachable(facts, file, target, _told(error)) from error
    return part


def _note(target: Path, source: str, sha256: str) -> None:
    known = origins(target.parent) | {target.name: {"address": source, "sha256": sha256}}
    unfinished = target.parent / f".{ORIGINS}.part"
    unfinished.write_text(json.dumps(known, indent=1) + "\n")
    unfinished.replace(target.parent / ORIGINS)


def _unreachable(facts: BackendFacts, file: WeightFile, target: Path, reason: str) -> WeightsUnreachable:
    return WeightsUnreachable(backend=facts.name, url=address(file), reason=reason, place=target)


def _told(error: Exception) -> str:
    return (str(error).strip().rstrip(".") or type(error).__name__).splitlines()[0]
