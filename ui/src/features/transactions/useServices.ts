import { useQuery } from "@tanstack/react-query";

import type { Service } from "@/lib/api/schema";
import { listServices } from "@/lib/api/services/listServices";

const MOST = { page_size: 100, sort: "name", order: "asc" } as const;

/** The services that rows may be of. */
export function useServices(): Service[] {
  return useQuery(listServices(MOST)).data?.items ?? [];
}
