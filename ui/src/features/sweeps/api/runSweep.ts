import { call } from "@/lib/api/client";
import type { SweepJob, SweepInput } from "@/lib/api/schema";

/** Begin a search through settings. */
export function runSweep(body: SweepInput, idempotencyKey: string): Promise<SweepJob> {
  // The Swagger tells the answer of a dry run; without one it is the sweep's job.
  return call("POST /sweeps", { body, idempotencyKey }) as Promise<unknown> as Promise<SweepJob>;
}
