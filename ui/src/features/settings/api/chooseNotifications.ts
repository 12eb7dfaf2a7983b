import { call, type Result } from "@/lib/api/client";
import type { NotificationTarget } from "@/lib/api/schema";

/** A target as it is wished for; without `url` its address stays as it is stored. */
export interface ChosenTarget {
  name: string;
  url: string | null;
  kinds: NotificationTarget["kinds"];
  is_active: boolean;
}

/** What keeps a target that is there as it is. */
export function asItIs(target: NotificationTarget): ChosenTarget {
  return { name: target.name, url: null, kinds: target.kinds, is_active: target.is_active };
}

/** Choose all targets at once: those that are not named are removed. */
export function chooseNotifications(targets: ChosenTarget[]): Promise<Result<"PUT /notifications">> {
  return call("PUT /notifications", { body: { targets: targets.map((target) => ({ ...target })) } });
}
