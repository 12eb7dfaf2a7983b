import { convertCssVariables, defaultCssVariablesResolver, mergeMantineTheme, DEFAULT_THEME } from "@mantine/core";
import type { Plugin } from "vite";

import { theme } from "../src/app/theme";

const ID = "virtual:theme-variables.css";

/** Mantine would write its variables into a style element, which the policy forbids: here they become part of a file. */
export function themeVariables(): Plugin {
  return {
    name: "daytrader-theme-variables",
    enforce: "pre",
    resolveId: (id) => (id === ID ? `\0${ID}` : undefined),
    load(id) {
      if (id !== `\0${ID}`) return undefined;
      const variables = defaultCssVariablesResolver(mergeMantineTheme(DEFAULT_THEME, theme));
      return convertCssVariables(variables, ":root");
    },
  };
}
