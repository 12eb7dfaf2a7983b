import { notifications } from "@mantine/notifications";

import { inWords } from "@/lib/api/errors";

/** Say that something is done. */
export function notifyDone(message: string): void {
  notifications.show({ message, color: "petrol", autoClose: 4000 });
}

/** Say why something was refused. */
export function notifyFailure(error: unknown): void {
  notifications.show({ title: "That did not work", message: inWords(error), color: "red.8", autoClose: 8000, role: "alert" });
}
