import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** Background work. */
export function getJob(id: number) {
  return queryOptions({
    queryKey: keys.jobs.one(id),
    queryFn: ({ signal }) => call("GET /jobs/{job_id}", { path: { job_id: id }, signal }),
  });
}
