// Signing in and asking the API. The access token lives in this page's memory only; the refresh token is an HttpOnly
// cookie that no script sees.

const BASE = "/api/v1";
const JSON_HEADERS = { "Content-Type": "application/json", "X-Requested-With": "DayTrader" };

let accessToken = null;

export class SignedOut extends Error {}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function post(path, body) {
  return fetch(BASE + path, { method: "POST", headers: JSON_HEADERS, body: JSON.stringify(body) });
}

async function accept(response) {
  const body = await response.json();
  if (!response.ok) throw new SignedOut(body.message);
  accessToken = body.access_token;
  return body.user;
}

export async function signIn(username, password) {
  return accept(await post("/auth/login", { username, password }));
}

/** Go on with the cookie of an earlier visit. */
export async function goOn() {
  let response = await post("/auth/refresh", {});
  if (response.status === 401) {
    await pause(1000); // another tab may have spent the cookie's token a moment ago: by now there is a new one
    response = await post("/auth/refresh", {});
  }
  return accept(response);
}

export async function signOut() {
  await fetch(`${BASE}/auth/logout`, { method: "POST", headers: { Authorization: `Bearer ${accessToken}` } });
  accessToken = null;
}

export const token = () => accessToken;

/** GET path, going on once with a new token where the old one has expired. */
export async function read(path) {
  const ask = () => fetch(BASE + path, { headers: { Authorization: `Bearer ${accessToken}` } });
  let response = await ask();
  if (response.status === 401) {
    await goOn();
    response = await ask();
  }
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}
