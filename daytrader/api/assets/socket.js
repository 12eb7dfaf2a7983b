// A Socket.IO v4 client over WebSocket, as far as one page needs it. Written by hand because this page is served as it
// is, without a build and without another host; the full interface will bring the library.
// The frames: https://socket.io/docs/v4/engine-io-protocol/ and .../socket-io-protocol/

const OPEN = "0";
const PING = "2";
const PONG = "3";
const CONNECT = "40";
const DISCONNECT = "41";
const EVENT = "42";
const ACK = "43";
const REFUSED = "44";

/**
 * Connect as the bearer of token.
 * on: {connected(send), event(name, body), refused(), lost()}. send(name, body) resolves with the acknowledgement.
 * Returns a function that hangs up.
 */
export function connect(token, on) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/socket.io/?EIO=4&transport=websocket`);
  const waiting = new Map();
  let nextId = 0;
  let silence;
  let patience = 60_000;
  let isOver = false;

  function heard() {
    clearTimeout(silence);
    silence = setTimeout(() => socket.close(), patience); // the server pings: silence means that it is gone
  }

  function over(why) {
    if (isOver) return;
    isOver = true;
    clearTimeout(silence);
    socket.close();
    why();
  }

  function send(name, body) {
    return new Promise((resolve) => {
      waiting.set(nextId, resolve);
      socket.send(EVENT + nextId++ + JSON.stringify(body === undefined ? [name] : [name, body]));
    });
  }

  function receive(frame) {
    heard();
    if (frame === PING) {
      socket.send(PONG);
    } else if (frame.startsWith(OPEN)) {
      const { pingInterval, pingTimeout } = JSON.parse(frame.slice(1));
      patience = pingInterval + pingTimeout;
      socket.send(CONNECT + JSON.stringify({ token }));
    } else if (frame.startsWith(CONNECT)) {
      on.connected(send);
    } else if (frame.startsWith(EVENT)) {
      on.event(...JSON.parse(frame.slice(frame.indexOf("["))));
    } else if (frame.startsWith(ACK)) {
      const start = frame.indexOf("[");
      const id = Number(frame.slice(ACK.length, start));
      waiting.get(id)?.(JSON.parse(frame.slice(start))[0]);
      waiting.delete(id);
    } else if (frame.startsWith(REFUSED)) {
      over(on.refused);
    } else if (frame.startsWith(DISCONNECT)) {
      over(on.lost);
    }
  }

  socket.onmessage = ({ data }) => receive(data);
  socket.onclose = () => over(on.lost);
  return () => over(() => {});
}
