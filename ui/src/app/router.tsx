import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";

import { handedOver } from "@/lib/backtest/settings";

import { NotFound } from "./NotFound";
import { Root } from "./Root";

const root = createRootRoute({ component: Root, notFoundComponent: NotFound });

// Each page is a part of the program of its own, loaded when it is first looked at.
const routes = [
  createRoute({
    getParentRoute: () => root,
    path: "/",
    component: lazyRouteComponent(() => import("@/features/dashboard/DashboardPage"), "DashboardPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/services",
    component: lazyRouteComponent(() => import("@/features/services/ServicesPage"), "ServicesPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/services/new",
    validateSearch: handedOver,
    component: lazyRouteComponent(() => import("@/features/services/NewServicePage"), "NewServicePage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/services/$serviceId",
    component: lazyRouteComponent(() => import("@/features/services/ServicePage"), "ServicePage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/backtests",
    component: lazyRouteComponent(() => import("@/features/backtests/BacktestsPage"), "BacktestsPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/backtests/new",
    validateSearch: handedOver,
    component: lazyRouteComponent(() => import("@/features/backtests/NewBacktestPage"), "NewBacktestPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/backtests/compare",
    validateSearch: (search: Record<string, unknown>): { ids?: string } => (typeof search["ids"] === "string" ? { ids: search["ids"] } : {}),
    component: lazyRouteComponent(() => import("@/features/backtests/ComparePage"), "ComparePage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/backtests/$backtestId",
    component: lazyRouteComponent(() => import("@/features/backtests/BacktestPage"), "BacktestPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/stocks",
    component: lazyRouteComponent(() => import("@/features/stocks/StocksPage"), "StocksPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/stocks/$symbol",
    component: lazyRouteComponent(() => import("@/features/stocks/StockPage"), "StockPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/transactions",
    component: lazyRouteComponent(() => import("@/features/transactions/TransactionsPage"), "TransactionsPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/orders",
    component: lazyRouteComponent(() => import("@/features/transactions/OrdersPage"), "OrdersPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings",
    component: lazyRouteComponent(() => import("@/features/settings/SettingsPage"), "SettingsPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/sweeps",
    component: lazyRouteComponent(() => import("@/features/sweeps/SweepsPage"), "SweepsPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/sweeps/new",
    component: lazyRouteComponent(() => import("@/features/sweeps/NewSweepPage"), "NewSweepPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/sweeps/$sweepId",
    component: lazyRouteComponent(() => import("@/features/sweeps/SweepPage"), "SweepPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/scans",
    component: lazyRouteComponent(() => import("@/features/scans/ScansPage"), "ScansPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/admin",
    component: lazyRouteComponent(() => import("@/features/admin/AdminPage"), "AdminPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/admin/$section",
    component: lazyRouteComponent(() => import("@/features/admin/AdminPage"), "AdminPage"),
  }),
  // The door shows them; here they are so that links to them are checked.
  createRoute({ getParentRoute: () => root, path: "/register", component: NotFound }),
  createRoute({ getParentRoute: () => root, path: "/set-password", component: NotFound }),
];

export const router = createRouter({
  routeTree: root.addChildren(routes),
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
