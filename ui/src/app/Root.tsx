import { useQueryClient } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

import { AuthScreen } from "@/features/auth/AuthScreen";
import { useSession } from "@/lib/auth/useSession";
import { keepCurrent } from "@/lib/socket/cache";
import { live } from "@/lib/socket/live";

import { Shell } from "./Shell";
import { Splash } from "./Splash";

const PUBLIC = new Set(["/register", "/set-password"]);

/** Who is signed in sees the shell; who is not, the door, at whatever address they came to. */
export function Root() {
  const state = useSession();
  const client = useQueryClient();
  const { pathname } = useLocation();
  const userId = state.status === "in" ? state.user.id : null;
  const lastUser = useRef<number | null>(null);

  useEffect(() => {
    if (userId === null) return;
    // Nothing of one user is ever shown to the next.
    if (lastUser.current !== null && lastUser.current !== userId) client.clear();
    lastUser.current = userId;
    const stop = keepCurrent(client);
    live.connect(userId);
    return () => {
      stop();
      live.disconnect();
    };
  }, [userId, client]);

  if (state.status === "unknown") return <Splash />;
  if (state.status === "out" || PUBLIC.has(pathname)) {
    return <AuthScreen pathname={pathname} reason={state.status === "out" ? state.reason : null} />;
  }
  return <Shell />;
}
