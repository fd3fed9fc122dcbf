"""The analysis as SARIF 2.1.0 (OASIS), for code-scanning and intake systems: a result per incident.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import json
from collections.abc import Iterator
from typing import Any, TypeAlias
from urllib.parse import quote

from triage.model import Analysis, Evidence, Frame, Incident, Kind, Thread
from triage.render import headline, links, wording
from triage.render.json import escape_active
from triage.render.visible import shown

Object: TypeAlias = dict[str, Any]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
_SECURITY_SEVERITY = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.0"}
"""GitHub reads this property, from 0.0 to 10.0, as text."""
_TEXT_LIMIT, _MOST_LOCATIONS, _MOST_FRAMES = 2000, 20, 100


def to_sarif(analysis: Analysis) -> str:
    """One SARIF log with one run."""
    kinds = [kind for kind in Kind if any(incident.kind is kind for incident in analysis.incidents)]
    run = {
        "tool": {
            "driver": {
                "name": analysis.tool.name,
                "semanticVersion": analysis.tool.version,
                "rules": [_rule(kind) for kind in kinds],
            }
        },
        "columnKind": "unicodeCodePoints",
        "artifacts": [
            {"location": _artifact(entry.name), "roles": ["analysisTarget"]}
            | ({} if entry.bytes is None else {"length": entry.bytes})
            for entry in analysis.inputs
        ],
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": list(_problems(analysis))}],
        "results": [_result(incident, kinds.index(incident.kind)) for incident in analysis.incidents],
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return escape_active(json.dumps(document, ensure_ascii=False, indent=2)) + "\n"


def _rule(kind: Kind) -> Object:
    return {
        "id": kind.value,
        "name": kind.name.title().replace("_", ""),
        "shortDescription": _text(wording.KINDS[kind]),
    }


def _result(incident: Incident, rule: int) -> Object:
    verdict, signature = incident.verdict, incident.signature
    level = incident.severity.level if incident.severity else "info"
    prints = {"family/v1": signature.family, "strict/v1": signature.strict}
    result: Object = {
        "ruleId": incident.kind.value,
        "ruleIndex": rule,
        "level": _LEVELS.get(level, "warning"),
        "kind": "fail",
        "message": _text(_message(incident)),
        "locations": [_location(item) for item in incident.evidence[:1]],
        "relatedLocations": [_location(item) for item in incident.evidence[1:_MOST_LOCATIONS]],
        "stacks": [_stack(thread) for thread in incident.threads or () if thread.crashed and thread.frames],
        "partialFingerprints": {name: shown(key, _TEXT_LIMIT) for name, key in prints.items() if key},
        "properties": _properties(incident, level),
    }
    href = links.link(verdict.issue)
    if href is not None:
        result["workItemUris"] = [href]
    return result


def _message(incident: Incident) -> str:
    verdict = incident.verdict
    words = [f"{headline.title(incident)}.", f"{wording.STATUSES[verdict.status]}: {verdict.title or verdict.issue}."]
    return " ".join(word for word in words if verdict.title or verdict.issue or word is words[0])


def _properties(incident: Incident, level: str) -> Object:
    server, verdict = incident.server, incident.verdict
    values = {
        "tags": ["crash", incident.kind.value, verdict.status.value],
        "security-severity": _SECURITY_SEVERITY.get(level),
        "product": server.product,
        "version": server.version,
        "time": str(incident.time) if incident.time else None,
        "verdict": verdict.status.value,
        "issue": verdict.issue,
        "confidence": round(verdict.confidence, 4),
    }
    return {name: value for name, value in values.items() if value is not None}


def _location(item: Evidence) -> Object:
    physical: Object = {"artifactLocation": _artifact(item.input)}
    if item.line is not None:
        physical["region"] = {"startLine": item.line, "snippet": {"text": shown(item.text, _TEXT_LIMIT)}}
    elif item.offset is not None:
        physical["region"] = {"byteOffset": int(item.offset), "byteLength": 0}
    return {"physicalLocation": physical}


def _artifact(name: str) -> Object:
    """A relative reference: the name is text of the user's or an archive's, and must not become a scheme."""
    return {"uri": quote(name.replace("\\", "/"), safe="/.-_~", errors="replace").lstrip("/") or "input"}


def _stack(thread: Thread) -> Object:
    name = thread.name or "failing thread"
    return {"message": _text(name), "frames": [_frame(frame) for frame in thread.frames[:_MOST_FRAMES]]}


def _frame(frame: Frame) -> Object:
    location: Object = {}
    if frame.function is not None:
        location["logicalLocations"] = [{"fullyQualifiedName": shown(frame.function, _TEXT_LIMIT)}]
    if frame.file is not None:
        region = {"region": {"startLine": frame.line}} if frame.line else {}
        location["physicalLocation"] = {"artifactLocation": _artifact(frame.file), **region}
    stands: Object = {"location": location}
    if frame.module is not None:
        stands["module"] = shown(frame.module, _TEXT_LIMIT)
    return stands


def _problems(analysis: Analysis) -> Iterator[Object]:
    for entry in analysis.inputs:
        for problem in entry.problems:
            place = {"physicalLocation": {"artifactLocation": _artifact(entry.name)}}
            yield {"level": "warning", "message": _text(problem.message), "locations": [place]}


def _text(text: str) -> Object:
    """A message: brackets and braces would be links and placeholders (SARIF 3.11.5, 3.11.6)."""
    plain = shown(" ".join(text.split()), _TEXT_LIMIT) or "-"
    return {
        "text": plain.replace("\\", "\\\\")
        .replace("[", "\\[")
        .replace("]", "\\]")
        .replace("{", "{{")
        .replace("}", "}}")
    }
