import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import type { Operations } from "@/lib/api/schema";

/** A figure over two settings. */
export function getHeatmap(id: number, query: Operations["GET /sweeps/{sweep_id}/heatmap"]["query"]) {
  return queryOptions({
    queryKey: keys.sweeps.heatmap(id, query),
    queryFn: ({ signal }) => call("GET /sweeps/{sweep_id}/heatmap", { path: { sweep_id: id }, query, signal }),
    staleTime: Infinity,
  });
}
