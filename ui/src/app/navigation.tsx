import type { ReactNode } from "react";

import { IconDashboard } from "@/components/icons";

export interface Entry {
  to: string;
  label: string;
  icon: ReactNode;
  isForAdmins?: boolean;
  /** Stands in the bar of a phone; the others are behind "More". */
  isMain?: boolean;
}

/** The pages, in the order of the navigation. */
export const NAVIGATION: Entry[] = [
  { to: "/", label: "Dashboard", icon: <IconDashboard />, isMain: true },
];
