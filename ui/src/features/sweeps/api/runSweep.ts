import { call } from "@/lib/api/client";
import type { SweepAccepted, SweepInput } from "@/lib/api/schema";

/** Begin a search through settings. */
export function runSweep(body: SweepInput, idempotencyKey: string): Promise<SweepAccepted> {
  // The Swagger tells the answer of a dry run; without one a sweep is accepted.
  return call("POST /sweeps", { body, idempotencyKey }) as Promise<unknown> as Promise<SweepAccepted>;
}
