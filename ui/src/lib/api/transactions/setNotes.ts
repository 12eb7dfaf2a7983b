import { call, type Result } from "@/lib/api/client";

/** Keep a remark with a transaction. */
export function setNotes(id: number, notes: string | null): Promise<Result<"PUT /transactions/{transaction_id}/notes">> {
  return call("PUT /transactions/{transaction_id}/notes", { path: { transaction_id: id }, body: { notes } });
}
