import type { MantineColorsTuple, MantineThemeOverride } from "@mantine/core";

// Petrol: the one accent. Green and red are kept for gains and losses, amber for what waits.
const petrol: MantineColorsTuple = [
  "#e6f4f5",
  "#cfe6e9",
  "#a2ccd2",
  "#71b0b9",
  "#4999a4",
  "#2f8a97",
  "#14798a",
  "#0c6675",
  "#085561",
  "#03434d",
];

const dark: MantineColorsTuple = [
  "#dde3e4",
  "#b6c0c2",
  "#94a0a3",
  "#66757a",
  "#364348",
  "#29343a",
  "#1d262a",
  "#151c1f",
  "#101618",
  "#0b0f11",
];

const gray: MantineColorsTuple = [
  "#f7f8f7",
  "#eff1f0",
  "#e3e6e5",
  "#d5dad9",
  "#bfc6c5",
  "#98a2a2",
  "#667172",
  "#4c5758",
  "#323b3c",
  "#1b2223",
];

// What a cross says to who does not see it.
const DISMISS = { "aria-label": "Dismiss" };

export const theme: MantineThemeOverride = {
  primaryColor: "petrol",
  primaryShade: { light: 7, dark: 6 },
  colors: { petrol, dark, gray },
  white: "#ffffff",
  black: "#141a1b",
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, monospace",
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  headings: { fontFamily: "inherit", fontWeight: "600" },
  defaultRadius: 5,
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    // The policy forbids style elements, which these would make (docs/decisions/0023).
    Modal: { defaultProps: { lockScroll: false, centered: true, closeButtonProps: DISMISS } },
    Drawer: { defaultProps: { lockScroll: false, closeButtonProps: DISMISS } },
    Notification: { defaultProps: { closeButtonProps: DISMISS } },
    Button: { defaultProps: { size: "xs" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray", size: "lg" } },
    TextInput: { defaultProps: { size: "sm" } },
    PasswordInput: { defaultProps: { size: "sm" } },
    NumberInput: { defaultProps: { size: "sm" } },
    Select: { defaultProps: { size: "sm", checkIconPosition: "right" } },
    Textarea: { defaultProps: { size: "sm" } },
    Tooltip: { defaultProps: { openDelay: 250, multiline: true, maw: 320 } },
  },
};
