// Made by `make api-types` from the server's Swagger. Not edited by hand.
export interface Analysis {
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol: string;
  /** What a bar is */
  timeframe: "INTRADAY" | "DAILY" | "WEEKLY" | "MONTHLY" | "QUARTERLY" | "YEARLY";
  /** The bar that it is about */
  as_of: string;
  /** The close of that bar */
  latest_price: number;
  /** SMA of the close by window */
  moving_averages: Record<string, unknown>;
  /** Relative strength index over 14 bars */
  rsi: number | null;
  bollinger: Bands;
  macd: Macd;
  /** Average true range over 14 bars */
  atr: number | null;
  /** up, down or sideways */
  trend: string | null;
  /** Change of the close over so many bars, percent */
  price_changes: Record<string, unknown>;
  signals: Signals;
  /** The nearest low swing below the price */
  support: number | null;
  /** The nearest high swing above the price */
  resistance: number | null;
}

export interface ApiKey {
  /** Its number, never used again */
  id: number;
  /** Whose it is */
  user_id: number;
  /** What it is called */
  name: string;
  /** The first characters of the key */
  prefix: string;
  /** Each includes those before it */
  scopes: ("read" | "trade" | "admin")[];
  /** When it ends; null: never */
  expires_at: string | null;
  /** When it was last used, to the minute; null: never */
  last_used_at: string | null;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
}

export interface ApiKeyInput {
  /** What it is called */
  name: string;
  /** Each includes those before it */
  scopes: ("read" | "trade" | "admin")[];
  /** When it ends; null: never */
  expires_at?: string | null;
}

export interface ApiKeyPage {
  items: ApiKey[];
  pagination: Pagination;
  /** What would stand on this page but is damaged in the database; missing where nothing is */
  unreadable?: UnreadableRow[];
}

export interface AuditEntry {
  /** Its number, never used again */
  id: number;
  /** null where nobody was signed in */
  actor_id: number | null;
  /** login:7, key:3, anonymous or console */
  via: string;
  /** What was tried */
  action: string;
  /** What it was about */
  target: string;
  /** ok, or the code of the error */
  result: string;
  /** From where */
  address: string;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
}

export interface AuditEntryPage {
  items: AuditEntry[];
  pagination: Pagination;
  /** What would stand on this page but is damaged in the database; missing where nothing is */
  unreadable?: UnreadableRow[];
}

export interface Backtest {
  /** The fraction of the spendable cash that one buy may use: 0 < x <= 1 */
  allocation?: number;
  /** Shares per buy at most; null: by allocation */
  shares?: number | null;
  /** Percent below the entry; 0 is off */
  stop_loss?: number;
  /** Percent above the entry; 0 is off */
  take_profit?: number;
  /** Percent, for the strategy technical */
  buy_threshold?: number;
  /** Percent, for the strategy technical */
  sell_threshold?: number;
  /** No order takes the balance below this */
  minimum_balance?: number;
  /** Paid for each order */
  commission_per_order?: number;
  /** Paid for each share */
  commission_per_share?: number;
  /** Paid of each amount, percent */
  commission_percent?: number;
  /** The least that an order costs */
  commission_minimum?: number;
  /** Basis points */
  slippage_bps?: number;
  /** Kept back for a higher open */
  gap_reserve?: number;
  /** Percent of a bar's volume that one fill takes at most, on paper and in backtests; null: no limit */
  volume_limit?: number | null;
  /** One stock, or `members` */
  symbol?: string;
  /** Which signals are followed; `GET /strategies` lists them */
  strategy?: string;
  /** Parameters of the strategy by name */
  params?: Record<string, unknown>;
  /** First session that may be traded */
  start?: string;
  /** Last session */
  end?: string;
  /** Minutes of the bars it reads: 0 (daily), 1, 5, 15, 30 or 60 */
  interval?: number;
  /** Money that is not invested */
  cash?: number;
  /** At the next bar's open, as the engine trades, or at the same close, for research */
  fill?: "next_open" | "close";
  /** As traded, or scaled by the vendor's adjusted close */
  prices?: "raw" | "adjusted";
  /** Instead of a symbol: a portfolio, whose members act in this order */
  members?: Record<string, unknown>[];
}

export interface BacktestComparison {
  items: ComparedBacktest[];
  /** Each setting in which they differ, with their values in the order of the items */
  differences: Record<string, unknown>;
  /** Whether all were made from the same prices */
  is_same_data: boolean;
}

export interface BacktestEquity {
  /** The sessions, oldest first */
  dates: string[];
  /** At each session's close */
  portfolio_values: number[];
  /** Below the highest value so far, in percent of it */
  drawdown_pct: number[];
  /** What buying everything at the start and holding it was worth, where it is known */
  buy_and_hold_values: number[] | null;
}

export interface BacktestItem {
  /** Its number, never used again */
  id: number;
  /** Whose it is */
  user_id: number;
  /** The service whose settings were tested */
  service_id: number | null;
  /** The job that ran it */
  job_id: number | null;
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol: string;
  /** Which signals are followed; `GET /strategies` lists them */
  strategy: string;
  /** Parameters of the strategy by name */
  params: Record<string, unknown>;
  /** Every other setting */
  settings: Record<string, unknown>;
  /** Minutes of a bar, 0 for daily */
  interval: number;
  /** First session that may be traded */
  start: string;
  /** Last session */
  end: string;
  /** What it began with */
  initial_balance: number;
  /** Cash and shares at the end */
  final_portfolio_value: number;
  /** Gain in percent of what it began with */
  total_return_pct: number;
  /** What holding the stock all the time would have gained */
  buy_and_hold_return_pct: number | null;
  /** The deepest fall from a high, 0 or negative */
  max_drawdown_pct: number | null;
  /** Annualised, without a risk-free rate */
  sharpe_ratio: number | null;
  /** Closed ones */
  trades: number;
  /** Figures by name */
  metrics: Record<string, unknown>;
  /** Of the prices it was made from */
  data_hash: string;
  /** The version of the rules */
  engine_version: string;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
}

export interface BacktestItemPage {
  items: BacktestItem[];
  pagination: Pagination;
  /** What would stand on this page but is damaged in the database; missing where nothing is */
  unreadable?: UnreadableRow[];
}

export interface BacktestTrades {
  items: Trade[];
}

export interface Backup {
  /** What it is called */
  name: string;
  /** On disk */
  size_bytes: number;
  /** When it was made */
  created_at: string;
}

export interface Bands {
  /** The upper band */
  upper: number | null;
  /** The average of 20 closes */
  middle: number | null;
  /** The lower band */
  lower: number | null;
}

export interface BrokerCredential {
  /** Its number, never used again */
  id: number;
  /** Whose it is */
  user_id: number;
  /** Who fills its orders */
  broker: string;
  /** Real money; false: the broker's own paper market */
  is_live: boolean;
  /** The last four characters of the key's id */
  shown: string;
  /** The broker's number of the account */
  account: string;
  /** When the broker took the keys */
  verified_at: string;
  /** The account's cash as last seen */
  cash: number | null;
  /** When that was */
  cash_seen_at: string | null;
  /** Since when nothing is bought there */
  halted_at: string | null;
  /** Why nothing is bought there */
  halted_reason: string | null;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
}

export interface BrokerTested {
  /** Whether the broker takes the keys and lets the account trade */
  is_accepted: boolean;
  /** Why not */
  error: string | null;
  /** The account's cash */
  cash: number | null;
}

export interface Brokers {
  /** Names of the brokers that can be connected */
  available: string[];
  connected: BrokerCredential[];
}

export interface BuyInput {
  /** The service that it belongs to */
  service_id: number;
  /** How many shares */
  shares: number;
  /** Within 20 % of the last known price, the default; on paper only */
  purchase_price?: number | null;
}

export interface CancelInput {
  /** Why */
  reason: string;
}

export interface ChangePasswordInput {
  /** 8 to 128 characters with an upper-case letter, a lower-case letter and a digit; no common one */
  new_password: string;
  /** The new one once more */
  confirm_password: string;
  /** The caller's present password */
  current_password: string;
}

export interface Check {
  /** Whether it would trade */
  should_proceed: boolean;
  /** Why, in words */
  reason: string;
  /** When */
  timestamp: string;
  /** The bar, the shares and the strategy's figures */
  details: Record<string, unknown>;
  /** The service that it belongs to */
  service_id: number;
  /** What the service looks for next */
  next_action: "CHECK_BUY" | "CHECK_SELL";
}

export interface ClientEvent {
  /** What it is called */
  name: string;
  /** What it is for */
  about: string;
  /** An example */
  payload: Record<string, unknown>;
  /** What is answered */
  acknowledgement: Record<string, unknown>;
}

export interface ComparedBacktest {
  /** Its number, never used again */
  id: number;
  /** Whose it is */
  user_id: number;
  /** The service whose settings were tested */
  service_id: number | null;
  /** The job that ran it */
  job_id: number | null;
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol: string;
  /** Which signals are followed; `GET /strategies` lists them */
  strategy: string;
  /** Parameters of the strategy by name */
  params: Record<string, unknown>;
  /** Every other setting */
  settings: Record<string, unknown>;
  /** Minutes of a bar, 0 for daily */
  interval: number;
  /** First session that may be traded */
  start: string;
  /** Last session */
  end: string;
  /** What it began with */
  initial_balance: number;
  /** Cash and shares at the end */
  final_portfolio_value: number;
  /** Gain in percent of what it began with */
  total_return_pct: number;
  /** What holding the stock all the time would have gained */
  buy_and_hold_return_pct: number | null;
  /** The deepest fall from a high, 0 or negative */
  max_drawdown_pct: number | null;
  /** Annualised, without a risk-free rate */
  sharpe_ratio: number | null;
  /** Closed ones */
  trades: number;
  /** Figures by name */
  metrics: Record<string, unknown>;
  /** Of the prices it was made from */
  data_hash: string;
  /** The version of the rules */
  engine_version: string;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
  /** Whether the prices it was made from have changed since */
  is_restated: boolean;
}

export interface Complete {
  /** Within 20 % of the last known price, the default; on paper only */
  sale_price?: number | null;
}

export interface Config {
  /** By name */
  settings: Record<string, unknown>;
}

export interface CorporateAction {
  /** Its number, never used again */
  id: number;
  /** The stock's number */
  stock_id: number;
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol: string;
  /** The first session without the entitlement */
  ex_date: string;
  /** What kind it is of */
  kind: "DIVIDEND" | "SPLIT";
  /** Dividend for each share; 0 for a split */
  amount: number;
  /** New shares ... */
  ratio_numerator: number;
  /** ... for so many old ones */
  ratio_denominator: number;
  /** Whether it is too large to be a dividend: not paid until an admin releases it */
  is_quarantined: boolean;
  /** Whether it was held against the close before it; one without prices before it still waits for them */
  is_judged: boolean;
  /** The file or provider that it comes from */
  source: string;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
}

export interface CorporateActionPage {
  items: CorporateAction[];
  pagination: Pagination;
  /** What would stand on this page but is damaged in the database; missing where nothing is */
  unreadable?: UnreadableRow[];
}

export interface Criterion {
  /** What programs call it */
  name: string;
  /** What it asks */
  description: string;
  /** What there is, null where nothing is known */
  measured: number | null;
  /** What is asked for, null where nobody has said */
  threshold: number | null;
  /** Whether that is enough */
  is_met: boolean;
  /** What makes up the figure, in words */
  note: string | null;
}

export interface DailyPrice {
  /** Its number, never used again */
  id: number;
  /** The stock's number */
  stock_id: number;
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol: string;
  /** The first price */
  open_price: number | null;
  /** The highest price */
  high_price: number | null;
  /** The lowest price */
  low_price: number | null;
  /** The last price */
  close_price: number | null;
  /** Shares traded */
  volume: number | null;
  /** Where the price comes from */
  source: "REAL_TIME" | "DELAYED" | "SIMULATED" | "HISTORICAL";
  /** Close less open */
  change: number | null;
  /** The change in percent of the open */
  change_percent: number | null;
  /** Whether the source is not SIMULATED */
  is_real_data: boolean;
  /** Whether the source is known and the prices are whole and in order */
  is_valid: boolean;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
  /** The session */
  price_date: string;
  /** The last price, adjusted by the vendor for splits and dividends */
  adj_close: number | null;
  /** High less low */
  trading_range: number | null;
  /** The trading range in percent of the low */
  trading_range_percent: number | null;
}

export interface DailyPriceChanges {
  /** The first price */
  open_price?: number | null;
  /** The highest price */
  high_price?: number | null;
  /** The lowest price */
  low_price?: number | null;
  /** The last price */
  close_price?: number | null;
  /** Shares traded */
  volume?: number | null;
  /** Where the price comes from */
  source?: "REAL_TIME" | "DELAYED" | "SIMULATED" | "HISTORICAL";
  /** The session */
  price_date?: string;
  /** The last price, adjusted by the vendor for splits and dividends */
  adj_close?: number | null;
}

export interface DailyPricePage {
  items: DailyPrice[];
  pagination: Pagination;
  /** What would stand on this page but is damaged in the database; missing where nothing is */
  unreadable?: UnreadableRow[];
}

export interface DataEvent {
  /** What it is called */
  name: string;
  /** What it is for */
  about: string;
  /** What may have happened */
  actions: string[];
  /** Where it is heard */
  rooms: string[];
  /** An example */
  payload: Record<string, unknown>;
}

export interface DatabaseStatus {
  /** The kind of database */
  dialect: string;
  /** The migration that it is at */
  revision: string | null;
  /** The migration that this version needs */
  head: string;
  /** Whether nothing waits */
  is_current: boolean;
  /** Migrations that wait */
  pending: string[];
  /** How many there are */
  tables: number;
  /** On disk */
  size_bytes: number;
}

export interface Ddl {
  /** The kind of database */
  dialect: string;
  /** The statements */
  sql: string;
}

export interface Decision {
  /** Its number, never used again */
  id: number;
  /** The service that it belongs to */
  service_id: number;
  /** Minutes of a bar, 0 for daily */
  interval: number;
  /** The end of the bar */
  bar_time: string;
  /** What it did */
  action: "BUY" | "SELL" | "NOTHING";
  /** How many shares */
  shares: number;
  /** Why, in words */
  reason: string;
  /** The figures behind it */
  evidence: Record<string, unknown>;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
}

export interface DecisionPage {
  items: Decision[];
  pagination: Pagination;
  /** What would stand on this page but is damaged in the database; missing where nothing is */
  unreadable?: UnreadableRow[];
}

export interface DeflatedSharpe {
  /** As observed, annualised */
  sharpe_ratio: number;
  /** What the best of so many tries without skill shows, annualised */
  expected_maximum: number;
  /** Probability of more than 0, were it the only try */
  probabilistic: number;
  /** Probability of more than luck: 0.95 is wanted */
  deflated: number;
  /** Combinations that traded, earlier ones included */
  trials: number;
  /** Returns it was observed on */
  sessions: number;
  /** Of those returns */
  skewness: number;
  /** Of those returns, 3 for normal ones */
  kurtosis: number;
}

export interface DeleteUserInput {
  /** Nothing but true will do */
  confirm: boolean;
  /** The caller's own */
  password: string;
}

export interface Engine {
  /** stopped, standby, starting, running, idle, paused or failed */
  state: string;
  /** Whether orders and books have been reconciled */
  is_ready: boolean;
  /** Where its bars come from */
  feed: string | null;
  /** Whose bars a live feed asks for */
  provider: string | null;
  /** The last bar that every service has had */
  position: string | null;
  /** Stocks, at each interval, whose prices should have come and have not */
  stale: number;
  /** Bars a second */
  speed: number | null;
  /** How many it serves */
  services: number;
  /** When it took its last bar */
  last_bar_at: string | null;
  /** What went wrong, null for nothing */
  error: string | null;
  /** Which process trades (host:process:name) where several may; null on SQLite */
  holder: string | null;
  accounts: EngineAccount[];
}

export interface EngineAccount {
  /** Whose it is */
  user_id: number;
  /** Who fills its orders */
  broker: string;
  /** The broker's number of it */
  account: string;
  /** Real money, or the broker's own paper market */
  is_live: boolean;
  /** Nothing is sent there before its books were compared with it */
  is_reconciled: boolean;
  /** When it last answered everything it was asked */
  last_turn_at: string | null;
  /** Left alone until then: it failed, or is busy */
  paused_until: string | null;
  /** Why nothing, or no entry, is sent there now */
  error: string | null;
}

export interface Equity {
  /** When each value is of, oldest first */
  timestamps: string[];
  /** Cash and the position at the last known close */
  equity: number[];
  /** Money that is not invested */
  cash: number[];
  /** The shares at the last known close */
  position_value: number[];
}

export interface ApiErrorBody {
  /** Always true */
  error: boolean;
  /** That of the answer */
  status_code: number;
  /** For people */
  message: string;
  /** For programs: never changes */
  code: string;
  /** What is wrong with each field that is */
  validation_errors: Record<string, string[]>;
  /** Finds the request in the server's log; also in the header `X-Request-ID` */
  request_id: string;
}

export interface Estimate {
  /** How many are tried */
  combinations: number;
  /** What it is about */
  symbols: number;
  /** Combinations times symbols */
  backtests: number;
  /** Of the first symbol */
  bars: number;
  left_out: LeftOut[];
  /** Measured on a sample, on this machine */
  estimated_seconds: number;
}

export interface Execution {
  /** Its number, never used again */
  id: number;
  /** The service that it belongs to */
  service_id: number;
  /** The order that it fills */
  order_id: number;
  /** The transaction that it opened or closed */
  transaction_id: number;
  /** Who fills its orders */
  broker: string;
  /** The broker's name for it */
  execution_ref: string;
  /** Buy or sell */
  side: "BUY" | "SELL";
  /** How many shares */
  shares: number;
  /** Per share */
  price: number;
  /** Shares times price, to the cent */
  amount: number;
  /** Commission */
  fee: number;
  /** The end of the bar */
  bar_time: string | null;
  /** When it was filled */
  executed_at: string;
  /** Whether the bar leaves open what happened first, so that the worse was taken */
  is_ambiguous: boolean;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
}

export interface Fetch {
  /** Who is asked */
  provider?: "alpaca" | "csv" | "sample" | "simulated" | "yahoo";
  /** First session */
  start?: string | null;
  /** Last session */
  end?: string | null;
  /** Minutes, 0 for daily */
  interval?: number;
}

export interface Flattened {
  /** Services that were at work */
  paused: number;
  /** Entries that had not filled */
  cancelled: number;
  /** Positions that are sold at the next open */
  selling: number;
}

export interface Forecast {
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol: string;
  /** How combinations are found */
  method: string;
  /** The bar that it is about */
  as_of: string;
  /** Sessions ahead */
  horizon: number;
  /** The sessions, oldest first */
  dates: string[];
  /** The expected close */
  mean: number[];
  /** Above this four times in five */
  lower_80: number[];
  /** Below this four times in five */
  upper_80: number[];
  /** Above this nineteen times in twenty */
  lower_95: number[];
  /** Below this nineteen times in twenty */
  upper_95: number[];
  error: ForecastError;
}

export interface ForecastError {
  /** How the errors are measured */
  metric: string;
  /** The method's error */
  model: number | null;
  /** The error of expecting no change */
  naive: number | null;
}

export interface Heatmap {
  /** The setting across */
  x: string;
  /** The setting down */
  y: string;
  /** How the errors are measured */
  metric: string;
  /** What stands for the combinations that share a cell */
  reduce: "mean" | "median" | "best";
  /** Values of the setting across */
  x_values: number[];
  /** Values of the setting down */
  y_values: number[];
  /** By row of y, then column of x; null where nothing traded */
  values: ((number | null)[])[];
  /** How many combinations that is, likewise */
  count: ((number | null)[])[];
}

export interface History {
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol: string;
  /** Minutes, 0 for daily */
  interval: number;
  /** Whether the prices are scaled by the vendor's adjusted close */
  adjusted: boolean;
  /** When each value is of, oldest first */
  timestamps: string[];
  /** First price */
  open: number[];
  /** Highest price */
  high: number[];
  /** Lowest price */
  low: number[];
  /** Last price */
  close: number[];
  /** Shares traded */
  volume: number[];
}

export interface Holding {
  /** The service that it belongs to */
  service_id: number;
  /** Cash and the position at the last known close */
  equity: number;
  /** The shares at the last known close */
  position_value: number;
  /** What the portfolio's last session changed */
  session_change: number;
  last_decision: Decision | null;
}

export interface Indicators {
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol: string;
  /** Minutes, 0 for daily */
  interval: number;
  /** When each value is of, oldest first */
  timestamps: string[];
  /** By the name that was asked for; several outputs by theirs */
  series: Record<string, unknown>;
}

export interface Info {
  /** What it is called */
  name: string;
  /** Of DayTrader */
  version: string;
  /** Since the process started */
  uptime_seconds: number;
  /** How far the replay has come, where there is one */
  market_time: string | null;
  /** What services can follow */
  strategies: string[];
  /** What is switched on */
  features: Record<string, unknown>;
}

export interface IntradayPrice {
  /** Its number, never used again */
  id: number;
  /** The stock's number */
  stock_id: number;
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol: string;
  /** The first price */
  open_price: number | null;
  /** The highest price */
  high_price: number | null;
  /** The lowest price */
  low_price: number | null;
  /** The last price */
  close_price: number | null;
  /** Shares traded */
  volume: number | null;
  /** Where the price comes from */
  source: "REAL_TIME" | "DELAYED" | "SIMULATED" | "HISTORICAL";
  /** Close less open */
  change: number | null;
  /** The change in percent of the open */
  change_percent: number | null;
  /** Whether the source is not SIMULATED */
  is_real_data: boolean;
  /** Whether the source is known and the prices are whole and in order */
  is_valid: boolean;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
  /** Its start */
  timestamp: string;
  /** Minutes: 1, 5, 15, 30 or 60 */
  interval: number;
  /** Whether the source is DELAYED */
  is_delayed: boolean;
  /** Whether the source is SIMULATED */
  is_simulated: boolean;
  /** Whether the source is HISTORICAL */
  is_historical: boolean;
  /** Whether the source is REAL_TIME */
  is_real_time: boolean;
}

export interface IntradayPriceChanges {
  /** The first price */
  open_price?: number | null;
  /** The highest price */
  high_price?: number | null;
  /** The lowest price */
  low_price?: number | null;
  /** The last price */
  close_price?: number | null;
  /** Shares traded */
  volume?: number | null;
  /** Where the price comes from */
  source?: "REAL_TIME" | "DELAYED" | "SIMULATED" | "HISTORICAL";
  /** Its start */
  timestamp?: string;
  /** Minutes: 1, 5, 15, 30 or 60 */
  interval?: number;
}

export interface IntradayPricePage {
  items: IntradayPrice[];
  pagination: Pagination;
  /** What would stand on this page but is damaged in the database; missing where nothing is */
  unreadable?: UnreadableRow[];
}

export interface InviteInput {
  /** 3 to 50 letters, digits, `_` or `-`; unique in any case */
  username: string;
  /** Unique in any case */
  email: string;
}

export interface Invited {
  user: User;
  /** The one-time link */
  set_password_url: string;
}

export interface Job {
  /** Its number, never used again */
  id: number;
  /** Whose it is */
  user_id: number | null;
  /** What kind it is of */
  kind: string;
  /** Where it is in its life */
  state: "QUEUED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED";
  /** 0 to 1 */
  progress: number;
  /** When it should be done */
  eta: string | null;
  /** Whether somebody has asked to end it */
  is_cancel_requested: boolean;
  /** What was done, by kind */
  result: Record<string, unknown>;
  /** Where it can be looked at */
  result_url: string | null;
  /** Why it failed */
  error: string | null;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
  /** When it began, null while it waits */
  started_at: string | null;
  /** When it ended, null before */
  finished_at: string | null;
  errors: RowError[];
}

export interface JobItem {
  /** Its number, never used again */
  id: number;
  /** Whose it is */
  user_id: number | null;
  /** What kind it is of */
  kind: string;
  /** Where it is in its life */
  state: "QUEUED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED";
  /** 0 to 1 */
  progress: number;
  /** When it should be done */
  eta: string | null;
  /** Whether somebody has asked to end it */
  is_cancel_requested: boolean;
  /** What was done, by kind */
  result: Record<string, unknown>;
  /** Where it can be looked at */
  result_url: string | null;
  /** Why it failed */
  error: string | null;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
  /** When it began, null while it waits */
  started_at: string | null;
  /** When it ended, null before */
  finished_at: string | null;
}

export interface JobItemPage {
  items: JobItem[];
  pagination: Pagination;
  /** What would stand on this page but is damaged in the database; missing where nothing is */
  unreadable?: UnreadableRow[];
}

export interface Kill {
  /** For people */
  reason?: string;
}

export interface Latest {
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol: string;
  items: LatestBar[];
}

export interface LatestBar {
  /** Minutes, 0 for daily */
  interval: number;
  /** When */
  timestamp: string;
  /** First price */
  open: number | null;
  /** Highest price */
  high: number | null;
  /** Lowest price */
  low: number | null;
  /** Last price */
  close: number | null;
  /** Shares traded */
  volume: number | null;
}

export interface LeftOut {
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol: string;
  /** Why, in words */
  reason: string;
}

export interface Limits {
  /** Once a session has lost so much, nothing buys until the next; currency units */
  max_daily_loss?: number | null;
  /** What positions and pending entries may be worth together; currency units */
  max_position_value?: number | null;
  /** Orders that may be placed in sixty seconds */
  max_orders_per_minute?: number | null;
}

export interface LoginInput {
  /** The user name or the mail address */
  username?: string;
  /** The mail address, instead of username */
  email?: string;
  /** The password */
  password: string;
  /** The code of the moment, where a second factor is in force */
  totp?: string | null;
}

export interface Macd {
  /** The fast average less the slow one */
  macd: number | null;
  /** The average of that */
  signal: number | null;
  /** MACD less signal */
  histogram: number | null;
}

export interface MemberResult {
  /** What it is called */
  name: string;
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol: string;
  /** Which signals are followed; `GET /strategies` lists them */
  strategy: string;
  /** Parameters of the strategy by name */
  params: Record<string, unknown>;
  /** Cash of its own, null where it shares */
  budget: number | null;
  /** What it came to after all fees, null while it is open */
  gain_loss: number;
  /** Shares at the end */
  final_shares: number;
  /** Closed transactions */
  trades: number;
  /** Percent of its trades that gained */
  win_rate_pct: number | null;
  /** Share of the sessions with a position */
  exposure_pct: number;
  /** All commissions */
  fees: number;
  /** Bars that touched its stop and its target */
  ambiguous_bars: number;
  /** Orders that others had left too little cash for */
  expired_for_cash: number;
  /** What it had brought at each session's close */
  gains: number[];
}

export interface Metrics {
  /** Cash and the position at the last known close */
  equity: number;
  /** Its cash */
  current_balance: number;
  /** The shares at the last known close */
  position_value: number;
  /** What the open position would bring beyond its cost */
  unrealized_gain_loss: number;
  /** Of closed transactions */
  total_gain_loss: number;
  /** Gain in percent of what it began with */
  total_return_pct: number;
  /** What holding the stock all the time would have gained */
  buy_and_hold_return_pct: number | null;
  /** 0 or negative */
  max_drawdown_pct: number;
  /** Annualised, without a risk-free rate */
  sharpe_ratio: number | null;
  /** Percent of the closed transactions */
  win_rate: number | null;
  /** Closed transactions */
  trades: number;
  /** Share of the sessions with a position */
  exposure_pct: number;
  /** All commissions */
  fees: number;
}

export interface Migrations {
  /** The migration that it is at */
  revision: string | null;
  /** The migration that this version needs */
  head: string;
  /** Migrations that were made */
  applied: string[];
  /** Migrations that wait */
  pending: string[];
}

export interface ModeInput {
  /** What the service waits for */
  mode: "BUY" | "SELL" | "HOLD";
}

export interface NewApiKey {
  /** Its number, never used again */
  id: number;
  /** Whose it is */
  user_id: number;
  /** What it is called */
  name: string;
  /** The first characters of the key */
  prefix: string;
  /** Each includes those before it */
  scopes: ("read" | "trade" | "admin")[];
  /** When it ends; null: never */
  expires_at: string | null;
  /** When it was last used, to the minute; null: never */
  last_used_at: string | null;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
  /** Sent as `Authorization: Bearer ...`; shown this once */
  key: string;
}

export interface NewBrokerCredentialInput {
  /** Who fills its orders */
  broker: string;
  /** The key's id */
  key: string;
  /** The key's secret: stored sealed, never shown */
  secret: string;
  /** Real money: needs a second factor */
  is_live?: boolean;
}

export interface NewDailyPriceInput {
  /** The stock's number */
  stock_id?: number;
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol?: string;
  /** The first price */
  open_price?: number | null;
  /** The highest price */
  high_price?: number | null;
  /** The lowest price */
  low_price?: number | null;
  /** The last price */
  close_price?: number | null;
  /** Shares traded */
  volume?: number | null;
  /** Where the price comes from */
  source?: "REAL_TIME" | "DELAYED" | "SIMULATED" | "HISTORICAL";
  /** The session */
  price_date: string;
  /** The last price, adjusted by the vendor for splits and dividends */
  adj_close?: number | null;
}

export interface NewIntradayPriceInput {
  /** The stock's number */
  stock_id?: number;
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol?: string;
  /** The first price */
  open_price?: number | null;
  /** The highest price */
  high_price?: number | null;
  /** The lowest price */
  low_price?: number | null;
  /** The last price */
  close_price?: number | null;
  /** Shares traded */
  volume?: number | null;
  /** Where the price comes from */
  source?: "REAL_TIME" | "DELAYED" | "SIMULATED" | "HISTORICAL";
  /** Its start */
  timestamp: string;
  /** Minutes: 1, 5, 15, 30 or 60 */
  interval?: number;
}

export interface NotesInput {
  /** The owner's remark */
  notes: string | null;
}

export interface Nothing {
}

export interface Notification {
  /** How bad it is */
  severity: string;
  /** Where the price comes from */
  source: string;
  /** In words */
  message: string;
}

export interface NotificationChoiceInput {
  /** Ten at most */
  targets: Record<string, unknown>[];
}

export interface NotificationTarget {
  /** Its number, never used again */
  id: number;
  /** What it is called */
  name: string;
  /** What can be shown of the address */
  shown: string;
  /** What is told */
  kinds: ("trades" | "errors" | "daily_summary")[];
  /** Whether anything is sent there */
  is_active: boolean;
  /** When it last took a message; null: never */
  last_sent_at: string | null;
  /** How often in a row it has failed since */
  failures: number;
  /** Why it failed last; null: it works */
  last_error: string | null;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
}

export interface NotificationTestInput {
  /** The name of one of the caller's targets */
  name: string;
}

export interface NotificationTested {
  /** Whether the other side took the message */
  is_accepted: boolean;
  /** Why not */
  error: string | null;
}

export interface Notifications {
  targets: NotificationTarget[];
}

export interface Order {
  /** Its number, never used again */
  id: number;
  /** The service that it belongs to */
  service_id: number;
  /** The decision that it follows, null for a person's */
  decision_id: number | null;
  /** Which try for that decision, from 1 */
  attempt: number;
  /** The order that it protects, null for none */
  parent_id: number | null;
  /** The transaction that it opened or closed */
  transaction_id: number | null;
  /** Who fills its orders */
  broker: string;
  /** Our name for it at the broker */
  client_order_id: string;
  /** Buy or sell */
  side: "BUY" | "SELL";
  /** What kind it is of */
  kind: "ENTRY" | "EXIT" | "STOP" | "TARGET" | "MANUAL";
  /** Where it is in its life */
  state: "PENDING" | "SUBMITTING" | "ACCEPTED" | "PARTIALLY_FILLED" | "FILLED" | "EXPIRED" | "CANCELLED" | "REJECTED";
  /** How many shares */
  shares: number;
  /** How many of them are filled */
  filled_shares: number;
  /** The worst price that it takes, null for any */
  limit_price: number | null;
  /** Of a leg that rests at a broker */
  stop_price: number | null;
  /** The broker's own name of it; null on paper */
  broker_ref: string | null;
  /** When it was last sent to a broker; null on paper */
  sent_at: string | null;
  /** Why its broker was asked to end it */
  cancel_reason: string | null;
  /** Kept for orders that are under way */
  reserved_cash: number;
  /** The end of the bar */
  bar_time: string | null;
  /** Why, in words */
  reason: string | null;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
}

export interface OrderPage {
  items: Order[];
  pagination: Pagination;
  /** What would stand on this page but is damaged in the database; missing where nothing is */
  unreadable?: UnreadableRow[];
}

export interface OrderWithFills {
  /** Its number, never used again */
  id: number;
  /** The service that it belongs to */
  service_id: number;
  /** The decision that it follows, null for a person's */
  decision_id: number | null;
  /** Which try for that decision, from 1 */
  attempt: number;
  /** The order that it protects, null for none */
  parent_id: number | null;
  /** The transaction that it opened or closed */
  transaction_id: number | null;
  /** Who fills its orders */
  broker: string;
  /** Our name for it at the broker */
  client_order_id: string;
  /** Buy or sell */
  side: "BUY" | "SELL";
  /** What kind it is of */
  kind: "ENTRY" | "EXIT" | "STOP" | "TARGET" | "MANUAL";
  /** Where it is in its life */
  state: "PENDING" | "SUBMITTING" | "ACCEPTED" | "PARTIALLY_FILLED" | "FILLED" | "EXPIRED" | "CANCELLED" | "REJECTED";
  /** How many shares */
  shares: number;
  /** How many of them are filled */
  filled_shares: number;
  /** The worst price that it takes, null for any */
  limit_price: number | null;
  /** Of a leg that rests at a broker */
  stop_price: number | null;
  /** The broker's own name of it; null on paper */
  broker_ref: string | null;
  /** When it was last sent to a broker; null on paper */
  sent_at: string | null;
  /** Why its broker was asked to end it */
  cancel_reason: string | null;
  /** Kept for orders that are under way */
  reserved_cash: number;
  /** The end of the bar */
  bar_time: string | null;
  /** Why, in words */
  reason: string | null;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
  history: Passage[];
  executions: Execution[];
}

export interface Overfitting {
  /** How often the choice was no better than the median */
  probability: number;
  /** How many were compared */
  combinations: number;
  /** Ways to halve the past */
  splits: number;
  /** Sharpe ratio outside for one more in sample */
  degradation_slope: number | null;
  /** Sharpe ratio outside where the one in sample is 0 */
  degradation_intercept: number | null;
  /** How often the choice lost outside */
  probability_of_loss: number;
}

export interface Pagination {
  /** From 1 */
  page: number | null;
  /** How many items a page may hold */
  page_size: number;
  /** In all pages */
  total_items: number | null;
  /** How many there are */
  total_pages: number | null;
  /** Whether a page follows */
  has_next: boolean;
  /** Whether a page lies before */
  has_prev: boolean;
  /** Asks for the page that follows, where this one was asked for by cursor */
  next_cursor?: string | null;
}

export interface PaperPeriod {
  /** The first bar that counts */
  began: string | null;
  /** The last one */
  ended: string | null;
  /** Days on which it decided in time */
  sessions: number;
  /** Closed trades, manual ones left out */
  trades: number;
  /** Of the initial balance */
  return_percent: number;
  /** The deepest fall, 0 or more */
  drawdown_percent: number;
  /** Cancelled transactions */
  voids: number;
}

export interface Parameter {
  /** What it is called */
  name: string;
  /** integer or number */
  type: string;
  /** What it is unless it is set */
  default: number;
  /** The least that it may be */
  minimum: number;
  /** The most that it may be */
  maximum: number;
  /** What it does */
  description: string;
}

export interface Parity {
  /** The service that it belongs to */
  service_id: number;
  /** The last bar */
  to: string | null;
  /** Stored between the two, both included */
  bars: number;
  /** How many were decided once more */
  decisions_compared: number;
  /** Percent of the bars without a difference */
  score: number | null;
  /** How many there are */
  differences: number;
  by_class: ParityCounts;
  explained: ParityExplained;
  first_difference: ParityDifference | null;
  items: ParityDifference[];
  /** From 1 */
  page: number;
  /** How many items a page may hold */
  page_size: number;
  /** How many pages there are */
  total_pages: number;
  /** The first bar */
  from: string | null;
}

export interface ParityCounts {
  /** The same state and the same prices decide otherwise */
  decision: number;
  /** Filled when it should, at another price */
  slippage: number;
  /** A stop, a target or a limit was, or was not, reached */
  path: number;
  /** The prices are no longer those that were decided on */
  data: number;
  /** Nothing was decided on the bar, or an order filled later than on the next one */
  missed: number;
  /** The broker refused the order */
  reject: number;
}

export interface ParityDifference {
  /** In what */
  kind: "decision" | "slippage" | "path" | "data" | "missed" | "reject";
  /** The bar */
  bar_time: string;
  /** What is otherwise */
  message: string;
  /** What the rules make */
  expected: string;
  /** What was done */
  recorded: string;
  /** The decision, if it is of one */
  decision_id: number | null;
  /** The order, if it is of one */
  order_id: number | null;
}

export interface ParityExplained {
  /** Buys that a limit or the kill switch barred */
  limits: number;
  /** Decisions while paused, on HOLD or in a mode set by hand */
  owner: number;
  /** Trades by hand */
  manual_trades: number;
  /** Orders that were taken back before they filled */
  cancelled_orders: number;
}

export interface Passage {
  /** Where it is in its life */
  state: "PENDING" | "SUBMITTING" | "ACCEPTED" | "PARTIALLY_FILLED" | "FILLED" | "EXPIRED" | "CANCELLED" | "REJECTED";
  /** When */
  at: string;
  /** Why, in words */
  reason: string | null;
}

export interface Portfolio {
  /** The last session that any service has seen */
  as_of: string | null;
  /** What it began with */
  initial_balance: number;
  /** Cash and positions at the last known closes */
  value: number;
  /** Money that is not invested */
  cash: number;
  /** The shares at the last known close */
  position_value: number;
  /** What the last session changed */
  session_change: number;
  /** When each value is of, oldest first */
  timestamps: string[];
  /** At each session's close; a service counts with its initial balance before it began */
  equity: number[];
  services: Holding[];
}

export interface ProfileChanges {
  /** 3 to 50 letters, digits, `_` or `-`; unique in any case */
  username?: string;
  /** Unique in any case */
  email?: string;
}

export interface PromoteInput {
  /** The own backtest to pin: of the service's present settings */
  backtest_id: number;
  /** Must be true */
  confirm: boolean;
}

export interface Promotion {
  /** Which service */
  service_id: number;
  /** Whether it may trade live now */
  is_permitted: boolean;
  /** Why it may not, null where it may */
  reason: string | null;
  /** The pinned backtest, or the one asked about */
  backtest_id: number | null;
  /** Since when the opt-in holds, null where none does */
  opted_in_at: string | null;
  /** When the last one ended */
  revoked_at: string | null;
  /** Why it ended */
  revoked_reason: string | null;
  paper: PaperPeriod;
  criteria: Criterion[];
}

export interface Refresh {
  /** Good once, for a new pair */
  refresh_token?: string | null;
}

export interface RegisterInput {
  /** 3 to 50 letters, digits, `_` or `-`; unique in any case */
  username: string;
  /** Unique in any case */
  email: string;
  /** The password */
  password: string;
  /** The same once more */
  password_confirm: string;
}

export interface RemoveTotpInput {
  /** The caller's own */
  password: string;
  /** The six digits of the moment, where the second factor is in force */
  code?: string;
}

export interface Report {
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol: string;
  /** Which signals are followed; `GET /strategies` lists them */
  strategy: string;
  /** Parameters of the strategy by name */
  params: Record<string, unknown>;
  /** First session that may be traded */
  start: string;
  /** Last session */
  end: string;
  /** What it began with */
  initial_balance: number;
  /** Cash at the end */
  final_balance: number;
  /** Shares at the end */
  final_shares: number;
  /** Cash and shares at the end */
  final_portfolio_value: number;
  /** What it came to after all fees, null while it is open */
  gain_loss: number;
  /** The same in percent */
  gain_loss_pct: number;
  /** Sessions */
  days_simulated: number;
  /** Figures by name */
  metrics: Record<string, unknown>;
  trades: Trade[];
  members?: MemberResult[];
  /** The sessions, oldest first */
  dates: string[];
  /** At each session's close */
  portfolio_values: number[];
  /** Data hash, parameters and engine version */
  pinned: Record<string, unknown>;
}

export interface Risk {
  /** Once a session has lost so much, nothing buys until the next; currency units */
  max_daily_loss: number | null;
  /** What positions and pending entries may be worth together; currency units */
  max_position_value: number | null;
  /** Orders that may be placed in sixty seconds */
  max_orders_per_minute: number | null;
  /** What the session has brought, dividends left out; null while a row that it is of is damaged */
  daily_result: number | null;
  /** Positions and pending entries; null as that is */
  position_value: number | null;
  /** Placed within the last sixty seconds; null as that is */
  orders_last_minute: number | null;
  /** The session whose loss was too large, null for none */
  tripped_on: string | null;
  /** When that was noticed */
  tripped_at: string | null;
  /** Whether the kill switch is on: nothing buys, stops stay */
  is_killed: boolean;
  /** Since when */
  killed_at: string | null;
  /** Why, as it was told */
  kill_reason: string | null;
  /** Whether an admin has stopped everybody's buys */
  is_installation_killed: boolean;
}

export interface RoleInput {
  /** Whether the account administers this installation */
  is_admin: boolean;
}

export interface Room {
  /** What it is called */
  name: string;
  /** Who may join */
  who: string;
  /** What it is for */
  about: string;
  /** What it carries */
  events: string[];
}

export interface RowError {
  /** From 1 */
  line: number;
  /** Which column */
  field: string;
  /** Why, in words */
  reason: string;
}

export interface ScanInput {
  /** Which signals are followed; `GET /strategies` lists them */
  strategy?: string;
  /** Parameters of the strategy by name */
  params?: Record<string, unknown>;
  /** Every stored stock, if none is named */
  symbols?: string[];
  /** Minutes of the bars it reads: 0 (daily), 1, 5, 15, 30 or 60 */
  interval?: number;
}

export interface SchemaComparison {
  /** Whether nothing differs */
  agrees: boolean;
  /** Each in words */
  differences: string[];
}

export interface Service {
  /** Its number, never used again */
  id: number;
  /** Whose it is */
  user_id: number;
  /** The stock's number */
  stock_id: number | null;
  /** What it is called */
  name: string;
  /** A remark of any kind, null for none */
  description: string | null;
  /** Changeable before the first transaction only */
  stock_symbol: string;
  /** Where it is in its life */
  state: "ACTIVE" | "INACTIVE" | "PAUSED" | "ERROR";
  /** What the service waits for */
  mode: "BUY" | "SELL" | "HOLD";
  /** false archives the service */
  is_active: boolean;
  /** Changeable before the first transaction only */
  initial_balance: number;
  /** Its cash */
  current_balance: number;
  /** No order takes the balance below this */
  minimum_balance: number;
  /** The fraction of the spendable cash that one buy may use: 0 < x <= 1 */
  allocation_percent: number;
  /** Percent, for the strategy technical */
  buy_threshold: number;
  /** Percent, for the strategy technical */
  sell_threshold: number;
  /** Percent below the entry; 0 is off */
  stop_loss_percent: number;
  /** Percent above the entry; 0 is off */
  take_profit_percent: number;
  /** What it holds */
  current_shares: number;
  /** Buys so far */
  buy_count: number;
  /** Sales so far */
  sell_count: number;
  /** What its closed transactions have come to */
  total_gain_loss: number;
  /** Which signals are followed; `GET /strategies` lists them */
  strategy: string;
  /** Parameters of the strategy by name */
  strategy_params: Record<string, unknown>;
  /** Minutes of the bars it reads: 0 (daily), 1, 5, 15, 30 or 60 */
  interval: number;
  /** Shares per buy at most; null: by allocation */
  fixed_shares: number | null;
  /** Paid for each order */
  commission_per_order: number;
  /** Paid for each share */
  commission_per_share: number;
  /** Paid of each amount, percent */
  commission_percent: number;
  /** The least that an order costs */
  commission_minimum: number;
  /** Basis points */
  slippage_bps: number;
  /** Kept back for a higher open */
  gap_reserve_percent: number;
  /** Percent of a bar's volume that one fill takes at most, on paper and in backtests; null: no limit */
  volume_limit_percent: number | null;
  /** Whether the stop-loss holds while paused or in mode HOLD */
  keep_protection: boolean;
  /** Who fills its orders */
  broker: "paper" | "alpaca";
  /** Why it is in ERROR, null elsewhere */
  error_reason: string | null;
  /** Kept for orders that are under way */
  reserved_cash: number;
  /** Where the stop-loss sells, null without a position */
  stop_price: number | null;
  /** Where the profit is taken, null without a position */
  target_price: number | null;
  /** Whether a next entry is allowed */
  is_armed: boolean;
  /** The last bar that it has decided on */
  last_bar_time: string | null;
  /** Whether it is on, ACTIVE, in mode BUY and above its minimum balance */
  can_buy: boolean;
  /** Whether it is on, ACTIVE, in mode SELL and holds shares */
  can_sell: boolean;
  /** Whether it has gained */
  is_profitable: boolean;
  /** Whether something refers to it, so that it cannot be deleted */
  has_dependencies: boolean;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
}

export interface ServiceBacktest {
  /** First session that may be traded */
  start?: string;
  /** Last session */
  end?: string;
  /** Calendar days up to the end, instead of a start */
  days?: number;
  /** As traded, or scaled by the vendor's adjusted close */
  prices?: "raw" | "adjusted";
}

export interface ServiceChanges {
  /** What it is called */
  name?: string;
  /** A remark of any kind, null for none */
  description?: string | null;
  /** Changeable before the first transaction only */
  stock_symbol?: string;
  /** false archives the service */
  is_active?: boolean;
  /** Changeable before the first transaction only */
  initial_balance?: number;
  /** No order takes the balance below this */
  minimum_balance?: number;
  /** The fraction of the spendable cash that one buy may use: 0 < x <= 1 */
  allocation_percent?: number;
  /** Percent, for the strategy technical */
  buy_threshold?: number;
  /** Percent, for the strategy technical */
  sell_threshold?: number;
  /** Percent below the entry; 0 is off */
  stop_loss_percent?: number;
  /** Percent above the entry; 0 is off */
  take_profit_percent?: number;
  /** Which signals are followed; `GET /strategies` lists them */
  strategy?: string;
  /** Parameters of the strategy by name */
  strategy_params?: Record<string, unknown>;
  /** Minutes of the bars it reads: 0 (daily), 1, 5, 15, 30 or 60 */
  interval?: number;
  /** Shares per buy at most; null: by allocation */
  fixed_shares?: number | null;
  /** Paid for each order */
  commission_per_order?: number;
  /** Paid for each share */
  commission_per_share?: number;
  /** Paid of each amount, percent */
  commission_percent?: number;
  /** The least that an order costs */
  commission_minimum?: number;
  /** Basis points */
  slippage_bps?: number;
  /** Kept back for a higher open */
  gap_reserve_percent?: number;
  /** Percent of a bar's volume that one fill takes at most, on paper and in backtests; null: no limit */
  volume_limit_percent?: number | null;
  /** Whether the stop-loss holds while paused or in mode HOLD */
  keep_protection?: boolean;
  /** Who fills its orders */
  broker?: "paper" | "alpaca";
}

export interface ServiceInput {
  /** What it is called */
  name: string;
  /** A remark of any kind, null for none */
  description?: string | null;
  /** Changeable before the first transaction only */
  stock_symbol: string;
  /** false archives the service */
  is_active?: boolean;
  /** Changeable before the first transaction only */
  initial_balance: number;
  /** No order takes the balance below this */
  minimum_balance?: number;
  /** The fraction of the spendable cash that one buy may use: 0 < x <= 1 */
  allocation_percent?: number;
  /** Percent, for the strategy technical */
  buy_threshold?: number;
  /** Percent, for the strategy technical */
  sell_threshold?: number;
  /** Percent below the entry; 0 is off */
  stop_loss_percent?: number;
  /** Percent above the entry; 0 is off */
  take_profit_percent?: number;
  /** Which signals are followed; `GET /strategies` lists them */
  strategy?: string;
  /** Parameters of the strategy by name */
  strategy_params?: Record<string, unknown>;
  /** Minutes of the bars it reads: 0 (daily), 1, 5, 15, 30 or 60 */
  interval?: number;
  /** Shares per buy at most; null: by allocation */
  fixed_shares?: number | null;
  /** Paid for each order */
  commission_per_order?: number;
  /** Paid for each share */
  commission_per_share?: number;
  /** Paid of each amount, percent */
  commission_percent?: number;
  /** The least that an order costs */
  commission_minimum?: number;
  /** Basis points */
  slippage_bps?: number;
  /** Kept back for a higher open */
  gap_reserve_percent?: number;
  /** Percent of a bar's volume that one fill takes at most, on paper and in backtests; null: no limit */
  volume_limit_percent?: number | null;
  /** Whether the stop-loss holds while paused or in mode HOLD */
  keep_protection?: boolean;
  /** Who fills its orders */
  broker?: "paper" | "alpaca";
}

export interface ServiceMatches {
  items: Service[];
}

export interface ServicePage {
  items: Service[];
  pagination: Pagination;
  /** What would stand on this page but is damaged in the database; missing where nothing is */
  unreadable?: UnreadableRow[];
}

export interface SetPasswordInput {
  /** 8 to 128 characters with an upper-case letter, a lower-case letter and a digit; no common one */
  new_password: string;
  /** The new one once more */
  confirm_password: string;
  /** What stands behind `token=` in the link */
  token: string;
}

export interface ShownThresholds {
  /** Sessions that the pinned backtest must cover */
  min_backtest_sessions: number | null;
  /** Trades that it must have closed */
  min_backtest_trades: number | null;
  /** What it must have returned, percent */
  min_backtest_return_percent: number | null;
  /** Its Sharpe ratio at the least */
  min_backtest_sharpe_ratio: number | null;
  /** Its deepest fall at the most, percent above 0 */
  max_backtest_drawdown_percent: number | null;
  /** Sessions that the service must have traded on paper */
  min_paper_sessions: number | null;
  /** Trades that it must have closed there, manual ones left out */
  min_paper_trades: number | null;
  /** What they must have returned, percent of the initial balance */
  min_paper_return_percent: number | null;
  /** The deepest fall there at the most, percent above 0 */
  max_paper_drawdown_percent: number | null;
}

export interface Signals {
  /** buy below 30, sell above 70, else neutral */
  rsi: string | null;
  /** buy below the lower band, sell above the upper one, else neutral */
  bollinger: string | null;
  /** buy or sell where the averages have just crossed, else neutral */
  ma_crossover: string | null;
}

export interface SocketDocs {
  /** How to connect */
  connect: Record<string, unknown>;
  rooms: Room[];
  client_events: ClientEvent[];
  data_events: DataEvent[];
}

export interface Stability {
  /** Combinations one step away that traded */
  neighbours: number;
  /** Of their metric */
  median: number;
  /** Of their metric */
  minimum: number;
  /** Of the best's metric */
  median_share: number | null;
  /** Of them that keep 80 % of it */
  plateau_share: number | null;
}

export interface StateInput {
  /** Where it is in its life */
  state: "ACTIVE" | "INACTIVE" | "PAUSED" | "ERROR";
}

export interface Status {
  /** A word */
  status: string;
  /** For admins only */
  parts?: Record<string, unknown>;
}

export interface Stock {
  /** Its number, never used again */
  id: number;
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol: string;
  /** What it is called */
  name: string | null;
  /** Whether it is in use */
  is_active: boolean;
  /** The branch of business */
  sector: string | null;
  /** A remark of any kind, null for none */
  description: string | null;
  /** Whether something refers to it, so that it cannot be deleted */
  has_dependencies: boolean;
  /** Whether any bar of it is stored */
  has_prices: boolean;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
}

export interface StockChanges {
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol?: string;
  /** What it is called */
  name?: string | null;
  /** Whether it is in use */
  is_active?: boolean;
  /** The branch of business */
  sector?: string | null;
  /** A remark of any kind, null for none */
  description?: string | null;
}

export interface StockInput {
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol: string;
  /** What it is called */
  name?: string | null;
  /** Whether it is in use */
  is_active?: boolean;
  /** The branch of business */
  sector?: string | null;
  /** A remark of any kind, null for none */
  description?: string | null;
}

export interface StockMatches {
  items: Stock[];
}

export interface StockPage {
  items: Stock[];
  pagination: Pagination;
  /** What would stand on this page but is damaged in the database; missing where nothing is */
  unreadable?: UnreadableRow[];
}

export interface Stop {
  /** keep (default): unprotected; sell: at the next open */
  position?: "keep" | "sell";
}

export interface StoppedService {
  /** Its number, never used again */
  id: number;
  /** Whose it is */
  user_id: number;
  /** The stock's number */
  stock_id: number | null;
  /** What it is called */
  name: string;
  /** A remark of any kind, null for none */
  description: string | null;
  /** Changeable before the first transaction only */
  stock_symbol: string;
  /** Where it is in its life */
  state: "ACTIVE" | "INACTIVE" | "PAUSED" | "ERROR";
  /** What the service waits for */
  mode: "BUY" | "SELL" | "HOLD";
  /** false archives the service */
  is_active: boolean;
  /** Changeable before the first transaction only */
  initial_balance: number;
  /** Its cash */
  current_balance: number;
  /** No order takes the balance below this */
  minimum_balance: number;
  /** The fraction of the spendable cash that one buy may use: 0 < x <= 1 */
  allocation_percent: number;
  /** Percent, for the strategy technical */
  buy_threshold: number;
  /** Percent, for the strategy technical */
  sell_threshold: number;
  /** Percent below the entry; 0 is off */
  stop_loss_percent: number;
  /** Percent above the entry; 0 is off */
  take_profit_percent: number;
  /** What it holds */
  current_shares: number;
  /** Buys so far */
  buy_count: number;
  /** Sales so far */
  sell_count: number;
  /** What its closed transactions have come to */
  total_gain_loss: number;
  /** Which signals are followed; `GET /strategies` lists them */
  strategy: string;
  /** Parameters of the strategy by name */
  strategy_params: Record<string, unknown>;
  /** Minutes of the bars it reads: 0 (daily), 1, 5, 15, 30 or 60 */
  interval: number;
  /** Shares per buy at most; null: by allocation */
  fixed_shares: number | null;
  /** Paid for each order */
  commission_per_order: number;
  /** Paid for each share */
  commission_per_share: number;
  /** Paid of each amount, percent */
  commission_percent: number;
  /** The least that an order costs */
  commission_minimum: number;
  /** Basis points */
  slippage_bps: number;
  /** Kept back for a higher open */
  gap_reserve_percent: number;
  /** Percent of a bar's volume that one fill takes at most, on paper and in backtests; null: no limit */
  volume_limit_percent: number | null;
  /** Whether the stop-loss holds while paused or in mode HOLD */
  keep_protection: boolean;
  /** Who fills its orders */
  broker: "paper" | "alpaca";
  /** Why it is in ERROR, null elsewhere */
  error_reason: string | null;
  /** Kept for orders that are under way */
  reserved_cash: number;
  /** Where the stop-loss sells, null without a position */
  stop_price: number | null;
  /** Where the profit is taken, null without a position */
  target_price: number | null;
  /** Whether a next entry is allowed */
  is_armed: boolean;
  /** The last bar that it has decided on */
  last_bar_time: string | null;
  /** Whether it is on, ACTIVE, in mode BUY and above its minimum balance */
  can_buy: boolean;
  /** Whether it is on, ACTIVE, in mode SELL and holds shares */
  can_sell: boolean;
  /** Whether it has gained */
  is_profitable: boolean;
  /** Whether something refers to it, so that it cannot be deleted */
  has_dependencies: boolean;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
  /** What the owner must know about the position */
  notice: string | null;
}

export interface StoredReport {
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol: string;
  /** Which signals are followed; `GET /strategies` lists them */
  strategy: string;
  /** Parameters of the strategy by name */
  params: Record<string, unknown>;
  /** First session that may be traded */
  start: string;
  /** Last session */
  end: string;
  /** What it began with */
  initial_balance: number;
  /** Cash at the end */
  final_balance: number;
  /** Shares at the end */
  final_shares: number;
  /** Cash and shares at the end */
  final_portfolio_value: number;
  /** What it came to after all fees, null while it is open */
  gain_loss: number;
  /** The same in percent */
  gain_loss_pct: number;
  /** Sessions */
  days_simulated: number;
  /** Figures by name */
  metrics: Record<string, unknown>;
  trades: Trade[];
  members?: MemberResult[];
  /** The sessions, oldest first */
  dates: string[];
  /** At each session's close */
  portfolio_values: number[];
  /** Data hash, parameters and engine version */
  pinned: Record<string, unknown>;
  /** Its number, never used again */
  id: number;
  /** Whose it is */
  user_id: number;
  /** The service that it belongs to */
  service_id: number | null;
  /** Minutes of a bar, 0 for daily */
  interval: number;
  /** Whether the prices it was made from have changed since */
  is_restated: boolean;
  /** When it was made */
  created_at: string;
}

export interface Strategy {
  /** What it is called */
  name: string;
  /** How it decides */
  description: string;
  /** Bars before its first signal, with the default parameters */
  warmup: number;
  parameters: Parameter[];
}

export interface StrategyPage {
  items: Strategy[];
  pagination: Pagination;
  /** What would stand on this page but is damaged in the database; missing where nothing is */
  unreadable?: UnreadableRow[];
}

export interface Sweep {
  /** Its number, never used again */
  id: number;
  /** Whose it is */
  user_id: number;
  /** The job that computes it, null where none was needed */
  job_id: number | null;
  /** Where it is in its life */
  state: "QUEUED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED";
  /** Which signals are followed; `GET /strategies` lists them */
  strategy: string;
  /** The first, where there are several */
  symbol: string;
  /** What it is about */
  symbols: string[];
  /** Minutes of a bar, 0 for daily */
  interval: number;
  /** How combinations are found */
  method: "grid" | "random" | "list";
  /** How the errors are measured */
  metric: string;
  /** How many are tried */
  combinations: number;
  /** Of the metric */
  best_value: number | null;
  /** The best settings by name */
  best_params: Record<string, unknown>;
  /** Of the prices it was made from */
  data_hash: string | null;
  /** The version of the rules */
  engine_version: string;
  /** What went wrong, null for nothing */
  error: string | null;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
  /** When it ended, null before */
  finished_at: string | null;
}

export interface SweepDetail {
  /** Its number, never used again */
  id: number;
  /** Whose it is */
  user_id: number;
  /** The job that computes it, null where none was needed */
  job_id: number | null;
  /** Where it is in its life */
  state: "QUEUED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED";
  /** Which signals are followed; `GET /strategies` lists them */
  strategy: string;
  /** The first, where there are several */
  symbol: string;
  /** What it is about */
  symbols: string[];
  /** Minutes of a bar, 0 for daily */
  interval: number;
  /** How combinations are found */
  method: "grid" | "random" | "list";
  /** How the errors are measured */
  metric: string;
  /** How many are tried */
  combinations: number;
  /** Of the metric */
  best_value: number | null;
  /** The best settings by name */
  best_params: Record<string, unknown>;
  /** Of the prices it was made from */
  data_hash: string | null;
  /** The version of the rules */
  engine_version: string;
  /** What went wrong, null for nothing */
  error: string | null;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
  /** When it ended, null before */
  finished_at: string | null;
  /** As it was understood */
  request: Record<string, unknown>;
  /** The settings that vary */
  settings: string[];
  left_out: LeftOut[];
  /** Measured on a sample when it was asked for */
  estimated_seconds: number;
  /** 0 to 1 */
  progress: number;
  /** When it should be done */
  eta: string | null;
  findings: SweepFindings | null;
}

export interface SweepFindings {
  /** What the best was chosen by */
  metric: "sharpe_ratio" | "sortino_ratio" | "calmar_ratio" | "total_return_pct" | "annualized_return_pct" | "max_drawdown_pct" | "profit_factor" | "win_rate_pct" | "expectancy" | "volatility" | "max_drawdown_days" | "fees";
  /** The combination, null where none traded */
  best: number | null;
  /** Of that combination */
  settings: Record<string, unknown> | null;
  /** Its figures by name */
  metrics: Record<string, unknown> | null;
  deflated_sharpe: DeflatedSharpe | null;
  overfitting: Overfitting | null;
  stability: Stability | null;
  /** Combinations that the user tried before on the same history */
  earlier_trials: number;
  walk_forward: WalkedForward | null;
  /** Why there is no walk-forward, where one was asked for */
  not_walked: string | null;
  verdict: Verdict;
}

export interface SweepInput {
  /** The fraction of the spendable cash that one buy may use: 0 < x <= 1 */
  allocation?: number;
  /** Shares per buy at most; null: by allocation */
  shares?: number | null;
  /** Percent below the entry; 0 is off */
  stop_loss?: number;
  /** Percent above the entry; 0 is off */
  take_profit?: number;
  /** Percent, for the strategy technical */
  buy_threshold?: number;
  /** Percent, for the strategy technical */
  sell_threshold?: number;
  /** No order takes the balance below this */
  minimum_balance?: number;
  /** Paid for each order */
  commission_per_order?: number;
  /** Paid for each share */
  commission_per_share?: number;
  /** Paid of each amount, percent */
  commission_percent?: number;
  /** The least that an order costs */
  commission_minimum?: number;
  /** Basis points */
  slippage_bps?: number;
  /** Kept back for a higher open */
  gap_reserve?: number;
  /** Percent of a bar's volume that one fill takes at most, on paper and in backtests; null: no limit */
  volume_limit?: number | null;
  /** One stock, or `symbols` */
  symbol?: string;
  /** Which signals are followed; `GET /strategies` lists them */
  strategy?: string;
  /** Parameters of the strategy by name */
  params?: Record<string, unknown>;
  /** First session that may be traded */
  start?: string;
  /** Last session */
  end?: string;
  /** Minutes of the bars it reads: 0 (daily), 1, 5, 15, 30 or 60 */
  interval?: number;
  /** Money that is not invested */
  cash?: number;
  /** At the next bar's open, as the engine trades, or at the same close, for research */
  fill?: "next_open" | "close";
  /** As traded, or scaled by the vendor's adjusted close */
  prices?: "raw" | "adjusted";
  /** Instead of a symbol: a portfolio, whose members act in this order */
  members?: Record<string, unknown>[];
  /** Several stocks: one choice for all of them, and each judged alone */
  symbols?: string[];
  /** Every combination of these values: settings of the strategy, or rules such as `stop_loss` */
  grid?: Record<string, unknown>;
  /** Draws between these bounds, both included */
  random?: Record<string, unknown>;
  /** How many, with `random` alone; 1000 by default */
  draws?: number;
  /** Decides the draws, with `random` alone; 1 by default */
  seed?: number;
  /** These combinations */
  combinations?: Record<string, unknown>[];
  /** What the best is chosen by */
  metric?: "sharpe_ratio" | "sortino_ratio" | "calmar_ratio" | "total_return_pct" | "annualized_return_pct" | "max_drawdown_pct" | "profit_factor" | "win_rate_pct" | "expectancy" | "volatility" | "max_drawdown_days" | "fees";
  /** Of each stock alone */
  walk_forward?: Record<string, unknown> | null;
}

export interface SweepJob {
  /** Its number, never used again */
  id: number;
  /** Whose it is */
  user_id: number | null;
  /** What kind it is of */
  kind: string;
  /** Where it is in its life */
  state: "QUEUED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED";
  /** 0 to 1 */
  progress: number;
  /** When it should be done */
  eta: string | null;
  /** Whether somebody has asked to end it */
  is_cancel_requested: boolean;
  /** What was done, by kind */
  result: Record<string, unknown>;
  /** Where it can be looked at */
  result_url: string | null;
  /** Why it failed */
  error: string | null;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
  /** When it began, null while it waits */
  started_at: string | null;
  /** When it ended, null before */
  finished_at: string | null;
  /** The sweep, which is there to be looked at while it is computed */
  sweep_id: number;
}

export interface SweepPage {
  items: Sweep[];
  pagination: Pagination;
  /** What would stand on this page but is damaged in the database; missing where nothing is */
  unreadable?: UnreadableRow[];
}

export interface SweepResult {
  /** The combination's number, from 0 */
  index: number;
  /** Parameters of the strategy by name */
  params: Record<string, unknown>;
  /** Whether the strategy takes these settings */
  is_valid: boolean;
  /** Figures by name, as a report has them */
  metrics: Record<string, unknown> | null;
}

export interface SweepResultPage {
  items: SweepResult[];
  pagination: Pagination;
  /** What would stand on this page but is damaged in the database; missing where nothing is */
  unreadable?: UnreadableRow[];
}

export interface SweepSymbol {
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol: string;
  /** Null where nothing traded */
  settings: Record<string, unknown> | null;
  /** Of the sweep's metric */
  value: number | null;
  /** Its probability */
  overfitting: number | null;
  /** Probability of more than luck */
  deflated_sharpe: number | null;
  /** What choosing anew would have made */
  walk_forward_return_pct: number | null;
  /** Of the walk-forward */
  efficiency: number | null;
  /** The verdict */
  level: "holds" | "doubtful" | "luck" | "nothing";
}

export interface SweepSymbolPage {
  items: SweepSymbol[];
  pagination: Pagination;
  /** What would stand on this page but is damaged in the database; missing where nothing is */
  unreadable?: UnreadableRow[];
}

export interface ThresholdsChanges {
  /** Sessions that the pinned backtest must cover */
  min_backtest_sessions?: number;
  /** Trades that it must have closed */
  min_backtest_trades?: number;
  /** What it must have returned, percent */
  min_backtest_return_percent?: number;
  /** Its Sharpe ratio at the least */
  min_backtest_sharpe_ratio?: number;
  /** Its deepest fall at the most, percent above 0 */
  max_backtest_drawdown_percent?: number;
  /** Sessions that the service must have traded on paper */
  min_paper_sessions?: number;
  /** Trades that it must have closed there, manual ones left out */
  min_paper_trades?: number;
  /** What they must have returned, percent of the initial balance */
  min_paper_return_percent?: number;
  /** The deepest fall there at the most, percent above 0 */
  max_paper_drawdown_percent?: number;
}

export interface Tokens {
  /** Sent as `Authorization: Bearer ...` */
  access_token: string;
  /** Left out where it travels as a cookie */
  refresh_token: string;
  /** How the access token is sent */
  token_type: string;
  /** Seconds that the access token is good for */
  expires_in: number;
  user: User;
}

export interface TotpCodeInput {
  /** The six digits of the moment */
  code: string;
}

export interface TotpSecret {
  /** What the authenticator keeps, base 32 */
  secret: string;
  /** The same for a QR code */
  uri: string;
}

export interface Trade {
  /** Of a portfolio: whose it is */
  member?: string;
  /** When it was bought */
  entry_date: string;
  /** What a share cost */
  entry_price: number;
  /** How many shares */
  shares: number;
  /** When it was sold, null while it is open */
  exit_date: string | null;
  /** What a share brought, null while it is open */
  exit_price: number | null;
  /** What it came to after all fees, null while it is open */
  gain_loss: number | null;
  /** The same in percent */
  gain_loss_pct: number | null;
  /** Why it was bought */
  entry_reason: string;
  /** Why it was sold, null while it is open */
  exit_reason: string | null;
}

export interface Transaction {
  /** Its number, never used again */
  id: number;
  /** The service that it belongs to */
  service_id: number;
  /** The stock's number */
  stock_id: number | null;
  /** The stock's symbol */
  stock_symbol: string;
  /** How many shares */
  shares: number;
  /** Where it is in its life */
  state: "OPEN" | "CLOSED" | "CANCELLED";
  /** What a share cost */
  purchase_price: number;
  /** What a share brought, null while it is open */
  sale_price: number | null;
  /** What it came to after all fees, null while it is open */
  gain_loss: number | null;
  /** When it was bought */
  purchase_date: string;
  /** When it was sold, null while it is open */
  sale_date: string | null;
  /** The owner's remark */
  notes: string | null;
  /** What is left after splits and sales */
  open_shares: number;
  /** What the shares cost, without fees */
  cost: number;
  /** Commission of the buy */
  buy_fee: number;
  /** What the shares brought, without fees */
  proceeds: number;
  /** Commission of the sale */
  sell_fee: number;
  /** Dividends and cash in lieu */
  adjustments: number;
  /** Why it was bought */
  entry_reason: string | null;
  /** Why it was sold, null while it is open */
  exit_reason: string | null;
  /** Whether a person bought it */
  is_manual: boolean;
  /** Whether it is CLOSED */
  is_complete: boolean;
  /** Whether it has gained */
  is_profitable: boolean;
  /** Whether it is OPEN and nothing of it was sold */
  can_be_cancelled: boolean;
  /** The gain computed again from its amounts */
  calculated_gain_loss: number | null;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
}

export interface TransactionMetrics {
  /** All of them */
  total_transactions: number;
  /** Those not sold yet */
  open_transactions: number;
  /** Those sold */
  closed_transactions: number;
  /** Those voided */
  cancelled_transactions: number;
  /** The sum of the gains */
  total_profit: number;
  /** 0 or negative */
  total_loss: number;
  /** Profit and loss together */
  net_gain_loss: number;
  /** Of those that gained */
  average_profit_per_transaction: number | null;
  /** Of those that lost */
  average_loss_per_transaction: number | null;
  /** How many gained */
  profitable_transactions: number;
  /** What broke even included */
  unprofitable_transactions: number;
  /** Percent of the closed ones */
  win_rate: number | null;
}

export interface TransactionPage {
  items: Transaction[];
  pagination: Pagination;
  /** What would stand on this page but is damaged in the database; missing where nothing is */
  unreadable?: UnreadableRow[];
}

export interface UnreadableRow {
  /** The row's number */
  id: number;
  /** Its column, and why */
  reason: string;
}

export interface User {
  /** Its number, never used again */
  id: number;
  /** 3 to 50 letters, digits, `_` or `-`; unique in any case */
  username: string;
  /** Unique in any case */
  email: string;
  /** Whether it is in use */
  is_active: boolean;
  /** Whether the account administers this installation */
  is_admin: boolean;
  /** When it last signed in, null for never */
  last_login: string | null;
  /** Whether one of its services is ACTIVE */
  has_active_services: boolean;
  /** Whether signing in takes a second factor */
  has_totp: boolean;
  /** When it was made */
  created_at: string;
  /** When it was last changed */
  updated_at: string;
}

export interface UserPage {
  items: User[];
  pagination: Pagination;
  /** What would stand on this page but is damaged in the database; missing where nothing is */
  unreadable?: UnreadableRow[];
}

export interface Verdict {
  /** How far */
  level: "holds" | "doubtful" | "luck" | "nothing";
  /** 0 to 1 */
  odds_of_luck: number | null;
  /** In words */
  sentence: string;
}

export interface WalkedForward {
  /** 1 to 10 letters, digits, `.` or `-`, in capitals */
  symbol: string;
  /** Which signals are followed; `GET /strategies` lists them */
  strategy: string;
  /** Parameters of the strategy by name */
  params: Record<string, unknown>;
  /** First session that may be traded */
  start: string;
  /** Last session */
  end: string;
  /** What it began with */
  initial_balance: number;
  /** Cash at the end */
  final_balance: number;
  /** Shares at the end */
  final_shares: number;
  /** Cash and shares at the end */
  final_portfolio_value: number;
  /** What it came to after all fees, null while it is open */
  gain_loss: number;
  /** The same in percent */
  gain_loss_pct: number;
  /** Sessions */
  days_simulated: number;
  /** Figures by name */
  metrics: Record<string, unknown>;
  trades: Trade[];
  members?: MemberResult[];
  /** The sessions, oldest first */
  dates: string[];
  /** At each session's close */
  portfolio_values: number[];
  /** Data hash, parameters and engine version */
  pinned: Record<string, unknown>;
  /** Whether training windows keep their length, or their start */
  mode: "rolling" | "anchored";
  /** What each choice was made by */
  metric: "sharpe_ratio" | "sortino_ratio" | "calmar_ratio" | "total_return_pct" | "annualized_return_pct" | "max_drawdown_pct" | "profit_factor" | "win_rate_pct" | "expectancy" | "volatility" | "max_drawdown_days" | "fees";
  /** Yearly return over the mean one in training */
  efficiency: number | null;
  windows: Window[];
}

export interface Window {
  /** First session to choose on */
  train_start: string;
  /** Last session to choose on */
  train_end: string;
  /** First session to trade */
  test_start: string;
  /** Last session to trade */
  test_end: string;
  /** The combination, null where none traded */
  chosen: number | null;
  /** Of that combination */
  settings: Record<string, unknown> | null;
  /** The metric where it was chosen */
  in_sample: number | null;
  /** The metric where it was traded */
  out_of_sample: number | null;
  /** Yearly return where it was chosen */
  in_sample_annualized_pct: number | null;
  /** Return where it was traded */
  out_of_sample_return_pct: number;
  /** Closed where it was traded */
  trades: number;
}

/** Every operation: what its address, query and body hold, and what it answers. */
export interface Operations {
  "GET /auth/api-keys": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; cursor?: string; sort?: "created_at" | "expires_at" | "id" | "last_used_at" | "name" | "prefix" | "updated_at" | "user_id"; order?: "asc" | "desc"; id?: number; id_min?: number; id_max?: number; user_id?: number; user_id_min?: number; user_id_max?: number; name?: string; name_like?: string; prefix?: string; prefix_like?: string; expires_at?: string; expires_at_after?: string; expires_at_before?: string; last_used_at?: string; last_used_at_after?: string; last_used_at_before?: string; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string };
    body: undefined;
    result: ApiKeyPage;
  };
  "POST /auth/api-keys": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: ApiKeyInput;
    result: NewApiKey;
  };
  "GET /auth/api-keys/{key_id}": {
    path: { key_id: number };
    query: Record<never, never>;
    body: undefined;
    result: ApiKey;
  };
  "DELETE /auth/api-keys/{key_id}": {
    path: { key_id: number };
    query: Record<never, never>;
    body: undefined;
    result: void;
  };
  "POST /auth/login": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: LoginInput;
    result: Tokens;
  };
  "POST /auth/logout": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: void;
  };
  "POST /auth/logout-all": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: void;
  };
  "POST /auth/refresh": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: Refresh;
    result: Tokens;
  };
  "POST /auth/register": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: RegisterInput;
    result: User;
  };
  "POST /auth/set-password": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: SetPasswordInput;
    result: User;
  };
  "POST /auth/totp": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: TotpSecret;
  };
  "DELETE /auth/totp": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: RemoveTotpInput;
    result: void;
  };
  "POST /auth/totp/confirm": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: TotpCodeInput;
    result: User;
  };
  "GET /backtests": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; cursor?: string; sort?: "buy_and_hold_return_pct" | "created_at" | "data_hash" | "end" | "engine_version" | "final_portfolio_value" | "id" | "initial_balance" | "interval" | "job_id" | "max_drawdown_pct" | "service_id" | "sharpe_ratio" | "start" | "strategy" | "symbol" | "total_return_pct" | "trades" | "updated_at" | "user_id"; order?: "asc" | "desc"; id?: number; id_min?: number; id_max?: number; user_id?: number; user_id_min?: number; user_id_max?: number; service_id?: number; service_id_min?: number; service_id_max?: number; job_id?: number; job_id_min?: number; job_id_max?: number; symbol?: string; symbol_like?: string; strategy?: string; strategy_like?: string; interval?: number; interval_min?: number; interval_max?: number; start?: string; start_after?: string; start_before?: string; end?: string; end_after?: string; end_before?: string; initial_balance?: string; initial_balance_min?: string; initial_balance_max?: string; final_portfolio_value?: string; final_portfolio_value_min?: string; final_portfolio_value_max?: string; total_return_pct?: number; total_return_pct_min?: number; total_return_pct_max?: number; buy_and_hold_return_pct?: number; buy_and_hold_return_pct_min?: number; buy_and_hold_return_pct_max?: number; max_drawdown_pct?: number; max_drawdown_pct_min?: number; max_drawdown_pct_max?: number; sharpe_ratio?: number; sharpe_ratio_min?: number; sharpe_ratio_max?: number; trades?: number; trades_min?: number; trades_max?: number; data_hash?: string; data_hash_like?: string; engine_version?: string; engine_version_like?: string; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string };
    body: undefined;
    result: BacktestItemPage;
  };
  "POST /backtests": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: Backtest;
    result: StoredReport;
  };
  "GET /backtests/compare": {
    path: Record<never, never>;
    query: { ids: string };
    body: undefined;
    result: BacktestComparison;
  };
  "POST /backtests/preview": {
    path: Record<never, never>;
    query: { asked_at?: number };
    body: Backtest;
    result: Report;
  };
  "GET /backtests/{backtest_id}": {
    path: { backtest_id: number };
    query: Record<never, never>;
    body: undefined;
    result: StoredReport;
  };
  "DELETE /backtests/{backtest_id}": {
    path: { backtest_id: number };
    query: Record<never, never>;
    body: undefined;
    result: void;
  };
  "GET /backtests/{backtest_id}/equity": {
    path: { backtest_id: number };
    query: Record<never, never>;
    body: undefined;
    result: BacktestEquity;
  };
  "GET /backtests/{backtest_id}/report.html": {
    path: { backtest_id: number };
    query: Record<never, never>;
    body: undefined;
    result: void;
  };
  "GET /backtests/{backtest_id}/trades": {
    path: { backtest_id: number };
    query: Record<never, never>;
    body: undefined;
    result: BacktestTrades;
  };
  "GET /brokers": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Brokers;
  };
  "POST /brokers": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: NewBrokerCredentialInput;
    result: BrokerCredential;
  };
  "DELETE /brokers/{credential_id}": {
    path: { credential_id: number };
    query: Record<never, never>;
    body: undefined;
    result: void;
  };
  "POST /brokers/{credential_id}/resume": {
    path: { credential_id: number };
    query: Record<never, never>;
    body: undefined;
    result: BrokerCredential;
  };
  "POST /brokers/{credential_id}/test": {
    path: { credential_id: number };
    query: Record<never, never>;
    body: undefined;
    result: BrokerTested;
  };
  "GET /corporate-actions": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; cursor?: string; sort?: "amount" | "created_at" | "ex_date" | "id" | "is_judged" | "is_quarantined" | "kind" | "ratio_denominator" | "ratio_numerator" | "source" | "stock_id" | "symbol" | "updated_at"; order?: "asc" | "desc"; id?: number; id_min?: number; id_max?: number; stock_id?: number; stock_id_min?: number; stock_id_max?: number; ex_date?: string; ex_date_after?: string; ex_date_before?: string; kind?: "DIVIDEND" | "SPLIT"; ratio_numerator?: number; ratio_numerator_min?: number; ratio_numerator_max?: number; ratio_denominator?: number; ratio_denominator_min?: number; ratio_denominator_max?: number; amount?: string; amount_min?: string; amount_max?: string; source?: string; source_like?: string; is_quarantined?: boolean; is_judged?: boolean; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; symbol?: string; symbol_like?: string; start?: string; end?: string };
    body: undefined;
    result: CorporateActionPage;
  };
  "GET /corporate-actions/{action_id}": {
    path: { action_id: number };
    query: Record<never, never>;
    body: undefined;
    result: CorporateAction;
  };
  "POST /corporate-actions/{action_id}/release": {
    path: { action_id: number };
    query: Record<never, never>;
    body: undefined;
    result: CorporateAction;
  };
  "GET /jobs": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; cursor?: string; sort?: "created_at" | "error" | "eta" | "finished_at" | "id" | "is_cancel_requested" | "kind" | "progress" | "result_url" | "started_at" | "state" | "updated_at" | "user_id"; order?: "asc" | "desc"; id?: number; id_min?: number; id_max?: number; user_id?: number; user_id_min?: number; user_id_max?: number; kind?: string; kind_like?: string; state?: "QUEUED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED"; progress?: number; progress_min?: number; progress_max?: number; eta?: string; eta_after?: string; eta_before?: string; result_url?: string; result_url_like?: string; error?: string; error_like?: string; is_cancel_requested?: boolean; started_at?: string; started_at_after?: string; started_at_before?: string; finished_at?: string; finished_at_after?: string; finished_at_before?: string; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; status?: "QUEUED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED" };
    body: undefined;
    result: JobItemPage;
  };
  "GET /jobs/{job_id}": {
    path: { job_id: number };
    query: Record<never, never>;
    body: undefined;
    result: Job;
  };
  "DELETE /jobs/{job_id}": {
    path: { job_id: number };
    query: Record<never, never>;
    body: undefined;
    result: void;
  };
  "GET /notifications": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Notifications;
  };
  "PUT /notifications": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: NotificationChoiceInput;
    result: Notifications;
  };
  "POST /notifications/test": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: NotificationTestInput;
    result: NotificationTested;
  };
  "GET /orders": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; cursor?: string; sort?: "attempt" | "bar_time" | "broker" | "broker_ref" | "cancel_reason" | "client_order_id" | "created_at" | "decision_id" | "filled_shares" | "id" | "kind" | "limit_price" | "parent_id" | "reason" | "reserved_cash" | "sent_at" | "service_id" | "shares" | "side" | "state" | "stop_price" | "transaction_id" | "updated_at"; order?: "asc" | "desc"; id?: number; id_min?: number; id_max?: number; service_id?: number; service_id_min?: number; service_id_max?: number; decision_id?: number; decision_id_min?: number; decision_id_max?: number; attempt?: number; attempt_min?: number; attempt_max?: number; parent_id?: number; parent_id_min?: number; parent_id_max?: number; transaction_id?: number; transaction_id_min?: number; transaction_id_max?: number; broker?: string; broker_like?: string; client_order_id?: string; client_order_id_like?: string; side?: "BUY" | "SELL"; kind?: "ENTRY" | "EXIT" | "STOP" | "TARGET" | "MANUAL"; state?: "PENDING" | "SUBMITTING" | "ACCEPTED" | "PARTIALLY_FILLED" | "FILLED" | "EXPIRED" | "CANCELLED" | "REJECTED"; shares?: number; shares_min?: number; shares_max?: number; filled_shares?: number; filled_shares_min?: number; filled_shares_max?: number; limit_price?: string; limit_price_min?: string; limit_price_max?: string; stop_price?: string; stop_price_min?: string; stop_price_max?: string; reserved_cash?: string; reserved_cash_min?: string; reserved_cash_max?: string; bar_time?: string; bar_time_after?: string; bar_time_before?: string; reason?: string; reason_like?: string; broker_ref?: string; broker_ref_like?: string; sent_at?: string; sent_at_after?: string; sent_at_before?: string; cancel_reason?: string; cancel_reason_like?: string; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; status?: "PENDING" | "SUBMITTING" | "ACCEPTED" | "PARTIALLY_FILLED" | "FILLED" | "EXPIRED" | "CANCELLED" | "REJECTED"; price?: string; price_min?: string; price_max?: string };
    body: undefined;
    result: OrderPage;
  };
  "GET /orders/{order_id}": {
    path: { order_id: number };
    query: Record<never, never>;
    body: undefined;
    result: OrderWithFills;
  };
  "POST /orders/{order_id}/cancel": {
    path: { order_id: number };
    query: Record<never, never>;
    body: undefined;
    result: Order;
  };
  "GET /portfolio": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Portfolio;
  };
  "GET /prices/daily": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; cursor?: string; sort?: "adj_close" | "close_price" | "created_at" | "high_price" | "id" | "low_price" | "open_price" | "price_date" | "source" | "stock_id" | "symbol" | "updated_at" | "volume"; order?: "asc" | "desc"; interval?: string; id?: number; id_min?: number; id_max?: number; stock_id?: number; stock_id_min?: number; stock_id_max?: number; price_date?: string; price_date_after?: string; price_date_before?: string; adj_close?: number; adj_close_min?: number; adj_close_max?: number; source?: "REAL_TIME" | "DELAYED" | "SIMULATED" | "HISTORICAL"; open_price?: number; open_price_min?: number; open_price_max?: number; high_price?: number; high_price_min?: number; high_price_max?: number; low_price?: number; low_price_min?: number; low_price_max?: number; close_price?: number; close_price_min?: number; close_price_max?: number; volume?: number; volume_min?: number; volume_max?: number; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; symbol?: string; symbol_like?: string; price?: number; price_min?: number; price_max?: number; start?: string; end?: string };
    body: undefined;
    result: DailyPricePage;
  };
  "POST /prices/daily": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: NewDailyPriceInput;
    result: DailyPrice;
  };
  "GET /prices/daily/{price_id}": {
    path: { price_id: number };
    query: Record<never, never>;
    body: undefined;
    result: DailyPrice;
  };
  "PUT /prices/daily/{price_id}": {
    path: { price_id: number };
    query: Record<never, never>;
    body: DailyPriceChanges;
    result: DailyPrice;
  };
  "PATCH /prices/daily/{price_id}": {
    path: { price_id: number };
    query: Record<never, never>;
    body: DailyPriceChanges;
    result: DailyPrice;
  };
  "DELETE /prices/daily/{price_id}": {
    path: { price_id: number };
    query: Record<never, never>;
    body: undefined;
    result: void;
  };
  "POST /prices/import": {
    path: Record<never, never>;
    query: { symbol?: string; interval?: "daily" | "0" | "1" | "5" | "15" | "30" | "60"; source?: "REAL_TIME" | "DELAYED" | "SIMULATED" | "HISTORICAL"; dry_run?: boolean; partial?: boolean; on_conflict?: "update" | "skip"; date_order?: "mdy" | "dmy"; timezone?: string };
    body: undefined;
    result: Job;
  };
  "GET /prices/intraday": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; cursor?: string; sort?: "close_price" | "created_at" | "high_price" | "id" | "interval" | "low_price" | "open_price" | "source" | "stock_id" | "symbol" | "timestamp" | "updated_at" | "volume"; order?: "asc" | "desc"; id?: number; id_min?: number; id_max?: number; stock_id?: number; stock_id_min?: number; stock_id_max?: number; timestamp?: string; timestamp_after?: string; timestamp_before?: string; interval?: number; interval_min?: number; interval_max?: number; source?: "REAL_TIME" | "DELAYED" | "SIMULATED" | "HISTORICAL"; open_price?: number; open_price_min?: number; open_price_max?: number; high_price?: number; high_price_min?: number; high_price_max?: number; low_price?: number; low_price_min?: number; low_price_max?: number; close_price?: number; close_price_min?: number; close_price_max?: number; volume?: number; volume_min?: number; volume_max?: number; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; symbol?: string; symbol_like?: string; price?: number; price_min?: number; price_max?: number; start?: string; end?: string };
    body: undefined;
    result: IntradayPricePage;
  };
  "POST /prices/intraday": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: NewIntradayPriceInput;
    result: IntradayPrice;
  };
  "GET /prices/intraday/{price_id}": {
    path: { price_id: number };
    query: Record<never, never>;
    body: undefined;
    result: IntradayPrice;
  };
  "PUT /prices/intraday/{price_id}": {
    path: { price_id: number };
    query: Record<never, never>;
    body: IntradayPriceChanges;
    result: IntradayPrice;
  };
  "PATCH /prices/intraday/{price_id}": {
    path: { price_id: number };
    query: Record<never, never>;
    body: IntradayPriceChanges;
    result: IntradayPrice;
  };
  "DELETE /prices/intraday/{price_id}": {
    path: { price_id: number };
    query: Record<never, never>;
    body: undefined;
    result: void;
  };
  "GET /prices/{symbol}/analysis": {
    path: { symbol: string };
    query: { timeframe?: "INTRADAY" | "DAILY" | "WEEKLY" | "MONTHLY" | "QUARTERLY" | "YEARLY" };
    body: undefined;
    result: Analysis;
  };
  "GET /prices/{symbol}/export": {
    path: { symbol: string };
    query: { start?: string; end?: string; interval?: "daily" | "0" | "1" | "5" | "15" | "30" | "60"; format?: "csv" | "parquet" | "json" };
    body: undefined;
    result: void;
  };
  "POST /prices/{symbol}/fetch": {
    path: { symbol: string };
    query: Record<never, never>;
    body: Fetch;
    result: Job;
  };
  "GET /prices/{symbol}/forecast": {
    path: { symbol: string };
    query: { horizon?: number };
    body: undefined;
    result: Forecast;
  };
  "GET /prices/{symbol}/history": {
    path: { symbol: string };
    query: { start?: string; end?: string; interval?: "daily" | "0" | "1" | "5" | "15" | "30" | "60"; adjusted?: boolean };
    body: undefined;
    result: History;
  };
  "GET /prices/{symbol}/indicators": {
    path: { symbol: string };
    query: { start?: string; end?: string; interval?: "daily" | "0" | "1" | "5" | "15" | "30" | "60"; names: string };
    body: undefined;
    result: Indicators;
  };
  "GET /prices/{symbol}/latest": {
    path: { symbol: string };
    query: Record<never, never>;
    body: undefined;
    result: Latest;
  };
  "GET /risk": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Risk;
  };
  "PUT /risk": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: Limits;
    result: Risk;
  };
  "POST /risk/flatten": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Flattened;
  };
  "POST /risk/kill": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: Kill;
    result: Risk;
  };
  "GET /risk/promotion": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: ShownThresholds;
  };
  "PUT /risk/promotion": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: ThresholdsChanges;
    result: ShownThresholds;
  };
  "POST /risk/release": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Risk;
  };
  "POST /scans": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: ScanInput;
    result: JobItem;
  };
  "GET /services": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; cursor?: string; sort?: "allocation_percent" | "broker" | "buy_count" | "buy_threshold" | "commission_minimum" | "commission_per_order" | "commission_per_share" | "commission_percent" | "created_at" | "current_balance" | "current_shares" | "description" | "error_reason" | "fixed_shares" | "gap_reserve_percent" | "id" | "initial_balance" | "interval" | "is_active" | "is_armed" | "keep_protection" | "last_bar_time" | "minimum_balance" | "mode" | "name" | "reserved_cash" | "sell_count" | "sell_threshold" | "slippage_bps" | "state" | "stock_id" | "stock_symbol" | "stop_loss_percent" | "stop_price" | "strategy" | "take_profit_percent" | "target_price" | "total_gain_loss" | "updated_at" | "user_id" | "volume_limit_percent"; order?: "asc" | "desc"; id?: number; id_min?: number; id_max?: number; user_id?: number; user_id_min?: number; user_id_max?: number; stock_id?: number; stock_id_min?: number; stock_id_max?: number; name?: string; name_like?: string; description?: string; description_like?: string; stock_symbol?: string; stock_symbol_like?: string; state?: "ACTIVE" | "INACTIVE" | "PAUSED" | "ERROR"; mode?: "BUY" | "SELL" | "HOLD"; is_active?: boolean; initial_balance?: string; initial_balance_min?: string; initial_balance_max?: string; current_balance?: string; current_balance_min?: string; current_balance_max?: string; minimum_balance?: string; minimum_balance_min?: string; minimum_balance_max?: string; allocation_percent?: string; allocation_percent_min?: string; allocation_percent_max?: string; buy_threshold?: string; buy_threshold_min?: string; buy_threshold_max?: string; sell_threshold?: string; sell_threshold_min?: string; sell_threshold_max?: string; stop_loss_percent?: string; stop_loss_percent_min?: string; stop_loss_percent_max?: string; take_profit_percent?: string; take_profit_percent_min?: string; take_profit_percent_max?: string; current_shares?: number; current_shares_min?: number; current_shares_max?: number; buy_count?: number; buy_count_min?: number; buy_count_max?: number; sell_count?: number; sell_count_min?: number; sell_count_max?: number; total_gain_loss?: string; total_gain_loss_min?: string; total_gain_loss_max?: string; strategy?: string; strategy_like?: string; interval?: number; interval_min?: number; interval_max?: number; fixed_shares?: number; fixed_shares_min?: number; fixed_shares_max?: number; commission_per_order?: string; commission_per_order_min?: string; commission_per_order_max?: string; commission_per_share?: string; commission_per_share_min?: string; commission_per_share_max?: string; commission_percent?: string; commission_percent_min?: string; commission_percent_max?: string; commission_minimum?: string; commission_minimum_min?: string; commission_minimum_max?: string; slippage_bps?: string; slippage_bps_min?: string; slippage_bps_max?: string; gap_reserve_percent?: string; gap_reserve_percent_min?: string; gap_reserve_percent_max?: string; volume_limit_percent?: string; volume_limit_percent_min?: string; volume_limit_percent_max?: string; keep_protection?: boolean; broker?: string; broker_like?: string; error_reason?: string; error_reason_like?: string; reserved_cash?: string; reserved_cash_min?: string; reserved_cash_max?: string; stop_price?: string; stop_price_min?: string; stop_price_max?: string; target_price?: string; target_price_min?: string; target_price_max?: string; is_armed?: boolean; last_bar_time?: string; last_bar_time_after?: string; last_bar_time_before?: string; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; status?: "ACTIVE" | "INACTIVE" | "PAUSED" | "ERROR"; symbol?: string; symbol_like?: string };
    body: undefined;
    result: ServicePage;
  };
  "POST /services": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: ServiceInput;
    result: Service;
  };
  "GET /services/search": {
    path: Record<never, never>;
    query: { q: string; limit?: number };
    body: undefined;
    result: ServiceMatches;
  };
  "GET /services/{service_id}": {
    path: { service_id: number };
    query: Record<never, never>;
    body: undefined;
    result: Service;
  };
  "PUT /services/{service_id}": {
    path: { service_id: number };
    query: Record<never, never>;
    body: ServiceChanges;
    result: Service;
  };
  "PATCH /services/{service_id}": {
    path: { service_id: number };
    query: Record<never, never>;
    body: ServiceChanges;
    result: Service;
  };
  "DELETE /services/{service_id}": {
    path: { service_id: number };
    query: Record<never, never>;
    body: undefined;
    result: void;
  };
  "POST /services/{service_id}/activate": {
    path: { service_id: number };
    query: Record<never, never>;
    body: undefined;
    result: Service;
  };
  "GET /services/{service_id}/audit": {
    path: { service_id: number };
    query: { from?: string; to?: string; page?: number; page_size?: number };
    body: undefined;
    result: Parity;
  };
  "POST /services/{service_id}/backtest": {
    path: { service_id: number };
    query: Record<never, never>;
    body: ServiceBacktest;
    result: StoredReport;
  };
  "GET /services/{service_id}/check-buy": {
    path: { service_id: number };
    query: Record<never, never>;
    body: undefined;
    result: Check;
  };
  "GET /services/{service_id}/check-sell": {
    path: { service_id: number };
    query: Record<never, never>;
    body: undefined;
    result: Check;
  };
  "GET /services/{service_id}/decisions": {
    path: { service_id: number };
    query: { page?: number; page_size?: number; cursor?: string; sort?: "action" | "bar_time" | "created_at" | "id" | "interval" | "reason" | "service_id" | "shares" | "updated_at"; order?: "asc" | "desc"; id?: number; id_min?: number; id_max?: number; service_id_min?: number; service_id_max?: number; interval?: number; interval_min?: number; interval_max?: number; bar_time?: string; bar_time_after?: string; bar_time_before?: string; action?: "BUY" | "SELL" | "NOTHING"; shares?: number; shares_min?: number; shares_max?: number; reason?: string; reason_like?: string; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; start?: string; end?: string };
    body: undefined;
    result: DecisionPage;
  };
  "GET /services/{service_id}/equity": {
    path: { service_id: number };
    query: Record<never, never>;
    body: undefined;
    result: Equity;
  };
  "POST /services/{service_id}/execute-strategy": {
    path: { service_id: number };
    query: Record<never, never>;
    body: undefined;
    result: Decision;
  };
  "GET /services/{service_id}/metrics": {
    path: { service_id: number };
    query: Record<never, never>;
    body: undefined;
    result: Metrics;
  };
  "PUT /services/{service_id}/mode": {
    path: { service_id: number };
    query: Record<never, never>;
    body: ModeInput;
    result: Service;
  };
  "PATCH /services/{service_id}/mode": {
    path: { service_id: number };
    query: Record<never, never>;
    body: ModeInput;
    result: Service;
  };
  "POST /services/{service_id}/pause": {
    path: { service_id: number };
    query: Record<never, never>;
    body: undefined;
    result: Service;
  };
  "POST /services/{service_id}/promote": {
    path: { service_id: number };
    query: Record<never, never>;
    body: PromoteInput;
    result: Promotion;
  };
  "DELETE /services/{service_id}/promote": {
    path: { service_id: number };
    query: Record<never, never>;
    body: undefined;
    result: Promotion;
  };
  "GET /services/{service_id}/promotion": {
    path: { service_id: number };
    query: { backtest_id?: number };
    body: undefined;
    result: Promotion;
  };
  "POST /services/{service_id}/resume": {
    path: { service_id: number };
    query: Record<never, never>;
    body: undefined;
    result: Service;
  };
  "PUT /services/{service_id}/state": {
    path: { service_id: number };
    query: Record<never, never>;
    body: StateInput;
    result: Service;
  };
  "PATCH /services/{service_id}/state": {
    path: { service_id: number };
    query: Record<never, never>;
    body: StateInput;
    result: Service;
  };
  "POST /services/{service_id}/stop": {
    path: { service_id: number };
    query: Record<never, never>;
    body: Stop;
    result: StoppedService;
  };
  "POST /services/{service_id}/toggle": {
    path: { service_id: number };
    query: Record<never, never>;
    body: undefined;
    result: Service;
  };
  "GET /stocks": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; cursor?: string; sort?: "created_at" | "description" | "id" | "is_active" | "name" | "sector" | "symbol" | "updated_at"; order?: "asc" | "desc"; id?: number; id_min?: number; id_max?: number; symbol?: string; symbol_like?: string; name?: string; name_like?: string; is_active?: boolean; sector?: string; sector_like?: string; description?: string; description_like?: string; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string };
    body: undefined;
    result: StockPage;
  };
  "POST /stocks": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: StockInput;
    result: Stock;
  };
  "GET /stocks/search": {
    path: Record<never, never>;
    query: { q: string; limit?: number };
    body: undefined;
    result: StockMatches;
  };
  "GET /stocks/symbol/{symbol}": {
    path: { symbol: string };
    query: Record<never, never>;
    body: undefined;
    result: Stock;
  };
  "GET /stocks/{stock_id}": {
    path: { stock_id: number };
    query: Record<never, never>;
    body: undefined;
    result: Stock;
  };
  "PUT /stocks/{stock_id}": {
    path: { stock_id: number };
    query: Record<never, never>;
    body: StockChanges;
    result: Stock;
  };
  "PATCH /stocks/{stock_id}": {
    path: { stock_id: number };
    query: Record<never, never>;
    body: StockChanges;
    result: Stock;
  };
  "DELETE /stocks/{stock_id}": {
    path: { stock_id: number };
    query: Record<never, never>;
    body: undefined;
    result: void;
  };
  "POST /stocks/{stock_id}/toggle-active": {
    path: { stock_id: number };
    query: Record<never, never>;
    body: undefined;
    result: Stock;
  };
  "GET /strategies": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; order?: "asc" | "desc"; sort?: "name"; name?: string; name_like?: string };
    body: undefined;
    result: StrategyPage;
  };
  "GET /strategies/{name}": {
    path: { name: string };
    query: Record<never, never>;
    body: undefined;
    result: Strategy;
  };
  "GET /sweeps": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; cursor?: string; sort?: "best_value" | "combinations" | "created_at" | "data_hash" | "engine_version" | "error" | "finished_at" | "id" | "interval" | "job_id" | "method" | "metric" | "state" | "strategy" | "symbol" | "updated_at" | "user_id"; order?: "asc" | "desc"; id?: number; id_min?: number; id_max?: number; user_id?: number; user_id_min?: number; user_id_max?: number; job_id?: number; job_id_min?: number; job_id_max?: number; state?: "QUEUED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED"; strategy?: string; strategy_like?: string; symbol?: string; symbol_like?: string; interval?: number; interval_min?: number; interval_max?: number; method?: string; method_like?: string; metric?: string; metric_like?: string; combinations?: number; combinations_min?: number; combinations_max?: number; data_hash?: string; data_hash_like?: string; engine_version?: string; engine_version_like?: string; best_value?: number; best_value_min?: number; best_value_max?: number; error?: string; error_like?: string; finished_at?: string; finished_at_after?: string; finished_at_before?: string; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; status?: "QUEUED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED" };
    body: undefined;
    result: SweepPage;
  };
  "POST /sweeps": {
    path: Record<never, never>;
    query: { dry_run?: boolean };
    body: SweepInput;
    result: Estimate;
  };
  "GET /sweeps/{sweep_id}": {
    path: { sweep_id: number };
    query: Record<never, never>;
    body: undefined;
    result: SweepDetail;
  };
  "DELETE /sweeps/{sweep_id}": {
    path: { sweep_id: number };
    query: Record<never, never>;
    body: undefined;
    result: void;
  };
  "GET /sweeps/{sweep_id}/heatmap": {
    path: { sweep_id: number };
    query: { x: string; y: string; metric?: "sharpe_ratio" | "sortino_ratio" | "calmar_ratio" | "total_return_pct" | "annualized_return_pct" | "max_drawdown_pct" | "profit_factor" | "win_rate_pct" | "expectancy" | "volatility" | "max_drawdown_days" | "fees"; reduce?: "mean" | "median" | "best"; symbol?: string };
    body: undefined;
    result: Heatmap;
  };
  "GET /sweeps/{sweep_id}/results": {
    path: { sweep_id: number };
    query: { page?: number; page_size?: number; sort?: string; order?: "asc" | "desc"; symbol?: string; where?: string };
    body: undefined;
    result: SweepResultPage;
  };
  "GET /sweeps/{sweep_id}/symbols": {
    path: { sweep_id: number };
    query: { page?: number; page_size?: number; sort?: "symbol" | "value" | "overfitting" | "deflated_sharpe" | "walk_forward_return_pct" | "efficiency"; order?: "asc" | "desc" };
    body: undefined;
    result: SweepSymbolPage;
  };
  "GET /sweeps/{sweep_id}/symbols/{symbol}": {
    path: { sweep_id: number; symbol: string };
    query: Record<never, never>;
    body: undefined;
    result: SweepFindings;
  };
  "GET /system/audit-log": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; cursor?: string; sort?: "action" | "actor_id" | "address" | "created_at" | "id" | "result" | "target" | "updated_at" | "via"; order?: "asc" | "desc"; id?: number; id_min?: number; id_max?: number; actor_id?: number; actor_id_min?: number; actor_id_max?: number; via?: string; via_like?: string; action?: string; action_like?: string; target?: string; target_like?: string; result?: string; result_like?: string; address?: string; address_like?: string; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; actor?: number; actor_min?: number; actor_max?: number; time?: string; time_after?: string; time_before?: string };
    body: undefined;
    result: AuditEntryPage;
  };
  "GET /system/config": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Config;
  };
  "POST /system/database/backup": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Backup;
  };
  "GET /system/database/ddl": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Ddl;
  };
  "GET /system/database/migrations": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Migrations;
  };
  "GET /system/database/schema": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: SchemaComparison;
  };
  "GET /system/database/status": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: DatabaseStatus;
  };
  "GET /system/engine": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Engine;
  };
  "POST /system/engine/flatten": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Flattened;
  };
  "POST /system/engine/kill": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: Kill;
    result: Risk;
  };
  "GET /system/engine/limits": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Risk;
  };
  "PUT /system/engine/limits": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: Limits;
    result: Risk;
  };
  "POST /system/engine/pause": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Engine;
  };
  "POST /system/engine/release": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Risk;
  };
  "POST /system/engine/resume": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Engine;
  };
  "GET /system/health": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Status;
  };
  "GET /system/info": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Info;
  };
  "GET /system/metrics": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: void;
  };
  "GET /system/ready": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Status;
  };
  "GET /system/websocket-docs": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: SocketDocs;
  };
  "POST /system/websocket-test": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: Nothing;
    result: Notification;
  };
  "GET /transactions": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; cursor?: string; sort?: "adjustments" | "buy_fee" | "cost" | "created_at" | "entry_reason" | "exit_reason" | "gain_loss" | "id" | "is_manual" | "notes" | "open_shares" | "proceeds" | "purchase_date" | "purchase_price" | "sale_date" | "sale_price" | "sell_fee" | "service_id" | "shares" | "state" | "stock_id" | "stock_symbol" | "updated_at"; order?: "asc" | "desc"; id?: number; id_min?: number; id_max?: number; service_id?: number; service_id_min?: number; service_id_max?: number; stock_id?: number; stock_id_min?: number; stock_id_max?: number; stock_symbol?: string; stock_symbol_like?: string; shares?: string; shares_min?: string; shares_max?: string; state?: "OPEN" | "CLOSED" | "CANCELLED"; purchase_price?: string; purchase_price_min?: string; purchase_price_max?: string; sale_price?: string; sale_price_min?: string; sale_price_max?: string; gain_loss?: string; gain_loss_min?: string; gain_loss_max?: string; purchase_date?: string; purchase_date_after?: string; purchase_date_before?: string; sale_date?: string; sale_date_after?: string; sale_date_before?: string; notes?: string; notes_like?: string; open_shares?: number; open_shares_min?: number; open_shares_max?: number; cost?: string; cost_min?: string; cost_max?: string; buy_fee?: string; buy_fee_min?: string; buy_fee_max?: string; proceeds?: string; proceeds_min?: string; proceeds_max?: string; sell_fee?: string; sell_fee_min?: string; sell_fee_max?: string; adjustments?: string; adjustments_min?: string; adjustments_max?: string; entry_reason?: string; entry_reason_like?: string; exit_reason?: string; exit_reason_like?: string; is_manual?: boolean; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; status?: "OPEN" | "CLOSED" | "CANCELLED"; price?: string; price_min?: string; price_max?: string; symbol?: string; symbol_like?: string };
    body: undefined;
    result: TransactionPage;
  };
  "POST /transactions": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: BuyInput;
    result: Transaction;
  };
  "GET /transactions/export": {
    path: Record<never, never>;
    query: { format?: "csv"; sort?: "adjustments" | "buy_fee" | "cost" | "created_at" | "entry_reason" | "exit_reason" | "gain_loss" | "id" | "is_manual" | "notes" | "open_shares" | "proceeds" | "purchase_date" | "purchase_price" | "sale_date" | "sale_price" | "sell_fee" | "service_id" | "shares" | "state" | "stock_id" | "stock_symbol" | "updated_at"; order?: "asc" | "desc"; id?: number; id_min?: number; id_max?: number; service_id?: number; service_id_min?: number; service_id_max?: number; stock_id?: number; stock_id_min?: number; stock_id_max?: number; stock_symbol?: string; stock_symbol_like?: string; shares?: string; shares_min?: string; shares_max?: string; state?: "OPEN" | "CLOSED" | "CANCELLED"; purchase_price?: string; purchase_price_min?: string; purchase_price_max?: string; sale_price?: string; sale_price_min?: string; sale_price_max?: string; gain_loss?: string; gain_loss_min?: string; gain_loss_max?: string; purchase_date?: string; purchase_date_after?: string; purchase_date_before?: string; sale_date?: string; sale_date_after?: string; sale_date_before?: string; notes?: string; notes_like?: string; open_shares?: number; open_shares_min?: number; open_shares_max?: number; cost?: string; cost_min?: string; cost_max?: string; buy_fee?: string; buy_fee_min?: string; buy_fee_max?: string; proceeds?: string; proceeds_min?: string; proceeds_max?: string; sell_fee?: string; sell_fee_min?: string; sell_fee_max?: string; adjustments?: string; adjustments_min?: string; adjustments_max?: string; entry_reason?: string; entry_reason_like?: string; exit_reason?: string; exit_reason_like?: string; is_manual?: boolean; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; status?: "OPEN" | "CLOSED" | "CANCELLED"; price?: string; price_min?: string; price_max?: string; symbol?: string; symbol_like?: string };
    body: undefined;
    result: void;
  };
  "GET /transactions/services/{service_id}": {
    path: { service_id: number };
    query: { page?: number; page_size?: number; cursor?: string; sort?: "adjustments" | "buy_fee" | "cost" | "created_at" | "entry_reason" | "exit_reason" | "gain_loss" | "id" | "is_manual" | "notes" | "open_shares" | "proceeds" | "purchase_date" | "purchase_price" | "sale_date" | "sale_price" | "sell_fee" | "service_id" | "shares" | "state" | "stock_id" | "stock_symbol" | "updated_at"; order?: "asc" | "desc"; id?: number; id_min?: number; id_max?: number; service_id_min?: number; service_id_max?: number; stock_id?: number; stock_id_min?: number; stock_id_max?: number; stock_symbol?: string; stock_symbol_like?: string; shares?: string; shares_min?: string; shares_max?: string; state?: "OPEN" | "CLOSED" | "CANCELLED"; purchase_price?: string; purchase_price_min?: string; purchase_price_max?: string; sale_price?: string; sale_price_min?: string; sale_price_max?: string; gain_loss?: string; gain_loss_min?: string; gain_loss_max?: string; purchase_date?: string; purchase_date_after?: string; purchase_date_before?: string; sale_date?: string; sale_date_after?: string; sale_date_before?: string; notes?: string; notes_like?: string; open_shares?: number; open_shares_min?: number; open_shares_max?: number; cost?: string; cost_min?: string; cost_max?: string; buy_fee?: string; buy_fee_min?: string; buy_fee_max?: string; proceeds?: string; proceeds_min?: string; proceeds_max?: string; sell_fee?: string; sell_fee_min?: string; sell_fee_max?: string; adjustments?: string; adjustments_min?: string; adjustments_max?: string; entry_reason?: string; entry_reason_like?: string; exit_reason?: string; exit_reason_like?: string; is_manual?: boolean; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; status?: "OPEN" | "CLOSED" | "CANCELLED"; price?: string; price_min?: string; price_max?: string; symbol?: string; symbol_like?: string };
    body: undefined;
    result: TransactionPage;
  };
  "GET /transactions/services/{service_id}/metrics": {
    path: { service_id: number };
    query: Record<never, never>;
    body: undefined;
    result: TransactionMetrics;
  };
  "GET /transactions/{transaction_id}": {
    path: { transaction_id: number };
    query: Record<never, never>;
    body: undefined;
    result: Transaction;
  };
  "POST /transactions/{transaction_id}/cancel": {
    path: { transaction_id: number };
    query: Record<never, never>;
    body: CancelInput;
    result: Transaction;
  };
  "POST /transactions/{transaction_id}/complete": {
    path: { transaction_id: number };
    query: Record<never, never>;
    body: Complete;
    result: Transaction;
  };
  "PUT /transactions/{transaction_id}/notes": {
    path: { transaction_id: number };
    query: Record<never, never>;
    body: NotesInput;
    result: Transaction;
  };
  "PATCH /transactions/{transaction_id}/notes": {
    path: { transaction_id: number };
    query: Record<never, never>;
    body: NotesInput;
    result: Transaction;
  };
  "GET /users": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; cursor?: string; sort?: "created_at" | "email" | "id" | "is_active" | "is_admin" | "last_login" | "updated_at" | "username"; order?: "asc" | "desc"; id?: number; id_min?: number; id_max?: number; username?: string; username_like?: string; email?: string; email_like?: string; is_active?: boolean; is_admin?: boolean; last_login?: string; last_login_after?: string; last_login_before?: string; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string };
    body: undefined;
    result: UserPage;
  };
  "POST /users": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: InviteInput;
    result: Invited;
  };
  "POST /users/change-password": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: ChangePasswordInput;
    result: User;
  };
  "GET /users/me": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: User;
  };
  "GET /users/{user_id}": {
    path: { user_id: number };
    query: Record<never, never>;
    body: undefined;
    result: User;
  };
  "PUT /users/{user_id}": {
    path: { user_id: number };
    query: Record<never, never>;
    body: ProfileChanges;
    result: User;
  };
  "PATCH /users/{user_id}": {
    path: { user_id: number };
    query: Record<never, never>;
    body: ProfileChanges;
    result: User;
  };
  "DELETE /users/{user_id}": {
    path: { user_id: number };
    query: Record<never, never>;
    body: DeleteUserInput;
    result: void;
  };
  "POST /users/{user_id}/reset-password": {
    path: { user_id: number };
    query: Record<never, never>;
    body: undefined;
    result: Invited;
  };
  "PUT /users/{user_id}/role": {
    path: { user_id: number };
    query: Record<never, never>;
    body: RoleInput;
    result: User;
  };
  "PATCH /users/{user_id}/role": {
    path: { user_id: number };
    query: Record<never, never>;
    body: RoleInput;
    result: User;
  };
  "POST /users/{user_id}/toggle-active": {
    path: { user_id: number };
    query: Record<never, never>;
    body: undefined;
    result: User;
  };
}
