// The page behind a one-time link: it chooses a password with the token that the link carries.

const element = (id) => document.getElementById(id);
const form = element("password-form");
const token = new URLSearchParams(location.hash.slice(1)).get("token");

// Neither the history nor whoever looks over a shoulder keeps the token.
history.replaceState(null, "", location.pathname);
(token ? form : element("no-link")).hidden = false;

function refusal(body) {
  return Object.values(body.validation_errors ?? {}).flat().join(", ") || body.message;
}

async function choose(newPassword) {
  const response = await fetch("/api/v1/auth/set-password", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token, new_password: newPassword, confirm_password: newPassword }),
  });
  const body = await response.json();
  if (!response.ok) throw new Error(refusal(body));
  return body;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { new: first, again } = form.elements;
  element("refusal").textContent = "";
  if (first.value !== again.value) {
    element("refusal").textContent = "The two passwords differ.";
    return;
  }
  try {
    const user = await choose(first.value);
    element("who").textContent = user.username;
    form.hidden = true;
    element("done").hidden = false;
  } catch (error) {
    element("refusal").textContent = error instanceof TypeError ? "The server does not answer." : error.message;
  }
});
