// What the caller's services do, live.

import { goOn, read, signIn, signOut, SignedOut, token } from "./account.js";
import { connect } from "./socket.js";
import { drawService, drawTick, drawTotals, drawTrades } from "./drawing.js";

const TRADES_SHOWN = 12;
const PRICES_KEPT = 120;
const RETURNING = "daytrader-returning";
const RETRY_MILLISECONDS = 2000;

const element = (id) => document.getElementById(id);
const services = new Map();
const transactions = new Map();
const prices = new Map(); // symbol -> {last, previous, closes}
let hangUp = () => {};
let isSignedOut = false;
let drawAgain = 0;

function draw() {
  drawAgain ||= requestAnimationFrame(() => {
    drawAgain = 0;
    const shown = [...services.values()].filter((service) => service.is_active).sort((a, b) => a.id - b.id);
    element("no-services").hidden = shown.length > 0;
    element("services").replaceChildren(...shown.map((service) => drawService(service, prices.get(service.stock_symbol))));
    element("ticks").replaceChildren(...[...prices].sort().map(([symbol, price]) => drawTick(symbol, price)));
    drawTotals(shown, prices);
    drawTrades([...transactions.values()], TRADES_SHOWN);
  });
}

function learnPrice({ symbol, close_price: close, price_date: date, timestamp }) {
  if (close === null || close === undefined) return;
  const known = prices.get(symbol) ?? { last: null, previous: null, closes: [] };
  const closes = [...known.closes, close].slice(-PRICES_KEPT);
  prices.set(symbol, { last: close, previous: known.last, closes, at: performance.now() });
  const moment = date ?? timestamp;
  element("notice").hidden = true; // the market moves on
  if (moment) element("market-time").textContent = `Market time ${moment.slice(0, 16).replace("T", " ")}`;
  draw();
}

function forget() {
  services.clear();
  transactions.clear();
  prices.clear();
}

function learnService(service, action) {
  if (action === "deleted") services.delete(service.id);
  else services.set(service.id, service);
  draw();
}

function learnTransaction(transaction) {
  transactions.set(transaction.id, transaction);
  draw();
}

function learnNotice({ message }) {
  element("notice").textContent = message;
  element("notice").hidden = false;
}

const HANDLERS = {
  "service:update": learnService,
  "service:state_change": learnService,
  "transaction:new": learnTransaction,
  "transaction:update": learnTransaction,
  "transaction:complete": learnTransaction,
  "price:update": learnPrice,
  "system:notification": learnNotice,
};

async function load() {
  const [listed, bought, sold] = await Promise.all([
    read("/services?page_size=100"),
    read(`/transactions?sort=purchase_date&order=desc&page_size=${TRADES_SHOWN}`),
    read(`/transactions?status=closed&sort=sale_date&order=desc&page_size=${TRADES_SHOWN}`),
  ]);
  forget();
  for (const service of listed.items) services.set(service.id, service);
  for (const transaction of [...bought.items, ...sold.items]) transactions.set(transaction.id, transaction);
  const symbols = new Set(listed.items.map((service) => service.stock_symbol));
  await Promise.all([...symbols].map(loadPrice));
  draw();
}

async function loadPrice(symbol) {
  const { items } = await read(`/prices/${encodeURIComponent(symbol)}/latest`);
  if (items.length) learnPrice({ symbol, close_price: items[0].close, timestamp: items[0].timestamp });
}

function show(state, words) {
  element("status").dataset.state = state;
  element("status").textContent = words;
}

function listen() {
  hangUp();
  hangUp = connect(token(), {
    async connected(send) {
      await Promise.all([send("join_services"), send("join_transactions"), send("join_price_updates"), send("join_system")]);
      await load(); // after joining: nothing falls between the picture and its changes
      show("live", "live");
    },
    event: (name, body) => HANDLERS[name]?.(body.entity, body.action),
    refused: again,
    lost: again,
  });
}

async function again() {
  if (isSignedOut) return;
  show("lost", "reconnecting");
  await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
  try {
    enter(await goOn());
  } catch (error) {
    if (error instanceof SignedOut) await begin();
    else await again();
  }
}

function enter(user) {
  isSignedOut = false;
  localStorage.setItem(RETURNING, "yes"); // only then is there a cookie to go on with
  element("who").textContent = user.username;
  element("account").hidden = false;
  element("sign-in").hidden = true;
  element("desk").hidden = false;
  listen();
}

function ask() {
  show("off", "not signed in");
  element("account").hidden = true;
  element("desk").hidden = true;
  element("sign-in").hidden = false;
}

async function begin() {
  const { demoUsername, demoPassword } = document.body.dataset;
  try {
    if (demoUsername) enter(await signIn(demoUsername, demoPassword));
    else if (localStorage.getItem(RETURNING)) enter(await goOn());
    else ask();
  } catch (error) {
    ask();
    if (demoUsername) element("refusal").textContent = error.message;
  }
}

element("sign-in-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  element("refusal").textContent = "";
  try {
    enter(await signIn(form.get("username"), form.get("password")));
    event.target.reset();
  } catch (error) {
    element("refusal").textContent = error instanceof SignedOut ? error.message : "The server does not answer.";
  }
});

element("sign-out").addEventListener("click", async () => {
  isSignedOut = true;
  localStorage.removeItem(RETURNING);
  hangUp();
  await signOut();
  forget();
  ask();
});

begin();
