import { call, type Result } from "@/lib/api/client";

/** Copy the database while it is in use. */
export function backUp(): Promise<Result<"POST /system/database/backup">> {
  return call("POST /system/database/backup", {});
}
