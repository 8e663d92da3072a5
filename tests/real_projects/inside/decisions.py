"""What authkit says about an application: its document with and without our hook, and the audit."""

import time
from dataclasses import dataclass

from authkit.schema.audit.run import apply_rules
from authkit.schema.model.audited_schema import AuditedSchema, probe_document
from authkit.schema.model.verdicts import write_verdicts
from authkit.schema.probe.tiers import Probe, Tier
from django.test import override_settings
from documents import make_document, own_hooks, rendered, security_of
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.settings import patched_settings

HOOK = "authkit.schema.hooks.postprocess_schema_security"
TIERS = (Tier.T1, Tier.T2, Tier.T3, Tier.T4)
USUAL = Tier.T3


@dataclass(frozen=True)
class Audited:
    """One audit at one tier: the audited schema, and the rules that each operation offends."""

    schema: AuditedSchema
    offended: dict
    seconds: float


@dataclass(frozen=True)
class Decided:
    """The audits by tier, of the document as it is and of the one that our hook fixes.

    ``told`` is the document of a hook that knows what the usual audit wrote down, in bytes.
    ``security`` is what the document says of it before an audit, ``stable`` whether the hook
    changes nothing when it is run again.
    """

    plain: dict
    hooked: dict
    told: bytes
    security: dict
    stable: bool

    @property
    def seconds(self):
        return {tier.label: round(audited.seconds, 2) for tier, audited in self.plain.items()}


def decide_all(application, file):
    """Decide about everything; *file* is where the audit writes down what it knows."""
    with application.surroundings():
        document, generator = make_document(application)
        security = security_of(document)
        plain = audits(document, generator)
        write_verdicts(file, plain[Tier.T1].schema, plain[USUAL].schema)
        with hooks(HOOK):
            hooked = audits(*make_document(application))
    told = tell(application, file)
    return Decided(plain, hooked, told, security, tell(application, file, HOOK, HOOK) == told)


def tell(application, file, *ours):
    """Return the document of the hook that knows what is in *file*, as bytes."""
    told = override_settings(AUTHKIT={"SCHEMA_VERDICTS": file})
    with application.surroundings(), hooks(*(ours or [HOOK])), told:
        document, _ = make_document(application)
    return rendered(document)


def hooks(*ours):
    return patched_settings({"POSTPROCESSING_HOOKS": [*own_hooks(), *ours]})


def audits(document, generator):
    with GENERATOR_STATS.silence():
        return {tier: audited(document, generator, tier) for tier in TIERS}


def audited(document, generator, tier):
    since = time.process_time()
    schema = probe_document(document, generator, Probe(tier))
    offended = {}
    for finding in apply_rules(schema).findings:
        place = (finding.place.method, finding.place.path)
        offended.setdefault(place, []).append(finding.rule.id)
    return Audited(schema, offended, time.process_time() - since)
