import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from "jose";

export interface Expected {
  issuer: string;
  audience: string;
  /** The issuer's, never those that a token names. */
  algorithms?: string[];
}

/** Verifies the access tokens of one issuer. A process needs one, which keeps the keys. */
export class Verifier {
  readonly #keys;
  readonly #options;

  constructor(jwksUrl: string, { issuer, audience, algorithms = ["EdDSA"] }: Expected) {
    // Kept for ten minutes, and fetched again for a key that is not among them, at most every 30
    // seconds, so that tokens with invented keys cause no flood.
    this.#keys = createRemoteJWKSet(new URL(jwksUrl), {
      cacheMaxAge: 600_000,
      cooldownDuration: 30_000,
      timeoutDuration: 3_000,
    });
    this.#options = {
      issuer,
      audience,
      algorithms,
      typ: "JWT",
      requiredClaims: ["exp", "iat", "sid"],
      clockTolerance: 10, // seconds by which the clocks may differ
    };
  }

  /**
   * Return the claims of an access token.
   *
   * Throws what `isInvalidToken` tells apart: an invalid token (answer 401), or keys that cannot
   * be fetched (answer 503).
   */
  async claims(token: string): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, this.#keys, this.#options);
    if (payload["token_type"] !== "access") {
      throw new errors.JWTClaimValidationFailed("no access token", payload, "token_type");
    }
    return payload;
  }
}

/** Say whether the error is about the token. All others are about fetching the keys. */
export function isInvalidToken(error: unknown): boolean {
  return (
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) &&
    error.code !== errors.JOSEError.code
  );
}

/** Return what the issuer says of a token or API key now: revocation included. */
export async function introspect(
  url: string,
  serviceKey: string,
  token: string,
): Promise<{ active: boolean } & Record<string, unknown>> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-API-Key": serviceKey },
    body: JSON.stringify({ token }),
    signal: AbortSignal.timeout(3_000),
  });
  if (!answer.ok) throw new Error(`Introspection answered ${answer.status}`);
  return (await answer.json()) as { active: boolean };
}
