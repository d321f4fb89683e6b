"""All defects: data only."""

from __future__ import annotations

from tests.public_defects.defect import Defect

DEFECTS = (
    Defect("pybreaker-3", "pybreaker", "1.4.1", "", "danielfm/pybreaker issue 3", "shipped:pybreaker", "CB-10", "blocked-by-another-call", "one call at a time is let through"),
    Defect("anyio-947", "anyio", "4.9.0", "4.10.0", "agronholm/anyio issue 947", "bulkheads:anyio", "BH-4", "idle-while-calls-wait", "a token that is given to a call in the turn in which it is cancelled wakes no other", runs=5_000),
    Defect("anyio-1170", "anyio", "4.14.1", "4.14.2", "agronholm/anyio issue 1170", "bulkheads:anyio", "BH-1", "over-admitted", "a call that arrives between the return of a token and the turn of the call it is for takes it too"),
    Defect("redis-4258", "redis", "8.1.0", "", "redis/redis-py pull request 4258", "shipped:redis_py", "LK-5", "release-not-retried", "a release that failed cannot be tried again"),
    Defect("redis-3847", "redis", "7.1.1", "7.2.0", "redis/redis-py issue 3847", "shipped:redis_py_asyncio", "LK-5", "release-not-retried", "asyncio: a release that failed or was cancelled cannot be tried again"),
    Defect("limits-counter", "limits", "5.8.0", "", "alisaifee/limits issue 26", "shipped:limits_counter", "RL-4", "budget-not-shared", "the storage in memory is not safe for threads"),
    Defect("backoff-186", "backoff", "2.2.1", "", "litl/backoff issue 186", "shipped:backoff", "RT-4", "went-on-after-budget", "max_time does not end the attempts in time"),
    Defect("tenacity-529", "tenacity", "9.1.2", "", "jd/tenacity issue 529", "retries:tenacity", "RT-3", "retried-cancellation", "retry_if_not_exception_type tries a cancelled call again"),
    Defect("powertools-8090", "aws-lambda-powertools", "3.37.0", "", "aws-powertools/powertools-lambda-python issue 8090", "shipped:powertools", "IS-1", "wrong-outcome", "an outcome that is false comes back as None"),
    Defect("asgi-idempotency-16", "asgi-idempotency-header", "0.2.0", "", "snok/asgi-idempotency-header issue 16", "shipped:asgi_header", "IS-4", "key-blocked", "the key of a request that raised is refused for ever"),
    Defect("pyjwt-cve-2022-29217", "PyJWT", "2.3.0", "2.4.0", "CVE-2022-29217", "verifiers:pyjwt_ssh", "TV-1", "key-confused", "a public key as OpenSSH writes it is taken for a secret"),
    Defect("pyjwt-1020", "PyJWT", "2.10.0", "2.10.1", "jpadilla/pyjwt issue 1020, CVE-2024-53861", "shipped:pyjwt", "TV-2", "wrong-issuer-accepted", "an issuer that is part of the one expected is accepted"),
    Defect("pyjwt-cve-2026-32597", "PyJWT", "2.11.0", "2.12.0", "CVE-2026-32597", "shipped:pyjwt", "TV-5", "critical-ignored", "critical headers that it does not know are ignored"),
    Defect("pyjwt-1186", "PyJWT", "2.14.0", "2.15.0", "jpadilla/pyjwt pull request 1186", "shipped:pyjwt", "TV-4", "crashed", "a time that is a list, an object or null lets a TypeError out"),
    Defect("jose-413", "python-jose", "3.5.0", "", "mpdavis/python-jose issue 413", "shipped:python_jose", "TV-5", "critical-ignored", "critical headers are ignored"),
    Defect("jose-420", "python-jose", "3.5.0", "", "mpdavis/python-jose issue 420", "shipped:python_jose", "TV-4", "crashed", "a time that is no number lets an error out that is not declared"),
    Defect("authlib-654", "Authlib", "1.3.0", "1.3.1", "authlib/authlib issue 654, CVE-2024-37568", "verifiers:authlib", "TV-1", "key-confused", "a public key in PEM is taken for a secret"),
    Defect("authlib-cve-2025-59420", "Authlib", "1.6.3", "1.6.4", "CVE-2025-59420", "verifiers:authlib", "TV-5", "critical-ignored", "critical headers that it does not know are ignored"),
)  # fmt: skip
