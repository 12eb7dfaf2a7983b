import { useSyncExternalStore } from "react";

import type { User } from "@/lib/api/schema";

import { session, type SessionState } from "./session";

/** Who is signed in. */
export function useSession(): SessionState {
  return useSyncExternalStore(session.subscribe, session.snapshot);
}

/** The signed-in user; only below the shell, which is shown to nobody else. */
export function useUser(): User {
  const state = useSession();
  if (state.status !== "in") throw new Error("nobody is signed in");
  return state.user;
}
