"""What authkit says about an application: its document with and without our hook, and the audit."""

import time
from dataclasses import dataclass

from authkit.schema.audit.run import apply_rules
from authkit.schema.model.audited_schema import AuditedSchema, probe_document
from authkit.schema.model.verdicts import write_verdicts
from authkit.schema.probe.tiers import Probe, Tier
from django.conf import settings
from django.test import override_settings
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.settings import SPECTACULAR_DEFAULTS, patched_settings
from rows import make_generator

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

    ``told`` is the document of a hook that knows what the usual audit wrote down.
    """

    plain: dict
    hooked: dict
    told: dict

    @property
    def seconds(self):
        return {tier.label: round(audited.seconds, 2) for tier, audited in self.plain.items()}


def decide_all(application, file):
    """Decide about everything; *file* is where the audit writes down what it knows."""
    with application.surroundings():
        plain = audits(application)
        write_verdicts(file, plain[Tier.T1].schema, plain[USUAL].schema)
        with patched_settings({"POSTPROCESSING_HOOKS": [*own_hooks(), HOOK]}):
            hooked = audits(application)
            with override_settings(AUTHKIT={"SCHEMA_VERDICTS": file}):
                return Decided(plain, hooked, make_document(application)[0])


def audits(application):
    document, generator = make_document(application)
    with GENERATOR_STATS.silence():
        return {tier: audited(document, generator, tier) for tier in TIERS}


def make_document(application):
    with GENERATOR_STATS.silence():
        generator = make_generator(application)
        return generator.get_schema(request=None, public=True), generator


def audited(document, generator, tier):
    since = time.process_time()
    schema = probe_document(document, generator, Probe(tier))
    offended = {}
    for finding in apply_rules(schema).findings:
        place = (finding.place.method, finding.place.path)
        offended.setdefault(place, []).append(finding.rule.id)
    return Audited(schema, offended, time.process_time() - since)


def own_hooks():
    known = SPECTACULAR_DEFAULTS | getattr(settings, "SPECTACULAR_SETTINGS", {})
    return known["POSTPROCESSING_HOOKS"]
