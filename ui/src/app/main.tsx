import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "virtual:theme-variables.css";
import "./styles.css";

import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { session } from "@/lib/auth/session";

import { queryClient } from "./queryClient";
import { router } from "./router";
import { theme } from "./theme";

const root = document.getElementById("root");
if (!root) throw new Error("the page has no root");

void session.begin();

createRoot(root).render(
  <StrictMode>
    {/* Its variables and classes are files (build/themeVariables.ts): the policy admits no style element. */}
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <QueryClientProvider client={queryClient}>
        <Notifications position="bottom-right" limit={4} />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
