// From objects of the API to elements. Text only ever enters as text: a service named "<script>" is just an odd name.

const money = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const plain = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const SVG = "http://www.w3.org/2000/svg";
const FRESH_MILLISECONDS = 1200;

function make(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return node;
}

/** Direction by sign and arrow, not by colour alone. */
function direction(value) {
  if (value > 0) return { className: "up", sign: "▲ +" };
  if (value < 0) return { className: "down", sign: "▼ −" };
  return { className: "", sign: "" };
}

function gain(value, base) {
  const { className, sign } = direction(value);
  const ahead = sign.slice(-1);
  const share = base ? ` (${ahead}${plain.format(Math.abs((value / base) * 100))} %)` : "";
  return make("span", className, sign + money.format(Math.abs(value)) + share);
}

const worth = (service, price) => service.current_shares * (price?.last ?? 0);

function spark(closes) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("class", "spark");
  picture.setAttribute("viewBox", "0 0 100 30");
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("aria-hidden", "true");
  if (closes.length < 2) return picture;
  const low = Math.min(...closes);
  const span = Math.max(...closes) - low || 1;
  const line = document.createElementNS(SVG, "polyline");
  const step = 100 / (closes.length - 1);
  line.setAttribute("points", closes.map((c, i) => `${(i * step).toFixed(2)},${(28 - ((c - low) / span) * 26).toFixed(2)}`).join(" "));
  picture.append(line);
  return picture;
}

function position(service) {
  if (service.current_shares) return `${service.current_shares} ${service.stock_symbol}`;
  if (service.state !== "ACTIVE") return "none";
  return service.mode === "BUY" ? "waiting to buy" : "none";
}

export function drawService(service, price) {
  const state = make("span", "state", service.state);
  state.dataset.state = service.state;
  const list = make("dl", "");
  const value = service.current_balance + worth(service, price);
  const rows = [
    ["Position", position(service)],
    ["Balance", money.format(service.current_balance)],
    ["Value", money.format(value)],
    ["Gain", gain(value - service.initial_balance, service.initial_balance)],
  ];
  for (const [name, shown] of rows) list.append(make("dt", "", name), make("dd", "", shown));
  const trades = `${service.buy_count} bought, ${service.sell_count} sold`;
  const card = make(
    "article",
    "service",
    make("div", "service-head", make("h3", "", service.name), state),
    make("p", "about", `${service.stock_symbol} · ${service.strategy} · ${trades}`),
    spark(price?.closes ?? []),
    list,
  );
  if (service.error_reason) card.append(make("p", "trouble", service.error_reason));
  return card;
}

export function drawTick(symbol, price) {
  const { className, sign } = direction(price.previous === null ? 0 : price.last - price.previous);
  const percent = price.previous ? Math.abs((price.last / price.previous - 1) * 100) : 0;
  const item = make("li", "", make("span", "symbol", symbol), make("span", "", plain.format(price.last)));
  if (sign) item.append(make("span", `change ${className}`, `${sign}${plain.format(percent)} %`));
  if (price.previous !== null && performance.now() - price.at < FRESH_MILLISECONDS) item.classList.add("fresh");
  return item;
}

export function drawTotals(services, prices) {
  const sum = (figure) => services.reduce((total, service) => total + figure(service), 0);
  const cash = sum((service) => service.current_balance);
  const held = sum((service) => worth(service, prices.get(service.stock_symbol)));
  const paidIn = sum((service) => service.initial_balance);
  const put = (id, shown) => document.getElementById(id).replaceChildren(shown);
  put("total-value", money.format(cash + held));
  put("total-cash", money.format(cash));
  put("total-positions", money.format(held));
  put("total-gain", gain(cash + held - paidIn, paidIn));
}

function tradesOf(transaction) {
  const { id, stock_symbol: symbol, shares, state } = transaction;
  const bought = {
    key: `${id} bought`, at: transaction.purchase_date, word: state === "CANCELLED" ? "Voided" : "Bought", symbol, shares,
    price: transaction.purchase_price, gain: null, why: transaction.entry_reason,
  };
  if (state !== "CLOSED") return [bought];
  const sold = {
    key: `${id} sold`, at: transaction.sale_date, word: "Sold", symbol, shares, price: transaction.sale_price,
    gain: transaction.gain_loss, why: transaction.exit_reason,
  };
  return [bought, sold];
}

export function drawTrades(transactions, count) {
  const trades = transactions.flatMap(tradesOf).sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : a.key < b.key ? 1 : -1));
  const rows = trades.slice(0, count).map((trade) =>
    make(
      "tr",
      "",
      make("td", "", trade.at.slice(0, 16).replace("T", " ").replace(" 00:00", "")),
      make("td", "trade", trade.word),
      make("td", "", trade.symbol),
      make("td", "number", trade.shares),
      make("td", "number", plain.format(trade.price)),
      make("td", "number", trade.gain === null ? "" : gain(trade.gain)),
      make("td", "why", trade.why ?? ""),
    ),
  );
  document.getElementById("no-trades").hidden = rows.length > 0;
  document.getElementById("trades").replaceChildren(...rows);
}
