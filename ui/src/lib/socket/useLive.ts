import { useEffect, useEffectEvent, useSyncExternalStore } from "react";

import { live, type LiveStatus } from "./live";
import type { Envelope, LiveName } from "./protocol";

/** Whether events arrive. */
export function useLiveStatus(): LiveStatus {
  return useSyncExternalStore(live.subscribe, live.snapshot);
}

/** Hear events of one name while the component is shown. */
export function useLiveEvent<Name extends LiveName>(name: Name, hear: (envelope: Envelope<Name>) => void): void {
  const latest = useEffectEvent(hear);
  useEffect(() => live.on(name, (envelope) => latest(envelope)), [name]);
}

/** Be in a room while the component is shown. */
export function useRoom(room: string): void {
  useEffect(() => live.join(room), [room]);
}
