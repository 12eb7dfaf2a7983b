/** The names of what the cache holds. What an event changes is found by these. */
export const keys = {
  portfolio: ["portfolio"],
  services: {
    all: ["services"],
    lists: ["services", "list"],
    list: (query: object) => ["services", "list", query],
    one: (id: number) => ["services", "one", id],
    metrics: (id: number) => ["services", "metrics", id],
    equity: (id: number) => ["services", "equity", id],
    decisions: (id: number) => ["services", "decisions", id],
    decisionList: (id: number, query: object) => ["services", "decisions", id, query],
    check: (id: number, side: string) => ["services", "check", id, side],
  },
  transactions: {
    all: ["transactions"],
    lists: ["transactions", "list"],
    list: (query: object) => ["transactions", "list", query],
    one: (id: number) => ["transactions", "one", id],
    metrics: (serviceId: number) => ["transactions", "metrics", serviceId],
  },
  orders: {
    all: ["orders"],
    list: (query: object) => ["orders", "list", query],
    one: (id: number) => ["orders", "one", id],
  },
  stocks: {
    all: ["stocks"],
    list: (query: object) => ["stocks", "list", query],
    search: (words: string) => ["stocks", "search", words],
    bySymbol: (symbol: string) => ["stocks", "symbol", symbol],
  },
  prices: {
    latest: (symbol: string) => ["prices", "latest", symbol],
    history: (symbol: string, query: object) => ["prices", "history", symbol, query],
    analysis: (symbol: string, timeframe: string) => ["prices", "analysis", symbol, timeframe],
    indicators: (symbol: string, query: object) => ["prices", "indicators", symbol, query],
    forecast: (symbol: string, horizon: number) => ["prices", "forecast", symbol, horizon],
    ofSymbol: (symbol: string) => ["prices", "latest", symbol],
  },
  strategies: ["strategies"],
  backtests: {
    all: ["backtests"],
    preview: (settings: object) => ["backtests", "preview", settings],
  },
  jobs: {
    all: ["jobs"],
    one: (id: number) => ["jobs", "one", id],
  },
  system: { info: ["system", "info"] },
  user: ["user"],
} as const;
