import { ApiError, readError } from "@/lib/api/errors";
import { patiently } from "@/lib/api/patiently";
import type { LoginInput, Tokens, User } from "@/lib/api/schema";

import { exclusively, shareWithTabs } from "./tabs";

/**
 * Who is signed in. The access token lives in this page's memory alone; the refresh token is an HttpOnly cookie that no
 * script sees. However many requests and tabs find the token expired, one of them asks for the next.
 */

export type SessionState =
  | { status: "unknown" }
  | { status: "out"; reason: string | null }
  | { status: "in"; user: User };

const AUTH = "/api/v1/auth";
const HEADERS = { "Content-Type": "application/json", "X-Requested-With": "DayTrader" };
const RETURNING = "daytrader-returning";
const ANOTHER_TAB_MILLISECONDS = 1000;

let state: SessionState = { status: "unknown" };
let accessToken: string | null = null;
let refreshing: Promise<string | null> | null = null;
const listeners = new Set<() => void>();

const tabs = shareWithTabs((message) => {
  if (message.kind === "signed-out") leave("You signed out in another tab.");
  else if (state.status === "in" && message.tokens.user.id === state.user.id) accept(message.tokens);
});

export const session = {
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },

  snapshot: (): SessionState => state,

  token: (): string | null => accessToken,

  /** Go on with the cookie of an earlier visit, or as the demo's user where the page says so. */
  async begin(): Promise<void> {
    if (isReturning()) {
      try {
        if (await this.refresh(null)) return;
      } catch {
        // the server is away: the sign-in page will say so
      }
    }
    const demo = demoAccount();
    if (!demo) {
      leave(null);
      return;
    }
    try {
      await this.signIn(demo);
    } catch (error) {
      leave(error instanceof Error ? error.message : null);
    }
  },

  async signIn(credentials: LoginInput): Promise<void> {
    const response = await post("/login", credentials);
    if (!response.ok) throw await readError(response);
    accept((await response.json()) as Tokens);
  },

  /** Return a token that is newer than *stale*, or null where the login has ended. */
  async refresh(stale: string | null): Promise<string | null> {
    if (accessToken !== null && accessToken !== stale) return accessToken;
    refreshing ??= exclusively(() => next(stale)).finally(() => {
      refreshing = null;
    });
    return refreshing;
  },

  async signOut(): Promise<void> {
    const token = accessToken;
    remember(false);
    leave(null);
    tabs.tell({ kind: "signed-out" });
    if (token) await fetch(`${AUTH}/logout`, { method: "POST", headers: { Authorization: `Bearer ${token}` } });
  },

  /** What is shown of the user changed. */
  setUser(user: User): void {
    if (state.status === "in") change({ status: "in", user });
  },
};

/** The demo's account, where the server runs one: it stands in the page, which only loopback can read. */
export function demoAccount(): { username: string; password: string } | null {
  const { demoUsername: username, demoPassword: password } = document.body.dataset;
  return username && password ? { username, password } : null;
}

/** Whether this server lets anyone open an account. */
export function registrationIsOpen(): boolean {
  return document.body.dataset["registration"] === "on";
}

async function next(stale: string | null): Promise<string | null> {
  if (accessToken !== null && accessToken !== stale) return accessToken; // another tab was first
  let response = await post("/refresh", {});
  if (response.status === 401) {
    await pause(ANOTHER_TAB_MILLISECONDS); // a tab without locks may have spent the cookie's token a moment ago
    response = await post("/refresh", {});
  }
  if (response.ok) {
    const tokens = (await response.json()) as Tokens;
    if (state.status === "in" && state.user.id !== tokens.user.id) {
      leave(`${tokens.user.username} signed in in another tab.`);
      return null;
    }
    accept(tokens);
    tabs.tell({ kind: "tokens", tokens });
    return tokens.access_token;
  }
  if (response.status !== 401) throw await readError(response);
  remember(false);
  leave(state.status === "in" ? "Your login has ended. Sign in again." : null);
  return null;
}

async function post(path: string, body: unknown): Promise<Response> {
  try {
    // Outlives the page: a reload in this moment must not lose the cookie that the answer brings.
    return await patiently(() => fetch(AUTH + path, { method: "POST", headers: HEADERS, body: JSON.stringify(body), keepalive: true }));
  } catch {
    throw ApiError.unreachable();
  }
}

function accept(tokens: Tokens): void {
  accessToken = tokens.access_token;
  remember(true);
  change({ status: "in", user: tokens.user });
}

function leave(reason: string | null): void {
  accessToken = null;
  change({ status: "out", reason });
}

function change(to: SessionState): void {
  state = to;
  listeners.forEach((listener) => listener());
}

function isReturning(): boolean {
  try {
    return localStorage.getItem(RETURNING) !== null;
  } catch {
    return true;
  }
}

function remember(is: boolean): void {
  try {
    if (is) localStorage.setItem(RETURNING, "yes");
    else localStorage.removeItem(RETURNING);
  } catch {
    // a browser that keeps nothing: the cookie is asked each time
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
