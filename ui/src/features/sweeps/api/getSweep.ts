import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** A sweep: how far it is, the best, and what the statistics say of it. */
export function getSweep(id: number) {
  return queryOptions({
    queryKey: keys.sweeps.one(id),
    queryFn: ({ signal }) => call("GET /sweeps/{sweep_id}", { path: { sweep_id: id }, signal }),
  });
}
