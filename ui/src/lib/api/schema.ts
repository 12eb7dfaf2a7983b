// Made by `make api-types` from the server's Swagger. Not edited by hand.
export interface Analysis {
  symbol: string;
  timeframe: "INTRADAY" | "DAILY" | "WEEKLY" | "MONTHLY" | "QUARTERLY" | "YEARLY";
  as_of: string;
  latest_price: number;
  /** SMA of the close by window */
  moving_averages: Record<string, unknown>;
  rsi: number | null;
  bollinger: Bands;
  macd: Macd;
  atr: number | null;
  /** up, down or sideways */
  trend: string | null;
  /** Change of the close over so many bars, percent */
  price_changes: Record<string, unknown>;
  signals: Signals;
  support: number | null;
  resistance: number | null;
}

export interface ApiKey {
  id: number;
  user_id: number;
  name: string;
  /** The first characters of the key */
  prefix: string;
  /** Each includes those before it */
  scopes: ("read" | "trade" | "admin")[];
  /** null: never */
  expires_at: string | null;
  /** To the minute */
  last_used_at: string | null;
  created_at: string;
  updated_at: string;
}

export interface ApiKeyInput {
  name: string;
  /** Each includes those before it */
  scopes: ("read" | "trade" | "admin")[];
  /** null: never */
  expires_at?: string | null;
}

export interface ApiKeyPage {
  items: ApiKey[];
  pagination: Pagination;
}

export interface AuditEntry {
  id: number;
  /** null where nobody was signed in */
  actor_id: number | null;
  /** login:7, key:3, anonymous or console */
  via: string;
  action: string;
  target: string;
  /** ok, or the code of the error */
  result: string;
  address: string;
  created_at: string;
  updated_at: string;
}

export interface AuditEntryPage {
  items: AuditEntry[];
  pagination: Pagination;
}

export interface BacktestInput {
  symbol: string;
  strategy?: string;
  params?: Record<string, unknown>;
  start?: string;
  end?: string;
  /** Minutes of the bars it reads: 0 (daily), 1, 5, 15, 30 or 60 */
  interval?: number;
  cash?: number;
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
  commission_per_order?: number;
  commission_per_share?: number;
  commission_percent?: number;
  commission_minimum?: number;
  /** Basis points */
  slippage_bps?: number;
  /** Kept back for a higher open */
  gap_reserve?: number;
  fill?: "next_open" | "close";
  prices?: "raw" | "adjusted";
}

export interface Backup {
  name: string;
  size_bytes: number;
  created_at: string;
}

export interface Bands {
  upper: number | null;
  middle: number | null;
  lower: number | null;
}

export interface BuyInput {
  service_id: number;
  shares: number;
  /** Within 20 % of the last known price, the default */
  purchase_price?: number | null;
}

export interface CancelInput {
  reason: string;
}

export interface ChangePasswordInput {
  new_password: string;
  confirm_password: string;
  current_password: string;
}

export interface Check {
  should_proceed: boolean;
  reason: string;
  timestamp: string;
  /** The bar, the shares and the strategy's figures */
  details: Record<string, unknown>;
  service_id: number;
  /** What the service looks for next */
  next_action: "CHECK_BUY" | "CHECK_SELL";
}

export interface ClientEvent {
  name: string;
  about: string;
  payload: Record<string, unknown>;
  acknowledgement: Record<string, unknown>;
}

export interface Comparison {
  agrees: boolean;
  differences: string[];
}

export interface Complete {
  /** Within 20 % of the last known price, the default */
  sale_price?: number | null;
}

export interface Config {
  settings: Record<string, unknown>;
}

export interface DailyPrice {
  id: number;
  stock_id: number;
  symbol: string;
  open_price: number | null;
  high_price: number | null;
  low_price: number | null;
  close_price: number | null;
  volume: number | null;
  source: "REAL_TIME" | "DELAYED" | "SIMULATED" | "HISTORICAL";
  change: number | null;
  change_percent: number | null;
  is_real_data: boolean;
  is_valid: boolean;
  created_at: string;
  updated_at: string;
  price_date: string;
  adj_close: number | null;
  trading_range: number | null;
  trading_range_percent: number | null;
}

export interface DailyPriceChanges {
  open_price?: number | null;
  high_price?: number | null;
  low_price?: number | null;
  close_price?: number | null;
  volume?: number | null;
  source?: "REAL_TIME" | "DELAYED" | "SIMULATED" | "HISTORICAL";
  price_date?: string;
  adj_close?: number | null;
}

export interface DailyPricePage {
  items: DailyPrice[];
  pagination: Pagination;
}

export interface DataEvent {
  name: string;
  about: string;
  actions: string[];
  rooms: string[];
  payload: Record<string, unknown>;
}

export interface DatabaseStatus {
  dialect: string;
  /** The migration that it is at */
  revision: string | null;
  /** The migration that this version needs */
  head: string;
  is_current: boolean;
  pending: string[];
  tables: number;
  size_bytes: number;
}

export interface Ddl {
  dialect: string;
  sql: string;
}

export interface Decision {
  id: number;
  service_id: number;
  interval: number;
  bar_time: string;
  action: "BUY" | "SELL" | "NOTHING";
  shares: number;
  reason: string;
  evidence: Record<string, unknown>;
  created_at: string;
  updated_at: string;
}

export interface DecisionPage {
  items: Decision[];
  pagination: Pagination;
}

export interface DeleteUserInput {
  /** true */
  confirm: boolean;
  /** The caller's own */
  password: string;
}

export interface Engine {
  /** stopped, starting, running, idle, paused or failed */
  state: string;
  is_ready: boolean;
  feed: string | null;
  position: string | null;
  speed: number | null;
  services: number;
  last_bar_at: string | null;
  error: string | null;
}

export interface Equity {
  timestamps: string[];
  equity: number[];
  cash: number[];
  position_value: number[];
}

export interface ApiErrorBody {
  error: boolean;
  status_code: number;
  message: string;
  code: string;
  validation_errors?: Record<string, string[]>;
  request_id: string;
}

export interface Execution {
  id: number;
  service_id: number;
  order_id: number;
  transaction_id: number;
  broker: string;
  execution_ref: string;
  side: "BUY" | "SELL";
  shares: number;
  price: number;
  amount: number;
  fee: number;
  bar_time: string | null;
  executed_at: string;
  is_ambiguous: boolean;
  created_at: string;
  updated_at: string;
}

export interface Fetch {
  provider?: "sample";
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
  symbol: string;
  method: string;
  as_of: string;
  horizon: number;
  dates: string[];
  mean: number[];
  lower_80: number[];
  upper_80: number[];
  lower_95: number[];
  upper_95: number[];
  error: ForecastError;
}

export interface ForecastError {
  metric: string;
  model: number | null;
  naive: number | null;
}

export interface History {
  symbol: string;
  /** Minutes, 0 for daily */
  interval: number;
  adjusted: boolean;
  timestamps: string[];
  open: number[];
  high: number[];
  low: number[];
  close: number[];
  volume: number[];
}

export interface Holding {
  service_id: number;
  /** Cash and the position at the last known close */
  equity: number;
  position_value: number;
  /** What the portfolio's last session changed */
  session_change: number;
  last_decision: Decision | null;
}

export interface Indicators {
  symbol: string;
  /** Minutes, 0 for daily */
  interval: number;
  timestamps: string[];
  /** By the name that was asked for; several outputs by theirs */
  series: Record<string, unknown>;
}

export interface Info {
  name: string;
  version: string;
  uptime_seconds: number;
  /** How far the replay has come, where there is one */
  market_time: string | null;
  strategies: string[];
  features: Record<string, unknown>;
}

export interface IntradayPrice {
  id: number;
  stock_id: number;
  symbol: string;
  open_price: number | null;
  high_price: number | null;
  low_price: number | null;
  close_price: number | null;
  volume: number | null;
  source: "REAL_TIME" | "DELAYED" | "SIMULATED" | "HISTORICAL";
  change: number | null;
  change_percent: number | null;
  is_real_data: boolean;
  is_valid: boolean;
  created_at: string;
  updated_at: string;
  /** Its start */
  timestamp: string;
  /** Minutes: 1, 5, 15, 30 or 60 */
  interval: number;
  is_delayed: boolean;
  is_simulated: boolean;
  is_historical: boolean;
  is_real_time: boolean;
}

export interface IntradayPriceChanges {
  open_price?: number | null;
  high_price?: number | null;
  low_price?: number | null;
  close_price?: number | null;
  volume?: number | null;
  source?: "REAL_TIME" | "DELAYED" | "SIMULATED" | "HISTORICAL";
  /** Its start */
  timestamp?: string;
  /** Minutes: 1, 5, 15, 30 or 60 */
  interval?: number;
}

export interface IntradayPricePage {
  items: IntradayPrice[];
  pagination: Pagination;
}

export interface InviteInput {
  username: string;
  email: string;
}

export interface Invited {
  user: User;
  set_password_url: string;
}

export interface Job {
  id: number;
  user_id: number | null;
  kind: string;
  state: "QUEUED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED";
  /** 0 to 1 */
  progress: number;
  /** When it should be done */
  eta: string | null;
  is_cancel_requested: boolean;
  /** What was done, by kind */
  result: Record<string, unknown>;
  /** Where it can be looked at */
  result_url: string | null;
  /** Why it failed */
  error: string | null;
  created_at: string;
  updated_at: string;
  started_at: string | null;
  finished_at: string | null;
  errors: RowError[];
}

export interface JobItem {
  id: number;
  user_id: number | null;
  kind: string;
  state: "QUEUED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED";
  /** 0 to 1 */
  progress: number;
  /** When it should be done */
  eta: string | null;
  is_cancel_requested: boolean;
  /** What was done, by kind */
  result: Record<string, unknown>;
  /** Where it can be looked at */
  result_url: string | null;
  /** Why it failed */
  error: string | null;
  created_at: string;
  updated_at: string;
  started_at: string | null;
  finished_at: string | null;
}

export interface JobItemPage {
  items: JobItem[];
  pagination: Pagination;
}

export interface Latest {
  symbol: string;
  items: LatestBar[];
}

export interface LatestBar {
  /** Minutes, 0 for daily */
  interval: number;
  timestamp: string;
  open: number | null;
  high: number | null;
  low: number | null;
  close: number | null;
  volume: number | null;
}

export interface LoginInput {
  /** The user name or the mail address */
  username?: string;
  /** The mail address, instead of username */
  email?: string;
  password: string;
  /** The code of the moment, where a second factor is in force */
  totp?: string | null;
}

export interface Macd {
  macd: number | null;
  signal: number | null;
  histogram: number | null;
}

export interface Metrics {
  /** Cash and the position at the last known close */
  equity: number;
  current_balance: number;
  position_value: number;
  unrealized_gain_loss: number;
  /** Of closed transactions */
  total_gain_loss: number;
  total_return_pct: number;
  buy_and_hold_return_pct: number | null;
  /** 0 or negative */
  max_drawdown_pct: number;
  sharpe_ratio: number | null;
  /** Percent of the closed transactions */
  win_rate: number | null;
  trades: number;
  exposure_pct: number;
  fees: number;
}

export interface Migrations {
  revision: string | null;
  head: string;
  applied: string[];
  pending: string[];
}

export interface ModeInput {
  mode: "BUY" | "SELL" | "HOLD";
}

export interface NewApiKey {
  id: number;
  user_id: number;
  name: string;
  /** The first characters of the key */
  prefix: string;
  /** Each includes those before it */
  scopes: ("read" | "trade" | "admin")[];
  /** null: never */
  expires_at: string | null;
  /** To the minute */
  last_used_at: string | null;
  created_at: string;
  updated_at: string;
  /** Sent as `Authorization: Bearer ...`; shown this once */
  key: string;
}

export interface NewDailyPriceInput {
  stock_id?: number;
  symbol?: string;
  open_price?: number | null;
  high_price?: number | null;
  low_price?: number | null;
  close_price?: number | null;
  volume?: number | null;
  source?: "REAL_TIME" | "DELAYED" | "SIMULATED" | "HISTORICAL";
  price_date: string;
  adj_close?: number | null;
}

export interface NewIntradayPriceInput {
  stock_id?: number;
  symbol?: string;
  open_price?: number | null;
  high_price?: number | null;
  low_price?: number | null;
  close_price?: number | null;
  volume?: number | null;
  source?: "REAL_TIME" | "DELAYED" | "SIMULATED" | "HISTORICAL";
  /** Its start */
  timestamp: string;
  /** Minutes: 1, 5, 15, 30 or 60 */
  interval?: number;
}

export interface NotesInput {
  notes: string | null;
}

export interface Nothing {
}

export interface Notification {
  severity: string;
  source: string;
  message: string;
}

export interface Order {
  id: number;
  service_id: number;
  decision_id: number | null;
  attempt: number;
  parent_id: number | null;
  transaction_id: number | null;
  broker: string;
  client_order_id: string;
  side: "BUY" | "SELL";
  kind: "ENTRY" | "EXIT" | "STOP" | "TARGET" | "MANUAL";
  state: "PENDING" | "SUBMITTING" | "ACCEPTED" | "PARTIALLY_FILLED" | "FILLED" | "EXPIRED" | "CANCELLED" | "REJECTED";
  shares: number;
  filled_shares: number;
  limit_price: number | null;
  reserved_cash: number;
  bar_time: string | null;
  reason: string | null;
  created_at: string;
  updated_at: string;
}

export interface OrderPage {
  items: Order[];
  pagination: Pagination;
}

export interface OrderWithFills {
  id: number;
  service_id: number;
  decision_id: number | null;
  attempt: number;
  parent_id: number | null;
  transaction_id: number | null;
  broker: string;
  client_order_id: string;
  side: "BUY" | "SELL";
  kind: "ENTRY" | "EXIT" | "STOP" | "TARGET" | "MANUAL";
  state: "PENDING" | "SUBMITTING" | "ACCEPTED" | "PARTIALLY_FILLED" | "FILLED" | "EXPIRED" | "CANCELLED" | "REJECTED";
  shares: number;
  filled_shares: number;
  limit_price: number | null;
  reserved_cash: number;
  bar_time: string | null;
  reason: string | null;
  created_at: string;
  updated_at: string;
  history: Passage[];
  executions: Execution[];
}

export interface Pagination {
  page: number | null;
  total_items: number | null;
  total_pages: number | null;
  page_size: number;
  has_next: boolean;
  has_prev: boolean;
  next_cursor: string | null;
}

export interface Parameter {
  name: string;
  /** integer or number */
  type: string;
  default: number;
  minimum: number;
  maximum: number;
  description: string;
}

export interface Passage {
  state: "PENDING" | "SUBMITTING" | "ACCEPTED" | "PARTIALLY_FILLED" | "FILLED" | "EXPIRED" | "CANCELLED" | "REJECTED";
  at: string;
  reason: string | null;
}

export interface PasswordInput {
  password: string;
}

export interface Portfolio {
  /** The last session that any service has seen */
  as_of: string | null;
  initial_balance: number;
  /** Cash and positions at the last known closes */
  value: number;
  cash: number;
  position_value: number;
  /** What the last session changed */
  session_change: number;
  timestamps: string[];
  /** At each session's close; a service counts with its initial balance before it began */
  equity: number[];
  services: Holding[];
}

export interface ProfileChanges {
  username?: string;
  email?: string;
}

export interface Refresh {
  refresh_token?: string | null;
}

export interface RegisterInput {
  username: string;
  email: string;
  password: string;
  password_confirm: string;
}

export interface Report {
  symbol: string;
  strategy: string;
  params: Record<string, unknown>;
  start: string;
  end: string;
  initial_balance: number;
  final_balance: number;
  final_shares: number;
  final_portfolio_value: number;
  gain_loss: number;
  gain_loss_pct: number;
  days_simulated: number;
  metrics: Record<string, unknown>;
  trades: Trade[];
  dates: string[];
  /** At each session's close */
  portfolio_values: number[];
  /** Data hash, parameters and engine version */
  pinned: Record<string, unknown>;
}

export interface RoleInput {
  is_admin: boolean;
}

export interface Room {
  name: string;
  who: string;
  about: string;
  events: string[];
}

export interface RowError {
  /** From 1 */
  line: number;
  field: string;
  reason: string;
}

export interface Service {
  id: number;
  user_id: number;
  stock_id: number | null;
  name: string;
  description: string | null;
  /** Changeable before the first transaction only */
  stock_symbol: string;
  state: "ACTIVE" | "INACTIVE" | "PAUSED" | "ERROR";
  mode: "BUY" | "SELL" | "HOLD";
  /** false archives the service */
  is_active: boolean;
  /** Changeable before the first transaction only */
  initial_balance: number;
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
  current_shares: number;
  buy_count: number;
  sell_count: number;
  total_gain_loss: number;
  strategy: string;
  /** Parameters of the strategy by name */
  strategy_params: Record<string, unknown>;
  /** Minutes of the bars it reads: 0 (daily), 1, 5, 15, 30 or 60 */
  interval: number;
  /** Shares per buy at most; null: by allocation */
  fixed_shares: number | null;
  commission_per_order: number;
  commission_per_share: number;
  commission_percent: number;
  commission_minimum: number;
  /** Basis points */
  slippage_bps: number;
  /** Kept back for a higher open */
  gap_reserve_percent: number;
  /** Whether the stop-loss holds while paused or in mode HOLD */
  keep_protection: boolean;
  broker: "paper";
  error_reason: string | null;
  reserved_cash: number;
  stop_price: number | null;
  target_price: number | null;
  is_armed: boolean;
  last_bar_time: string | null;
  can_buy: boolean;
  can_sell: boolean;
  is_profitable: boolean;
  has_dependencies: boolean;
  created_at: string;
  updated_at: string;
}

export interface ServiceBacktest {
  /** First session that may be traded */
  start?: string;
  /** Last session */
  end?: string;
  /** Calendar days up to the end, instead of a start */
  days?: number;
  prices?: "raw" | "adjusted";
}

export interface ServiceChanges {
  name?: string;
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
  strategy?: string;
  /** Parameters of the strategy by name */
  strategy_params?: Record<string, unknown>;
  /** Minutes of the bars it reads: 0 (daily), 1, 5, 15, 30 or 60 */
  interval?: number;
  /** Shares per buy at most; null: by allocation */
  fixed_shares?: number | null;
  commission_per_order?: number;
  commission_per_share?: number;
  commission_percent?: number;
  commission_minimum?: number;
  /** Basis points */
  slippage_bps?: number;
  /** Kept back for a higher open */
  gap_reserve_percent?: number;
  /** Whether the stop-loss holds while paused or in mode HOLD */
  keep_protection?: boolean;
  broker?: "paper";
}

export interface ServiceInput {
  name: string;
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
  strategy?: string;
  /** Parameters of the strategy by name */
  strategy_params?: Record<string, unknown>;
  /** Minutes of the bars it reads: 0 (daily), 1, 5, 15, 30 or 60 */
  interval?: number;
  /** Shares per buy at most; null: by allocation */
  fixed_shares?: number | null;
  commission_per_order?: number;
  commission_per_share?: number;
  commission_percent?: number;
  commission_minimum?: number;
  /** Basis points */
  slippage_bps?: number;
  /** Kept back for a higher open */
  gap_reserve_percent?: number;
  /** Whether the stop-loss holds while paused or in mode HOLD */
  keep_protection?: boolean;
  broker?: "paper";
}

export interface ServiceMatches {
  items: Service[];
}

export interface ServicePage {
  items: Service[];
  pagination: Pagination;
}

export interface SetPasswordInput {
  new_password: string;
  confirm_password: string;
  /** What stands behind `token=` in the link */
  token: string;
}

export interface Signals {
  rsi: string | null;
  bollinger: string | null;
  ma_crossover: string | null;
}

export interface SocketDocs {
  connect: Record<string, unknown>;
  rooms: Room[];
  client_events: ClientEvent[];
  data_events: DataEvent[];
}

export interface StateInput {
  state: "ACTIVE" | "INACTIVE" | "PAUSED" | "ERROR";
}

export interface Status {
  status: string;
  /** For admins only */
  parts: Record<string, unknown>;
}

export interface Stock {
  id: number;
  symbol: string;
  name: string | null;
  is_active: boolean;
  sector: string | null;
  description: string | null;
  has_dependencies: boolean;
  has_prices: boolean;
  created_at: string;
  updated_at: string;
}

export interface StockChanges {
  symbol?: string;
  name?: string | null;
  is_active?: boolean;
  sector?: string | null;
  description?: string | null;
}

export interface StockInput {
  symbol: string;
  name?: string | null;
  is_active?: boolean;
  sector?: string | null;
  description?: string | null;
}

export interface StockMatches {
  items: Stock[];
}

export interface StockPage {
  items: Stock[];
  pagination: Pagination;
}

export interface Stop {
  /** keep (default): unprotected; sell: at the next open */
  position?: "keep" | "sell";
}

export interface StoppedService {
  id: number;
  user_id: number;
  stock_id: number | null;
  name: string;
  description: string | null;
  /** Changeable before the first transaction only */
  stock_symbol: string;
  state: "ACTIVE" | "INACTIVE" | "PAUSED" | "ERROR";
  mode: "BUY" | "SELL" | "HOLD";
  /** false archives the service */
  is_active: boolean;
  /** Changeable before the first transaction only */
  initial_balance: number;
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
  current_shares: number;
  buy_count: number;
  sell_count: number;
  total_gain_loss: number;
  strategy: string;
  /** Parameters of the strategy by name */
  strategy_params: Record<string, unknown>;
  /** Minutes of the bars it reads: 0 (daily), 1, 5, 15, 30 or 60 */
  interval: number;
  /** Shares per buy at most; null: by allocation */
  fixed_shares: number | null;
  commission_per_order: number;
  commission_per_share: number;
  commission_percent: number;
  commission_minimum: number;
  /** Basis points */
  slippage_bps: number;
  /** Kept back for a higher open */
  gap_reserve_percent: number;
  /** Whether the stop-loss holds while paused or in mode HOLD */
  keep_protection: boolean;
  broker: "paper";
  error_reason: string | null;
  reserved_cash: number;
  stop_price: number | null;
  target_price: number | null;
  is_armed: boolean;
  last_bar_time: string | null;
  can_buy: boolean;
  can_sell: boolean;
  is_profitable: boolean;
  has_dependencies: boolean;
  created_at: string;
  updated_at: string;
  /** What the owner must know about the position */
  notice: string | null;
}

export interface Strategy {
  name: string;
  description: string;
  /** Bars before its first signal, with the default parameters */
  warmup: number;
  parameters: Parameter[];
}

export interface StrategyPage {
  items: Strategy[];
  pagination: Pagination;
}

export interface Tokens {
  access_token: string;
  /** Left out where it travels as a cookie */
  refresh_token: string;
  token_type: string;
  /** Seconds that the access token is good for */
  expires_in: number;
  user: User;
}

export interface TotpCodeInput {
  code: string;
}

export interface TotpSecret {
  secret: string;
  /** The same for a QR code */
  uri: string;
}

export interface Trade {
  entry_date: string;
  entry_price: number;
  shares: number;
  exit_date: string | null;
  exit_price: number | null;
  gain_loss: number | null;
  gain_loss_pct: number | null;
  entry_reason: string;
  exit_reason: string | null;
}

export interface Transaction {
  id: number;
  service_id: number;
  stock_id: number | null;
  stock_symbol: string;
  shares: number;
  state: "OPEN" | "CLOSED" | "CANCELLED";
  purchase_price: number;
  sale_price: number | null;
  gain_loss: number | null;
  purchase_date: string;
  sale_date: string | null;
  notes: string | null;
  /** What is left after splits and sales */
  open_shares: number;
  cost: number;
  buy_fee: number;
  proceeds: number;
  sell_fee: number;
  /** Dividends and cash in lieu */
  adjustments: number;
  entry_reason: string | null;
  exit_reason: string | null;
  is_manual: boolean;
  is_complete: boolean;
  is_profitable: boolean;
  can_be_cancelled: boolean;
  calculated_gain_loss: number | null;
  created_at: string;
  updated_at: string;
}

export interface TransactionMetrics {
  total_transactions: number;
  open_transactions: number;
  closed_transactions: number;
  cancelled_transactions: number;
  total_profit: number;
  /** 0 or negative */
  total_loss: number;
  net_gain_loss: number;
  average_profit_per_transaction: number | null;
  average_loss_per_transaction: number | null;
  profitable_transactions: number;
  /** What broke even included */
  unprofitable_transactions: number;
  /** Percent of the closed ones */
  win_rate: number | null;
}

export interface TransactionPage {
  items: Transaction[];
  pagination: Pagination;
}

export interface User {
  id: number;
  username: string;
  email: string;
  is_active: boolean;
  is_admin: boolean;
  last_login: string | null;
  has_active_services: boolean;
  /** Whether signing in takes a second factor */
  has_totp: boolean;
  created_at: string;
  updated_at: string;
}

export interface UserPage {
  items: User[];
  pagination: Pagination;
}

/** Every operation: what its address, query and body hold, and what it answers. */
export interface Operations {
  "GET /auth/api-keys": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; order?: "asc" | "desc"; cursor?: string; sort?: "created_at" | "expires_at" | "id" | "last_used_at" | "name" | "prefix" | "updated_at" | "user_id"; id?: number; id_min?: number; id_max?: number; user_id?: number; user_id_min?: number; user_id_max?: number; name?: string; name_like?: string; prefix?: string; prefix_like?: string; expires_at?: string; expires_at_after?: string; expires_at_before?: string; last_used_at?: string; last_used_at_after?: string; last_used_at_before?: string; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string };
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
    body: PasswordInput;
    result: void;
  };
  "POST /auth/totp/confirm": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: TotpCodeInput;
    result: User;
  };
  "POST /backtests": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: BacktestInput;
    result: Report;
  };
  "GET /jobs": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; order?: "asc" | "desc"; cursor?: string; sort?: "created_at" | "error" | "eta" | "finished_at" | "id" | "is_cancel_requested" | "kind" | "progress" | "result_url" | "started_at" | "state" | "updated_at" | "user_id"; id?: number; id_min?: number; id_max?: number; user_id?: number; user_id_min?: number; user_id_max?: number; kind?: string; kind_like?: string; state?: "QUEUED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED"; progress?: number; progress_min?: number; progress_max?: number; eta?: string; eta_after?: string; eta_before?: string; result_url?: string; result_url_like?: string; error?: string; error_like?: string; is_cancel_requested?: boolean; started_at?: string; started_at_after?: string; started_at_before?: string; finished_at?: string; finished_at_after?: string; finished_at_before?: string; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; status?: "QUEUED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED" };
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
  "GET /orders": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; order?: "asc" | "desc"; cursor?: string; sort?: "attempt" | "bar_time" | "broker" | "client_order_id" | "created_at" | "decision_id" | "filled_shares" | "id" | "kind" | "limit_price" | "parent_id" | "reason" | "reserved_cash" | "service_id" | "shares" | "side" | "state" | "transaction_id" | "updated_at"; id?: number; id_min?: number; id_max?: number; service_id?: number; service_id_min?: number; service_id_max?: number; decision_id?: number; decision_id_min?: number; decision_id_max?: number; attempt?: number; attempt_min?: number; attempt_max?: number; parent_id?: number; parent_id_min?: number; parent_id_max?: number; transaction_id?: number; transaction_id_min?: number; transaction_id_max?: number; broker?: string; broker_like?: string; client_order_id?: string; client_order_id_like?: string; side?: "BUY" | "SELL"; kind?: "ENTRY" | "EXIT" | "STOP" | "TARGET" | "MANUAL"; state?: "PENDING" | "SUBMITTING" | "ACCEPTED" | "PARTIALLY_FILLED" | "FILLED" | "EXPIRED" | "CANCELLED" | "REJECTED"; shares?: number; shares_min?: number; shares_max?: number; filled_shares?: number; filled_shares_min?: number; filled_shares_max?: number; limit_price?: string; limit_price_min?: string; limit_price_max?: string; reserved_cash?: string; reserved_cash_min?: string; reserved_cash_max?: string; bar_time?: string; bar_time_after?: string; bar_time_before?: string; reason?: string; reason_like?: string; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; status?: "PENDING" | "SUBMITTING" | "ACCEPTED" | "PARTIALLY_FILLED" | "FILLED" | "EXPIRED" | "CANCELLED" | "REJECTED"; price?: string; price_min?: string; price_max?: string };
    body: undefined;
    result: OrderPage;
  };
  "GET /orders/{order_id}": {
    path: { order_id: number };
    query: Record<never, never>;
    body: undefined;
    result: OrderWithFills;
  };
  "GET /portfolio": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Portfolio;
  };
  "GET /prices/daily": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; order?: "asc" | "desc"; cursor?: string; sort?: "adj_close" | "close_price" | "created_at" | "high_price" | "id" | "low_price" | "open_price" | "price_date" | "source" | "stock_id" | "symbol" | "updated_at" | "volume"; id?: number; id_min?: number; id_max?: number; stock_id?: number; stock_id_min?: number; stock_id_max?: number; price_date?: string; price_date_after?: string; price_date_before?: string; adj_close?: number; adj_close_min?: number; adj_close_max?: number; source?: "REAL_TIME" | "DELAYED" | "SIMULATED" | "HISTORICAL"; open_price?: number; open_price_min?: number; open_price_max?: number; high_price?: number; high_price_min?: number; high_price_max?: number; low_price?: number; low_price_min?: number; low_price_max?: number; close_price?: number; close_price_min?: number; close_price_max?: number; volume?: number; volume_min?: number; volume_max?: number; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; symbol?: string; symbol_like?: string; price?: number; price_min?: number; price_max?: number; start?: string; end?: string };
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
    query: { symbol?: string; interval?: "daily" | "0" | "1" | "5" | "15" | "30" | "60"; source?: "REAL_TIME" | "DELAYED" | "SIMULATED" | "HISTORICAL"; dry_run?: boolean; partial?: boolean; on_conflict?: "update" | "skip" };
    body: undefined;
    result: Job;
  };
  "GET /prices/intraday": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; order?: "asc" | "desc"; cursor?: string; sort?: "close_price" | "created_at" | "high_price" | "id" | "interval" | "low_price" | "open_price" | "source" | "stock_id" | "symbol" | "timestamp" | "updated_at" | "volume"; id?: number; id_min?: number; id_max?: number; stock_id?: number; stock_id_min?: number; stock_id_max?: number; timestamp?: string; timestamp_after?: string; timestamp_before?: string; interval?: number; interval_min?: number; interval_max?: number; source?: "REAL_TIME" | "DELAYED" | "SIMULATED" | "HISTORICAL"; open_price?: number; open_price_min?: number; open_price_max?: number; high_price?: number; high_price_min?: number; high_price_max?: number; low_price?: number; low_price_min?: number; low_price_max?: number; close_price?: number; close_price_min?: number; close_price_max?: number; volume?: number; volume_min?: number; volume_max?: number; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; symbol?: string; symbol_like?: string; price?: number; price_min?: number; price_max?: number; start?: string; end?: string };
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
  "GET /services": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; order?: "asc" | "desc"; cursor?: string; sort?: "allocation_percent" | "broker" | "buy_count" | "buy_threshold" | "commission_minimum" | "commission_per_order" | "commission_per_share" | "commission_percent" | "created_at" | "current_balance" | "current_shares" | "description" | "error_reason" | "fixed_shares" | "gap_reserve_percent" | "id" | "initial_balance" | "interval" | "is_active" | "is_armed" | "keep_protection" | "last_bar_time" | "minimum_balance" | "mode" | "name" | "reserved_cash" | "sell_count" | "sell_threshold" | "slippage_bps" | "state" | "stock_id" | "stock_symbol" | "stop_loss_percent" | "stop_price" | "strategy" | "take_profit_percent" | "target_price" | "total_gain_loss" | "updated_at" | "user_id"; id?: number; id_min?: number; id_max?: number; user_id?: number; user_id_min?: number; user_id_max?: number; stock_id?: number; stock_id_min?: number; stock_id_max?: number; name?: string; name_like?: string; description?: string; description_like?: string; stock_symbol?: string; stock_symbol_like?: string; state?: "ACTIVE" | "INACTIVE" | "PAUSED" | "ERROR"; mode?: "BUY" | "SELL" | "HOLD"; is_active?: boolean; initial_balance?: string; initial_balance_min?: string; initial_balance_max?: string; current_balance?: string; current_balance_min?: string; current_balance_max?: string; minimum_balance?: string; minimum_balance_min?: string; minimum_balance_max?: string; allocation_percent?: string; allocation_percent_min?: string; allocation_percent_max?: string; buy_threshold?: string; buy_threshold_min?: string; buy_threshold_max?: string; sell_threshold?: string; sell_threshold_min?: string; sell_threshold_max?: string; stop_loss_percent?: string; stop_loss_percent_min?: string; stop_loss_percent_max?: string; take_profit_percent?: string; take_profit_percent_min?: string; take_profit_percent_max?: string; current_shares?: number; current_shares_min?: number; current_shares_max?: number; buy_count?: number; buy_count_min?: number; buy_count_max?: number; sell_count?: number; sell_count_min?: number; sell_count_max?: number; total_gain_loss?: string; total_gain_loss_min?: string; total_gain_loss_max?: string; strategy?: string; strategy_like?: string; interval?: number; interval_min?: number; interval_max?: number; fixed_shares?: number; fixed_shares_min?: number; fixed_shares_max?: number; commission_per_order?: string; commission_per_order_min?: string; commission_per_order_max?: string; commission_per_share?: string; commission_per_share_min?: string; commission_per_share_max?: string; commission_percent?: string; commission_percent_min?: string; commission_percent_max?: string; commission_minimum?: string; commission_minimum_min?: string; commission_minimum_max?: string; slippage_bps?: string; slippage_bps_min?: string; slippage_bps_max?: string; gap_reserve_percent?: string; gap_reserve_percent_min?: string; gap_reserve_percent_max?: string; keep_protection?: boolean; broker?: string; broker_like?: string; error_reason?: string; error_reason_like?: string; reserved_cash?: string; reserved_cash_min?: string; reserved_cash_max?: string; stop_price?: string; stop_price_min?: string; stop_price_max?: string; target_price?: string; target_price_min?: string; target_price_max?: string; is_armed?: boolean; last_bar_time?: string; last_bar_time_after?: string; last_bar_time_before?: string; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; status?: "ACTIVE" | "INACTIVE" | "PAUSED" | "ERROR"; symbol?: string; symbol_like?: string };
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
  "POST /services/{service_id}/backtest": {
    path: { service_id: number };
    query: Record<never, never>;
    body: ServiceBacktest;
    result: Report;
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
    query: { page?: number; page_size?: number; order?: "asc" | "desc"; cursor?: string; sort?: "action" | "bar_time" | "created_at" | "id" | "interval" | "reason" | "service_id" | "shares" | "updated_at"; id?: number; id_min?: number; id_max?: number; service_id_min?: number; service_id_max?: number; interval?: number; interval_min?: number; interval_max?: number; bar_time?: string; bar_time_after?: string; bar_time_before?: string; action?: "BUY" | "SELL" | "NOTHING"; shares?: number; shares_min?: number; shares_max?: number; reason?: string; reason_like?: string; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; start?: string; end?: string };
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
    query: { page?: number; page_size?: number; order?: "asc" | "desc"; cursor?: string; sort?: "created_at" | "description" | "id" | "is_active" | "name" | "sector" | "symbol" | "updated_at"; id?: number; id_min?: number; id_max?: number; symbol?: string; symbol_like?: string; name?: string; name_like?: string; is_active?: boolean; sector?: string; sector_like?: string; description?: string; description_like?: string; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string };
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
  "GET /system/audit-log": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; order?: "asc" | "desc"; cursor?: string; sort?: "action" | "actor_id" | "address" | "created_at" | "id" | "result" | "target" | "updated_at" | "via"; id?: number; id_min?: number; id_max?: number; actor_id?: number; actor_id_min?: number; actor_id_max?: number; via?: string; via_like?: string; action?: string; action_like?: string; target?: string; target_like?: string; result?: string; result_like?: string; address?: string; address_like?: string; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; actor?: number; actor_min?: number; actor_max?: number; time?: string; time_after?: string; time_before?: string };
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
    result: Comparison;
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
  "POST /system/engine/pause": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    result: Engine;
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
    query: { page?: number; page_size?: number; order?: "asc" | "desc"; cursor?: string; sort?: "adjustments" | "buy_fee" | "cost" | "created_at" | "entry_reason" | "exit_reason" | "gain_loss" | "id" | "is_manual" | "notes" | "open_shares" | "proceeds" | "purchase_date" | "purchase_price" | "sale_date" | "sale_price" | "sell_fee" | "service_id" | "shares" | "state" | "stock_id" | "stock_symbol" | "updated_at"; id?: number; id_min?: number; id_max?: number; service_id?: number; service_id_min?: number; service_id_max?: number; stock_id?: number; stock_id_min?: number; stock_id_max?: number; stock_symbol?: string; stock_symbol_like?: string; shares?: string; shares_min?: string; shares_max?: string; state?: "OPEN" | "CLOSED" | "CANCELLED"; purchase_price?: string; purchase_price_min?: string; purchase_price_max?: string; sale_price?: string; sale_price_min?: string; sale_price_max?: string; gain_loss?: string; gain_loss_min?: string; gain_loss_max?: string; purchase_date?: string; purchase_date_after?: string; purchase_date_before?: string; sale_date?: string; sale_date_after?: string; sale_date_before?: string; notes?: string; notes_like?: string; open_shares?: number; open_shares_min?: number; open_shares_max?: number; cost?: string; cost_min?: string; cost_max?: string; buy_fee?: string; buy_fee_min?: string; buy_fee_max?: string; proceeds?: string; proceeds_min?: string; proceeds_max?: string; sell_fee?: string; sell_fee_min?: string; sell_fee_max?: string; adjustments?: string; adjustments_min?: string; adjustments_max?: string; entry_reason?: string; entry_reason_like?: string; exit_reason?: string; exit_reason_like?: string; is_manual?: boolean; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; status?: "OPEN" | "CLOSED" | "CANCELLED"; price?: string; price_min?: string; price_max?: string; symbol?: string; symbol_like?: string };
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
    query: { page?: number; page_size?: number; order?: "asc" | "desc"; cursor?: string; sort?: "adjustments" | "buy_fee" | "cost" | "created_at" | "entry_reason" | "exit_reason" | "gain_loss" | "id" | "is_manual" | "notes" | "open_shares" | "proceeds" | "purchase_date" | "purchase_price" | "sale_date" | "sale_price" | "sell_fee" | "service_id" | "shares" | "state" | "stock_id" | "stock_symbol" | "updated_at"; id?: number; id_min?: number; id_max?: number; service_id_min?: number; service_id_max?: number; stock_id?: number; stock_id_min?: number; stock_id_max?: number; stock_symbol?: string; stock_symbol_like?: string; shares?: string; shares_min?: string; shares_max?: string; state?: "OPEN" | "CLOSED" | "CANCELLED"; purchase_price?: string; purchase_price_min?: string; purchase_price_max?: string; sale_price?: string; sale_price_min?: string; sale_price_max?: string; gain_loss?: string; gain_loss_min?: string; gain_loss_max?: string; purchase_date?: string; purchase_date_after?: string; purchase_date_before?: string; sale_date?: string; sale_date_after?: string; sale_date_before?: string; notes?: string; notes_like?: string; open_shares?: number; open_shares_min?: number; open_shares_max?: number; cost?: string; cost_min?: string; cost_max?: string; buy_fee?: string; buy_fee_min?: string; buy_fee_max?: string; proceeds?: string; proceeds_min?: string; proceeds_max?: string; sell_fee?: string; sell_fee_min?: string; sell_fee_max?: string; adjustments?: string; adjustments_min?: string; adjustments_max?: string; entry_reason?: string; entry_reason_like?: string; exit_reason?: string; exit_reason_like?: string; is_manual?: boolean; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string; status?: "OPEN" | "CLOSED" | "CANCELLED"; price?: string; price_min?: string; price_max?: string; symbol?: string; symbol_like?: string };
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
  "GET /users": {
    path: Record<never, never>;
    query: { page?: number; page_size?: number; order?: "asc" | "desc"; cursor?: string; sort?: "created_at" | "email" | "id" | "is_active" | "is_admin" | "last_login" | "updated_at" | "username"; id?: number; id_min?: number; id_max?: number; username?: string; username_like?: string; email?: string; email_like?: string; is_active?: boolean; is_admin?: boolean; last_login?: string; last_login_after?: string; last_login_before?: string; created_at?: string; created_at_after?: string; created_at_before?: string; updated_at?: string; updated_at_after?: string; updated_at_before?: string };
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
