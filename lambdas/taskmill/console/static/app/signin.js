// Sign-in of the hosted console: OpenID Connect, code flow with PKCE, no secret and no cookie.
// The token is kept for this tab; when it expires, the issuer's own session gives the next one.
import { ApiError } from "./api/errors.js";
import { token } from "./session.js";

/**
 * @typedef {object} SignIn
 * @property {string} issuer
 * @property {string} clientId
 * @property {string[]} scopes
 * @property {"id" | "access"} [token] Which one the API gets.
 *
 * @typedef {object} Issuer Of its discovery document.
 * @property {string} issuer
 * @property {string} authorization_endpoint
 * @property {string} token_endpoint
 * @property {string} [end_session_endpoint]
 *
 * @typedef {{state: string, nonce: string, verifier: string, hash: string}} Asked
 * @typedef {{value: string, id: string, since: number, expiresAt: number}} Kept
 */

const ASKED = "taskmill.sign-in";
const KEPT = "taskmill.token";
const LEAVING_MS = 30_000; // before a token expires
const LONGEST_TIMER_MS = 2_000_000_000;

const YOUNG_MS = 60_000; // a token that is refused so soon would be refused again

/** @param {string} why */
function failed(why) {
  return new ApiError("signin", why);
}

/** @type {SignIn | null} */
let settings = null;

/**
 * Sign in. Without a token the page is left for the issuer's, and comes back to the same view.
 *
 * @param {SignIn} given
 * @returns {Promise<boolean>} Whether there is a token; false: the page is being left.
 * @throws {ApiError} The issuer refused, or its answer is not what was asked for.
 */
export async function signIn(given) {
  settings = given;
  const query = new URLSearchParams(location.search);
  if (query.has("state") && (query.has("code") || query.has("error"))) await returned(query);
  const kept = keptToken();
  if (!kept) {
    await leave();
    return false;
  }
  use(kept);
  return true;
}

/** Sign in again after an answer of 401, unless the token has only just been given. */
export async function refused() {
  const kept = keptToken();
  if (kept && Date.now() - kept.since < YOUNG_MS) return;
  await signInAgain();
}

/** Leave the page for the issuer's. */
export async function signInAgain() {
  sessionStorage.removeItem(KEPT);
  token.value = null;
  await leave();
}

/** Forget the token, and end the issuer's session if it says how. */
export async function signOut() {
  const kept = keptToken();
  sessionStorage.removeItem(KEPT);
  token.value = null;
  if (!settings) return;
  const { end_session_endpoint: end } = await discovered();
  if (!end) return;
  const address = new URL(end);
  address.search = new URLSearchParams({
    client_id: settings.clientId,
    post_logout_redirect_uri: callback(),
    logout_uri: callback(), // as Cognito calls it
    ...(kept ? { id_token_hint: kept.id } : {}),
  }).toString();
  location.assign(address);
}

async function leave() {
  const { clientId, scopes } = configured();
  const { authorization_endpoint: place } = await discovered();
  /** @type {Asked} */
  const asked = { state: random(), nonce: random(), verifier: random(), hash: location.hash };
  sessionStorage.setItem(ASKED, JSON.stringify(asked));
  const address = new URL(place);
  address.search = new URLSearchParams({
    ...Object.fromEntries(address.searchParams),
    response_type: "code",
    client_id: clientId,
    redirect_uri: callback(),
    scope: scopes.join(" "),
    state: asked.state,
    nonce: asked.nonce,
    code_challenge: await challenge(asked.verifier),
    code_challenge_method: "S256",
  }).toString();
  location.assign(address);
}

/** @param {URLSearchParams} query Of the address to which the issuer sent the page back. */
async function returned(query) {
  const stored = sessionStorage.getItem(ASKED);
  sessionStorage.removeItem(ASKED); // an answer counts once
  /** @type {Asked | null} */
  const asked = stored ? JSON.parse(stored) : null;
  history.replaceState(null, "", location.pathname + (asked?.hash ?? ""));
  if (!asked || query.get("state") !== asked.state) {
    if (keptToken()) return; // an address from the history: it changes nothing
    throw failed("The answer of the sign-in was not asked for by this tab. Try again.");
  }
  if (query.has("error")) {
    const why = query.get("error_description") ?? query.get("error");
    throw failed(`The issuer refused the sign-in: ${why}`);
  }
  keep(await exchanged(query.get("code") ?? "", asked.verifier), asked.nonce);
  // The router reads the address when it changes: tell it that it is another one now.
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/**
 * @param {string} code
 * @param {string} verifier
 * @returns {Promise<{id_token?: string, access_token?: string, expires_in?: number}>}
 */
async function exchanged(code, verifier) {
  const { token_endpoint: place } = await discovered();
  const answer = await fetch(place, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    credentials: "omit",
    cache: "no-store",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: configured().clientId,
      redirect_uri: callback(),
      code,
      code_verifier: verifier,
    }),
  });
  if (!answer.ok) throw failed(`The issuer gave no token (${answer.status}).`);
  return answer.json();
}

/**
 * Check what came from the issuer by TLS, and keep it. The API checks its signature.
 *
 * @param {{id_token?: string, access_token?: string, expires_in?: number}} answer
 * @param {string} nonce
 */
function keep(answer, nonce) {
  const { issuer, clientId, token: which = "id" } = configured();
  const claims = answer.id_token ? claimsOf(answer.id_token) : {};
  const audience = [claims.aud].flat();
  if (claims.nonce !== nonce || claims.iss !== issuer || !audience.includes(clientId)) {
    throw failed("The issuer's token is not the one that this tab asked for.");
  }
  const value = which === "id" ? answer.id_token : answer.access_token;
  if (!value || !answer.id_token) throw failed(`The issuer gave no ${which} token.`);
  const lasts = which === "id" ? undefined : answer.expires_in;
  const expiresAt = lasts === undefined ? Number(claims.exp) * 1000 : Date.now() + lasts * 1000;
  const kept = { value, id: answer.id_token, since: Date.now(), expiresAt };
  sessionStorage.setItem(KEPT, JSON.stringify(kept));
}

/** @returns {Kept | null} A token that is not about to expire. */
function keptToken() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    return kept && kept.expiresAt > Date.now() + LEAVING_MS ? kept : null;
  } catch {
    return null;
  }
}

/** @param {Kept} kept */
function use(kept) {
  token.value = kept.value;
  const left = kept.expiresAt - Date.now() - LEAVING_MS;
  setTimeout(() => whenSeen(() => void signInAgain()), Math.min(left, LONGEST_TIMER_MS));
}

/** @param {() => void} then Called once somebody looks: a hidden tab need not stay signed in. */
function whenSeen(then) {
  if (!document.hidden) return then();
  addEventListener("visibilitychange", () => whenSeen(then), { once: true });
}

/** @type {Promise<Issuer> | null} */
let known = null;

/** @returns {Promise<Issuer>} */
function discovered() {
  known ??= ask();
  known.catch(() => (known = null));
  return known;
}

/** @returns {Promise<Issuer>} */
async function ask() {
  const { issuer } = configured();
  const place = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  let answer;
  try {
    answer = await fetch(place, { credentials: "omit" });
  } catch {
    throw failed(`The issuer ${issuer} does not answer.`);
  }
  if (!answer.ok) throw failed(`The issuer ${issuer} answers ${answer.status}.`);
  const told = await answer.json();
  if (told.issuer !== issuer) throw failed(`${issuer} calls itself ${told.issuer}.`);
  return told;
}

/** @returns {SignIn} */
function configured() {
  if (!settings) throw failed("This console has no sign-in.");
  return settings;
}

function callback() {
  return location.origin + location.pathname;
}

/** @returns {string} 256 random bits. */
function random() {
  return encoded(crypto.getRandomValues(new Uint8Array(32)));
}

/** @param {string} verifier */
async function challenge(verifier) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return encoded(new Uint8Array(digest));
}

/** @param {Uint8Array} bytes */
function encoded(bytes) {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * @param {string} jwt
 * @returns {Record<string, any>}
 */
function claimsOf(jwt) {
  try {
    const part = (jwt.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(part), (each) => each.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw failed("The issuer's token cannot be read.");
  }
}
