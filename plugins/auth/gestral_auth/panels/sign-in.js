const markup = `
  <form class="stack">
    <h2></h2>
    <p class="error" role="alert" tabindex="-1"></p>
    <div class="field" data-new-only>
      <label for="auth-name">Name</label>
      <input class="input" id="auth-name" name="name" autocomplete="name" required maxlength="100">
    </div>
    <div class="field">
      <label for="auth-email">E-mail</label>
      <input class="input" id="auth-email" name="email" type="email" autocomplete="username"
        inputmode="email" autocapitalize="none" spellcheck="false" required maxlength="254">
    </div>
    <div class="field">
      <label for="auth-password">Password</label>
      <input class="input" id="auth-password" name="password" type="password" required
        maxlength="200">
    </div>
    <button class="button primary"></button>
    <p class="small" data-offer hidden><span class="muted" data-question></span>
      <button type="button" class="link-button" data-switch></button></p>
  </form>`;

/**
 * @typedef {object} Mode What the form is for.
 * @property {string} title
 * @property {string} address
 * @property {"current-password" | "new-password"} password What password managers are told.
 * @property {string} question
 * @property {string} other
 */

/** @type {Mode} */
const signIn = {
  title: "Sign in",
  address: "/api/v1/auth/sign-in",
  password: "current-password",
  question: "New here?",
  other: "Create an account",
};

/** @type {Mode} */
const signUp = {
  title: "Create an account",
  address: "/api/v1/auth/sign-up",
  password: "new-password",
  question: "You have an account?",
  other: "Sign in",
};

class SignIn extends HTMLElement {
  static hostVersion = 1;

  /** @type {Host} */ host;
  /** @type {HTMLFormElement} */ form;
  /** @type {HTMLElement} */ error;
  mode = signIn;

  connectedCallback() {
    this.innerHTML = markup;
    this.form = /** @type {HTMLFormElement} */ (this.find("form"));
    this.error = this.find(".error");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.find("[data-switch]").addEventListener("click", () => {
      this.show(this.mode === signIn ? signUp : signIn);
      this.input(this.mode === signIn ? "email" : "name").focus();
    });
    this.show(signIn);
    this.offerSignUp();
  }

  async offerSignUp() {
    const { open } = await this.host.api("/api/v1/auth/sign-up");
    this.find("[data-offer]").hidden = !open;
  }

  /** @param {Mode} mode */
  show(mode) {
    this.mode = mode;
    const isNew = mode === signUp;
    this.error.textContent = "";
    this.find("h2").textContent = mode.title;
    this.find(".primary").textContent = mode.title;
    this.find("[data-question]").textContent = mode.question;
    this.find("[data-switch]").textContent = mode.other;
    this.find("[data-new-only]").hidden = !isNew;
    this.input("name").disabled = !isNew;
    this.input("password").autocomplete = mode.password;
  }

  async send() {
    const { email, password, name } = Object.fromEntries(new FormData(this.form));
    const button = /** @type {HTMLButtonElement} */ (this.find(".primary"));
    this.error.textContent = "";
    for (const input of this.form.querySelectorAll("input")) input.removeAttribute("aria-invalid");
    button.disabled = true;
    try {
      const json = this.mode === signUp ? { email, password, name } : { email, password };
      await this.host.api(this.mode.address, { json });
      await this.host.refresh();
    } catch (error) {
      this.explain(/** @type {Problem} */ (error));
    } finally {
      button.disabled = false;
    }
  }

  /** @param {Problem} problem */
  explain(problem) {
    const single = (problem.errors ?? []).map((one) => one.message);
    const words = single.length ? single : [problem.message, problem.hint];
    this.error.textContent = words.filter(Boolean).join(" ");
    for (const { field } of problem.errors ?? []) {
      const input = this.form.elements.namedItem(field);
      if (input instanceof HTMLInputElement) input.ariaInvalid = "true";
    }
    this.error.focus();
  }

  /** @param {string} selector */
  find(selector) {
    return /** @type {HTMLElement} */ (this.querySelector(selector));
  }

  /** @param {string} name */
  input(name) {
    return /** @type {HTMLInputElement} */ (this.form.elements.namedItem(name));
  }
}

customElements.define("gestral-auth-sign-in", SignIn);
