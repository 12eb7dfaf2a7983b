import { upload, type Result } from "@/lib/api/client";
import type { Operations } from "@/lib/api/schema";

/** Import a file of prices; the job says how far it is and what is wrong with which line. */
export function importPrices(file: File, query: Operations["POST /prices/import"]["query"]): Promise<Result<"POST /prices/import">> {
  const form = new FormData();
  form.append("file", file);
  return upload("POST /prices/import", { query }, form);
}
