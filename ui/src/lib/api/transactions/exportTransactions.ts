import { download } from "@/lib/api/client";
import type { Operations } from "@/lib/api/schema";

/** Transactions as CSV, filtered and sorted as the list is. */
export function exportTransactions(query: Operations["GET /transactions/export"]["query"]): Promise<Blob> {
  return download("GET /transactions/export", { query });
}
