import type { ReactNode } from "react";

import { IconAdmin, IconBacktests, IconDashboard, IconOrders, IconSearch, IconServices, IconSettings, IconStocks, IconSweeps, IconTransactions } from "@/components/icons";

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
  { to: "/services", label: "Services", icon: <IconServices />, isMain: true },
  { to: "/stocks", label: "Stocks", icon: <IconStocks />, isMain: true },
  { to: "/transactions", label: "Transactions", icon: <IconTransactions />, isMain: true },
  { to: "/orders", label: "Orders", icon: <IconOrders /> },
  { to: "/backtests", label: "Backtests", icon: <IconBacktests /> },
  { to: "/sweeps", label: "Sweeps", icon: <IconSweeps /> },
  { to: "/scans", label: "Scan", icon: <IconSearch /> },
  { to: "/admin", label: "Administration", icon: <IconAdmin />, isForAdmins: true },
  { to: "/settings", label: "Settings", icon: <IconSettings /> },
];
