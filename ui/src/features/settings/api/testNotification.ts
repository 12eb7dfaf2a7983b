import { call, type Result } from "@/lib/api/client";

/** Send a test to a target; takes up to half a minute. */
export function testNotification(name: string): Promise<Result<"POST /notifications/test">> {
  return call("POST /notifications/test", { body: { name } });
}
