import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";

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
