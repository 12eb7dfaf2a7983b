import type { ReactNode, SVGProps } from "react";

/** Line icons on a 20-unit grid, drawn for this interface: one stroke, the colour of their text. */
export type IconProps = Omit<SVGProps<SVGSVGElement>, "children"> & { size?: number };

function icon(name: string, shape: ReactNode) {
  const Icon = ({ size = 16, ...rest }: IconProps) => (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.6}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
      {...rest}
    >
      {shape}
    </svg>
  );
  Icon.displayName = `Icon${name}`;
  return Icon;
}

export const IconDashboard = icon("Dashboard", <path d="M3 3h6v8H3zM11 3h6v5h-6zM11 10h6v7h-6zM3 13h6v4H3z" />);
export const IconStocks = icon("Stocks", <path d="M5 3v2m0 8v4M3.5 5h3v8h-3zM10 5v3m0 6v3M8.500 8h3v6h-3zM15 2v2m0 7v4M13.500 4h3v7h-3z" />);
export const IconServices = icon("Services", <path d="M3 14l4-5 4 3 6-8M13 4h4v4" />);
export const IconBacktests = icon("Backtests", <path d="M3.500 10a6.500 6.500 0 1 0 2-4.700M3 3v3.500h3.500M10 6.500V10l2.500 1.800" />);
export const IconSweeps = icon("Sweeps", <path d="M3 3h4v4H3zM8 3h4v4H8zM13 3h4v4h-4zM3 8h4v4H3zM8 8h4v4H8zM13 8h4v4h-4zM3 13h4v4H3zM8 13h4v4H8zM13 13h4v4h-4z" />);
export const IconTransactions = icon("Transactions", <path d="M3 7h12l-3-3M17 13H5l3 3" />);
export const IconOrders = icon("Orders", <path d="M5 3h10v14l-2.500-1.500L10 17l-2.500-1.500L5 17zM8 7h4M8 10.500h4" />);
export const IconAdmin = icon("Admin", <path d="M10 2.500l6 2.300v4.400c0 3.800-2.500 6.700-6 8.300-3.500-1.600-6-4.500-6-8.300V4.800zM7.500 10l1.800 1.800L12.700 8.300" />);
export const IconSettings = icon("Settings", <path d="M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4" />);
export const IconBell = icon("Bell", <path d="M5 13V9a5 5 0 0 1 10 0v4l1.500 1.500h-13zM8.500 17h3" />);
export const IconSun = icon("Sun", <path d="M10 6.500a3.500 3.500 0 1 1 0 7 3.500 3.500 0 0 1 0-7zM10 2v1.500M10 16.500V18M2 10h1.500M16.500 10H18M4.300 4.300l1 1M14.700 14.700l1 1M4.300 15.700l1-1M14.700 5.300l1-1" />);
export const IconMoon = icon("Moon", <path d="M16 12a6.500 6.500 0 0 1-8-8 6.500 6.500 0 1 0 8 8z" />);
export const IconPlus = icon("Plus", <path d="M10 4v12M4 10h12" />);
export const IconPlay = icon("Play", <path d="M6 4l10 6-10 6z" />);
export const IconPause = icon("Pause", <path d="M7 4v12M13 4v12" />);
export const IconStop = icon("Stop", <path d="M5 5h10v10H5z" />);
export const IconHold = icon("Hold", <path d="M6 9V5.500a1 1 0 0 1 2 0V9m0-4.500v-1a1 1 0 0 1 2 0V9m0-5a1 1 0 0 1 2 0v5m0-3a1 1 0 0 1 2 0v6c0 3-1.800 5-4.500 5-2.200 0-3.300-1-4.500-3l-1.700-3a1 1 0 0 1 1.700-1L6 12z" />);
export const IconSearch = icon("Search", <path d="M9 3.500a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11zM13 13l4 4" />);
export const IconDownload = icon("Download", <path d="M10 3v9m0 0l-3.500-3.500M10 12l3.500-3.500M4 16h12" />);
export const IconUpload = icon("Upload", <path d="M10 13V4m0 0L6.500 7.500M10 4l3.500 3.500M4 16h12" />);
export const IconEdit = icon("Edit", <path d="M4 16l.8-3.300L13 4.500l2.500 2.500-8.200 8.200zM11.500 6l2.500 2.500" />);
export const IconNote = icon("Note", <path d="M4 4h12v9l-3.500 3.500H4zM12.500 16.500V13H16M7 7.500h6M7 10.500h3" />);
export const IconTrash = icon("Trash", <path d="M4 6h12M8 6V4h4v2M5.500 6l.7 10.500h7.600L14.500 6M8.500 9v4.500M11.500 9v4.500" />);
export const IconCheck = icon("Check", <path d="M4 10.500l4 4 8-9" />);
export const IconWarning = icon("Warning", <path d="M10 3.500l7.500 13h-15zM10 8.500v3.500M10 14.200v.1" />);
export const IconClose = icon("Close", <path d="M5 5l10 10M15 5L5 15" />);
export const IconUp = icon("Up", <path d="M5 12l5-5 5 5" />);
export const IconDown = icon("Down", <path d="M5 8l5 5 5-5" />);
export const IconBack = icon("Back", <path d="M12 5l-5 5 5 5" />);
export const IconForward = icon("Forward", <path d="M8 5l5 5-5 5" />);
export const IconMore = icon("More", <path d="M4.500 10h.1M10 10h.1M15.500 10h.1" strokeWidth={2.4} />);
export const IconUser = icon("User", <path d="M10 3.500a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM4 16.500c.6-3 3-4.500 6-4.500s5.400 1.500 6 4.500" />);
export const IconSignOut = icon("SignOut", <path d="M8 3.500H4v13h4M12.500 6.500L16 10l-3.500 3.500M16 10H8" />);
export const IconKey = icon("Key", <path d="M7 9a3.500 3.500 0 1 0 0 .1M9.500 10.500H17v3M14 10.500v2" />);
export const IconBook = icon("Book", <path d="M4 4.500c2.200-.8 4.200-.6 6 .8v11c-1.800-1.400-3.800-1.600-6-.8zM16 4.500c-2.200-.8-4.200-.6-6 .8v11c1.800-1.400 3.800-1.600 6-.8z" />);
export const IconLogo = ({ size = 22 }: { size?: number }) => (
  <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <rect width="24" height="24" rx="5" fill="var(--mantine-color-petrol-7)" />
    <path d="M5 15.500l4-4.500 3.500 3L19 7" fill="none" stroke="#fff" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round" />
    <circle cx="19" cy="7" r="1.700" fill="#fff" />
  </svg>
);
