const MOST_TRIES = 4;
const LONGEST_WAIT_SECONDS = 5;

/** Ask, and again when the server is busy: then nothing was done, and it says how long to wait. */
export async function patiently(ask: () => Promise<Response>, signal?: AbortSignal): Promise<Response> {
  for (let tries = 1; ; tries++) {
    const response = await ask();
    const seconds = response.status === 503 ? Number(response.headers.get("Retry-After")) : 0;
    if (!seconds || seconds > LONGEST_WAIT_SECONDS || tries === MOST_TRIES) return response;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    signal?.throwIfAborted();
  }
}
