// Talks to our own server in JSON; a refusal becomes a `Refusal` with the code, sentence and facts that the server said,
// and its whole `answer`, which may hold more.

export class Refusal extends Error {
  constructor(status, code, message, facts = {}, answer = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.facts = facts;
    this.answer = answer;
  }
}

let onSignedOut = () => {};

// Names what is called once a request finds that the session has ended.
export function whenSignedOut(action) {
  onSignedOut = action;
}

export const get = (path) => send("GET", path);
export const post = (path, body = {}) => send("POST", path, body);
export const put = (path, body) => send("PUT", path, body);
export const remove = (path) => send("DELETE", path);

async function send(method, path, body) {
  const options = { method, headers: { Accept: "application/json" }, credentials: "same-origin" };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refusal(0, "unreachable", "");
  }
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const { code = "unknown", message = response.statusText, facts } = answer?.error ?? {};
  if (code === "not_signed_in" && path !== "/api/session") onSignedOut();
  throw new Refusal(response.status, code, message, facts, answer);
}
