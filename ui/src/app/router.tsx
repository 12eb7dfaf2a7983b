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
  createRoute({
    getParentRoute: () => root,
    path: "/services",
    component: lazyRouteComponent(() => import("@/features/services/ServicesPage"), "ServicesPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/services/new",
    component: lazyRouteComponent(() => import("@/features/services/NewServicePage"), "NewServicePage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/services/$serviceId",
    component: lazyRouteComponent(() => import("@/features/services/ServicePage"), "ServicePage"),
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
