import type { Tokens } from "@/lib/api/schema";

export type TabMessage = { kind: "tokens"; tokens: Tokens } | { kind: "signed-out" };

const NAME = "daytrader-session";

/** Hear what the other tabs of this browser say, and tell them. */
export function shareWithTabs(hear: (message: TabMessage) => void): { tell: (message: TabMessage) => void } {
  if (typeof BroadcastChannel === "undefined") return { tell: () => undefined };
  const channel = new BroadcastChannel(NAME);
  channel.onmessage = (event: MessageEvent<TabMessage>) => hear(event.data);
  return { tell: (message) => channel.postMessage(message) };
}

/** Run *work* while no other tab runs its own; without secure origin there are no locks, and it just runs. */
export async function exclusively<T>(work: () => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
  return locks ? locks.request(NAME, work) : work();
}
